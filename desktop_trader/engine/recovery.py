"""Start-up is recovery: the same path after a clean quit, a crash and `kill -9`.

Memory is built from the books and nothing else. What a start needs to know of the last one it reads there; how the
last one ended decides nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from desktop_trader.crash_points import crash_point
from desktop_trader.domain import accounting
from desktop_trader.domain.accounting import BalanceChange
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.money import ZERO, check_start_amount, display_amount
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.wallet import Account, Run, Wallet
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk, MarketCursor
from desktop_trader.engine.clock import LiveMarketClock, MarketClock
from desktop_trader.engine.journal import Journal
from desktop_trader.engine.market_places import place_in
from desktop_trader.engine.marks import Marks
from desktop_trader.engine.notice_board import NoticeBoard
from desktop_trader.engine.ports import BarPhase, LedgerStore, MarketFeed, StoredBooks
from desktop_trader.engine.trading_engine import TradingEngine
from desktop_trader.engine.trading_gate import TradingGate
from desktop_trader.messages.market_name import is_outside, market_name
from desktop_trader.messages.notices import BalanceChanged, BooksRecovered

_NOTICES_AFTER_A_COMMIT = 1_000
"""More than ever follow the last commit before a kill: their ids may have been seen and are not given again."""
_FUTURE = timedelta(seconds=10)
"""Books that end so much later than now are worth a word; clocks that differ by less are usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """What an account starts with when the books do not have it yet; an existing one is never changed by it."""

    name: str
    type: str
    exchange: str
    currency: str
    start_amount: Decimal
    author: str = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """An account's place beside others: the journal and the gate they share, and where the market is when it joins.

    `joins_at` counts for an account that has nothing at stake and has not been further yet.
    """

    journal: Journal
    gate: TradingGate
    joins_at: datetime | None = None


def take_up_books(
    store: LedgerStore, stored: StoredBooks, *, feed: MarketFeed, new_account: NewAccount, seat: Seat | None = None
) -> tuple[Bookkeeper, Desk]:
    """Take up an account as loaded, or prepare a new one.

    Without a seat it is alone, and the market is set to where its books left it; else whoever seats the accounts
    does that.
    """
    market = stored.market
    is_same_market = market is not None and market.source_id == feed.source_id
    is_past = feed.is_live or is_outside(feed.source_id)  # what it cost then is no price of now
    cursor, now = _where_it_stands(stored, feed, None if seat is None else seat.joins_at)
    if seat is None and (place := place_in(feed, stored)) is not None:
        feed.resume(place)
    clock = LiveMarketClock(now, ours=feed.starts_at) if feed.is_live else MarketClock(now)
    sent = 0 if market is None else market.notices_sent + _NOTICES_AFTER_A_COMMIT
    name = new_account.name if stored.portfolio is None else stored.portfolio.account.name
    is_known = market is not None and is_same_market and not is_past
    desk = Desk(
        clock=clock,
        marks=Marks(market.marks, market.ratchets) if market is not None and is_known else Marks(),
        board=NoticeBoard(clock, sent=sent, account=name),
        cursor=cursor,
        gate=TradingGate() if seat is None else seat.gate,
    )
    if not is_same_market:
        stored = replace(stored, recent_balances=())  # their times are of another market's calendar
    portfolio = stored.portfolio or _empty_portfolio(stored, new_account, now)
    journal = None if seat is None else seat.journal
    return Bookkeeper(store, desk, portfolio=portfolio, stored=stored, journal=journal), desk


def open_beside(
    store: LedgerStore, here: TradingEngine, *, journal: Journal, new_account: NewAccount
) -> tuple[Bookkeeper, Desk]:
    """Prepare a new account that begins where another one stands in the market; nothing is stored yet."""
    place, now = here.desk.cursor, here.desk.clock.now()
    clock = LiveMarketClock(now, ours=here.desk.clock.present()) if here.feed.is_live else MarketClock(now)
    cursor = MarketCursor(source_id=place.source_id, anchor_at=place.anchor_at, at=place.at, phase=place.phase)
    board = NoticeBoard(clock, sent=0, account=new_account.name)
    desk = Desk(clock=clock, marks=Marks(), board=board, cursor=cursor, gate=here.desk.gate)
    desk.marks.take_over(here.desk.marks)
    stored = StoredBooks(head=journal.head, next_ids=journal.ids)
    portfolio = _empty_portfolio(stored, new_account, now)
    return Bookkeeper(store, desk, portfolio=portfolio, stored=stored, journal=journal), desk


def _where_it_stands(stored: StoredBooks, feed: MarketFeed, joins_at: datetime | None) -> tuple[MarketCursor, datetime]:
    """Return the cursor of an account and its clock: its own, or the market's where it joins."""
    market, place = stored.market, place_in(feed, stored)
    if market is None or place is None:
        now = joins_at or feed.starts_at
        return MarketCursor(source_id=feed.source_id, anchor_at=feed.starts_at, at=now, phase=BarPhase.OPEN), now
    cursor = MarketCursor(
        source_id=feed.source_id,
        anchor_at=market.anchor_at,
        at=market.at,
        phase=market.phase,
        bars_seen=market.bars_seen,
        last_bar_at=market.last_bar_at,
    )
    if (
        feed.is_live and cursor.at > feed.starts_at
    ):  # a clock was wrong when it was stored: nothing stands later than now
        cursor.at, cursor.phase = feed.starts_at, BarPhase.OPEN
        return cursor, market.clock_at
    if joins_at is None or joins_at <= place:
        return cursor, market.clock_at
    cursor.at, cursor.phase = joins_at, BarPhase.OPEN
    return cursor, max(joins_at, market.clock_at)


def start(engine: TradingEngine, stored: StoredBooks, *, new_account: NewAccount) -> None:
    """Bring the account to life: opening entry of a new one, or everything an existing one had, then its strategy."""
    books = engine.books
    if books.is_new:
        _open_account(engine, new_account)
        return
    crash_point("L25.begun")
    _tell_recovery(engine, books.portfolio)
    if stored.market is not None and stored.market.source_id != engine.feed.source_id:
        engine.desk.board.log(
            f"The books were last on {market_name(stored.market.source_id)}; this market begins at "
            f"{engine.desk.clock.now():%Y-%m-%d %H:%M} UTC",
            level="warning",
        )
    _tell_future(engine)
    portfolio = books.portfolio
    held = {each.symbol for each in portfolio.positions.values()} | {each.symbol for each in portfolio.orders.values()}
    for symbol in sorted(held):
        _follow(engine, symbol)
    for run in stored.strategy_runs:
        if run.is_active:
            engine.auto_trading.resume(run)
    crash_point("L25.resumed")
    engine.hand_over_live_orders()


def _tell_future(engine: TradingEngine) -> None:
    """Say that the books of a live market stand later than now: a clock was wrong then, or is now."""
    clock = engine.desk.clock
    ahead = clock.now() - clock.present()
    if ahead > _FUTURE:
        engine.desk.board.log(
            f"The books end at {clock.now():%Y-%m-%d %H:%M:%S} UTC, {ahead.total_seconds():.0f} s later than this "
            "computer's clock: one of the two was wrong. Prices are watched and traded on as ever; what happens before "
            "that time is booked at it",
            level="warning",
        )


def _follow(engine: TradingEngine, symbol: str) -> None:
    """Follow what is held; the list of a market outside may still be on its way, and no price comes before it."""
    if not engine.feed.is_live:
        if symbol in engine.instruments:
            engine.feed.subscribe(symbol, None)
        return
    try:
        engine.feed.subscribe(symbol, None)
    except InvalidInputError as error:
        engine.desk.board.log(
            f"{symbol} cannot be followed ({error.user_message}): its positions and orders stay as they are, and "
            "nobody watches them",
            level="error",
        )


def _empty_portfolio(stored: StoredBooks, new: NewAccount, now: datetime) -> Portfolio:
    account = Account(
        id=stored.next_ids.account,
        type=new.type,
        exchange=new.exchange,
        currency=new.currency,
        name=new.name,
        created_at=now,
    )
    run = Run(id=stored.next_ids.run, account_id=account.id, started_at=now, start_amount=new.start_amount)
    wallet = Wallet(account_id=account.id, currency=new.currency, total=ZERO, locked=ZERO, updated_at=now)
    return Portfolio(account=account, run=run, wallet=wallet)


def _open_account(engine: TradingEngine, new: NewAccount) -> None:
    books, desk = engine.books, engine.desk
    check_start_amount(new.start_amount)
    opening = BalanceChange(
        kind=EntryKind.OPENING,
        amount=new.start_amount,
        reason=f"initial deposit {new.start_amount:,.2f}",
        author=new.author,
        request_key=f"opening:{books.portfolio.run.id}",
    )
    books.post(accounting.change_balance(books.portfolio, opening, at=desk.clock.now()))
    text = display_amount(new.start_amount, new.currency)
    desk.board.log(f"Created new {new.type} wallet with {text}")
    desk.board.pin(
        BalanceChanged,
        reason=opening.reason,
        kind=opening.kind.value,
        amount=opening.amount,
        author=opening.author,
        current_balance=books.portfolio.wallet.total,
    )


def _tell_recovery(engine: TradingEngine, portfolio: Portfolio) -> None:
    board, wallet = engine.desk.board, portfolio.wallet

    def text(amount: Decimal) -> str:
        return display_amount(amount, wallet.currency)

    board.log(f"Found active session #{portfolio.run.id}")
    board.log(f"Restored wallet from database: {portfolio.account.type} balance = {text(wallet.total)}")
    positions = list(portfolio.positions.values())
    board.pin(
        BooksRecovered,
        message=f"Recovered balance from previous session: {text(wallet.total)}",
        current_balance=wallet.total,
        open_positions=len(positions),
    )
    if not positions:
        return
    margin = sum((position.margin for position in positions), ZERO)
    board.log(f"Restored used_balance from {len(positions)} open positions: {text(margin)}")
    board.log(f"Recovering {len(positions)} active positions...")
    for position in positions:
        compact = position.symbol.partition(":")[0].replace("/", "")
        price = f"${position.entry_price:,.2f}"
        board.log(f"Recovered position: {compact} {position.direction.value} @ {price}")
    board.log(f"Successfully recovered {len(positions)} positions")
