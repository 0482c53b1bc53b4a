"""The rows about an account's money and positions, for REST and WebSocket."""

from decimal import Decimal

from tests.exchange.loopback.accounts import COIN, ZERO, Account, Position
from tests.exchange.loopback.listing import MAINTENANCE_RATE
from tests.exchange.loopback.shapes import Row, text_of

_SHOWN = Decimal(1).scaleb(-20)


def spot_balance_rows(account: Account) -> list[Row]:
    """Return a row for each coin the account has any of."""
    return [
        {"ccy": coin, "available": text_of(purse.available), "frozen": text_of(purse.frozen)}
        for coin, purse in account.spot.items()
        if purse.available or purse.frozen
    ]


def futures_balance_rows(account: Account, unrealized: Decimal) -> list[Row]:
    """Return the futures wallet; as in the recorded answers there is no `equity`."""
    return [
        {
            "ccy": coin,
            "available": text_of(purse.available),
            "frozen": text_of(purse.frozen),
            "margin": text_of(sum((p.margin for p in account.positions.values()), ZERO) if coin == COIN else ZERO),
            "transferrable": text_of(max(purse.available, ZERO)),
            "unrealized_pnl": text_of(unrealized if coin == COIN else ZERO),
        }
        for coin, purse in account.futures.items()
    ]


def position_row(position: Position, *, closable: Decimal, mark: Decimal) -> Row:
    """Return a row of `pending-position`; `close_avbl` is what no resting close order holds."""
    entry, value = position.entry_price, position.size * mark
    maintenance = value * MAINTENANCE_RATE
    room = (position.margin - maintenance) / position.size if position.size else ZERO
    bankrupt = position.margin / position.size if position.size else ZERO
    liquidation = entry - room if position.is_long else entry + room
    backing = position.margin + position.unrealized(mark)
    return {
        "position_id": position.position_id,
        "market": position.pair.market_id,
        "market_type": "FUTURES",
        "side": "long" if position.is_long else "short",
        "margin_mode": position.margin_mode,
        "open_interest": text_of(position.size),
        "close_avbl": text_of(closable),
        "ath_position_amount": text_of(position.most),
        "unrealized_pnl": text_of(position.unrealized(mark)),
        "realized_pnl": text_of(position.realized),
        "avg_entry_price": _short(entry),
        "cml_position_value": text_of(position.cost),
        "max_position_value": text_of(position.cost),
        "created_at": position.opened_ms,
        "updated_at": position.updated_ms or position.opened_ms,
        "take_profit_price": text_of(position.take_profit),
        "stop_loss_price": text_of(position.stop_loss),
        "take_profit_type": "latest_price" if position.take_profit else "",
        "stop_loss_type": "latest_price" if position.stop_loss else "",
        "settle_price": _short(entry),
        "settle_value": text_of(position.cost),
        "leverage": str(position.leverage),
        "margin_avbl": text_of(position.margin),
        "ath_margin_size": text_of(position.margin),
        "position_margin_rate": _short(backing / value if value else ZERO),
        "maintenance_margin_rate": str(MAINTENANCE_RATE),
        "maintenance_margin_value": text_of(maintenance),
        "liq_price": _short(max(liquidation, ZERO)),
        "bkr_price": _short(max(entry - bankrupt if position.is_long else entry + bankrupt, ZERO)),
        "adl_level": 1,
    }


def _short(figure: Decimal) -> str:
    return text_of(figure.quantize(_SHOWN))
