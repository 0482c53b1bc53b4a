"""How the preview of a ticket reads: one column of figures for each direction. No Qt, and no arithmetic of its own.

The engine looks at everything again with the newest price: what stands here is what is known while a person types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.entry_rules import EntryWish
from desktop_trader.domain.fees import trading_fee
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.level_result import Holding, result_at
from desktop_trader.domain.market import Quote
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.order import Direction, OrderSide
from desktop_trader.domain.order_preview import LevelResult, OrderPreview, PreviewAccount, preview_entry
from desktop_trader.domain.order_terms import check_terms, first_denial
from desktop_trader.domain.risk import RiskLimits
from desktop_trader.domain.wallet import Wallet
from desktop_trader.messages.commands import SubmitOrder
from desktop_trader.messages.snapshot import AccountSnapshot, PositionView
from desktop_trader.settings import RiskSettings
from desktop_trader.ui.models.order_ticket import OrderTicket, TicketKind, expected_price, terms_of
from desktop_trader.ui.number_format import (
    UNKNOWN,
    format_exact_money,
    format_money,
    format_percent,
    format_price,
    format_signed_money,
)

ROWS = (
    ("notional", "Notional"),
    ("margin", "Margin"),
    ("fee", "Fee"),
    ("liquidation", "Liquidation"),
    ("stop", "Loss at stop"),
    ("stop-percent", "  of the balance"),
    ("target", "Profit at target"),
    ("target-percent", "  of the balance"),
    ("funding", "Funding / day"),
    ("break-even", "Break-even"),
    ("margin-ratio", "Ratio after"),
)
"""Name and caption of each figure, from top to bottom."""
_NO_LIQUIDATION = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewColumn:
    """One direction: figures by the names of `ROWS`, their exact values for tooltips, and what is to be said.

    `refusal` says in a sentence which `rule` is broken; `notes` are worth knowing.
    """

    figures: dict[str, str]
    exact: dict[str, str]
    rule: str = ""
    refusal: str = ""
    notes: tuple[str, ...] = ()


def account_of(shown: AccountSnapshot) -> PreviewAccount:
    """Return the account that would pay, as the window knows it."""
    balance = shown.balance
    wallet = Wallet(
        account_id=shown.account_id,
        currency=balance.currency,
        total=balance.total,
        locked=balance.locked,
        updated_at=balance.last_updated,
    )
    return PreviewAccount(wallet=wallet, equity=balance.portfolio_value, lots=shown.positions)


def entry_column(ticket: OrderTicket, shown: AccountSnapshot, *, risk: RiskSettings) -> PreviewColumn | None:
    """Return what an entry would come to; None while its size or its price is not there yet.

    Both orders of a pair lock their own margin until one of them fills: margin and ratio are those of both, the other
    figures those of the one that rests, and the other is checked against what that leaves.
    """
    account, instrument = account_of(shown), ticket.instrument
    quote = next((each for each in shown.market.quotes if each.symbol == instrument.symbol), None)
    rate = next((each.rate for each in shown.market.funding if each.symbol == instrument.symbol), None)
    market = None if quote is None else quote.ask if ticket.side is OrderSide.BUY else quote.bid
    is_maker = _rests(ticket, quote)
    columns: list[PreviewColumn] = []
    locks: list[OrderPreview] = []
    for order in ticket.orders():
        wish = entry_wish(order, instrument, market)
        preview = (
            None
            if wish is None
            else preview_entry(wish, account, limits=limits_of(risk), funding_rate=rate, is_maker=is_maker)
        )
        if preview is None:
            return None
        locks.append(preview)
        account = replace(account, wallet=replace(account.wallet, locked=account.wallet.locked + preview.needed))
        column = _column(preview, instrument, is_maker=is_maker)
        columns.append(_refused_by_terms(column, order, market, at=shown.market.now))
    first = columns[0]
    if len(columns) == 1:
        return first
    refused = next((each for each in columns if each.refusal), first)
    return replace(_locked_by_all(first, locks, instrument), rule=refused.rule, refusal=refused.refusal)


def _locked_by_all(first: PreviewColumn, locks: Sequence[OrderPreview], instrument: Instrument) -> PreviewColumn:
    """Return the column of an order with the margin and the ratio of all that lock money beside it."""
    settle = instrument.settle
    margin, needed = sum((each.margin for each in locks), ZERO), sum((each.needed for each in locks), ZERO)
    own = {"margin": format_money(margin, settle), "margin-ratio": _percent(locks[-1].margin_percent)}
    said = f"{format_exact_money(margin, settle)} of both orders; with their fees {format_exact_money(needed, settle)}"
    return replace(
        first,
        figures=first.figures | own,
        exact=first.exact | {"margin": f"{said} is locked"},
        notes=(*first.notes, f"both orders of the pair lock {format_money(needed, settle)} together"),
    )


def limits_of(risk: RiskSettings) -> RiskLimits:
    """Return the limits of the settings."""
    return RiskLimits(
        max_position_percent=risk.max_position_percent,
        risk_per_trade_percent=risk.risk_per_trade_percent,
        max_margin_ratio_percent=risk.max_margin_ratio_percent,
        cuts_down=risk.cuts_down,
        trading_capital=risk.trading_capital,
    )


def exit_column(ticket: OrderTicket, position: PositionView) -> PreviewColumn | None:
    """Return what closing a part of a position would come to; None while size or price is not there yet."""
    instrument, quantity, price = ticket.instrument, ticket.quantity, ticket.price
    if not quantity or not price:
        return None
    held = Holding(direction=Direction(position.direction), quantity=quantity, entry_price=position.entry_price)
    result = result_at(held, price, instrument=instrument)
    fee = trading_fee(instrument, quantity, price=price, is_maker=ticket.is_post_only)
    settle = instrument.settle
    figures = {
        "notional": format_money(instrument.notional(quantity, price), settle),
        "fee": format_money(fee, settle),
        "result": format_signed_money(result, settle),
    }
    too_much = quantity > position.quantity
    return PreviewColumn(
        figures=figures,
        exact={"fee": format_exact_money(fee, settle), "result": format_exact_money(result, settle)},
        refusal=f"only {position.quantity} is open" if too_much else "",
    )


def entry_wish(order: SubmitOrder, instrument: Instrument, market: Decimal | None) -> EntryWish | None:
    """Return what an order wants at the price that it is sized at; None while size or price are not there."""
    price = expected_price(order, market, instrument=instrument)
    if not price or not order.quantity:
        return None
    protection = order.protection
    direction = Direction.LONG if order.side is OrderSide.BUY else Direction.SHORT
    return EntryWish(
        instrument=instrument,
        direction=direction,
        quantity=order.quantity,
        price=price,
        leverage=order.leverage,
        margin_mode=order.margin_mode,
        limit_price=order.limit_price,
        trigger_price=order.trigger_price,
        stop_loss=protection.stop_price(price, direction, instrument=instrument),
        take_profit=protection.target_price(price, direction, instrument=instrument),
        trail_percent=protection.trail_percent,
    )


def _refused_by_terms(
    column: PreviewColumn, order: SubmitOrder, market: Decimal | None, *, at: datetime
) -> PreviewColumn:
    """Return the column with the refusal of a trigger on the wrong side of the market, or of a date that is past."""
    denial = first_denial(check_terms(terms_of(order), order.side, market=market, at=at))
    return column if denial is None else replace(column, rule=denial.reason, refusal=denial.detail)


def _rests(ticket: OrderTicket, quote: Quote | None) -> bool:
    """Say whether an order would wait in the book for somebody: then it pays what a maker pays."""
    if ticket.is_post_only:
        return True
    if ticket.kind is not TicketKind.LIMIT or ticket.limit_price is None or quote is None:
        return False
    return ticket.limit_price < quote.ask if ticket.side is OrderSide.BUY else ticket.limit_price > quote.bid


def _column(preview: OrderPreview, instrument: Instrument, *, is_maker: bool) -> PreviewColumn:
    settle = instrument.settle
    fee = preview.maker_fee if is_maker else preview.taker_fee
    who = "maker" if is_maker else "taker"
    figures = {
        "notional": format_money(preview.notional, settle),
        "margin": format_money(preview.margin, settle),
        "fee": format_money(fee, settle),
        "liquidation": _liquidation_text(preview, instrument),
        "stop": _level_text(preview.at_stop, settle),
        "stop-percent": _level_percent(preview.at_stop),
        "target": _level_text(preview.at_target, settle),
        "target-percent": _level_percent(preview.at_target),
        "funding": format_signed_money(preview.funding_per_day, settle),
        "break-even": format_price(preview.break_even, instrument.tick_size),
        "margin-ratio": _percent(preview.margin_percent),
    }
    locked = format_exact_money(preview.needed, settle)
    exact = {
        "notional": format_exact_money(preview.notional, settle),
        "margin": f"{format_exact_money(preview.margin, settle)}; with its fee {locked} is locked",
        "fee": f"{format_exact_money(fee, settle)}, {who}",
        "liquidation": f"A mark price {_percent(preview.liquidation_percent)} away; triggers look at bid and ask"
        if preview.liquidation is not None
        else "No price closes it by force",
        "stop": _level_exact(preview.at_stop, instrument),
        "target": _level_exact(preview.at_target, instrument),
        "funding": format_exact_money(preview.funding_per_day, settle),
    }
    return PreviewColumn(
        figures=figures, exact=exact, rule=preview.rule or "", refusal=preview.refusal, notes=preview.notes
    )


def _liquidation_text(preview: OrderPreview, instrument: Instrument) -> str:
    if preview.liquidation is not None:
        return format_price(preview.liquidation, instrument.tick_size)
    return _NO_LIQUIDATION


def _level_text(result: LevelResult | None, settle: str) -> str:
    return UNKNOWN if result is None else format_signed_money(result.amount, settle)


def _level_percent(result: LevelResult | None) -> str:
    return UNKNOWN if result is None else format_percent(result.percent)


def _level_exact(result: LevelResult | None, instrument: Instrument) -> str:
    if result is None:
        return "Not set"
    price = format_price(result.price, instrument.tick_size)
    return (
        f"At {price}: {format_exact_money(result.amount, instrument.settle)} before fees,"
        f" {format_percent(result.percent)} of the balance"
    )


def _percent(percent: Decimal | None) -> str:
    return UNKNOWN if percent is None else f"{percent:.2f}%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What is to be said about an order before it is sent: rules it breaks, or something worth knowing."""

    text: str
    is_refusal: bool


def remark_on(columns: Mapping[OrderSide, PreviewColumn | None]) -> Remark:
    """Return what is to be said of each side: why it would be refused, else what is worth knowing.

    What holds for both is said once. It is a refusal where no side is left that would be placed.
    """
    sides = {side: column for side, column in columns.items() if column is not None}
    said = {side: column.refusal or "; ".join(column.notes) for side, column in sides.items()}
    said = {side: text for side, text in said.items() if text}
    is_refused = bool(sides) and all(column.refusal for column in sides.values())
    is_one = len(said) == len(sides) and (
        len(set(said.values())) == 1 or (is_refused and len({column.rule for column in sides.values()}) == 1)
    )
    return Remark(text=_by_side(said, is_of_all=is_one), is_refusal=is_refused)


def _by_side(said: Mapping[OrderSide, str], *, is_of_all: bool) -> str:
    if is_of_all:
        return next((text[:1].upper() + text[1:] for text in said.values()), "")
    names = {OrderSide.BUY: "Long", OrderSide.SELL: "Short"}
    return "\n".join(f"{names[side]}: {text}" for side, text in said.items())
