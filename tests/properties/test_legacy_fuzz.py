"""Row F75: whatever is in a balance file, it is refused by name or read exactly, quickly, and nothing else happens."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from time import perf_counter, thread_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desktop_trader.domain.legacy_balance import LegacyRefusalError, Unreadable
from desktop_trader.domain.money import UNIT, check_amount
from desktop_trader.storage.legacy_files import read_file
from desktop_trader.storage.legacy_json import LegacyContent, read_content
from desktop_trader.storage.local_zone import LocalZone
from tests.legacy_mutations import CORPUS, mutated

ZONE = LocalZone(name="Europe/Berlin", zone=ZoneInfo("Europe/Berlin"))
MS_MAX = 100.0
FUZZED = 1_000_000
THROUGH_FILES = 20_000


@dataclass(kw_only=True)
class Outcome:
    """What came of many contents. Milliseconds: of this thread alone, and by the clock on the wall."""

    refused: Counter[str] = field(default_factory=Counter)
    read: int = 0
    own_ms_max: float = 0
    wall_ms_max: float = 0
    slowest: bytes = b""

    def add(self, raw: bytes) -> None:
        """Read one content and check what came of it; anything but the one refusal is raised."""
        own, wall = thread_time(), perf_counter()
        try:
            content = read_content(raw, ZONE)
        except LegacyRefusalError as refusal:
            content = None
            self.refused[refusal.reason.value] += 1
        own_ms = (thread_time() - own) * 1000
        self.wall_ms_max = max(self.wall_ms_max, (perf_counter() - wall) * 1000)
        if own_ms > self.own_ms_max:
            self.own_ms_max, self.slowest = own_ms, raw[:60]
        if content is not None:
            self.read += 1
            check_read(raw, content)

    def text(self) -> str:
        return (
            f"{self.read + self.refused.total():,} contents: {self.read:,} read, {self.refused.total():,} refused "
            f"({', '.join(f'{reason} {count:,}' for reason, count in self.refused.most_common())}); slowest "
            f"{self.own_ms_max:.1f} ms of its thread, {self.wall_ms_max:.1f} ms on the wall"
        )


def check_read(raw: bytes, content: LegacyContent) -> None:
    """What was read is what another reader finds in the same bytes: never a number that does not stand there."""
    other = json.loads(raw, parse_float=str, parse_int=str)
    assert content.exact == other["balance"]
    exact = Decimal(content.exact)
    assert content.balance == check_amount(content.balance) >= 0
    assert abs(exact - content.balance) <= UNIT / 2
    assert (content.time is None) == (other.get("last_updated") is None)
    if content.time is not None:
        assert content.time.text == other["last_updated"]
        assert content.time.at.utcoffset() is not None


def fuzz(contents: Iterable[bytes]) -> Outcome:
    outcome = Outcome()
    for raw in contents:
        outcome.add(raw)
    assert outcome.own_ms_max < MS_MAX, (outcome.own_ms_max, outcome.slowest)
    assert outcome.read > 0
    assert len(outcome.refused) > 8, outcome.refused
    return outcome


def through_files(folder: Path, contents: Iterable[bytes]) -> Counter[str]:
    """Read contents through real files; each says the same as in memory, and is left as it was."""
    path = folder / "virtual_balance.json"
    refused: Counter[str] = Counter()
    for raw in contents:
        path.write_bytes(raw)
        file = read_file(path, zone=ZONE)
        assert _in_memory(raw) == (file.balance, file.refusal)
        assert (file.sha256 == "") == (file.refusal is Unreadable.TOO_LARGE)
        assert file.is_readable is (file.refusal is None)
        refused[file.refusal.value if file.refusal else "read"] += 1
    assert path.read_bytes() == raw
    return refused


def _in_memory(raw: bytes) -> tuple[Decimal | None, Unreadable | None]:
    try:
        return read_content(raw, ZONE).balance, None
    except LegacyRefusalError as refusal:
        return None, refusal.reason


def test_what_those_programs_wrote_is_all_readable() -> None:
    for raw in CORPUS:
        check_read(raw, read_content(raw, ZONE))


@pytest.mark.requirement("R133")
def test_some_thousand_damaged_contents_are_refused_by_name_or_read_exactly() -> None:
    fuzz(mutated(seed=20_250_623, count=6_000))


def test_some_damaged_files_on_a_disk_say_the_same(tmp_path: Path) -> None:
    through_files(tmp_path, mutated(seed=7, count=300))


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(balance=_ANYTHING, time=_ANYTHING, more=st.dictionaries(st.text(max_size=12), _ANYTHING, max_size=4))
@example(balance=1e16, time=None, more={})
@example(balance=5e-324, time="2025-06-23T07:19:44Z", more={})
def test_any_value_in_any_place_is_refused_or_read(balance: object, time: object, more: dict[str, object]) -> None:
    Outcome().add(json.dumps({**more, "balance": balance, "last_updated": time}).encode())


@given(st.binary(max_size=300))
@example(b"\xef\xbb\xbf{}")
def test_any_bytes_are_refused_or_read(raw: bytes) -> None:
    Outcome().add(raw)


@pytest.mark.campaign
@pytest.mark.requirement("R133")
def test_a_million_damaged_contents(capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("DESKTOP_TRADER_FUZZ_SEED", "1"))
    outcome = fuzz(mutated(seed=seed, count=FUZZED))
    with capsys.disabled():
        print(f"\n{outcome.text()}")


@pytest.mark.campaign
def test_damaged_files_on_a_disk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outcome = through_files(tmp_path, mutated(seed=2, count=THROUGH_FILES))
    with capsys.disabled():
        print(f"\n{outcome.total():,} files: {dict(outcome.most_common())}")
