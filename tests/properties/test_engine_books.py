"""Whatever people, prices and restarts do, in any order: the laws hold and the journal alone gives the state."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_trader.domain import ledger
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.invariants import check_account
from desktop_trader.domain.ledger import GENESIS, EntryKind, LedgerEntry, seal
from desktop_trader.domain.market import PriceSource
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.wallet import NO_TOTALS
from desktop_trader.engine.ports import LedgerStore
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify
from tests.builders import SPOT, SWAP
from tests.engine_rig import EngineRig
from tests.fakes import MemoryLedgerStore

PRICES = st.one_of(
    st.decimals("80", "120", places=2), st.decimals("80", "120", places=2), st.decimals("0.01", "900", places=2)
)
LOTS = st.sampled_from([Decimal(text) for text in ("0.00001", "0.5", "1", "3.33333", "7.77777", "20", "45", "2000")])
AMOUNTS = st.one_of(
    st.sampled_from([Decimal(text) for text in ("0.00000001", "100", "9999.99999999", "15000")]),
    st.decimals("0", "20000", places=8),
)
LIMITS = st.one_of(st.none(), st.decimals("-15", "15", places=2))
DISTANCES = st.one_of(st.none(), st.decimals("0", "25", places=2))
STEPS = st.one_of(
    st.tuples(st.just("price"), PRICES),
    st.tuples(st.just("price"), PRICES),
    st.tuples(st.just("enter"), st.booleans(), LOTS, LIMITS, DISTANCES, DISTANCES),
    st.tuples(st.just("enter"), st.booleans(), LOTS, LIMITS, DISTANCES, DISTANCES),
    st.tuples(st.just("close"), st.integers(0, 5)),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.sampled_from(["deposit", "withdraw", "set"]), AMOUNTS),
    st.tuples(st.sampled_from(["pause", "resume", "restart", "strategy"])),
    st.tuples(st.just("reset"), AMOUNTS, st.booleans()),
    st.tuples(st.just("import"), AMOUNTS, st.integers(0, 3)),
)


def take(rig: EngineRig, what: str, *values: Any) -> None:
    """Let one thing happen; what cannot be done is refused by the engine itself."""
    actions: dict[str, Callable[..., object]] = {
        "price": lambda price: move(rig, price),
        "enter": lambda *terms: enter(rig, *terms),
        "close": lambda index: rig.close(pick(rig.portfolio.positions, index)),
        "cancel": lambda index: rig.cancel(pick(rig.portfolio.orders, index)),
        "deposit": rig.deposit,
        "withdraw": rig.withdraw,
        "set": rig.set_total,
        "pause": rig.pause,
        "resume": rig.resume,
        "restart": rig.restart,
        "strategy": lambda: rig.start_strategy(fast="1", slow="2"),
        "reset": lambda amount, is_flat: reset(rig, amount, is_flat=is_flat),
        "import": lambda amount, content: rig.take_over(amount, content=f"file {content}"),
    }
    actions[what](*values)


def move(rig: EngineRig, price: Decimal) -> None:
    """The next price: a quote with a spread, or a bar from the price before to this one."""
    if rig.fills_on is PriceSource.QUOTES:
        rig.quote(price, bid=max(price - Decimal("0.01"), Decimal("0.01")), ask=price + Decimal("0.01"))
        return
    before = rig.engine.desk.marks.price(rig.instruments[0].symbol) or price
    gap = (before + price) / 2
    open_ = gap.quantize(Decimal("0.01"))
    rig.bar(f"{open_} {max(open_, price)} {min(open_, price)} {price}")


def enter(
    rig: EngineRig, buys: bool, quantity: Decimal, limit: Decimal | None, stop: Decimal | None, target: Decimal | None
) -> None:
    last = rig.engine.desk.marks.price(rig.instruments[0].symbol) or Decimal(100)
    price = last if limit is None else last + limit
    sign = 1 if buys else -1
    order = rig.buy if buys else rig.sell
    order(
        quantity,
        limit=None if limit is None else price,
        stop=None if stop is None else price - sign * stop,
        target=None if target is None else price + sign * target,
    )


def reset(rig: EngineRig, amount: Decimal, *, is_flat: bool) -> None:
    """End the run; `is_flat` ends first what is open, so that it is not refused."""
    if is_flat:
        for order_id in sorted(rig.portfolio.orders):
            rig.cancel(order_id)
        for position_id in sorted(rig.portfolio.positions):
            rig.close(position_id)
        move(rig, rig.engine.desk.marks.price(rig.instruments[0].symbol) or Decimal(100))
    rig.reset(amount)


def pick(live: Any, index: int) -> int:
    ids = sorted(live)
    return int(ids[index % len(ids)]) if ids else 99


def rebuilt(portfolio: Portfolio, entries: list[LedgerEntry]) -> Portfolio:
    """The account's figures from nothing but the journal, entry by entry."""
    wallet = replace(
        portfolio.wallet, total=ZERO, locked=ZERO, total_deposits=ZERO, total_withdrawals=ZERO, total_pnl=ZERO
    )
    run = replace(portfolio.run, id=entries[0].draft.run_id)
    account = replace(portfolio, wallet=wallet, totals=NO_TOTALS, run=run)
    for entry in entries:
        if entry.draft.run_id != account.run.id:
            assert account.totals.expected_total == 0
            assert (entry.draft.kind, entry.draft.run_id) == (EntryKind.OPENING, account.run.id + 1)
            account = replace(account, run=replace(account.run, id=entry.draft.run_id), totals=NO_TOTALS)
        account = account.apply(Movement(drafts=(entry.draft,)), at=entry.draft.occurred_at)
        assert (account.wallet.total, account.wallet.locked) == (entry.total_after, entry.locked_after)
    return account


def check(rig: EngineRig) -> None:
    portfolio, wallet = rig.portfolio, rig.portfolio.wallet
    assert not rig.engine.halted, rig.notices[-1]
    check_account(portfolio)
    assert wallet.total == wallet.available + wallet.locked
    assert wallet.available >= 0
    assert wallet.locked >= 0
    view = rig.snapshot.balance
    assert view.totals is not None
    assert view.totals.expected_total == wallet.total
    if view.unrealized_pnl is not None:
        assert view.portfolio_value == wallet.total + view.unrealized_pnl
        assert view.peak_equity >= view.portfolio_value
    for position in portfolio.positions.values():
        assert position.quantity > 0
        assert position.entry_cost == position.entry_price * position.entry_quantity or position.entry_quantity
    exits = [order.position_id for order in portfolio.orders.values() if order.is_exit]
    assert len(exits) == len(set(exits))


def check_journal(rig: EngineRig, entries: list[LedgerEntry]) -> None:
    replayed = rebuilt(rig.portfolio, entries)
    assert replayed.run.id == rig.portfolio.run.id
    assert replayed.totals == rig.portfolio.totals
    assert replace(replayed.wallet, updated_at=rig.portfolio.wallet.updated_at) == rig.portfolio.wallet
    again, head = seal([entry.draft for entry in entries], head=GENESIS, total=ZERO, locked=ZERO)
    assert list(again) == entries
    assert head == rig.engine.books.head
    keys = [entry.draft.idempotency_key for entry in entries]
    assert len(keys) == len(set(keys))
    locked: dict[str, Decimal] = {}
    for entry in entries:
        for posting in entry.draft.postings:
            if posting.ledger_account.startswith(ledger.LOCKED_PREFIX):
                locked[posting.ledger_account] = locked.get(posting.ledger_account, ZERO) + posting.amount
    held = {ledger.locked_for_position(each.id): each.margin for each in rig.portfolio.positions.values()}
    held |= {ledger.locked_for_order(each.id): each.reserve for each in rig.portfolio.orders.values() if each.reserve}
    assert {name: amount for name, amount in locked.items() if amount} == held


def session(store: LedgerStore, instrument: Instrument, fills_on: PriceSource, steps: list[Any]) -> EngineRig:
    rig = EngineRig(store=store, instruments=[instrument], fills_on=fills_on)
    move(rig, Decimal(100))
    for step in steps:
        take(rig, *step)
        check(rig)
    return rig


@pytest.mark.requirement("R75", "R173", "R174", "R179", "R189")
@given(st.lists(STEPS, max_size=40), st.sampled_from([SPOT, SWAP]), st.sampled_from(PriceSource))
@settings(max_examples=120)
def test_every_law_holds_after_every_step(steps: list[Any], instrument: Instrument, fills_on: PriceSource) -> None:
    store = MemoryLedgerStore()
    rig = session(store, instrument, fills_on, steps)
    check_journal(rig, store.entries)
    before = rig.portfolio
    rig.restart()
    assert (rig.portfolio.wallet, rig.portfolio.totals) == (before.wallet, before.totals)
    assert dict(rig.portfolio.positions) == dict(before.positions)
    assert sorted(rig.portfolio.orders) == sorted(before.orders)


@pytest.mark.requirement("R3", "R191")
@given(st.lists(STEPS, max_size=30), st.sampled_from([SPOT, SWAP]), st.sampled_from(PriceSource))
@settings(max_examples=25)
def test_the_real_books_verify_whatever_happened(
    steps: list[Any], instrument: Instrument, fills_on: PriceSource
) -> None:
    store = SqliteLedgerStore.in_memory()
    twin = MemoryLedgerStore()
    rig = session(store, instrument, fills_on, steps)
    report = verify(store._connection)
    assert report.ok, report
    assert session(twin, instrument, fills_on, steps).engine.books.head == rig.engine.books.head
    before = rig.portfolio
    rig.restart()
    assert (rig.portfolio.wallet, rig.portfolio.totals) == (before.wallet, before.totals)
    assert dict(rig.portfolio.positions) == dict(before.positions)


@given(st.lists(STEPS, max_size=25), st.sampled_from(PriceSource), st.data())
@settings(max_examples=40)
def test_restarts_anywhere_change_nothing_that_is_booked(
    steps: list[Any], fills_on: PriceSource, data: st.DataObject
) -> None:
    """The same steps with and without restarts between them write the same journal, hash for hash."""
    plain = [step for step in steps if step[0] not in ("restart", "enter")]
    entries_by_limit = [step for step in steps if step[0] == "enter" and step[3] is not None]
    mixed = plain + entries_by_limit
    at = set(data.draw(st.lists(st.integers(0, max(len(mixed) - 1, 0)), max_size=6)))
    quiet = EngineRig(instruments=[SWAP], fills_on=fills_on)
    restless = EngineRig(instruments=[SWAP], fills_on=fills_on)
    for rig in (quiet, restless):
        move(rig, Decimal(100))
    for index, step in enumerate(mixed):
        if index in at:
            restless.engine.checkpoint()
            restless.restart()
            price = quiet.engine.desk.marks.price(SWAP.symbol)
            assert price is not None
            restless.engine.desk.marks.set_price(SWAP.symbol, price)  # the last price is the feed's to bring back
        take(quiet, *step)
        take(restless, *step)
    assert restless.engine.books.head == quiet.engine.books.head
