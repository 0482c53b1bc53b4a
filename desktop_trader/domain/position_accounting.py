"""What moves money of an open position, apart from fills: funding, margin in and out, another leverage; and its levels.

Like `accounting`, every function takes the account as it stands and returns a `Movement` (or a `Denial` with the
figures); nothing here has effects. Leverage, margin, stop, target and trail leave a `PositionChange` each.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain import ledger
from desktop_trader.domain.cross_accounting import lend_margin
from desktop_trader.domain.cross_margin import cross_positions
from desktop_trader.domain.drafting import EntryEvent
from desktop_trader.domain.entry_rules import Denial, Rule
from desktop_trader.domain.funding import funding_amount, funding_key
from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.ledger import EntryDraft, EntryKind, Posting
from desktop_trader.domain.margin import initial_margin, leverage_limit
from desktop_trader.domain.market import FundingRate, instant_text
from desktop_trader.domain.money import HUNDRED, ZERO, canonical, check_amount, display_amount
from desktop_trader.domain.order import MarginMode, Protection
from desktop_trader.domain.pnl import unrealized_pnl
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_change import PositionChange, PositionTerm


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRequest:
    """Who wants a position changed and when; `key` makes it unique in the books (the request's own id)."""

    at: datetime
    author: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionMarket:
    """What a change is judged by: the rules, the mark, and what of the account is free (`cross_margin`).

    None where it is not known; what needs it is refused then. `beside` is what else is open and ordered in the symbol
    and direction: the leverage of a position is bounded by all of it.
    """

    instrument: Instrument
    mark: Decimal | None
    free: Decimal | None
    beside: Decimal = ZERO


def book_funding(
    portfolio: Portfolio, position: Position, *, rate: FundingRate, at: datetime, quantity: Decimal | None = None
) -> Movement:
    """Book what a position is paid or pays at one funding instant; nothing where that rounds to zero.

    `quantity` is what was open at the instant, None where that is what is open now. What is paid comes out of the
    available balance, what that lacks out of the position's margin, then, on cross, out of the margins of the other
    cross positions, and what none of them has is not charged. A position that has been closed since has available only.
    """
    amount = funding_amount(position, rate, quantity=quantity)
    owed = max(ZERO, -amount)
    from_available = min(owed, max(ZERO, portfolio.wallet.available))
    from_margin = min(owed - from_available, position.margin)
    lent, lenders = _lent_for_funding(
        portfolio, position, lacking=owed - from_available - from_margin, key=funding_key(position, rate), at=at
    )
    from_others = sum((portfolio.positions[each.id].margin - each.margin for each in lenders), ZERO)
    booked = amount if amount > 0 else -(from_available + from_margin + from_others)
    if not booked:
        return Movement()
    legs = (
        (ledger.AVAILABLE, booked + from_margin),
        (ledger.locked_for_position(position.id), -from_margin),
        (ledger.FUNDING_INCOME, -booked),
    )
    open_then = position.quantity if quantity is None else quantity
    notional = rate.mark_price * open_then * position.contract_size
    uncharged = owed - from_available - from_margin - from_others
    text = (
        f"Funding of {position.direction.value.upper()} position for {position.symbol} at {instant_text(rate.at)}: "
        f"{canonical(rate.rate * HUNDRED)} % of {display_amount(notional, portfolio.account.currency)}"
        + (f"; {display_amount(uncharged, portfolio.account.currency)} could not be paid" if uncharged else "")
    )
    draft = _draft(
        portfolio,
        position,
        EntryKind.FUNDING,
        legs=legs,
        wording=_Wording(
            reason="funding_received" if booked > 0 else "funding_paid",
            description=text,
            request=ChangeRequest(at=at, author="system", key=funding_key(position, rate)),
        ),
    )
    paid = replace(position, margin=position.margin - from_margin, funding=position.funding + booked)
    return Movement(
        drafts=(*lent, draft),
        positions=(paid, *lenders),
        closed_before=() if position.is_open else (position,),
    )


def change_margin(
    portfolio: Portfolio, position: Position, *, amount: Decimal, market: PositionMarket, request: ChangeRequest
) -> Movement | Denial:
    """Add margin to an isolated position (`amount` > 0) or take some out (< 0), or say why not.

    What goes in has to be free. What stays has to be the initial margin at the mark after what the position loses
    there; its gains do not count before they are realized.

    Raises:
        InvalidInputError: no amount that the books can hold.
    """
    check_amount(amount, what="the margin")
    denial = _check_is_swap(market) or _check_margin_change(portfolio, position, amount, market)
    if denial is not None:
        return denial
    text = display_amount(abs(amount), portfolio.account.currency)
    done = f"Added {text} to" if amount > 0 else f"Took {text} out of"
    wording = _Wording(
        reason="margin_added" if amount > 0 else "margin_removed",
        description=f"{done} the margin of {position.direction.value.upper()} position for {position.symbol}",
        request=request,
    )
    return _with_margin(portfolio, position, replace(position, margin=position.margin + amount), wording=wording)


def change_leverage(
    portfolio: Portfolio, position: Position, *, leverage: int, market: PositionMarket, request: ChangeRequest
) -> Movement | Denial:
    """Lock the initial margin of what is open anew at another leverage, or say with figures why not.

    Margin that was added or lost to funding is evened out by it: what is locked afterwards is entry cost / leverage.
    Nothing happens where the leverage is the same. Less leverage needs the difference free; more must leave an isolated
    position with the initial margin of the new leverage at the mark. A cross position answers with the whole account,
    which more leverage does not change.
    """
    denial = _check_is_swap(market) or _check_leverage(position, leverage, market)
    if denial is not None:
        return denial
    if leverage == position.leverage:
        return Movement()
    changed = replace(position, leverage=leverage, margin=initial_margin(position.open_cost, leverage))
    denial = _check_free(portfolio, changed.margin - position.margin, market) or _check_left(
        portfolio, position, changed, market
    )
    if denial is not None:
        return denial
    wording = _Wording(
        reason="leverage_change",
        description=f"Leverage of {position.direction.value.upper()} position for {position.symbol}: "
        f"{position.leverage}x to {leverage}x",
        request=request,
    )
    return _with_margin(portfolio, position, changed, wording=wording)


def set_protection(position: Position, protection: Protection, *, request: ChangeRequest) -> Movement:
    """Give a position stop, target and trailing distance, all three as they shall be (prices, not percentages).

    Moves no money; a row for each that changes, nothing where none does. `protection_check` says whether they may be.
    """
    changed = replace(
        position,
        stop_loss=protection.stop_loss,
        take_profit=protection.take_profit,
        trail_percent=protection.trail_percent,
    )
    changes = _changes(position, changed, request)
    return Movement(positions=(changed,), position_changes=changes) if changes else Movement()


def _lent_for_funding(
    portfolio: Portfolio, position: Position, *, lacking: Decimal, key: str, at: datetime
) -> tuple[tuple[EntryDraft, ...], tuple[Position, ...]]:
    """Set free what an open cross position lacks for funding out of the margins of the others, which answer for it."""
    if lacking <= 0 or position.margin_mode is not MarginMode.CROSS or not position.is_open:
        return (), ()
    lenders = [each for each in cross_positions(portfolio) if each.id != position.id]
    event = EntryEvent(key=f"{key}:lent", at=at, position_id=position.id)
    return lend_margin(portfolio, lenders, lacking=lacking, event=event)


def _check_is_swap(market: PositionMarket) -> Denial | None:
    if market.instrument.kind is InstrumentKind.SWAP:
        return None
    return Denial(reason=Rule.TERMS, detail=f"{market.instrument.symbol} is spot and paid whole: it has no margin")


def _check_margin_change(
    portfolio: Portfolio, position: Position, amount: Decimal, market: PositionMarket
) -> Denial | None:
    if position.margin_mode is MarginMode.CROSS:
        detail = "margin is added to isolated positions only; for a cross position all that is available answers anyway"
        return Denial(reason=Rule.TERMS, detail=detail)
    if not amount:
        return Denial(reason=Rule.TERMS, detail="the margin to add or take out must not be zero")
    if amount > 0:
        return _check_free(portfolio, amount, market)
    if market.mark is None:
        return _no_mark(position)
    notional = market.instrument.notional(position.quantity, market.mark)
    need = initial_margin(notional, position.leverage)
    most = position.margin + min(ZERO, unrealized_pnl(position, market.mark)) - need
    if -amount <= most:
        return None
    currency = portfolio.account.currency
    return Denial(
        reason=Rule.MARGIN,
        detail=f"{display_amount(max(ZERO, most), currency)} can be taken out at most: the initial margin at the mark "
        f"{canonical(market.mark)} is {display_amount(need, currency)}, the position has "
        f"{display_amount(position.margin, currency)}",
    )


def _check_leverage(position: Position, leverage: int, market: PositionMarket) -> Denial | None:
    if market.mark is None:
        return _no_mark(position)
    notional = market.instrument.notional(position.quantity, market.mark) + market.beside
    limit = leverage_limit(notional, market.instrument)
    if 1 <= leverage <= limit or (market.beside and 1 <= leverage <= position.leverage):
        return None
    worth = display_amount(notional, market.instrument.settle)
    which = f"{worth} open and ordered" if market.beside else f"a position worth {worth}"
    return Denial(
        reason=Rule.LEVERAGE,
        detail=f"leverage must be 1x to {limit}x for {which}, not {leverage}x",
    )


def _check_free(portfolio: Portfolio, need: Decimal, market: PositionMarket) -> Denial | None:
    if need <= 0:
        return None
    if market.free is None:
        return Denial(reason=Rule.NO_PRICE, detail="what is free is not known while a cross position has no mark price")
    if need <= market.free:
        return None
    currency = portfolio.account.currency
    have = display_amount(market.free, currency)
    return Denial(reason=Rule.FUNDS, detail=f"Insufficient balance: Need {display_amount(need, currency)}, Have {have}")


def _check_left(portfolio: Portfolio, before: Position, after: Position, market: PositionMarket) -> Denial | None:
    """Say whether a position that gives margin back keeps enough of it."""
    if after.margin >= before.margin or after.margin_mode is MarginMode.CROSS or market.mark is None:
        return None
    unrealized = unrealized_pnl(after, market.mark)
    need = initial_margin(market.instrument.notional(after.quantity, market.mark), after.leverage)
    if after.margin + unrealized >= need:
        return None
    currency = portfolio.account.currency
    return Denial(
        reason=Rule.LEVERAGE,
        detail=f"at {after.leverage}x the position would be left with "
        f"{display_amount(after.margin + unrealized, currency)} (margin {display_amount(after.margin, currency)}, "
        f"unrealized {display_amount(unrealized, currency)}); its initial margin at the mark is "
        f"{display_amount(need, currency)}",
    )


def _no_mark(position: Position) -> Denial:
    return Denial(reason=Rule.NO_PRICE, detail=f"{position.symbol} has no mark price yet")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wording:
    """What an entry says of itself, and who asked for it."""

    reason: str
    description: str
    request: ChangeRequest


def _with_margin(portfolio: Portfolio, before: Position, after: Position, *, wording: _Wording) -> Movement:
    """Book the difference of two margins, if there is one, and what changed."""
    moved = after.margin - before.margin
    drafts: tuple[EntryDraft, ...] = ()
    if moved:
        legs = ((ledger.AVAILABLE, -moved), (ledger.locked_for_position(before.id), moved))
        drafts = (_draft(portfolio, before, EntryKind.MARGIN_CHANGE, legs=legs, wording=wording),)
    return Movement(drafts=drafts, positions=(after,), position_changes=_changes(before, after, wording.request))


def _changes(before: Position, after: Position, request: ChangeRequest) -> tuple[PositionChange, ...]:
    texts = zip(_terms(before).items(), _terms(after).values(), strict=True)
    return tuple(
        PositionChange(position_id=before.id, at=request.at, term=term, before=old, after=new, author=request.author)
        for (term, old), new in texts
        if old != new
    )


def _terms(position: Position) -> dict[PositionTerm, str]:
    def text(value: Decimal | None) -> str:
        return "" if value is None else canonical(value)

    return {
        PositionTerm.STOP_LOSS: text(position.stop_loss),
        PositionTerm.TAKE_PROFIT: text(position.take_profit),
        PositionTerm.TRAIL_PERCENT: text(position.trail_percent),
        PositionTerm.LEVERAGE: str(position.leverage),
        PositionTerm.MARGIN: text(position.margin),
    }


def _draft(
    portfolio: Portfolio,
    position: Position,
    kind: EntryKind,
    *,
    legs: tuple[tuple[str, Decimal], ...],
    wording: _Wording,
) -> EntryDraft:
    return EntryDraft(
        kind=kind,
        idempotency_key=wording.request.key,
        occurred_at=wording.request.at,
        account_id=portfolio.account.id,
        run_id=portfolio.run.id,
        currency=portfolio.account.currency,
        postings=tuple(Posting(ledger_account=name, amount=amount) for name, amount in legs if amount),
        reason=wording.reason,
        author=wording.request.author,
        description=wording.description,
        position_id=position.id,
    )
