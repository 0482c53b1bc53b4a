"""Writes tests/requirements.md: the rows of the requirements, the tests that show them, and what is uncovered.

    python -m tests.requirements_table

Reads the markers from the source of the tests, so it needs neither Qt nor a run.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROWS = TESTS / "requirement_rows.txt"
TABLE = TESTS / "requirements.md"

type_of_test = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def rows() -> dict[str, str]:
    """Return the rows in their order, with the project's own short words for each."""
    lines = ROWS.read_text(encoding="utf-8").splitlines()
    return dict(line.split(" ", 1) for line in lines)


def marked(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each row that a test file shows, with the test that shows it; a mark on a module names the module."""
    place = path.relative_to(TESTS).as_posix()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, type_of_test):
            for decorator in node.decorator_list:
                yield from ((row, f"{place}::{node.name}") for row in rows_named_by(decorator))
        elif isinstance(node, ast.Assign) and any(ast.unparse(target) == "pytestmark" for target in node.targets):
            yield from ((row, place) for part in ast.walk(node.value) for row in rows_named_by(part))


def rows_named_by(node: ast.AST) -> list[str]:
    """Return the rows in `pytest.mark.requirement("R1", "R2")`, none for any other node."""
    if not isinstance(node, ast.Call) or ast.unparse(node.func) != "pytest.mark.requirement":
        return []
    return [str(argument.value) for argument in node.args if isinstance(argument, ast.Constant)]


def coverage() -> dict[str, list[str]]:
    """Return the tests of every row that has any."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(TESTS.rglob("test_*.py")):
        for row, test in marked(path):
            found[row].add(test)
    return {row: sorted(tests) for row, tests in found.items()}


def table() -> str:
    """Return the whole document."""
    titles, tests = rows(), coverage()
    lines = [
        "# Requirements and the tests that show them",
        "",
        "Written by `make requirements` from the marks on the tests; edit those, not this.",
        "",
        f"{sum(row in tests for row in titles)} of {len(titles)} rows are shown by tests.",
        "",
        "| Row | What | Tests |",
        "|---|---|---|",
    ]
    lines += [
        f"| {row} | {title} | {'<br>'.join(f'`{t}`' for t in tests[row])} |"
        for row, title in titles.items()
        if row in tests
    ]
    lines += ["", "## Not shown by a test yet", ""]
    lines += [f"* {row} {title}" for row, title in titles.items() if row not in tests]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the document and say how it stands."""
    text = table()
    TABLE.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{TABLE.name}: {text.splitlines()[4]}\n")


if __name__ == "__main__":
    main()
