"""Whether a stop or target may stand at a price, and what it would come to; for tables, dialogs and the chart alike."""

from __future__ import annotations

from decimal import Decimal

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.level_result import Holding, close_fee, result_at
from desktop_trader.domain.liquidation import Exposure, level_of_one
from desktop_trader.domain.order import Direction
from desktop_trader.messages.snapshot import PositionView
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.table_columns import price_text
from desktop_trader.ui.number_format import format_plain, format_signed_money


def holding_of(position: PositionView) -> Holding:
    """Return what a position holds."""
    return Holding(
        direction=Direction(position.direction), quantity=position.quantity, entry_price=position.entry_price
    )


def level_problem(model: BalanceModel, position: PositionView, price: Decimal, *, is_stop: bool) -> str:
    """Say why a stop or target cannot stand at a price; empty when it can, or stands there. The engine looks again."""
    if price == (position.stop_loss if is_stop else position.take_profit):
        return ""
    instrument = model.instrument(position.symbol)
    what = "stop" if is_stop else "target"
    if price <= 0:
        return f"The {what} has to be above zero."
    if instrument is not None and not instrument.is_on_price_grid(price):
        return f"Prices of {instrument.symbol} are multiples of {format_plain(instrument.tick_size)}."
    now = _exit_price(model, position)
    if now is None:
        return ""
    is_below = (position.direction == Direction.LONG) == is_stop
    if (price >= now) if is_below else (price <= now):
        where = "below" if is_below else "above"
        return (
            f"The {what} of a {position.direction.upper()} has to be {where} the price {price_text(now, instrument)}: "
            "it would act at once."
        )
    return ""


def _exit_price(model: BalanceModel, position: PositionView) -> Decimal | None:
    """What leaving would get now: a long's bid, a short's ask."""
    quote = model.quote(position.symbol)
    if quote is None:
        return position.mark_price
    return quote.bid if position.direction == Direction.LONG else quote.ask


def liquidation_with(position: PositionView, margin: Decimal, instrument: Instrument) -> Decimal | None:
    """Return where an isolated position with another margin is closed by force, on the grid; None where no price does.

    Rounded to the tick on the side that acts earlier, as the engine does.
    """
    sign = Direction(position.direction).sign
    size = position.quantity * instrument.contract_size
    exposure = Exposure(sign=sign, size=size, cost=size * position.entry_price, brackets=instrument.margin_brackets)
    level = level_of_one(margin, exposure)
    if level is None:
        return None
    return instrument.round_price_up(level) if sign > 0 else instrument.round_price_down(level)


def liquidation_change(position: PositionView, margin: Decimal, instrument: Instrument | None) -> str:
    """Say where the liquidation of a position is and where it is with another margin; empty where nobody knows."""
    if instrument is None or not instrument.margin_brackets:
        return ""
    before = position.liquidation_price
    was = "none" if before is None else price_text(before, instrument)
    if position.margin_mode != "isolated":
        return f"Liquidation: {was}, as before: on cross all that the account has answers."
    after = liquidation_with(position, margin, instrument)
    if after == before:
        return f"Liquidation: {was}, as before"
    now = "none" if after is None else price_text(after, instrument)
    sign = Direction(position.direction).sign
    is_farther = after is None or (before is not None and (before - after) * sign > 0)
    return f"Liquidation: {was} → {now}, {'farther away' if is_farther else 'nearer'}"


def liquidation_note(position: PositionView, stop: Decimal | None, *, instrument: Instrument | None) -> str:
    """Say that a stop never has its turn; empty where it has."""
    liquidation = position.liquidation_price
    sign = Direction(position.direction).sign
    if stop is None or liquidation is None or (stop - liquidation) * sign >= 0:
        return ""
    return f"The liquidation at {price_text(liquidation, instrument)} comes before this stop."


def level_text(position: PositionView, price: Decimal, *, instrument: Instrument, currency: str) -> str:
    """Write what closing all of a position at a price earns or loses before fees, and with the fee of that close."""
    held = holding_of(position)
    gross = result_at(held, price, instrument=instrument)
    fee = close_fee(held, price, instrument=instrument)
    return f"{format_signed_money(gross, currency)}, {format_signed_money(gross - fee, currency)} after its fee"


def percent_text(amount: Decimal, total: Decimal) -> str:
    """Write an amount in percent of a total; empty where that is nothing."""
    return f"{amount / total * 100:+.2f} % of the balance" if total > 0 else ""
