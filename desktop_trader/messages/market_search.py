"""Questions about the markets there are, and their answers: some of them in brief, and the search among thousands."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.messages.market_overview import TickerRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """How a price went over the last 24 hours, in few points, oldest first; `ends_at` is when the last one closed."""

    symbol: str
    closes: tuple[Decimal, ...]
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewRequest:
    """Ask for some markets in brief, and for the course of some of them."""

    request_id: str
    symbols: tuple[str, ...]
    sparklines_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """The answer to `OverviewRequest`: what is known of it.

    `instruments` are those of the symbols asked for that are listed; `listed` counts all that are, 0 while the list of
    markets has not come. `now` is the market's time.
    """

    request_id: str
    now: datetime
    rows: tuple[TickerRow, ...] = ()
    instruments: tuple[Instrument, ...] = ()
    sparklines: tuple[Sparkline, ...] = ()
    listed: int = 0


class SearchSort(StrEnum):
    """In what order markets are found: favourites are first in each of them."""

    MATCH = "match"
    VOLUME = "volume"
    CHANGE = "change"
    NAME = "name"


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolSearch:
    """Ask for markets whose name has every word of `text` in it.

    `kind` None takes spot and swaps, `quote` "" every quote currency. VOLUME and CHANGE come from the highest down,
    `is_reversed` turns any order around; favourites stay first, and unknown figures last.
    """

    request_id: str
    text: str = ""
    kind: InstrumentKind | None = None
    quote: str = ""
    sort: SearchSort = SearchSort.MATCH
    is_reversed: bool = False
    favourites: tuple[str, ...] = ()
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMarket:
    """A market that was found; `ticker` is None while nobody has said what it costs."""

    instrument: Instrument
    ticker: TickerRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolSearchPage:
    """The answer to `SymbolSearch`: the first of those that match, how many match, and how many markets there are.

    `quotes` are the quote currencies of the market, the most frequent first. `now` is the market's time.
    """

    request_id: str
    now: datetime
    found: tuple[FoundMarket, ...] = ()
    matching: int = 0
    listed: int = 0
    quotes: tuple[str, ...] = ()
