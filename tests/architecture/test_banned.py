"""What must not appear anywhere: names that say nothing, floats and clocks where money is, doors for foreign code."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source_tree import ROOT, SourceModule, called_name, package_modules, project_files

BANNED_WORDS = {
    "util", "utils", "utility", "utilities", "helper", "helpers", "common", "misc", "base", "manager", "service",
    "services", "handler", "handlers",
}  # fmt: skip
TOP_LEVEL = {
    "desktop_trader", "resources", "tests", "build.spec", "pyproject.toml", "README.md", "ARCHITECTURE.md",
    "CHANGELOG.md", "LICENSE", "Makefile", ".ci", ".gitignore", ".gitattributes", "constraints.txt",
}  # fmt: skip
CLOCKS = {
    "time.time", "time.time_ns", "time.monotonic", "time.sleep", "datetime.now", "datetime.utcnow", "datetime.today",
    "date.today", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.date.today",
}  # fmt: skip
CLOCKLESS_ROOMS = {"domain", "messages", "strategies", "engine"}
THE_CLOCK = "engine/clock.py"
DOORS_FOR_CODE = {"pickle", "cPickle", "dill", "marshal", "shelve", "yaml", "ruamel"}

# Where a thread, a task or the process ends: the only places that may catch everything, and they must log it.
ENDS_OF_THREADS = {
    "diagnostics.py", "engine_thread.py", "app.py", "__main__.py", "cli/__init__.py", "cli/main.py", "api/answering.py",
    "selftest.py", "job_desk.py", "network/left_threads.py",
}  # fmt: skip

URL = re.compile(r"\b(?:https?|wss?)://([A-Za-z0-9.-]+)")
HARMLESS_HOSTS = re.compile(
    r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|www\.w3\.org|specifications\.freedesktop\.org|(?:[\w-]+\.)*example(?:\.\w+)?|.*\.invalid|.*\.test)\Z"
)
REGISTRY = re.compile(r"\b(?:pypi\.org|files\.pythonhosted\.org|pypi\.python\.org)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])(?:/wor[k]/|/root/|/home/\w+/|/Users/\w+/|[A-Z]:\\\\?Users\\)")
BINARY_SUFFIXES = {".png", ".ico", ".icns", ".ttf", ".db", ".woff2", ".otf"}


def calls(module: SourceModule) -> Iterator[ast.Call]:
    """Every call in a module."""
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))


def imported_packages(module: SourceModule) -> Iterator[tuple[ast.stmt, str]]:
    """Every import with the top-level package it names."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node, (node.module or "").split(".")[0]


def text_files() -> Iterator[tuple[str, str]]:
    """Every text of the project that somebody here wrote, with its place."""
    for path in project_files():
        is_a_licence = "LICENSE" in path.name  # kept word for word, addresses included
        if path.suffix not in BINARY_SUFFIXES and not is_a_licence:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def test_file_and_class_names_say_what_they_hold() -> None:
    files = [m.name for m in package_modules() if BANNED_WORDS & set(re.split(r"[/_.]", m.name.removesuffix(".py")))]
    classes = [
        f"{module.at(class_)} {class_.name}"
        for module in package_modules()
        for class_ in module.classes()
        if BANNED_WORDS & set(re.findall(r"[A-Z]?[a-z]+", class_.name.replace("_", "").lower()))
        or BANNED_WORDS & {word.lower() for word in re.findall(r"[A-Z][a-z]+", class_.name)}
    ]
    assert files + classes == [], "\n" + "\n".join(files + classes)


def test_the_top_level_holds_nothing_else() -> None:
    tops = {path.relative_to(ROOT).parts[0] for path in project_files()}
    assert tops - TOP_LEVEL == set()


def test_no_float_in_the_domain() -> None:
    floats = [
        module.at(node)
        for module in package_modules()
        if module.room == "domain"
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]
    assert floats == [], "\n" + "\n".join(floats)


def test_no_wall_clock_where_the_clock_is_injected() -> None:
    clocks = [
        f"{module.at(node)} {called_name(node.func)}"
        for module in package_modules()
        if module.room in CLOCKLESS_ROOMS and module.name != THE_CLOCK
        for node in calls(module)
        if called_name(node.func) in CLOCKS
    ]
    assert clocks == [], "\n" + "\n".join(clocks)


def test_no_unseeded_randomness_in_the_package() -> None:
    dice = [
        f"{module.at(node)} {called_name(node.func)}"
        for module in package_modules()
        for node in calls(module)
        if re.match(r"random\.(?!Random\b)", called_name(node.func)) or called_name(node.func).startswith("np.random.")
    ]
    assert dice == [], "\n" + "\n".join(dice)


def test_nothing_opens_a_door_for_foreign_code() -> None:
    """Row F86 of the fault list: no pickle, no yaml, no eval."""
    doors = [
        f"{module.at(node)} {name}"
        for module in package_modules()
        for node, name in imported_packages(module)
        if name in DOORS_FOR_CODE
    ]
    doors += [
        f"{module.at(node)} {called_name(node.func)}"
        for module in package_modules()
        for node in calls(module)
        if called_name(node.func) in {"eval", "exec", "compile", "__import__", "os.system", "os.popen"}
    ]
    assert doors == [], "\n" + "\n".join(doors)


def test_exceptions_are_caught_by_kind_except_where_a_thread_ends() -> None:
    wrong = []
    for module in package_modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and catches_everything(node):
                at_the_end = module.name in ENDS_OF_THREADS and leaves_a_trace(node)
                if not (at_the_end or passes_it_on(node)):
                    wrong.append(module.at(node))
    assert wrong == [], "\n" + "\n".join(wrong)


def catches_everything(clause: ast.ExceptHandler) -> bool:
    """Whether a clause catches `Exception`, `BaseException` or anything at all."""
    kinds = clause.type.elts if isinstance(clause.type, ast.Tuple) else [clause.type]
    return any(kind is None or called_name(kind) in {"Exception", "BaseException"} for kind in kinds)


def leaves_a_trace(clause: ast.ExceptHandler) -> bool:
    """Whether a clause logs or reports what it caught."""
    reports = ("exception", "set_exception", "critical", "error", "report_failure", "print_exception", "emit")
    names = (called_name(node.func) for node in ast.walk(clause) if isinstance(node, ast.Call))
    return any(name.rpartition(".")[2] in reports for name in names)


def passes_it_on(clause: ast.ExceptHandler) -> bool:
    """Whether a clause ends by raising again, as a rollback does."""
    return isinstance(clause.body[-1], ast.Raise)


def test_signals_do_not_squeeze_integers_into_32_bits() -> None:
    narrow = [
        module.at(node)
        for module in package_modules()
        for node in calls(module)
        if called_name(node.func).rpartition(".")[2] == "Signal" and any(called_name(a) == "int" for a in node.args)
    ]
    assert narrow == [], "\n" + "\n".join(narrow)


def test_what_qt_keeps_is_never_asked_for_its_identity() -> None:
    # Qt gives an enum member of text back as plain text, which equals the member but is not it.
    kept = {"currentData", "itemData", "data", "property"}
    asked = [
        module.at(node)
        for module in package_modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Compare) and any(isinstance(each, ast.Is | ast.IsNot) for each in node.ops)
        for side in (node.left, *node.comparators)
        if isinstance(side, ast.Call) and called_name(side.func).rpartition(".")[2] in kept
        if not any(isinstance(each, ast.Constant) for each in node.comparators)
    ]
    assert asked == []


def test_no_unfinished_business_is_left_in_comments() -> None:
    mark = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")
    assert [name for name, text in text_files() if mark.search(text)] == []


def test_no_file_names_a_host_or_a_path_of_somebodys_machine() -> None:
    hosts = [
        f"{name}: {match[0]}"
        for name, text in text_files()
        for match in URL.finditer(text)
        if HARMLESS_HOSTS.match(match[1]) is None
    ]
    this_test = "tests/architecture/test_banned.py"
    paths = [
        f"{name}: {match[0]}"
        for name, text in text_files()
        if name != this_test
        for pattern in (MACHINE_PATH, REGISTRY)
        for match in pattern.finditer(text)
    ]
    assert hosts + paths == [], "\n" + "\n".join(hosts + paths)
