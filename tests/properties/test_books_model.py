"""The engine on a real SQLite file against plain books of whole numbers: whatever people, prices and kills do."""

import os
import shutil
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from desktop_trader.domain.money import install_context
from desktop_trader.domain.order import Direction
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages import commands as c
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify_folder
from tests.builders import SWAP
from tests.engine_rig import EngineRig
from tests.properties.plain_books import PlainBooks

STEPS = int(os.environ.get("DESKTOP_TRADER_MODEL_STEPS", "100000"))
STEPS_IN_A_TEST_RUN = 2_000
STEPS_OF_A_LIFE = 50
START = 10_000 * 10**8

PRICES = st.one_of(st.integers(9_000, 11_000), st.integers(9_900, 10_100), st.integers(1, 50_000))
SPREADS = st.integers(0, 5)
QUANTITIES = st.one_of(
    st.sampled_from([100_000, 5_000, 333_333, 2_000_000, 9_900_000]), st.integers(10_000, 20_000_000)
)
DISTANCES = st.one_of(st.none(), st.integers(-20, 2_000), st.integers(50, 400))
AMOUNTS = st.one_of(
    st.sampled_from([0, 1, 10**8, 10**12, 999_999_999_999]),
    st.integers(5 * 10**11, 3 * 10**12),
    st.integers(5 * 10**11, 3 * 10**12),
)
CONTENTS = st.sampled_from("abcdefgh")
PICKS = st.sampled_from([0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 5])


def money(units: int) -> Decimal:
    return Decimal(units).scaleb(-8)


def price_of(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def quantity_of(lots: int) -> Decimal:
    return Decimal(lots).scaleb(-5)


def pick(numbers: Any, index: int) -> int:
    """Choose one of the numbers there are, or one that nobody ever had."""
    known = sorted(numbers)
    return known[index % len(known)] if known and index < 5 else 999


class BooksAgainstModel(RuleBasedStateMachine):
    """Does the same to both books, and compares them after every step."""

    def __init__(self) -> None:
        super().__init__()
        install_context()
        self._folder = Path(tempfile.mkdtemp(prefix="books-"))
        self._lives = 0
        self._store: SqliteLedgerStore | None = None
        self.plain = PlainBooks(START)
        self._last: c.Command | None = None
        self._left_behind: list[SqliteLedgerStore] = []

    @property
    def _paths(self) -> DataFolderPaths:
        return data_folder(self._folder / f"life-{self._lives}")

    @initialize(cents=PRICES, spread=SPREADS)
    def begin(self, cents: int, spread: int) -> None:
        self._paths.root.mkdir(mode=0o700)
        self._store = SqliteLedgerStore.open(self._paths)
        self.rig = EngineRig(instruments=[SWAP], store=self._store)
        self.move_price(cents, spread)

    @rule(cents=PRICES, spread=SPREADS)
    def move_price(self, cents: int, spread: int) -> None:
        self.plain.quote(cents, cents + spread)
        self.rig.quote(price_of(cents), bid=price_of(cents), ask=price_of(cents + spread))

    @rule(
        buys=st.booleans(), quantity=QUANTITIES, limit=st.one_of(st.none(), st.integers(-300, 300)),
        stop=DISTANCES, profit=DISTANCES,
    )  # fmt: skip
    def enter(self, buys: bool, quantity: int, limit: int | None, stop: int | None, profit: int | None) -> None:
        price = (self.plain.ask if buys else self.plain.bid) + (limit or 0)
        sign = 1 if buys else -1
        levels = [None if stop is None else price - stop * sign, None if profit is None else price + profit * sign]
        if price <= 0 or any(level is not None and level <= 0 for level in levels):
            return
        wish = {"limit": None if limit is None else price, "stop": levels[0], "target": levels[1]}
        self.plain.enter(buys, quantity, **wish)
        self.rig.notices.clear()
        prices: dict[str, Any] = {name: None if each is None else price_of(each) for name, each in wish.items()}
        self.rig.enter(self.rig_side(buys), quantity_of(quantity), **prices)

    @rule(buys=st.booleans(), quantity=QUANTITIES, cents=PRICES, spread=SPREADS)
    def enter_at_once(self, buys: bool, quantity: int, cents: int, spread: int) -> None:
        """An entry at the market, and the price that fills it or for which there is no money."""
        self.enter(buys, quantity, None, None, None)
        self.move_price(cents, spread)

    def rig_side(self, buys: bool) -> Any:
        return (Direction.LONG if buys else Direction.SHORT).entry_side

    @precondition(lambda self: self.plain.orders)
    @rule(index=PICKS)
    def cancel(self, index: int) -> None:
        number = pick([order.number for order in self.plain.orders.values()], index)
        self.plain.cancel(number)
        self.rig.cancel(number)

    @precondition(lambda self: self.plain.positions)
    @rule(index=PICKS)
    def close(self, index: int) -> None:
        number = pick(self.plain.positions, index)
        self.plain.close(number)
        self.rig.close(number)

    @rule(units=AMOUNTS)
    def deposit(self, units: int) -> None:
        self.plain.move(units, kind="deposit")
        self._ask(c.AdjustmentKind.DEPOSIT, units)

    @rule(units=AMOUNTS)
    def withdraw(self, units: int) -> None:
        self.plain.move(-units, kind="withdrawal")
        self._ask(c.AdjustmentKind.WITHDRAW, units)

    @rule(units=AMOUNTS)
    def set_total(self, units: int) -> None:
        self.plain.move(units - self.plain.total, kind="adjustment")
        self._ask(c.AdjustmentKind.SET_TOTAL, units)

    def _ask(self, kind: c.AdjustmentKind, units: int) -> None:
        self._last = c.AdjustBalance(
            request_id=self.rig.request_id(), kind=kind, amount=money(units), reason="model", author="model"
        )
        self.rig.step(self._last)

    @rule(units=AMOUNTS, content=CONTENTS)
    def take_over(self, units: int, content: str) -> None:
        self.plain.take_over(units, content)
        self.rig.step(
            c.ImportBalance(
                request_id=self.rig.request_id(), amount=money(units), content_hash=f"{ord(content):064x}",
                description="a file", author="model",
            )
        )  # fmt: skip

    @rule(units=AMOUNTS)
    def reset(self, units: int) -> None:
        self.plain.reset(units)
        self.rig.step(
            c.ResetAccount(request_id=self.rig.request_id(), start_amount=money(units), author="model", reason="again")
        )

    @precondition(lambda self: self._last is not None)
    @rule()
    def ask_the_same_once_more(self) -> None:
        """The same request arrives twice: the plain books do not even hear of it."""
        assert self._last is not None
        if self._is_booked(self._last.request_id):
            self.rig.step(self._last)

    def _is_booked(self, request_id: str) -> bool:
        assert self._store is not None
        return self._store.has_entry(f"request:{request_id}")

    @rule(cents=PRICES, spread=SPREADS)
    def quit_and_start(self, cents: int, spread: int) -> None:
        assert self._store is not None
        self.rig.engine.checkpoint()
        self._store.close()
        self._start()
        self.agree()
        self.move_price(cents, spread)

    @rule(cents=PRICES, spread=SPREADS)
    def be_killed_and_start(self, cents: int, spread: int) -> None:
        """What `kill -9` leaves is what the files hold now; the old process never closes anything.

        Where the market stands was stored a moment before: a market of our own shows again what came after that, which
        this one cannot.
        """
        assert self._store is not None
        self.rig.engine.checkpoint()
        before, self._lives = self._paths, self._lives + 1
        shutil.copytree(before.root, self._paths.root, ignore=shutil.ignore_patterns("*-shm"))
        self._left_behind.append(self._store)
        self._start()
        self.agree()
        self.move_price(cents, spread)

    def _start(self) -> None:
        self._store = self.rig.store = SqliteLedgerStore.open(self._paths)
        assert self._store.notes == ()
        self.rig.restart()

    @invariant()
    def agree(self) -> None:
        """Both books say the same of everything."""
        if self._store is None:
            return
        assert not self.rig.engine.halted
        assert self._of_the_engine() == self._of_the_plain()

    def _of_the_plain(self) -> dict[str, Any]:
        plain = self.plain
        return {
            "wallet": tuple(map(money, (plain.total, plain.locked, plain.deposits, plain.withdrawals, plain.earned))),
            "run": plain.runs,
            "positions": {
                each.number: (
                    each.is_long, quantity_of(each.quantity), money(each.margin),
                    None if each.stop is None else price_of(each.stop),
                    None if each.target is None else price_of(each.target),
                )
                for each in plain.positions.values()
            },
            "orders": {
                each.number: (each.buys, quantity_of(each.quantity), money(each.reserve), each.closes)
                for each in plain.orders.values()
            },
        }  # fmt: skip

    def _of_the_engine(self) -> dict[str, Any]:
        portfolio = self.rig.portfolio
        wallet = portfolio.wallet
        return {
            "wallet": (
                wallet.total, wallet.locked, wallet.total_deposits, wallet.total_withdrawals, wallet.total_pnl
            ),
            "run": portfolio.run.id,
            "positions": {
                each.id: (
                    each.direction is Direction.LONG, each.quantity, each.margin, each.stop_loss, each.take_profit
                )
                for each in portfolio.positions.values()
            },
            "orders": {
                each.id: (
                    each.side is Direction.LONG.entry_side, each.quantity, each.reserve,
                    (each.position_id or 0) if each.is_exit else 0,
                )
                for each in portfolio.orders.values()
            },
        }  # fmt: skip

    def teardown(self) -> None:
        if self._store is not None:
            self._store.close()
            report = verify_folder(self._paths)
            for store in self._left_behind:
                store.close()
            shutil.rmtree(self._folder)
            assert report.ok, report


def run_model(steps: int) -> None:
    run_state_machine_as_test(
        BooksAgainstModel,
        settings=settings(
            max_examples=max(1, steps // STEPS_OF_A_LIFE),
            stateful_step_count=STEPS_OF_A_LIFE,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.slow
@pytest.mark.requirement("R3", "R10")
def test_the_books_say_what_plain_books_say() -> None:
    run_model(STEPS_IN_A_TEST_RUN)


@pytest.mark.campaign
def test_the_books_say_what_plain_books_say_for_a_hundred_thousand_steps() -> None:
    run_model(STEPS)
