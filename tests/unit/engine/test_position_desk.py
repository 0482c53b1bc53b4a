"""Stop, target, trail, margin and leverage of an open position, changed by hand."""

from datetime import timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.order import MarginMode, OrderSide, OrderType
from desktop_trader.domain.position_change import PositionTerm
from desktop_trader.messages import commands as c
from desktop_trader.messages.notices import NETWORK, AlreadyDone, CommandRefused, Notice, PositionChanged
from tests.builders import SPOT, SWAP, make_quote
from tests.engine_rig import build_engine, only
from tests.fakes import MemoryLedgerStore, ScriptedFeed
from tests.trading_rig import TradingRig, on_bars, play


def rig_with(*actions: str) -> TradingRig:
    rig = TradingRig(instruments=[SWAP])
    for action in actions:
        play(rig, action)
    return rig


def long_rig() -> TradingRig:
    """A long of 1 at 100 with margin 10."""
    return rig_with("quote 100", "long 1 x10", "quote 100")


def protect(
    rig: TradingRig,
    *,
    stop: str | None = None,
    target: str | None = None,
    trail: str | None = None,
    position_id: int = 1,
    author: str = "a person",
) -> list[Notice]:
    levels = {"stop_loss": stop, "take_profit": target, "trail_percent": trail}
    return rig.step(
        c.SetProtection(
            request_id=rig.request_id(),
            position_id=position_id,
            author=author,
            **{name: None if value is None else Decimal(value) for name, value in levels.items()},  # type: ignore[arg-type]
        )
    )


def margin(rig: TradingRig, amount: str, *, request_id: str = "") -> list[Notice]:
    return rig.step(
        c.ChangeMargin(
            request_id=request_id or rig.request_id(), position_id=1, amount=Decimal(amount), author="a person"
        )
    )


def leverage(rig: TradingRig, times: int, *, request_id: str = "") -> list[Notice]:
    return rig.step(
        c.SetLeverage(request_id=request_id or rig.request_id(), position_id=1, leverage=times, author="a person")
    )


def changes(rig: TradingRig) -> list[tuple[PositionTerm, str, str, str]]:
    return [
        (change.term, change.before, change.after, change.author)
        for update in rig.memory.updates
        for change in update.position_changes
    ]


@pytest.mark.requirement("R41")
def test_levels_are_set_told_and_kept_with_who_set_them() -> None:
    rig = long_rig()
    told = only(protect(rig, stop="95", target="110.01", trail="4"), PositionChanged)
    assert told.detail == "stop loss none to 95; take profit none to 110.01; trailing distance in percent none to 4"
    assert (told.symbol, told.position_id) == (SWAP.symbol, 1)
    assert changes(rig) == [
        (PositionTerm.STOP_LOSS, "", "95", "a person"),
        (PositionTerm.TAKE_PROFIT, "", "110.01", "a person"),
        (PositionTerm.TRAIL_PERCENT, "", "4", "a person"),
    ]
    rig.restart()
    assert (rig.position.stop_loss, rig.position.take_profit, rig.position.trail_percent) == (95, Decimal("110.01"), 4)


def test_the_same_levels_again_change_nothing() -> None:
    rig = long_rig()
    protect(rig, stop="95")
    assert only(protect(rig, stop="95.00"), AlreadyDone)
    assert len(changes(rig)) == 1


@pytest.mark.parametrize(
    ("levels", "reason", "figures"),
    [
        ({"stop": "100"}, "protection", ("stop loss 100", "below the price 100", "at once")),
        ({"stop": "101"}, "protection", ("stop loss 101", "below the price 100")),
        ({"target": "99.5"}, "protection", ("take profit 99.5", "above the price 100")),
        ({"stop": "95.001"}, "price_grid", ("95.001", "0.01")),
        ({"stop": "-1"}, "protection", ("above zero",)),
        ({"trail": "0"}, "protection", ("trailing",)),
        ({"trail": "100"}, "protection", ("trailing",)),
        ({"stop": "NaN"}, "bad_input", ()),
        ({"trail": "1E-30"}, "bad_input", ()),
        ({"target": "1E+40"}, "bad_input", ()),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_with_its_figures(
    levels: dict[str, str], reason: str, figures: tuple[str, ...]
) -> None:
    rig = long_rig()
    refused = only(protect(rig, **levels), CommandRefused)  # type: ignore[arg-type]
    assert refused.reason == reason
    assert all(figure in refused.detail for figure in figures), refused.detail
    assert changes(rig) == []


def test_nobody_changes_what_is_not_open() -> None:
    rig = long_rig()
    assert only(protect(rig, stop="95", position_id=2), CommandRefused).reason == "not_open"


def test_whoever_changes_something_has_a_name() -> None:
    assert only(protect(long_rig(), stop="95", author=" "), CommandRefused).reason == "bad_input"


def test_on_bars_levels_are_held_against_the_newest_close() -> None:
    rig = on_bars(instruments=[SWAP])
    for action in ("bar 100 100 100 100", "long 1 x10", "bar 100 104 99 103"):
        play(rig, action)
    assert only(protect(rig, stop="103"), CommandRefused).reason == "protection"
    assert only(protect(rig, stop="102.5"), PositionChanged)


def test_margin_goes_in_and_out_once_for_each_request() -> None:
    rig = long_rig()
    told = only(margin(rig, "5.00000001", request_id="in"), PositionChanged)
    assert told.detail == "margin 10 to 15.00000001"
    assert only(margin(rig, "5.00000001", request_id="in"), AlreadyDone)
    rig.restart()
    assert only(margin(rig, "5.00000001", request_id="in"), AlreadyDone)
    margin(rig, "-2")
    assert rig.position.margin == rig.portfolio.wallet.locked == Decimal("13.00000001")
    booked = [entry.draft for entry in rig.memory.entries if entry.draft.kind is EntryKind.MARGIN_CHANGE]
    assert [(draft.author, draft.reason, draft.changes()) for draft in booked] == [
        ("a person", "margin_added", (0, Decimal("5.00000001"))),
        ("a person", "margin_removed", (0, Decimal(-2))),
    ]


def test_a_request_id_of_something_else_is_refused() -> None:
    rig = long_rig()
    rig.deposit(5, request_id="money")
    assert only(margin(rig, "5", request_id="money"), CommandRefused).reason == "request_id_used"
    assert only(leverage(rig, 5, request_id="money"), CommandRefused).reason == "request_id_used"


def test_margin_that_is_not_there_or_not_to_spare_is_refused_with_figures() -> None:
    rig = long_rig()
    refused = only(margin(rig, "9989.90000001"), CommandRefused)
    assert (refused.reason, "9,989.90" in refused.detail) == ("insufficient_funds", True)
    refused = only(margin(rig, "-0.00000001"), CommandRefused)
    assert (refused.reason, "$10.00" in refused.detail) == ("margin", True)
    assert only(margin(rig, "0"), CommandRefused).reason == "terms"
    assert only(margin(rig, "0.000000001"), CommandRefused).reason == "bad_input"


def test_margin_belongs_to_isolated_swaps_only() -> None:
    rig = rig_with("quote 100", "long 1 x10 cross", "quote 100")
    assert rig.position.margin_mode is MarginMode.CROSS
    assert only(margin(rig, "5"), CommandRefused).reason == "terms"
    spot = TradingRig(instruments=[SPOT])
    for action in ("quote 100", "buy 1", "quote 100"):
        play(spot, action)
    assert only(margin(spot, "5"), CommandRefused).reason == "terms"
    assert only(leverage(spot, 2), CommandRefused).reason == "terms"


def test_leverage_locks_anew_and_the_same_again_changes_nothing() -> None:
    rig = long_rig()
    told = only(leverage(rig, 20), PositionChanged)
    assert told.detail == "leverage 10 to 20; margin 10 to 5"
    assert only(leverage(rig, 20), AlreadyDone)
    assert (rig.position.leverage, rig.position.margin, rig.portfolio.wallet.available) == (20, 5, Decimal("9994.9"))
    refused = only(leverage(rig, 126), CommandRefused)
    assert (refused.reason, "125x" in refused.detail) == ("leverage", True)
    assert only(leverage(rig, 0), CommandRefused).reason == "leverage"


def test_a_pause_keeps_nobody_from_protecting_but_from_what_needs_a_fresh_price() -> None:
    rig = long_rig()
    rig.hold()
    rig.engine.desk.clock.advance_to(rig.now + timedelta(seconds=42))
    assert only(protect(rig, stop="95"), PositionChanged)
    assert only(margin(rig, "5"), PositionChanged)
    assert only(leverage(rig, 5), PositionChanged)
    for refused in (only(margin(rig, "-1"), CommandRefused), only(leverage(rig, 20), CommandRefused)):
        assert refused.reason == NETWORK
        assert "No network" in refused.detail
        assert "42 s old" in refused.detail
    assert (rig.position.leverage, rig.position.margin) == (5, 20)


def test_an_old_price_of_a_live_market_frees_no_margin() -> None:
    feed = ScriptedFeed([SWAP], is_live=True)
    engine = build_engine(MemoryLedgerStore(), feed)
    at = feed.starts_at
    engine.step(make_quote(100, symbol=SWAP.symbol, at=at + timedelta(seconds=1)))
    order = c.SubmitOrder(
        request_id="1", symbol=SWAP.symbol, side=OrderSide.BUY, type=OrderType.MARKET, quantity=Decimal(1), leverage=10
    )
    engine.step(order)
    engine.step(make_quote(100, symbol=SWAP.symbol, at=at + timedelta(seconds=2)))
    assert engine.books.portfolio.positions
    engine.desk.clock.pass_to(at + timedelta(minutes=5))
    told = engine.step(c.SetLeverage(request_id="2", position_id=1, leverage=20))
    refused = only(told, CommandRefused)
    assert (refused.reason, "5 min old" in refused.detail) == ("no_price", True)
    assert only(engine.step(c.SetLeverage(request_id="3", position_id=1, leverage=5)), PositionChanged)
