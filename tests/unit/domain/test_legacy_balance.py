"""Which of several balance files is the truth, and what an import says of where it came from."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_trader.domain.legacy_balance import (
    LegacyChoice,
    LegacyFile,
    LegacyKind,
    LegacyTime,
    TradeCheck,
    Unreadable,
    choose,
)

NOON = datetime(2025, 6, 23, 12, tzinfo=UTC)


def make_file(
    balance: str | None, *, hours: int | None = 0, kind: LegacyKind = LegacyKind.VIRTUAL_BALANCE, path: str = "a"
) -> LegacyFile:
    """A file that says `balance`, written so many hours after noon (None: without a time); None: one not readable."""
    at = None if hours is None else NOON + timedelta(hours=hours)
    return LegacyFile(
        path=path,
        kind=kind,
        balance=None if balance is None else Decimal(balance),
        exact=balance or "",
        time=None if at is None else LegacyTime(text=at.isoformat(), at=at),
        refusal=Unreadable.DAMAGED if balance is None else None,
    )


AUTO = LegacyKind.AUTO_TRADING_STATE


@pytest.mark.requirement("R121")
def test_the_newest_readable_file_is_the_truth() -> None:
    old, new, broken = make_file("12346"), make_file("9989.76", hours=1, kind=AUTO), make_file(None, hours=2)
    assert choose([old, new, broken]) == LegacyChoice(newest=new)
    assert choose([broken]) == choose([]) == LegacyChoice(newest=None)


@pytest.mark.requirement("R121")
def test_files_equally_new_are_a_question_only_where_they_say_different_things() -> None:
    virtual, auto, same = make_file("12346"), make_file("9989.76", kind=AUTO), make_file("12346.0", kind=AUTO)
    assert choose([auto, virtual]) == LegacyChoice(newest=virtual, tied=(auto,))
    assert choose([same, virtual]) == LegacyChoice(newest=virtual)
    assert choose([auto, virtual]).is_question
    assert not choose([same, virtual]).is_question


def test_a_file_without_a_time_is_older_than_any_with_one() -> None:
    undated, dated = make_file("1", hours=None), make_file("2", hours=-9_000)
    assert choose([undated, dated]).newest == dated
    assert choose([undated]).newest == undated
    assert choose([undated, make_file("3", hours=None)]).is_question


_FILES = st.lists(
    st.builds(
        make_file,
        st.sampled_from(["1", "2", None]),
        hours=st.sampled_from([None, 0, 1]),
        kind=st.sampled_from(list(LegacyKind)),
        path=st.sampled_from("abcd"),
    ),
    max_size=6,
)


@given(_FILES)
def test_what_is_chosen_is_readable_and_nothing_readable_is_newer(files: list[LegacyFile]) -> None:
    choice = choose(files)
    readable = [file for file in files if file.is_readable]
    assert (choice.newest is None) == (not readable)
    if choice.newest is not None:
        assert choice.newest in readable
        mine = choice.newest.time.at if choice.newest.time else datetime.min.replace(tzinfo=UTC)
        assert all(file.time is None or file.time.at <= mine for file in readable)
        assert choose(list(reversed(files))).is_question is choice.is_question
        assert all(file.is_readable and file.time == choice.newest.time for file in choice.tied)


def test_what_stays_in_the_journal_names_value_and_time_and_no_path() -> None:
    file = make_file("50.0", path="/old/data/virtual_balance.json")
    assert file.description == (
        "virtual_balance.json: 50.00, written 2025-06-23T12:00:00+00:00 → UTC 2025-06-23 12:00:00.000000"
    )
    assert make_file("50", hours=None).description == "virtual_balance.json: 50.00, without a time"
    rounded = LegacyFile(path="a", kind=AUTO, balance=Decimal("9998.97834186"), exact="9998.978341858076")
    assert rounded.description == (
        "auto_trading_state.json: 9998.97834186 (rounded from 9998.978341858076), without a time"
    )


def test_what_stays_in_the_journal_has_the_length_it_may_have() -> None:
    longest_zone = "America/Argentina/ComodRivadavia"
    time = LegacyTime(text="2025-06-24T06:00:00.123456", at=NOON, zone=longest_zone)
    for exact in ("9998." + "9" * 35, "39999999999.12345678", "0." + "0" * 40 + "1"):
        balance = Decimal(exact).quantize(Decimal("0.00000001"))
        file = LegacyFile(path="a", kind=AUTO, balance=balance, exact=exact, time=time)
        assert len(file.description) <= 200
        assert file.description.isprintable()


def test_one_trade_is_one() -> None:
    check = TradeCheck(trades=1, start=Decimal(10), start_is_assumed=False, computed=Decimal(12), gap=Decimal("-0.5"))
    assert check.line == "1 trade adds up to 12.00, starting at 10.00: the file says 0.50 less"
