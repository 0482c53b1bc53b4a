"""The one place where money moves: each event becomes the entries that book it.

Every function takes the account as it stands and returns a `Movement`; nothing here has effects. Entries of one
event keep the order in which people read them: the fee first, the position's own row last.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain import ledger, receipts
from desktop_trader.domain.cross_accounting import lend_margin
from desktop_trader.domain.cross_margin import cross_positions
from desktop_trader.domain.drafting import EntryEvent, Legs, Wording, draft_entry
from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.fill import Execution, Fill
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.ledger import EntryDraft, EntryKind
from desktop_trader.domain.margin import initial_margin
from desktop_trader.domain.money import ZERO, display_amount, round_down
from desktop_trader.domain.order import MarginMode, Order, OrderReason, OrderStatus
from desktop_trader.domain.order_accounting import end_order
from desktop_trader.domain.order_receipt import OrderEvent
from desktop_trader.domain.pnl import realized_pnl
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.wallet import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingIds:
    """The ids a fill is booked under; `position_id` is used only when the fill opens a position.

    `model` is how an exchange says it came to price and size, for the receipt.
    """

    fill_id: int
    position_id: int
    model: str = ""


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

POSITION_CLOSED = "its position was closed"
PAIR_FILLED = "the other order of the pair was filled"

_EQUITY_OF_KIND = {
    EntryKind.OPENING: ledger.OPENING_EQUITY,
    EntryKind.DEPOSIT: ledger.DEPOSIT_EQUITY,
    EntryKind.WITHDRAWAL: ledger.WITHDRAWAL_EQUITY,
    EntryKind.ADJUSTMENT: ledger.ADJUSTMENT_EQUITY,
    EntryKind.IMPORT: ledger.IMPORT_EQUITY,
}


def change_balance(portfolio: Portfolio, change: BalanceChange, *, at: datetime) -> Movement:
    """Book opening, deposit, withdrawal, adjustment or import: cash against the equity account of its kind."""
    event = EntryEvent(key=change.request_key, at=at, author=change.author)
    legs = ((ledger.AVAILABLE, change.amount), (_EQUITY_OF_KIND[change.kind], -change.amount))
    wording = Wording(change.reason, change.description or change.reason)
    return Movement(drafts=(draft_entry(portfolio, change.kind, event=event, legs=legs, wording=wording),))


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
        event = EntryEvent(key=f"{change.request_key}:reset", at=at, author=change.author)
        legs = ((ledger.AVAILABLE, -total), (ledger.RESET_EQUITY, total))
        ended = f"Ended run {portfolio.run.id} with {display_amount(total, currency)}"
        drafts = (
            draft_entry(portfolio, EntryKind.RESET, event=event, legs=legs, wording=Wording(change.reason, ended)),
        )
    event = EntryEvent(key=change.request_key, at=at, author=change.author)
    legs = ((ledger.AVAILABLE, change.start_amount), (ledger.OPENING_EQUITY, -change.start_amount))
    begun = f"Began run {next_run.id} with {display_amount(change.start_amount, currency)}"
    wording = Wording(change.reason, begun)
    opening = draft_entry(replace(portfolio, run=next_run), EntryKind.OPENING, event=event, legs=legs, wording=wording)
    return Movement(drafts=(*drafts, opening), next_run=next_run)


def apply_execution(
    portfolio: Portfolio, order: Order, *, execution: Execution, instrument: Instrument, ids: BookingIds
) -> Movement:
    """Book one fill: fee, position and, at a close, its P&L, in one movement, with all that ends by it.

    An entry turns its reserve into fee and margin, what it lacks comes from the available balance, and what the
    finished order no longer needs goes back there. An exit pays its fee out of the margin it releases. The other order
    of a pair ends with the first fill, and all orders of a position with its close; what they locked is released first.

    Raises:
        InvariantError: the fill does not fit its order or position.
    """
    if order.is_exit:
        movement = _apply_exit(portfolio, order, execution, ids)
    else:
        movement = _apply_entry(portfolio, order, execution, instrument=instrument, ids=ids)
    if order.oco_id or not movement.positions[0].is_open:
        return _with_what_ends(portfolio, order, movement)
    return movement


def _receipt(portfolio: Portfolio, order: Order, fill: Fill, contract_size: Decimal, model: str) -> OrderEvent:
    notional = fill.quantity * fill.price * contract_size
    return receipts.filled(order, fill, notional=notional, currency=portfolio.account.currency, model=model)


def _with_what_ends(portfolio: Portfolio, order: Order, movement: Movement) -> Movement:
    """Add the orders that this fill ends to what it does."""
    position = movement.positions[0]
    is_closed = not position.is_open
    after = movement.orders[0]
    if is_closed and after.status.is_live:
        after = replace(after.moved_to(OrderStatus.CANCELED, at=after.updated_at, detail=POSITION_CLOSED), reserve=ZERO)
        last = receipts.ended(after, after.updated_at)
        movement = replace(movement, orders=(after,), receipt=(*movement.receipt, last))
    for other in portfolio.orders.values():
        if other.id == order.id:
            continue
        if order.oco_id and other.oco_id == order.oco_id:
            movement = _with_end(portfolio, movement, other, PAIR_FILLED)
        elif is_closed and other.position_id == position.id:
            movement = _with_end(portfolio, movement, other, POSITION_CLOSED)
    return movement


def _with_end(portfolio: Portfolio, movement: Movement, order: Order, detail: str) -> Movement:
    at = movement.fills[0].at
    return end_order(portfolio, order, status=OrderStatus.CANCELED, at=at, detail=detail).followed_by(movement)


def _apply_entry(
    portfolio: Portfolio, order: Order, execution: Execution, *, instrument: Instrument, ids: BookingIds
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
            *_fee_draft(portfolio, order, fill, legs=fee_legs),
            draft_entry(
                portfolio,
                EntryKind.POSITION_OPEN,
                event=_event_of(fill, EntryKind.POSITION_OPEN),
                legs=open_legs,
                wording=Wording(
                    f"order_{order.reason.value}",
                    f"Opened {before.direction.value.upper()} position for {order.symbol}{_gap_text(fill)}",
                ),
            ),
        ),
        orders=(order.filled_by(fill.quantity, at=fill.at, position_id=position_id, reserve=reserve - used),),
        fills=(fill,),
        positions=(before.increased_by(fill, margin=margin),),
        receipt=(_receipt(portfolio, order, fill, before.contract_size, ids.model),),
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
    wording = Wording(
        f"trade_pnl_{order.reason.value}",
        f"Closed {position.direction.value.upper()} position for {order.symbol}, PnL: {pnl_text}{_gap_text(fill)}",
    )
    reduced = position.reduced_by(fill, margin=margin, reason=order.reason)
    loans, lenders = _lent_by_others(portfolio, reduced, fill, lacking=fill.fee - margin - pnl)
    closing = draft_entry(portfolio, kind, event=_event_of(fill, kind), legs=close_legs, wording=wording)
    entries = (
        *_fee_draft(portfolio, order, fill, legs=fee_legs),
        *((closing,) if closing.postings else ()),  # at the entry price, with all of the margin gone in the fee
    )
    if fill.fee > portfolio.wallet.total:  # nothing is left but the gain itself, which has to be there first
        entries = entries[::-1]
    return Movement(
        drafts=(*loans, *entries),
        orders=(order.filled_by(fill.quantity, at=fill.at, position_id=position.id),),
        fills=(fill,),
        positions=(reduced, *lenders),
        receipt=(_receipt(portfolio, order, fill, position.contract_size, ids.model),),
    )


def _lent_by_others(
    portfolio: Portfolio, position: Position, fill: Fill, *, lacking: Decimal
) -> tuple[tuple[EntryDraft, ...], tuple[Position, ...]]:
    """What a close on cross costs beyond its own margin and all that is available, the other margins pay."""
    if position.margin_mode is not MarginMode.CROSS or lacking <= portfolio.wallet.available:
        return (), ()
    others = [each for each in cross_positions(portfolio) if each.id != position.id]
    event = _event_of(fill, EntryKind.MARGIN_CHANGE)
    return lend_margin(portfolio, others, lacking=lacking - portfolio.wallet.available, event=event)


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
        margin_mode=order.margin_mode,
        trail_percent=order.protection.trail_percent,
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


def _fee_draft(portfolio: Portfolio, order: Order, fill: Fill, *, legs: Legs) -> tuple[EntryDraft, ...]:
    if not fill.fee:
        return ()
    side = f"{order.side.value} of {order.symbol}"
    if order.reason is OrderReason.LIQUIDATION:
        wording = Wording("fee_liquidation", f"Liquidation fee for {side}")
    else:
        liquidity = "maker" if fill.is_maker else "taker"
        wording = Wording(f"fee_{liquidity}", f"{liquidity.capitalize()} fee for {side}")
    event = _event_of(fill, EntryKind.FEE)
    return (draft_entry(portfolio, EntryKind.FEE, event=event, legs=legs, wording=wording),)


def execution_key(order: Order, execution: Execution) -> str:
    """Return the idempotency key of the entry that opens or closes with this execution: whether it is booked."""
    return _fill_key(order, execution.trade_id, _closing_kind(order) if order.is_exit else EntryKind.POSITION_OPEN)


def _closing_kind(order: Order) -> EntryKind:
    return EntryKind.LIQUIDATION if order.reason is OrderReason.LIQUIDATION else EntryKind.POSITION_CLOSE


def _fill_key(of: Order | Fill, trade_id: str, kind: EntryKind) -> str:
    return f"fill:{of.account_id}:{of.symbol}:{trade_id}:{kind.value}"


def _event_of(fill: Fill, kind: EntryKind) -> EntryEvent:
    return EntryEvent(
        key=_fill_key(fill, fill.trade_id, kind),
        at=fill.at,
        position_id=fill.position_id,
        order_id=fill.order_id,
        fill_id=fill.id,
    )
