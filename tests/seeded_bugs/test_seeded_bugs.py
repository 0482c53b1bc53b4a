"""Every mistake that was ever made with money here or before is made once more, and a test has to catch it."""

import re
from pathlib import Path

import pytest

from tests.command_line import ROOT
from tests.seeded_bugs import catalog, futures_bugs, outage_bugs
from tests.seeded_bugs.catalog import SeededBug
from tests.seeded_bugs.sowing import FAILED, Field

BUGS = (*catalog.BUGS, *outage_bugs.BUGS, *futures_bugs.BUGS)
CAUGHT = Path(__file__).with_name("caught.md")
CANARIES = ("the state is adopted before the commit", "an order of an old epoch is sent")
HEAD = """# Seeded bugs and the tests that catch them

Written by `pytest -m campaign tests/seeded_bugs`: each bug of `catalog.py` is sown into a copy of the package, and the
test beside it fails there. F2.n: the n-th real incident of an earlier system; B8: a mistake of the documents about
money; law: a promise of the books; pause: a promise of the network pause; F39: a fault of a market.

| bug | mistake | file | caught by |
|---|---|---|---|
"""


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Field:
    return Field(tmp_path_factory.mktemp("field"))


def is_caught(field: Field, bug: SeededBug) -> bool:
    """Whether the bug's own test ran and failed; anything else is no catch."""
    done = field.look_for(bug)
    return done.returncode == FAILED and re.search(r"^FAILED ", done.stdout, re.MULTILINE) is not None


@pytest.mark.slow
@pytest.mark.parametrize("bug", [bug for bug in BUGS if bug.name in CANARIES], ids=lambda bug: bug.name)
def test_a_seeded_bug_is_caught(field: Field, bug: SeededBug) -> None:
    assert is_caught(field, bug)


def test_every_bug_has_its_place_in_the_package_as_it_is_today() -> None:
    """What was moved or rewritten takes its seeded bug along."""
    lost = [
        bug.name for bug in BUGS if (ROOT / "desktop_trader" / bug.file).read_text(encoding="utf-8").count(bug.old) != 1
    ]
    assert lost == []
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 30
    assert {bug.mistake for bug in BUGS} >= {f"F2.{number}" for number in range(1, 16)}


def test_the_list_of_what_was_caught_is_of_these_bugs() -> None:
    told = CAUGHT.read_text(encoding="utf-8")
    assert [bug.name for bug in BUGS if line_of(bug) not in told] == []


def line_of(bug: SeededBug) -> str:
    return f"| {bug.name} | {bug.mistake} | `{bug.file}` | `{bug.test.removeprefix('tests/')}` |"


@pytest.mark.campaign
def test_every_seeded_bug_is_caught_by_its_test(field: Field) -> None:
    sound = field.run(*dict.fromkeys(bug.test for bug in BUGS))
    assert sound.returncode == 0, sound.stdout[-2_000:]
    missed = [bug.name for bug in BUGS if not is_caught(field, bug)]
    assert missed == []
    CAUGHT.write_text(HEAD + "".join(f"{line_of(bug)}\n" for bug in BUGS), encoding="utf-8")
