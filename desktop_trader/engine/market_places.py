"""Where each account of the books goes on in one market, and which accounts have to stay asleep while it runs.

On a market outside time passes by itself, so that every account goes on now. On the others, an account with open
positions, live orders or a running strategy has something at stake: its place in the market is binding, and the feed
begins at the earliest of those places. One without joins wherever the market is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desktop_trader.domain.market import PriceSource
from desktop_trader.engine.ports import BarPhase, MarketFeed, StoredBooks
from desktop_trader.messages.market_name import held_text, market_name

_JUST_AFTER = timedelta(microseconds=1)
_FAR = timedelta(days=1)
"""Accounts that ran together are never so far apart; those further off would wait for days of the market."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPlaces:
    """`resumes_at` is where the feed goes on, None at its own beginning. `asleep` says by account why it sleeps."""

    resumes_at: datetime | None
    asleep: Mapping[str, str]


def place_in(feed: MarketFeed, stored: StoredBooks) -> datetime | None:
    """Return the time of the first event that an account has not done; None when it was on another market."""
    market = stored.market
    if market is None or market.source_id != feed.source_id:
        return None
    return market.at + _JUST_AFTER if market.phase is BarPhase.DONE else market.at


def is_at_stake(stored: StoredBooks) -> bool:
    """Say whether an account has anything that prices decide about."""
    portfolio = stored.portfolio
    if portfolio is None:
        return False
    return bool(portfolio.positions or portfolio.orders) or any(run.is_active for run in stored.strategy_runs)


def find_places(feed: MarketFeed, *, primary: StoredBooks, others: Sequence[StoredBooks]) -> MarketPlaces:
    """Return where the market goes on for the account a process was started with, and for those beside it."""
    asleep: dict[str, str] = {}
    bound: dict[str, datetime] = {}
    for stored in others:
        place = place_in(feed, stored)
        if not is_at_stake(stored):
            continue
        if place is None:
            asleep[_name(stored)] = _elsewhere(stored)
        else:
            bound[_name(stored)] = place
    start = _start(feed, primary, list(bound.values()))
    if start is None:
        return MarketPlaces(resumes_at=None, asleep=asleep)
    if feed.is_live:  # Its time passed for all of them, whoever was there.
        return MarketPlaces(resumes_at=min([start, *bound.values()]), asleep=asleep)
    if feed.fills_on is PriceSource.QUOTES:
        for stored in others:
            place = place_in(feed, stored)
            is_far = place is not None and (place > start + _FAR or (_name(stored) in bound and place < start - _FAR))
            if place is not None and is_far:
                asleep[_name(stored)] = _far_away(place, start)
                bound.pop(_name(stored), None)
    return MarketPlaces(resumes_at=min([start, *bound.values()]), asleep=asleep)


def _start(feed: MarketFeed, primary: StoredBooks, bound: Sequence[datetime]) -> datetime | None:
    """Where the primary account wants to go on: bars not seen yet are its own, a market of quotes goes on for all."""
    own = place_in(feed, primary)
    if feed.fills_on is PriceSource.BARS:
        return own or (feed.starts_at if bound else None)
    if own is not None and is_at_stake(primary):
        return own
    # A strategy of another market is ended by this start: no reason to go on without what others hold here.
    places = [*bound, own] if own is not None else list(bound)
    return max(places, default=None)


def _name(stored: StoredBooks) -> str:
    return "" if stored.portfolio is None else stored.portfolio.account.name


def _elsewhere(stored: StoredBooks) -> str:
    portfolio, market = stored.portfolio, stored.market
    held = "" if portfolio is None else held_text(len(portfolio.positions), len(portfolio.orders))
    what = held or "a strategy"
    where = "another market" if market is None else market_name(market.source_id)
    return f"it has {what} on {where}, which is not running"


def _far_away(place: datetime, start: datetime) -> str:
    return f"its books stand at {place:%Y-%m-%d %H:%M} UTC of this market, which goes on at {start:%Y-%m-%d %H:%M} UTC"
