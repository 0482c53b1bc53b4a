"""What an outage leaves behind: its row in the books, its notices, and the way back to trading.

The network pause decides when one begins and ends, and opens the gate after the end. Rows lie outside the journal:
whether they can be written decides nothing about the pause.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desktop_trader.domain.errors import StorageError
from desktop_trader.engine.crossed_levels import GapBars, crossed_levels
from desktop_trader.engine.notice_board import NoticeBoard
from desktop_trader.engine.outage_text import outage_report
from desktop_trader.engine.ports import MarketFeed, OutageLog
from desktop_trader.engine.trading_engine import TradingEngine
from desktop_trader.engine.view_ground import view_ground
from desktop_trader.messages.network import (
    NO_NEW_TRADES,
    NOT_CHECKED,
    CrossedLevel,
    HeldBack,
    Outage,
    PauseReason,
)
from desktop_trader.messages.notices import NETWORK, Notice, OutageEnded, TradingPaused, TradingResumed


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseBegun:
    """A pause as it begins, or as its reasons change: `at` is market time, `detail` what a person wants to know."""

    at: datetime
    reasons: tuple[PauseReason, ...]
    detail: str = ""
    is_simulated: bool = False


class OutageDesk:
    """The outages of one market, one at a time. One thread.

    An outage that the process before this one left open is taken up as it is: it has not ended yet.
    """

    def __init__(
        self, log: OutageLog, feed: MarketFeed, board: NoticeBoard, *, traded_at: datetime | None = None
    ) -> None:
        """Write rows to `log`, and tell on the board of the account that the process was started with.

        `traded_at` is when the books traded last here. An open row from before that is one whose end the disk refused:
        it is closed where it was known to last, and is not taken up.

        Raises:
            StorageError: the newest row cannot be read.
        """
        self._log = log
        self._feed = feed
        self._board = board
        self._unsaved: list[Outage] = []
        newest = log.newest(feed.source_id)
        if newest is not None and newest.ended_at is None and traded_at is not None and newest.begun_at < traded_at:
            newest = replace(newest, ended_at=newest.begun_at, detail=_end_lost(newest.detail))
            self._unsaved.append(newest)
        self._outage = newest if newest is not None and newest.ended_at is None else None
        self._last_ended_at = None if newest is None else newest.ended_at

    @property
    def is_open(self) -> bool:
        """Whether an outage has begun that has not ended, in this process or in the one before."""
        return self._outage is not None

    @property
    def last_ended_at(self) -> datetime | None:
        """When the newest outage ended, in market time; None where there was none, or while it lasts."""
        return self._last_ended_at

    def begin(self, begun: PauseBegun, engines: Sequence[TradingEngine]) -> list[Notice]:
        """Store the row, and tell that nothing trades any more."""
        for engine in engines:
            engine.desk.clock.advance_to(begun.at)
            engine.desk.held.clear()
        outage = self._outage
        if outage is None:
            outage = Outage(
                id=0,
                source_id=self._feed.source_id,
                begun_at=begun.at,
                ended_at=None,
                reasons=_texts(begun.reasons),
                detail=begun.detail,
                is_simulated=begun.is_simulated,
            )
            self._store(outage)
        else:
            is_simulated = outage.is_simulated and begun.is_simulated
            self._store(replace(_joined(outage, begun), is_simulated=is_simulated))
        self._board.pin(TradingPaused, reason=_reason(_texts(begun.reasons)), detail=begun.detail)
        self._board.log(NOT_CHECKED)
        self._board.log(NO_NEW_TRADES)
        if begun.detail:
            self._board.log(f"Trading is paused for {', '.join(_texts(begun.reasons))}: {begun.detail}")
        return self._board.take()

    def note(self, begun: PauseBegun, engines: Sequence[TradingEngine]) -> list[Notice]:
        """Join further reasons into the row; they are told where they are new."""
        outage = self._outage
        if outage is None:
            return self.begin(begun, engines)
        joined = _joined(outage, begun)
        if joined != outage:
            self._store(replace(joined, held_back=_summed(outage.held_back, _held(engines))))
            _clear(engines)
        new = [text for text in joined.reasons if text not in outage.reasons]
        if new:
            detail = f": {begun.detail}" if begun.detail else ""
            self._board.log(f"Trading stays paused, now also for {', '.join(new)}{detail}", level="warning")
        return self._board.take()

    def save_late(self) -> None:
        """Write the rows that have ended and that the disk has refused; whatever it refuses again stays."""
        while self._unsaved:
            ended = self._unsaved[0]
            if ended.id:
                self._log.change(ended)
            else:
                self._log.begin(ended)
            del self._unsaved[0]

    def end(self, at: datetime, engines: Sequence[TradingEngine], *, is_taken_up: bool = False) -> list[Notice]:
        """Make every account ready to trade from `at` on, close the row, and tell what it was.

        One that was only taken up ends for each account where that one stands in the market: none of them has been
        anywhere else meanwhile.

        Where no outage was begun, as at the first verification of a start, accounts are made ready all the same. An
        engine that halts over it leaves the row open, for whoever takes up the books next.
        """
        outage = self._outage
        levels = () if outage is None else self._levels(outage.begun_at, at, engines)
        notices: list[Notice] = []
        for engine in engines:
            notices += engine.end_pause(engine.desk.clock.now() if is_taken_up else at)
        self._last_ended_at = at
        if outage is None or any(engine.halted for engine in engines):
            return notices
        ended = replace(
            outage,
            ended_at=max(at, outage.begun_at),
            held_back=_summed(outage.held_back, _held(engines)),
            levels_crossed=levels,
        )
        _clear(engines)
        if not self._store(ended):
            self._unsaved.append(ended)
        self._outage = None
        self._tell_end(ended)
        return notices + self._board.take()

    def _tell_end(self, ended: Outage) -> None:
        report, reason = outage_report(ended), _reason(ended.reasons)
        self._board.pin(TradingResumed, reason=reason, detail="everything is verified and stable")
        self._board.pin(
            OutageEnded,
            outage_id=ended.id,
            begun_at=ended.begun_at,
            ended_at=ended.ended_at,
            reason=reason,
            detail=report,
            held_back=sum(each.count for each in ended.held_back),
            levels_crossed=len(ended.levels_crossed),
            is_simulated=ended.is_simulated,
        )

    def _levels(self, since: datetime, until: datetime, engines: Iterable[TradingEngine]) -> tuple[CrossedLevel, ...]:
        bars = GapBars(self._feed, since=since, until=until)
        return tuple(
            level
            for engine in engines
            for level in crossed_levels(view_ground(engine), bars, price=engine.desk.marks.price)
        )

    def _store(self, outage: Outage) -> bool:
        """Adopt an outage and write its row; one that the disk refuses is written with the next change.

        What ended before it is written first: a market has one open row at most.
        """
        try:
            self.save_late()
            if outage.id:
                self._log.change(outage)
            else:
                outage = replace(outage, id=self._log.begin(outage))
        except StorageError as error:
            self._board.log(f"{error.user_message}; the pause itself is not affected", level="warning")
            self._outage = outage
            return False
        self._outage = outage
        return True


def _end_lost(detail: str) -> str:
    lost = "its end could not be written: it lasted longer than this says"
    return f"{detail}; {lost}" if detail else lost


def _texts(reasons: Iterable[PauseReason]) -> tuple[str, ...]:
    return tuple(reason.text for reason in reasons)


def _reason(reasons: Iterable[str]) -> str:
    return f"{NETWORK}: {', '.join(reasons)}"


def _joined(outage: Outage, begun: PauseBegun) -> Outage:
    return replace(
        outage,
        reasons=tuple(dict.fromkeys((*outage.reasons, *_texts(begun.reasons)))),
        detail=begun.detail or outage.detail,
    )


def _held(engines: Iterable[TradingEngine]) -> tuple[HeldBack, ...]:
    return tuple(each for engine in engines for each in engine.desk.held.view(engine.books.portfolio.account.name))


def _clear(engines: Iterable[TradingEngine]) -> None:
    for engine in engines:
        engine.desk.held.clear()


def _summed(*parts: Sequence[HeldBack]) -> tuple[HeldBack, ...]:
    counts: dict[tuple[str, str], int] = {}
    for each in (each for part in parts for each in part):
        counts[each.account, each.what] = counts.get((each.account, each.what), 0) + each.count
    return tuple(HeldBack(account=account, what=what, count=count) for (account, what), count in counts.items())
