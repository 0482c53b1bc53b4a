"""Runs one strategy on one symbol: feeds it closed bars, sizes what it wants, and has it checked and placed.

A strategy's order is keyed by strategy run, symbol, candle time and action, so that the same candle never acts
twice, however often the engine had to start again in the middle of it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from desktop_trader.domain.entry_rules import Denial, EntryWish, Rule
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.market import Bar, Timeframe
from desktop_trader.domain.money import display_amount
from desktop_trader.domain.order import Direction, Order, OrderReason, Protection
from desktop_trader.domain.portfolio import Movement
from desktop_trader.domain.risk import stake_quantity
from desktop_trader.domain.strategy_run import StrategyRun
from desktop_trader.engine.bookkeeper import Bookkeeper, Desk
from desktop_trader.engine.order_desk import OrderDesk
from desktop_trader.engine.ports import MarketFeed
from desktop_trader.engine.price_age import PriceAge
from desktop_trader.engine.tickets import EntryTicket, ExitTicket
from desktop_trader.messages.notices import AutoTradingChanged
from desktop_trader.strategies.candle_window import CandleWindow
from desktop_trader.strategies.catalog import make_strategy, strategy_info
from desktop_trader.strategies.strategy import OrderIntent, Strategy, StrategyContext

_BARS_WAITED_MAX = 3
"""So many bars of a market outside are waited for; what is still missing then never was: nobody traded."""


class AutoTrading:
    """The strategy of an account: started and stopped by people, resumed by itself after a restart."""

    def __init__(self, books: Bookkeeper, orders: OrderDesk, desk: Desk, feed: MarketFeed) -> None:
        """Trade through `orders` on the bars of `feed`."""
        self._books = books
        self._orders = orders
        self._desk = desk
        self._feed = feed
        self._instruments = feed.listing()
        self._price_age = PriceAge(feed, desk.gate, clock=desk.clock, marks=desk.marks)
        self._strategy: Strategy | None = None
        self._window: CandleWindow | None = None
        self._context: StrategyContext | None = None
        self._gap_begins_at: datetime | None = None
        self._bars_waited = 0
        self.run: StrategyRun | None = None

    def start(self, name: str, typed: tuple[tuple[str, str], ...], *, symbol: str, timeframe: Timeframe) -> StrategyRun:
        """Start a strategy, stored before it sees its first bar; the one running before is stopped.

        Raises:
            InvalidInputError: no such strategy or parameter, or a bad value; nothing changed.
        """
        strategy = make_strategy(name, typed)
        values = strategy_info(name).parse(typed)
        parameters = tuple((key, format(value, "f")) for key, value in values.items())
        if self.run is not None and _is_same(self.run, name, symbol, timeframe, parameters):
            self._tell(self.run, "running")
            return self.run
        self._feed.subscribe(symbol, timeframe)  # first of all: this market may not have what was asked for
        run = StrategyRun(
            id=self._books.next_ids.strategy_run,
            account_id=self._books.portfolio.account.id,
            run_id=self._books.portfolio.run.id,
            strategy=name,
            parameters=parameters,
            symbol=symbol,
            timeframe=timeframe,
            source_id=self._feed.source_id,
            started_at=self._desk.clock.now(),
        )
        self._desk.cursor.last_bar_at, self._desk.cursor.bars_seen = None, 0
        ended = () if self.run is None else (replace(self.run, ended_at=run.started_at),)
        self._books.post(Movement(), strategy_runs=(*ended, run))
        for old in ended:
            self._tell(old, "stopped")
        self._take_up(run, strategy)
        return run

    def resume(self, run: StrategyRun) -> None:
        """Go on with a run of the books; one that cannot run here any more is ended instead, and said so."""
        try:
            if run.source_id != self._feed.source_id:
                raise InvalidInputError("it belongs to another market")
            strategy = make_strategy(run.strategy, run.parameters)
            self._feed.subscribe(run.symbol, run.timeframe)
        except InvalidInputError as error:
            self._books.post(Movement(), strategy_runs=(replace(run, ended_at=self._desk.clock.now()),))
            self._desk.board.log(
                f"Strategy {run.strategy} on {run.symbol} was stopped: {error.user_message}", level="warning"
            )
            return
        self._take_up(run, strategy)

    def hold(self, run: StrategyRun) -> None:
        """Have a run of an account that sleeps: it decides nothing, and whoever stops or resets ends it."""
        self.run = run

    def stop(self) -> None:
        """End the running strategy, if there is one. Its positions stay, with their stops and targets."""
        if self.run is not None:
            self.stop_with(Movement())

    def stop_with(self, movement: Movement) -> None:
        """Post a movement after which no strategy goes on: one that runs ends in the same transaction."""
        if self.run is None:
            self._books.post(movement)
            return
        ended = replace(self.run, ended_at=self._desk.clock.now())
        self._books.post(movement, strategy_runs=(ended,))
        self.run = self._strategy = self._window = None
        self._tell(ended, "stopped")

    def on_bar(self, bar: Bar) -> None:
        """Let the strategy decide at the close of one of its bars; a bar it has seen is nothing new."""
        run, strategy, window = self.run, self._strategy, self._window
        if run is None or strategy is None:
            return
        if bar.symbol != run.symbol or bar.timeframe is not run.timeframe:
            return
        cursor = self._desk.cursor
        if cursor.last_bar_at is not None and bar.opened_at <= cursor.last_bar_at:
            return
        if window is None:
            window = self._window_before(run, strategy, bar)
            if window is None:
                cursor.last_bar_at = bar.opened_at
                return
        elif self._feed.is_live and _is_after_a_hole(bar, cursor.last_bar_at):
            bars = self._feed.history(run.symbol, run.timeframe, before=bar.opened_at, limit=strategy.bars_needed)
            self._window = window = _window_of(bars, strategy.bars_needed)
            self._context = None
        window.append(bar.close)
        epoch = self._desk.gate.epoch
        direction = self._direction(run) if self._books.portfolio.positions or self._books.portfolio.orders else None
        context = self._context
        if context is None or context.direction is not direction:  # made anew only when it says something new
            allows_short = self._instruments[bar.symbol].allows_short
            context = StrategyContext(window=window, direction=direction, allows_short=allows_short)
            self._context = context
        for intent in strategy.on_bar(context):
            self._carry_out(run, intent, bar, epoch)
        cursor.bars_seen += 1
        cursor.last_bar_at = bar.opened_at

    def pass_bar(self, bar: Bar) -> None:
        """Let a bar pass while the gate is closed: nothing is decided on it, then or later.

        The strategy takes its window anew from the market's history before it decides again.
        """
        run = self.run
        if run is None or self._strategy is None or (bar.symbol, bar.timeframe) != (run.symbol, run.timeframe):
            return
        cursor = self._desk.cursor
        if cursor.last_bar_at is None or bar.opened_at > cursor.last_bar_at:
            self._desk.held.signals += 1
            self._skip_to(bar.opened_at)

    def end_pause(self, at: datetime) -> None:
        """Decide nothing about the bars that closed before `at`, shown or not, and take the window anew."""
        if self.run is None or self._strategy is None:
            return
        timeframe = self.run.timeframe
        newest = timeframe.bar_start(at) - timeframe.duration
        last = self._desk.cursor.last_bar_at
        # On a live market `at` is the present: a bar after it was none, and would keep those that follow from counting.
        self._skip_to(newest if last is None or self._feed.is_live else max(newest, last))

    def execute_signal(self, symbol: str, direction: Direction, *, request_key: str) -> Order | Denial:
        """Walk the path of a signal at this moment's price: sized, checked, then an order or a named denial."""
        stake, protection = _terms_of(self.run)
        ticket = EntryTicket(
            reason=OrderReason.SIGNAL,
            signal_key=request_key,
            epoch=self._desk.gate.epoch,
            protection=protection,
            action=f"enter_{direction.value}",
            detail="signal executed by hand",
        )
        instrument = self._instruments[symbol]
        why_none, price = self._price_age.why_none(symbol), self._desk.marks.entry_price(symbol, direction)
        if why_none or price is None:
            denial = Denial(reason=Rule.NO_PRICE, detail=why_none or f"{symbol} has no price yet")
            return self._orders.deny(ticket, denial, instrument=instrument, direction=direction)
        return self._enter(instrument, direction, price, stake=stake, ticket=ticket)

    def _take_up(self, run: StrategyRun, strategy: Strategy) -> None:
        self._gap_begins_at, self._bars_waited = None, 0  # of another run: this one has waited for nothing yet
        if self._feed.is_live:
            # Its history comes through the network: it is read when the first bar asks for a decision.
            self.run, self._strategy, self._window, self._context = run, strategy, None, None
            cursor, duration = self._desk.cursor, run.timeframe.duration
            begun_at = min(run.started_at, self._desk.clock.present())
            cursor.last_bar_at = cursor.last_bar_at or run.timeframe.bar_start(begun_at) - duration
            self._tell(run, "running")
            return
        history = self._feed.history(
            run.symbol, run.timeframe, before=self._history_ends_at(run), limit=strategy.bars_needed
        )
        window = _window_of(history, strategy.bars_needed)
        if history:
            # A bar that closed at this very instant is in the history and may still come as an event.
            self._desk.cursor.last_bar_at = history[-1].opened_at
        self.run, self._strategy, self._window, self._context = run, strategy, window, None
        self._tell(run, "running")

    def _skip_to(self, last_bar_at: datetime) -> None:
        """Bars up to this one are over, and the strategy has not seen all of them."""
        if self._window is not None:
            self._gap_begins_at = self._desk.cursor.last_bar_at
        self._bars_waited = 0
        self._desk.cursor.last_bar_at = last_bar_at
        self._window = self._context = None

    def _window_before(self, run: StrategyRun, strategy: Strategy, bar: Bar) -> CandleWindow | None:
        """Make the window anew from the market's history: bars passed that the strategy never saw.

        None while a market outside has not said yet what those were, and has had little time to: nothing is decided.
        """
        needed = strategy.bars_needed
        bars = self._feed.history(run.symbol, run.timeframe, before=bar.opened_at, limit=needed)
        duration = run.timeframe.duration
        first = bar.opened_at - needed * duration
        if self._gap_begins_at is not None:
            first = max(first, self._gap_begins_at + duration)
        due = int((bar.opened_at - first) / duration)
        missing = due - sum(each.opened_at >= first for each in bars) if self._feed.is_live else 0
        if missing > 0 and self._bars_waited < _BARS_WAITED_MAX:
            self._bars_waited += 1
            self._desk.board.log(
                f"{run.strategy} decides nothing on {run.symbol} yet: {missing} bars of the time without network are "
                "still missing",
                level="warning",
            )
            return None
        self._window, self._context, self._gap_begins_at = _window_of(bars, needed), None, None
        return self._window

    def _tell(self, run: StrategyRun, state: str) -> None:
        self._desk.board.pin(AutoTradingChanged, state=state, strategy=run.strategy, symbol=run.symbol)

    def _history_ends_at(self, run: StrategyRun) -> datetime:
        """Where the bars that this run has decided on end: whatever closed later comes as an event.

        Not the clock: inside a bar that is done again after a kill, it stands at the end of that bar already.
        """
        last_bar_at = self._desk.cursor.last_bar_at
        return run.started_at if last_bar_at is None else last_bar_at + run.timeframe.duration

    def _direction(self, run: StrategyRun) -> Direction | None:
        """Which way the run's own position on its symbol points, an entry on its way counted."""
        portfolio = self._books.portfolio
        for position in portfolio.positions.values():
            if position.strategy_run_id == run.id and portfolio.leaving_of(position.id) < position.quantity:
                return position.direction
        for order in portfolio.orders.values():
            if order.strategy_run_id == run.id and not order.is_exit:
                return order.direction
        return None

    def _carry_out(self, run: StrategyRun, intent: OrderIntent, bar: Bar, epoch: int) -> None:
        key = f"strategy:{run.id}:{run.symbol}:{bar.opened_at.isoformat()}:{intent.action.value}"
        if self._books.order_of_signal(key) is not None or self._is_denied(run, intent):
            return
        if not intent.action.is_entry:
            self._exit(run, intent, epoch)
            return
        ticket = EntryTicket(
            reason=OrderReason.SIGNAL,
            signal_key=key,
            epoch=epoch,
            protection=Protection(
                stop_loss_percent=intent.stop_loss_percent, take_profit_percent=intent.take_profit_percent
            ),
            strategy_run_id=run.id,
            action=intent.action.value,
            detail=intent.detail,
        )
        instrument = self._instruments[bar.symbol]
        self._enter(instrument, intent.action.direction, bar.close, stake=intent.stake_percent, ticket=ticket)

    def _is_denied(self, run: StrategyRun, intent: OrderIntent) -> bool:
        """Whether this very wish was refused before a kill and is only being repeated; nothing is on a live market."""
        if self._feed.is_live:
            return False
        now = self._desk.clock.now()
        return any(
            decision.at == now
            and decision.strategy_run_id == run.id
            and decision.action == intent.action.value
            and not decision.order_id
            for decision in self._books.decisions
        )

    def _exit(self, run: StrategyRun, intent: OrderIntent, epoch: int) -> None:
        portfolio = self._books.portfolio
        ticket = ExitTicket(reason=OrderReason.SIGNAL, epoch=epoch, action=intent.action.value, detail=intent.detail)
        for position in list(portfolio.positions.values()):
            if position.strategy_run_id == run.id and position.direction is intent.action.direction:
                self._orders.place_exit(position, ticket)
        for order in list(portfolio.orders.values()):
            if order.strategy_run_id == run.id and not order.is_exit and order.direction is intent.action.direction:
                self._orders.cancel(order)

    def _enter(
        self,
        instrument: Instrument,
        direction: Direction,
        price: Decimal,
        *,
        stake: Decimal,
        ticket: EntryTicket,
    ) -> Order | Denial:
        balance = self._orders.entries.capital()
        quantity = stake_quantity(balance, stake, price=price, instrument=instrument)
        if not quantity:
            detail = f"{stake:f} % of {display_amount(balance, instrument.settle)} is less than the smallest order"
            return self._orders.deny(
                ticket, Denial(reason=Rule.MINIMUM_NOTIONAL, detail=detail), instrument=instrument, direction=direction
            )
        wish = EntryWish(
            instrument=instrument,
            direction=direction,
            quantity=quantity,
            price=price,
            stop_loss=ticket.protection.stop_price(price, direction, instrument=instrument),
            take_profit=ticket.protection.target_price(price, direction, instrument=instrument),
        )
        return self._orders.place_entry(wish, ticket)


def _terms_of(run: StrategyRun | None) -> tuple[Decimal, Protection]:
    """Stake and protection of a signal by hand: those of the running strategy, else of the catalogue's first."""
    parameters = dict(run.parameters) if run is not None else {}
    stake = Decimal(parameters.get("stake_percent", "10"))
    stop = Decimal(parameters.get("stop_loss_percent", "2"))
    target = Decimal(parameters.get("take_profit_percent", "4"))
    return stake, Protection(stop_loss_percent=stop or None, take_profit_percent=target or None)


def _window_of(bars: Sequence[Bar], needed: int) -> CandleWindow:
    window = CandleWindow(needed)
    for bar in bars:
        window.append(bar.close)
    return window


def _is_after_a_hole(bar: Bar, last_bar_at: datetime | None) -> bool:
    """Say whether the bar before this one was no event: it came too late for one, or nobody traded in it."""
    return last_bar_at is not None and bar.opened_at - last_bar_at != bar.timeframe.duration


def _is_same(
    run: StrategyRun, name: str, symbol: str, timeframe: Timeframe, parameters: tuple[tuple[str, str], ...]
) -> bool:
    return (run.strategy, run.symbol, run.timeframe, run.parameters) == (name, symbol, timeframe, parameters)
