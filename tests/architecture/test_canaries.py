"""The checks of sizes and banned things would notice: each is shown a module that breaks its rule, and must go red."""

import ast
from collections.abc import Callable
from types import ModuleType

import pytest

from tests.architecture import test_banned, test_sizes
from tests.architecture.source_tree import SourceModule

LONG_FUNCTION = "def act() -> None:\n" + "    x = 1\n" * 61
MANY_METHODS = "class Wide:\n" + "".join(f"    def act_{n}(self) -> None: ...\n" for n in range(21))
SWALLOW = "try:\n    act()\nexcept Exception:\n    pass\n"
SWALLOW_AMONG_OTHERS = "try:\n    act()\nexcept (ValueError, Exception):\n    pass\n"

Check = Callable[[], None]


@pytest.mark.parametrize(
    ("home", "check", "place", "source"),
    [
        (test_sizes, test_sizes.test_modules_have_at_most_400_lines, "engine/long.py", "x = 1\n" * 401),
        (test_sizes, test_sizes.test_functions_have_at_most_60_lines, "engine/long.py", LONG_FUNCTION),
        (test_sizes, test_sizes.test_classes_have_at_most_20_methods, "engine/wide.py", MANY_METHODS),
        (
            test_sizes,
            test_sizes.test_functions_have_at_most_5_parameters,
            "engine/a.py",
            "def f(a, b, *, c, d, e, g): ...",
        ),
        (
            test_sizes,
            test_sizes.test_public_functions_take_at_most_2_positional_parameters,
            "a.py",
            "def f(a, b, c): ...",
        ),
        (test_banned, test_banned.test_file_and_class_names_say_what_they_hold, "engine/order_utils.py", ""),
        (
            test_banned,
            test_banned.test_file_and_class_names_say_what_they_hold,
            "engine/a.py",
            "class OrderManager: ...",
        ),
        (test_banned, test_banned.test_no_float_in_the_domain, "domain/a.py", "rate = 0.001"),
        (test_banned, test_banned.test_no_float_in_the_domain, "domain/a.py", "rate = float(text)"),
        (test_banned, test_banned.test_no_wall_clock_where_the_clock_is_injected, "engine/a.py", "time.time()"),
        (test_banned, test_banned.test_no_wall_clock_where_the_clock_is_injected, "domain/a.py", "datetime.now(UTC)"),
        (test_banned, test_banned.test_no_unseeded_randomness_in_the_package, "feeds/a.py", "random.random()"),
        (test_banned, test_banned.test_nothing_opens_a_door_for_foreign_code, "storage/a.py", "import pickle"),
        (test_banned, test_banned.test_nothing_opens_a_door_for_foreign_code, "cli/a.py", "eval(text)"),
        (test_banned, test_banned.test_exceptions_are_caught_by_kind_except_where_a_thread_ends, "feeds/a.py", SWALLOW),
        (test_banned, test_banned.test_exceptions_are_caught_by_kind_except_where_a_thread_ends, "app.py", SWALLOW),
        (
            test_banned,
            test_banned.test_exceptions_are_caught_by_kind_except_where_a_thread_ends,
            "a.py",
            SWALLOW_AMONG_OTHERS,
        ),
        (
            test_banned,
            test_banned.test_signals_do_not_squeeze_integers_into_32_bits,
            "ui/a.py",
            "changed = Signal(int)",
        ),
    ],
)
def test_a_check_goes_red_when_its_rule_is_broken(
    home: ModuleType, check: Check, place: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = SourceModule(name=place, text=source, tree=ast.parse(source))
    monkeypatch.setattr(home, "package_modules", lambda: (planted,))
    with pytest.raises(AssertionError):
        check()


def test_a_rollback_that_raises_again_may_catch_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    source = "try:\n    act()\nexcept BaseException:\n    roll_back()\n    raise\n"
    planted = SourceModule(name="storage/a.py", text=source, tree=ast.parse(source))
    monkeypatch.setattr(test_banned, "package_modules", lambda: (planted,))
    test_banned.test_exceptions_are_caught_by_kind_except_where_a_thread_ends()


@pytest.mark.parametrize(
    "line",
    [
        "see https://" + "host.somewhere.net/x",
        "open('/ro" + "ot/books.db')",
        "C:\\Us" + "ers\\me",
        "--index-url py" + "pi.org",
    ],
)
def test_a_host_or_a_path_of_a_machine_is_noticed(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_banned, "text_files", lambda: iter([("README.md", line)]))
    with pytest.raises(AssertionError):
        test_banned.test_no_file_names_a_host_or_a_path_of_somebodys_machine()
