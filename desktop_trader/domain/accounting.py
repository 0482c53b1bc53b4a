"""The one place where money moves: each event becomes the entries that book it.

Every function takes the account as it stands and returns a `Movement`; nothing here has effects. Entries of one
event keep the order in which people read them: the fee first, the position's own row last.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain import ledger
from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.fill import Execution, Fill
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.ledger import EntryDraft, EntryKind, Posting
from desktop_trader.domain.margin import initial_margin
from desktop_trader.domain.money import ZERO, display_amount, round_down
from desktop_trader.domain.order import Order, OrderReason, OrderStatus
from desktop_trader.domain.pnl import realized_pnl
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.wallet import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingIds:
    """The ids a fill is booked under; `position_id` is used only when the fill opens a position."""

    fill_id: int
    position_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChange:
    """A movement of money that a person asked for. `amount` is signed: what the total changes by, never zero.

    `description` is kept with the entry beside the reason; where there is none it repeats the reason.
    """

    kind: EntryKind
    amount: Decimal
    reason: str
    author: str
    request_key: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """The end of a run and the beginning of the next, as a person asked for it; `start_amount` > 0."""

    run_id: int
    start_amount: Decimal
    reason: str
    author: str
    request_key: str


GAP = "gap: the first price after an outage"
"""What orders and entries say of a fill whose price is not the one that was wanted, because nobody looked meanwhile."""

_Legs = tuple[tuple[str, Decimal], ...]
"""Ledger accounts and signed amounts; those of zero are left out of the entry."""

_EQUITY_OF_KIND = {
    EntryKind.OPENING: ledger.OPENING_EQUITY,
    EntryKind.DEPOSIT: ledger.DEPOSIT_EQUITY,
    EntryKind.WITHDRAWAL: ledger.WITHDRAWAL_EQUITY,
    EntryKind.ADJUSTMENT: ledger.ADJUSTMENT_EQUITY,
    EntryKind.IMPORT: ledger.IMPORT_EQUITY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """What an entry belongs to: its idempotency key, when it happened, and the ids it links."""

    key: str
    at: datetime
    author: str = "system"
    position_id: int = 0
    order_id: int = 0
    fill_id: int = 0


@dataclass(frozen=True, slots=True)
class _Wording:
    reason: str
    description: str


def change_balance(portfolio: Portfolio, change: BalanceChange, *, at: datetime) -> Movement:
    """Book opening, deposit, withdrawal, adjustment or import: cash against the equity account of its kind."""
    event = _Event(key=change.request_key, at=at, author=change.author)
    legs = ((ledger.AVAILABLE, change.amount), (_EQUITY_OF_KIND[change.kind], -change.amount))
    wording = _Wording(change.reason, change.description or change.reason)
    return Movement(drafts=(_draft(portfolio, change.kind, event, legs, wording),))


def reset_account(portfolio: Portfolio, change: RunChange, *, at: datetime) -> Movement:
    """Book a reset: all that is left goes out of the present run, and the next one opens with its start amount.

    A run with nothing left has no reset entry; the opening of the next one always is one.

    Raises:
        InvariantError: something is open, so that not all of the money could be taken out.
    """
    if portfolio.positions or portfolio.orders or portfolio.wallet.locked:
        raise InvariantError(f"run {portfolio.run.id} cannot end: something in it is open")
    total, currency = portfolio.wallet.total, portfolio.account.currency
    next_run = Run(id=change.run_id, account_id=portfolio.account.id, started_at=at, start_amount=change.start_amount)
    drafts: tuple[EntryDraft, ...] = ()
    if total:
        event = _Event(key=f"{change.request_key}:reset", at=at, author=change.author)
        legs = ((ledger.AVAILABLE, -total), (ledger.RESET_EQUITY, total))
        ended = f"Ended run {portfolio.run.id} with {display_amount(total, currency)}"
        drafts = (_draft(portfolio, EntryKind.RESET, event, legs, _Wording(change.reason, ended)),)
    event = _Event(key=change.request_key, at=at, author=change.author)
    legs = ((ledger.AVAILABLE, change.start_amount), (ledger.OPENING_EQUITY, -change.start_amount))
    begun = f"Began run {next_run.id} with {display_amount(change.start_amount, currency)}"
    opening = _draft(replace(portfolio, run=next_run), EntryKind.OPENING, event, legs, _Wording(change.reason, begun))
    return Movement(drafts=(*drafts, opening), next_run=next_run)


def place_order(portfolio: Portfolio, order: Order) -> Movement:
    """Book a new order: lock its reserve (entries), or nothing but the order itself (exits lock nothing)."""
    if not order.reserve:
        return Movement(orders=(order,))
    event = _Event(key=f"order:{order.id}:lock", at=order.created_at, order_id=order.id)
    legs = ((ledger.AVAILABLE, -order.reserve), (ledger.locked_for_order(order.id), order.reserve))
    wording = _Wording(
        f"order_{order.reason.value}", f"Locked for {order.type.value} {order.side.value} order of {order.symbol}"
    )
    return Movement(drafts=(_draft(portfolio, EntryKind.ORDER_LOCK, event, legs, wording),), orders=(order,))


def end_order(portfolio: Portfolio, order: Order, *, status: OrderStatus, at: datetime, detail: str = "") -> Movement:
    """Book the end of an order that fills no more (CANCELED, EXPIRED, REJECTED, NOT_PLACED); its lock is released."""
    ended = replace(order.moved_to(status, at=at, detail=detail), reserve=ZERO)
    if not order.reserve:
        return Movement(orders=(ended,))
    event = _Event(key=f"order:{order.id}:release", at=at, order_id=order.id)
    legs = ((ledger.locked_for_order(order.id), -order.reserve), (ledger.AVAILABLE, order.reserve))
    wording = _Wording(
        f"order_{status.value}", f"Released from {status.value.replace('_', ' ')} order of {order.symbol}"
    )
    return Movement(drafts=(_draft(portfolio, EntryKind.ORDER_RELEASE, event, legs, wording),), orders=(ended,))


def apply_execution(
    portfolio: Portfolio, order: Order, *, execution: Execution, instrument: Instrument, ids: BookingIds
) -> Movement:
    """Book one fill: fee, position and, at a close, its P&L, in one movement.

    An entry turns its reserve into fee and margin, what it lacks comes from the available balance, and what the
    finished order no longer needs goes back there. An exit pays its fee out of the margin it releases.

    Raises:
        InvariantError: the fill does not fit its order or position.
    """
    if order.is_exit:
        return _apply_exit(portfolio, order, execution, ids)
    return _apply_entry(portfolio, order, execution, instrument, ids)


def _apply_entry(
    portfolio: Portfolio, order: Order, execution: Execution, instrument: Instrument, ids: BookingIds
) -> Movement:
    # The rest of an entry whose position has been closed meanwhile is a lot of its own.
    position_id = order.position_id or 0
    if position_id not in portfolio.positions:
        position_id = ids.position_id
    fill = _fill(order, execution, fill_id=ids.fill_id, position_id=position_id)
    margin = initial_margin(instrument.notional(fill.quantity, fill.price), order.leverage)
    is_done = fill.quantity == order.remaining_quantity
    fee_from_reserve = min(order.reserve, fill.fee)
    reserve = order.reserve - fee_from_reserve
    used = reserve if is_done else min(reserve, margin)
    locked_here = ledger.locked_for_order(order.id)
    fee_legs = (
        (locked_here, -fee_from_reserve),
        (ledger.AVAILABLE, fee_from_reserve - fill.fee),
        (ledger.FEE_EXPENSE, fill.fee),
    )
    open_legs = (
        (locked_here, -used),
        (ledger.AVAILABLE, used - margin),
        (ledger.locked_for_position(position_id), margin),
    )
    before = portfolio.positions.get(position_id) or _new_position(order, fill, execution, instrument)
    return Movement(
        drafts=(
            *_fee_draft(portfolio, order, fill, fee_legs),
            _draft(
                portfolio,
                EntryKind.POSITION_OPEN,
                _event_of(fill, EntryKind.POSITION_OPEN),
                open_legs,
                _Wording(
                    f"order_{order.reason.value}",
                    f"Opened {before.direction.value.upper()} position for {order.symbol}{_gap_text(fill)}",
                ),
            ),
        ),
        orders=(order.filled_by(fill.quantity, at=fill.at, position_id=position_id, reserve=reserve - used),),
        fills=(fill,),
        positions=(before.increased_by(fill, margin=margin),),
    )


def _apply_exit(portfolio: Portfolio, order: Order, execution: Execution, ids: BookingIds) -> Movement:
    position = portfolio.positions.get(order.position_id or 0)
    if position is None:
        raise InvariantError(f"order {order.id} closes position {order.position_id}, which is not open")
    pnl = realized_pnl(position, execution.quantity, exit_price=execution.price)
    fill = _fill(order, execution, fill_id=ids.fill_id, position_id=position.id, pnl=pnl)
    margin = _released_margin(position, fill.quantity)
    fee_from_margin = min(margin, fill.fee)
    locked_here = ledger.locked_for_position(position.id)
    fee_legs = (
        (locked_here, -fee_from_margin),
        (ledger.AVAILABLE, fee_from_margin - fill.fee),
        (ledger.FEE_EXPENSE, fill.fee),
    )
    freed = margin - fee_from_margin
    close_legs = ((locked_here, -freed), (ledger.AVAILABLE, freed + pnl), (ledger.PNL_INCOME, -pnl))
    kind = _closing_kind(order)
    pnl_text = display_amount(pnl, portfolio.account.currency)
    wording = _Wording(
        f"trade_pnl_{order.reason.value}",
        f"Closed {position.direction.value.upper()} position for {order.symbol}, PnL: {pnl_text}{_gap_text(fill)}",
    )
    return Movement(
        drafts=(
            *_fee_draft(portfolio, order, fill, fee_legs),
            _draft(portfolio, kind, _event_of(fill, kind), close_legs, wording),
        ),
        orders=(order.filled_by(fill.quantity, at=fill.at, position_id=position.id),),
        fills=(fill,),
        positions=(position.reduced_by(fill, margin=margin, reason=order.reason),),
    )


def _released_margin(position: Position, quantity: Decimal) -> Decimal:
    """The closed share of the margin, rounded down; the last close releases all that is left."""
    if quantity == position.quantity:
        return position.margin
    return round_down(position.margin * quantity / position.quantity)


def _new_position(order: Order, fill: Fill, execution: Execution, instrument: Instrument) -> Position:
    direction = order.direction
    return Position(
        id=fill.position_id,
        account_id=order.account_id,
        run_id=order.run_id,
        symbol=order.symbol,
        direction=direction,
        quantity=ZERO,
        entry_quantity=ZERO,
        entry_cost=ZERO,
        margin=ZERO,
        entry_order_id=order.id,
        opened_at=fill.at,
        contract_size=instrument.contract_size,
        leverage=order.leverage,
        stop_loss=order.protection.stop_price(fill.price, direction, instrument=instrument),
        take_profit=order.protection.target_price(fill.price, direction, instrument=instrument),
        opening_bar_at=execution.bar_opened_at,
        entered_within_bar=execution.is_within_bar,
        strategy_run_id=order.strategy_run_id,
    )


def _fill(order: Order, execution: Execution, *, fill_id: int, position_id: int, pnl: Decimal = ZERO) -> Fill:
    return Fill(
        id=fill_id,
        order_id=order.id,
        position_id=position_id,
        account_id=order.account_id,
        run_id=order.run_id,
        trade_id=execution.trade_id,
        symbol=order.symbol,
        side=order.side,
        quantity=execution.quantity,
        price=execution.price,
        fee=execution.fee,
        is_maker=execution.is_maker,
        at=execution.at,
        realized_pnl=pnl,
        is_gap=execution.is_gap,
    )


def _gap_text(fill: Fill) -> str:
    return f" ({GAP})" if fill.is_gap else ""


def _fee_draft(portfolio: Portfolio, order: Order, fill: Fill, legs: _Legs) -> tuple[EntryDraft, ...]:
    if not fill.fee:
        return ()
    liquidity = "maker" if fill.is_maker else "taker"
    wording = _Wording(f"fee_{liquidity}", f"{liquidity.capitalize()} fee for {order.side.value} of {order.symbol}")
    return (_draft(portfolio, EntryKind.FEE, _event_of(fill, EntryKind.FEE), legs, wording),)


def execution_key(order: Order, execution: Execution) -> str:
    """Return the idempotency key of the entry that opens or closes with this execution: whether it is booked."""
    return _fill_key(order, execution.trade_id, _closing_kind(order) if order.is_exit else EntryKind.POSITION_OPEN)


def _closing_kind(order: Order) -> EntryKind:
    return EntryKind.LIQUIDATION if order.reason is OrderReason.LIQUIDATION else EntryKind.POSITION_CLOSE


def _fill_key(of: Order | Fill, trade_id: str, kind: EntryKind) -> str:
    return f"fill:{of.account_id}:{of.symbol}:{trade_id}:{kind.value}"


def _event_of(fill: Fill, kind: EntryKind) -> _Event:
    return _Event(
        key=_fill_key(fill, fill.trade_id, kind),
        at=fill.at,
        position_id=fill.position_id,
        order_id=fill.order_id,
        fill_id=fill.id,
    )


def _draft(portfolio: Portfolio, kind: EntryKind, event: _Event, legs: _Legs, wording: _Wording) -> EntryDraft:
    return EntryDraft(
        kind=kind,
        idempotency_key=event.key,
        occurred_at=event.at,
        account_id=portfolio.account.id,
        run_id=portfolio.run.id,
        currency=portfolio.account.currency,
        postings=tuple(Posting(ledger_account=name, amount=amount) for name, amount in legs if amount),
        reason=wording.reason,
        author=event.author,
        description=wording.description,
        position_id=event.position_id,
        order_id=event.order_id,
        fill_id=event.fill_id,
    )
