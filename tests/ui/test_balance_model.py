"""The model shows whole snapshots, tells only what changed, and holds prices back but never money or notices."""

from decimal import Decimal

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop_trader.messages.notices import LogNotice
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.ui.models.balance_model import BalanceModel
from tests.ui.snapshot_builders import (
    NOON,
    make_auto_trading,
    make_balance,
    make_order,
    make_position,
    make_quote,
    make_snapshot,
)

PARTS = (
    "state_changed",
    "balance_changed",
    "positions_changed",
    "orders_changed",
    "quotes_changed",
    "auto_trading_changed",
    "recent_changes_changed",
)


class SignalCounter(QObject):
    """Counts every signal of a model."""

    def __init__(self, model: BalanceModel) -> None:
        super().__init__()
        self.counts = dict.fromkeys(PARTS, 0)
        for name in PARTS:
            getattr(model, name).connect(lambda name=name: self._count(name))

    def _count(self, name: str) -> None:
        self.counts[name] += 1

    def changed(self) -> set[str]:
        return {name for name, count in self.counts.items() if count}


def shown(snapshot: AccountSnapshot) -> tuple[BalanceModel, SignalCounter]:
    model = BalanceModel()
    model.replace_snapshot(snapshot)
    return model, SignalCounter(model)


def test_before_the_first_snapshot_nothing_is_known(qtbot: QtBot) -> None:
    model = BalanceModel()
    assert model.snapshot is None
    assert model.balance is None
    assert model.positions == ()
    assert model.price_age_seconds() is None


@pytest.mark.requirement("R125")
def test_every_part_is_told_once_with_the_first_snapshot_and_none_with_an_equal_one(qtbot: QtBot) -> None:
    model = BalanceModel()
    counter = SignalCounter(model)
    model.replace_snapshot(make_snapshot(1))
    assert counter.counts["balance_changed"] == 1
    assert counter.counts["state_changed"] == 1
    assert max(counter.counts.values()) == 1
    before = dict(counter.counts)
    model.replace_snapshot(make_snapshot(2, ledger_head_id=2))
    assert counter.counts == before


@pytest.mark.requirement("R160")
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"balance": make_balance("10001")}, {"balance_changed", "recent_changes_changed"}),
        ({"positions": (make_position(),)}, {"positions_changed"}),
        ({"orders": (make_order(),)}, {"orders_changed"}),
        ({"auto_trading": make_auto_trading("running")}, {"auto_trading_changed"}),
        ({"halted": "the disk is full"}, {"state_changed"}),
        ({"recent_changes": ()}, {"recent_changes_changed"}),
        ({"quotes": (make_quote(last="45001"),), "ledger_head_id": 9}, {"quotes_changed"}),
    ],
)
def test_only_what_differs_is_told(qtbot: QtBot, changes: dict[str, object], expected: set[str]) -> None:
    model, counter = shown(make_snapshot(1))
    model.replace_snapshot(make_snapshot(2, **changes))
    assert counter.changed() == expected


def test_the_whole_state_is_there_before_the_first_signal(qtbot: QtBot) -> None:
    model, _ = shown(make_snapshot(1))
    seen: list[tuple[int, Decimal]] = []

    def look() -> None:
        assert model.balance is not None
        seen.append((len(model.positions), model.balance.total))

    model.balance_changed.connect(look)
    model.replace_snapshot(make_snapshot(2, balance=make_balance("5000"), positions=(make_position(),)))
    assert seen == [(1, Decimal(5000))]


def test_an_older_snapshot_is_ignored(qtbot: QtBot) -> None:
    model, counter = shown(make_snapshot(7, balance=make_balance("7000")))
    model.replace_snapshot(make_snapshot(6, balance=make_balance("6000")))
    model.replace_snapshot(make_snapshot(7, balance=make_balance("6000")))
    assert model.balance is not None
    assert model.balance.total == Decimal(7000)
    assert counter.changed() == set()


@pytest.mark.requirement("R147")
def test_prices_alone_are_coalesced_and_the_newest_is_shown_in_time(qtbot: QtBot) -> None:
    model, counter = shown(make_snapshot(1))
    with qtbot.waitSignal(model.quotes_changed, timeout=2000):
        for sequence in range(2, 50):
            model.replace_snapshot(
                make_snapshot(sequence, ledger_head_id=1, quotes=(make_quote(last=str(45000 + sequence)),))
            )
        assert counter.changed() == set()
    assert counter.counts["quotes_changed"] == 1
    quote = model.quote("BTC/USDT")
    assert quote is not None
    assert quote.last == Decimal(45049)


@pytest.mark.requirement("R147")
def test_prices_are_never_held_longer_than_two_seconds_whatever_the_setting(qtbot: QtBot) -> None:
    model = BalanceModel(repaint_interval_ms=10_000)
    model.replace_snapshot(make_snapshot(1))
    with qtbot.waitSignal(model.quotes_changed, timeout=2_500):
        model.replace_snapshot(make_snapshot(2, ledger_head_id=1, quotes=(make_quote(last="1"),)))


@pytest.mark.requirement("R149")
def test_a_change_of_the_ledger_is_shown_in_the_same_turn_also_while_prices_wait(qtbot: QtBot) -> None:
    model, counter = shown(make_snapshot(1))
    model.replace_snapshot(make_snapshot(2, ledger_head_id=1, quotes=(make_quote(last="45001"),)))
    model.replace_snapshot(make_snapshot(3, balance=make_balance("15000"), quotes=(make_quote(last="45002"),)))
    assert counter.counts["balance_changed"] == 1
    assert counter.counts["quotes_changed"] == 1
    assert model.balance is not None
    assert model.balance.total == Decimal(15000)
    model.show_newest()
    quote = model.quote("BTC/USDT")
    assert quote is not None
    assert quote.last == Decimal(45002)


def test_refreshing_shows_waiting_prices_at_once(qtbot: QtBot) -> None:
    model, counter = shown(make_snapshot(1))
    model.replace_snapshot(make_snapshot(2, ledger_head_id=1, quotes=(make_quote(last="45001"),)))
    model.show_newest()
    assert counter.counts["quotes_changed"] == 1


def test_a_slot_that_brings_a_newer_snapshot_leaves_the_newest_state(qtbot: QtBot) -> None:
    model, _ = shown(make_snapshot(1))

    def bring_newer() -> None:
        model.replace_snapshot(make_snapshot(3, balance=make_balance("3000")))

    model.balance_changed.connect(bring_newer)
    model.replace_snapshot(make_snapshot(2, balance=make_balance("2000")))
    assert model.balance is not None
    assert model.balance.total == Decimal(3000)


def test_notices_are_passed_on_every_one_in_order(qtbot: QtBot) -> None:
    model = BalanceModel()
    heard: list[int] = []
    model.notice_raised.connect(lambda notice: heard.append(notice.id))
    for number in range(500):
        model.raise_notice(LogNotice(id=number, at=NOON, message="x"))
    assert heard == list(range(500))
