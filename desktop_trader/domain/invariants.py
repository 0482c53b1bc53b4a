"""The laws of the books (I1 to I13), as checks on what one transaction touches.

Called before every commit; the same laws over a whole file are `storage`'s verification. A broken law is our fault
and raises `InvariantError`: nothing is written.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from operator import attrgetter

from desktop_trader.domain import ledger
from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.fill import Fill
from desktop_trader.domain.ledger import EntryDraft, LedgerEntry, LedgerHead
from desktop_trader.domain.money import ZERO, canonical
from desktop_trader.domain.order import Order
from desktop_trader.domain.portfolio import EndedRun, Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_change import PositionChange, PositionTerm
from desktop_trader.domain.wallet import DEMO, Run

_FIXED_TERMS = (
    "account_id", "run_id", "symbol", "direction", "contract_size", "entry_order_id", "margin_mode", "strategy_run_id",
)  # fmt: skip
_TERMS_WITH_ROWS = (
    PositionTerm.STOP_LOSS, PositionTerm.TAKE_PROFIT, PositionTerm.TRAIL_PERCENT, PositionTerm.LEVERAGE,
)  # fmt: skip
"""Margin moves with fills and funding too; of it the entries tell."""
_OF_A_POSITION = frozenset({ledger.FEE_EXPENSE, ledger.FUNDING_INCOME})
_fixed_terms = attrgetter(*_FIXED_TERMS)
_terms_with_rows = attrgetter(*(term.value for term in _TERMS_WITH_ROWS))


def check_entries(entries: Sequence[LedgerEntry], *, head: LedgerHead, before: Portfolio, after: Portfolio) -> None:
    """Check the entries of one transaction against the account before and after it (I1, I2, I6, I8, I13).

    Raises:
        InvariantError: a law does not hold; the message names it.
    """
    total, locked = before.wallet.total, before.wallet.locked
    entry_id, previous_hash = head.entry_id, head.hash
    run_id = before.run.id
    for entry in entries:
        draft = entry.draft
        ledger.check_balanced(draft.postings)
        total_change, locked_change = draft.changes()
        total += total_change
        locked += locked_change
        entry_id += 1
        if entry.id != entry_id:
            raise _broken("I13", f"entry {entry.id} does not follow {entry_id - 1}")
        if entry.previous_hash != previous_hash:
            raise _broken("I8", f"entry {entry.id} breaks the hash chain")
        if entry.total_after != total or entry.locked_after != locked:
            raise _broken("I6", f"the totals of entry {entry.id} do not follow from the entry before it")
        if draft.account_id != before.account.id or draft.currency != before.account.currency:
            raise _broken("I13", f"entry {entry.id} refers to another account")
        if draft.run_id not in (run_id, after.run.id):
            raise _broken("I13", f"entry {entry.id} refers to another run")
        run_id = draft.run_id
        previous_hash = entry.hash
    _require(
        total == after.wallet.total and locked == after.wallet.locked, "I2", "the wallet is not what its entries say"
    )


def check_account(portfolio: Portfolio) -> None:
    """Check an account at rest (I2, I3, I4, I12).

    Raises:
        InvariantError: a law does not hold; the message names it with both figures.
    """
    wallet = portfolio.wallet
    reserved = sum((order.reserve for order in portfolio.orders.values()), ZERO)
    margins = sum((position.margin for position in portfolio.positions.values()), ZERO)
    _require_equal(wallet.locked, reserved + margins, "I3", "locked, and margins of positions + reserves of orders")
    if portfolio.account.type == DEMO and (wallet.available < 0 or wallet.locked < 0):
        raise _broken("I4", f"available {wallet.available} is below zero")
    _require_equal(wallet.total, portfolio.totals.expected_total, "I12", "total, and the sums it came from")


def check_ended_run(ended: EndedRun, *, next_run: Run) -> None:
    """Check a run that a reset ends: nothing is left in it (I12), and the next one follows it (I13).

    Raises:
        InvariantError: a law does not hold.
    """
    _require_equal(ended.totals.expected_total, ZERO, "I12", f"what is left in run {ended.run.id}, and nothing")
    _require(
        ended.run.id < next_run.id and ended.run.account_id == next_run.account_id and next_run.ended_at is None,
        "I13",
        f"run {next_run.id} does not follow run {ended.run.id}",
    )


def check_movement(movement: Movement, *, before: Portfolio, after: Portfolio) -> None:
    """Check the lots and orders a movement touched against its fills and its entries (I3, I7, I10, I11).

    Raises:
        InvariantError: a quantity, cost or fee is not the sum of its fills, margin, reserve or funding is not what the
            entries say, a term of a position changed without a row, or something that ended still holds money.
    """
    moved = _moved_by(movement.drafts)
    for position in movement.positions:
        was = before.positions.get(position.id) or _closed_before(movement, position)
        _check_position(position, movement.fills, was)
        _check_money(position, was, moved)
        if was is not None:
            _check_terms(position, was, movement.position_changes)
        if not position.is_open:
            _check_closed(position, after)
    for order in movement.orders:
        was_order = before.orders.get(order.id)
        _check_order(order, movement.fills, was_order)
        held = moved.get(ledger.locked_for_order(order.id), ZERO) + (ZERO if was_order is None else was_order.reserve)
        if order.reserve != held:
            raise _differ("I3", f"order {order.id}: reserve, and what the entries lock", order.reserve, held)
        _check_pair(order, was_order, after)


def _closed_before(movement: Movement, position: Position) -> Position | None:
    """Return a position as it was when it had been closed already: it stays closed."""
    was = next((each for each in movement.closed_before if each.id == position.id), None)
    if was is not None and (was.is_open or was.margin or was.closed_at != position.closed_at):
        raise _broken("I10", f"closed position {position.id} is not the one that was closed")
    return was


def _check_closed(position: Position, after: Portfolio) -> None:
    if position.margin or position.closed_at is None or position.close_reason is None:
        raise _broken("I10", f"closed position {position.id} still holds margin or does not say how it ended")
    if any(order.position_id == position.id for order in after.orders.values()):
        raise _broken("I10", f"closed position {position.id} has a live order")


def _check_position(position: Position, fills: Sequence[Fill], before: Position | None) -> None:
    quantity, cost, pnl = (ZERO, ZERO, ZERO) if before is None else _sums_of(before)
    for fill in fills:
        if fill.position_id == position.id:
            is_entry = fill.side is position.direction.entry_side
            quantity += fill.quantity if is_entry else -fill.quantity
            cost += fill.quantity * fill.price * position.contract_size if is_entry else ZERO
            pnl += fill.realized_pnl
    if position.quantity < 0 or position.margin < 0:
        raise _broken("I11", f"position {position.id} is below zero")
    if _sums_of(position) != (quantity, cost, pnl):
        raise _broken("I11", f"position {position.id} is not the sum of its fills")


def _sums_of(position: Position) -> tuple[Decimal, Decimal, Decimal]:
    return position.quantity, position.entry_cost, position.realized_pnl


def _moved_by(drafts: Sequence[EntryDraft]) -> dict[str, Decimal]:
    """Sum what is locked by its ledger account, and a position's fees and funding by that account and its id."""
    sums: dict[str, Decimal] = {}
    for draft in drafts:
        for posting in draft.postings:
            name = posting.ledger_account
            if name in _OF_A_POSITION:
                name = f"{name}:{draft.position_id}"
            elif not name.startswith(ledger.LOCKED_PREFIX):
                continue
            sums[name] = sums.get(name, ZERO) + posting.amount
    return sums


def _check_money(position: Position, before: Position | None, moved: Mapping[str, Decimal]) -> None:
    """Margin is what is locked for the position, its fees and its funding are what was booked for it."""
    margin, fees, funding = (ZERO, ZERO, ZERO) if before is None else (before.margin, before.fees, before.funding)
    margin += moved.get(ledger.locked_for_position(position.id), ZERO)
    fees += moved.get(f"{ledger.FEE_EXPENSE}:{position.id}", ZERO)
    funding -= moved.get(f"{ledger.FUNDING_INCOME}:{position.id}", ZERO)
    what = position.id
    if position.margin != margin:
        raise _differ("I3", f"position {what}: margin, and what the entries lock", position.margin, margin)
    if position.fees != fees:
        raise _differ("I7", f"position {what}: fees, and what the entries charge", position.fees, fees)
    if position.funding != funding:
        raise _differ("I7", f"position {what}: funding, and what the entries pay", position.funding, funding)


def _check_terms(position: Position, before: Position, changes: Sequence[PositionChange]) -> None:
    """What cannot change did not, and what may has its row: a position is its entry order and its changes."""
    if _fixed_terms(position) != _fixed_terms(before):
        raise _broken("I7", f"position {position.id} is not the lot that it was")
    if _terms_with_rows(position) == _terms_with_rows(before):
        return
    rows = {change.term: (change.before, change.after) for change in changes if change.position_id == position.id}
    for term in _TERMS_WITH_ROWS:
        old, new = _term_text(before, term), _term_text(position, term)
        if old != new and rows.get(term) != (old, new):
            raise _broken("I7", f"{term.value} of position {position.id} has no change row")


def _term_text(position: Position, term: PositionTerm) -> str:
    value = getattr(position, term.value)
    return "" if value is None else canonical(Decimal(value))


def _check_pair(order: Order, before: Order | None, after: Portfolio) -> None:
    """The first fill of one order of a pair ends the other at once: both filled would be twice what was wanted."""
    filled_before = ZERO if before is None else before.filled_quantity
    if not order.oco_id or order.filled_quantity == filled_before or after.account.type != DEMO:
        return
    others = [each.id for each in after.orders.values() if each.oco_id == order.oco_id and each.id != order.id]
    if others:
        raise _broken("I10", f"order {order.id} was filled, and {others} of its pair lives on")


def _check_order(order: Order, fills: Sequence[Fill], before: Order | None) -> None:
    filled = ZERO if before is None else before.filled_quantity
    filled += sum((fill.quantity for fill in fills if fill.order_id == order.id), ZERO)
    if order.filled_quantity != filled:
        raise _differ("I11", f"order {order.id}: filled, and its fills", order.filled_quantity, filled)
    if order.reserve and not order.status.is_live:
        raise _broken("I10", f"ended order {order.id} still holds {order.reserve}")


def _require(holds: bool, law: str, message: str) -> None:
    if not holds:
        raise _broken(law, message)


def _require_equal(left: Decimal, right: Decimal, law: str, what: str) -> None:
    if left != right:
        raise _differ(law, what, left, right)


def _differ(law: str, what: str, left: Decimal, right: Decimal) -> InvariantError:
    return _broken(law, f"{what} differ: {left} and {right}")


def _broken(law: str, message: str) -> InvariantError:
    return InvariantError(f"{law}: {message}")
