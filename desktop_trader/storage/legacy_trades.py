"""What the trades noted in a balance file add up to: a check beside the stored balance, never a source of money."""

import re
from collections.abc import Mapping
from decimal import Decimal

from desktop_trader.domain.legacy_balance import TradeCheck
from desktop_trader.domain.money import ZERO, round_down

ASSUMED_START = Decimal(10_000)
"""Where the documents of those programs let every account begin."""

_TRADE_LISTS = ("closed_trades", "trade_history", "trades", "trade_log", "history")
_STARTS = ("initial_balance", "start_balance", "starting_balance")
_PNL = ("realized_pnl", "pnl", "profit_loss", "profit")
_MOST_TRADES = 20_000
_PLAIN = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,24})?(e-[0-9]{1,2})?", re.ASCII | re.IGNORECASE)


def check_trades(values: Mapping[str, object], balance: Decimal) -> TradeCheck | None:
    """Return what the closed trades of a state file add up to, and how far its balance is from that.

    None where it lists no trades with a P&L that can be read; all or none, because a sum of some says nothing.
    """
    listed = next((values[name] for name in _TRADE_LISTS if isinstance(values.get(name), list)), None)
    if not isinstance(listed, list) or not listed or len(listed) > _MOST_TRADES:
        return None
    total = ZERO
    for trade in listed:
        pnl = _first_number(trade, _PNL) if isinstance(trade, Mapping) else None
        if pnl is None:
            return None
        total += pnl
    start = _first_number(values, _STARTS)
    computed = round_down((ASSUMED_START if start is None else start) + total)
    return TradeCheck(
        trades=len(listed),
        start=ASSUMED_START if start is None else start,
        start_is_assumed=start is None,
        computed=computed,
        gap=balance - computed,
    )


def _first_number(values: Mapping[str, object], names: tuple[str, ...]) -> Decimal | None:
    """Return the first of these that is there, if it is a plain number; numbers come as the bytes of their text."""
    for name in names:
        value = values.get(name)
        if value is not None:
            text = value.decode() if isinstance(value, bytes) else ""
            return Decimal(text) if _PLAIN.fullmatch(text) else None
    return None
