"""Wherever a verification stops to remember, going on from there finds what a whole one finds."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import NOBODY, Verification, _Check
from tests.booked_account import BookedAccount
from tests.properties.test_books_verify import take_step

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["deposit", "withdraw", "adjust", "buy", "sell", "rest", "cancel", "part", "close", "reset", "remember"]
        ),
        st.integers(1, 60_000),
        st.integers(1, 10**9),
        st.integers(0, 1),
    ),
    max_size=30,
)


def verification(store: SqliteLedgerStore, *, is_whole: bool) -> Verification:
    check = _Check(store._connection, None, NOBODY)
    return check.carry_out(lambda stored: None if is_whole else stored)


@pytest.mark.requirement("R47", "R182")
@given(steps=STEPS)
@settings(max_examples=60, deadline=None)
def test_going_on_from_any_head_is_as_good_as_a_whole_walk(steps: list[tuple[str, int, int, int]]) -> None:
    store = SqliteLedgerStore.in_memory()
    accounts = [BookedAccount(store)]
    accounts[0].change("10000")
    accounts.append(BookedAccount(store, name="second"))
    accounts[1].change("5000")
    accounts[0].ids = accounts[1].ids  # One file numbers its orders, positions and fills once.
    for what, lots, units, which in steps:
        account, other = accounts[which], accounts[1 - which]
        account.head = account.head if account.head.entry_id > other.head.entry_id else other.head
        if what == "remember":
            since = verification(store, is_whole=False)
            assert since.report.ok, since.report.findings
            store.keep_verified_head(since.verified_head(at=AT, since=None))
        elif what != "reset":
            take_step(account, what, lots, units)
        elif not account.portfolio.positions and not account.portfolio.orders:
            account.reset(str(lots))
    later, whole = verification(store, is_whole=False), verification(store, is_whole=True)
    assert (later.report.ok, whole.report.ok) == (True, True), (later.report.findings, whole.report.findings)
    assert (later.head, later.sums) == (whole.head, whole.sums)
    store.close()
