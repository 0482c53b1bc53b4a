"""The search among thousands of markets: names made ready once, so that a key press costs milliseconds."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.messages.market_overview import TickerRow
from desktop_trader.messages.market_search import FoundMarket, SearchSort, SymbolSearch

_EXACT, _BEGINS_BASE, _BEGINS, _WITHIN = range(4)
_KIND_WORDS = {"SPOT": InstrumentKind.SPOT, "SWAP": InstrumentKind.SWAP, "PERP": InstrumentKind.SWAP}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A market with its names in capitals; `joined` is what people type without the stroke: `BTCUSDT`."""

    instrument: Instrument
    symbol: str
    base: str
    joined: str


@dataclass(frozen=True, slots=True)
class _Found:
    entry: _Entry
    rank: int
    ticker: TickerRow | None


class MarketIndex:
    """Finds markets of a listing that may grow. Belongs to one thread; listing and overview may be another's."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._listing: Mapping[str, Instrument] = {}
        self._rows: Sequence[TickerRow] = ()
        self._tickers: dict[str, TickerRow] = {}
        self.quotes: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """How many markets there are."""
        return len(self._entries)

    def refresh(self, listing: Mapping[str, Instrument], rows: Sequence[TickerRow]) -> None:
        """Know what is listed by now and what it costs; costs nothing where neither has changed."""
        if self._is_other(listing):
            self._listing = listing
            # Looked up one by one: another thread may replace what is listed meanwhile.
            listed = (listing.get(symbol) for symbol in list(listing))
            self._entries = [_entry(each) for each in listed if each is not None]
            counted = Counter(each.instrument.quote for each in self._entries)
            self.quotes = tuple(name for name, _ in counted.most_common())
        if rows is not self._rows:
            self._rows = rows
            self._tickers = {row.symbol: row for row in rows}

    def _is_other(self, listing: Mapping[str, Instrument]) -> bool:
        if listing is not self._listing or len(listing) != len(self._entries):
            return True
        # A list that was fetched anew has other instruments, also where they are as many.
        return bool(self._entries) and listing.get((last := self._entries[-1].instrument).symbol) is not last

    def ticker(self, symbol: str) -> TickerRow | None:
        """Return what is known of a market's prices."""
        return self._tickers.get(symbol)

    def find(self, search: SymbolSearch) -> tuple[list[FoundMarket], int]:
        """Return the first markets that match, in the order asked for, and how many match."""
        words = search.text.upper().split()
        kinds = {search.kind} if search.kind is not None else set(InstrumentKind)
        named = [_KIND_WORDS[word] for word in words if word in _KIND_WORDS]
        texts = [word for word in words if word not in _KIND_WORDS]
        kinds.intersection_update(named or kinds)
        tickers = self._tickers
        found = []
        for entry in self._entries:
            instrument = entry.instrument
            if instrument.kind not in kinds or (search.quote and instrument.quote != search.quote):
                continue
            rank = _rank(entry, texts)
            if rank is not None:
                found.append(_Found(entry, rank, tickers.get(instrument.symbol)))
        ordered = _ordered(found, search)
        return [
            FoundMarket(instrument=each.entry.instrument, ticker=each.ticker) for each in ordered[: search.limit]
        ], len(found)


def _entry(instrument: Instrument) -> _Entry:
    symbol = instrument.symbol.upper()
    return _Entry(
        instrument=instrument,
        symbol=symbol,
        base=instrument.base.upper(),
        joined=f"{instrument.base}{instrument.quote}".upper(),
    )


def _rank(entry: _Entry, words: Sequence[str]) -> int | None:
    """Return how well a market matches, lower is better; None where a word is not in its name."""
    worst = _EXACT
    for word in words:
        symbol = entry.symbol
        if word in (entry.base, symbol, entry.joined):
            rank = _EXACT
        elif entry.base.startswith(word):
            rank = _BEGINS_BASE
        elif symbol.startswith(word) or entry.joined.startswith(word):
            rank = _BEGINS
        elif word in symbol or word in entry.joined:
            rank = _WITHIN
        else:
            return None
        worst = max(worst, rank)
    return worst


def _ordered(found: list[_Found], search: SymbolSearch) -> list[_Found]:
    places = {symbol: place for place, symbol in enumerate(search.favourites)}
    loved = [each for each in found if each.entry.instrument.symbol in places]
    others = [each for each in found if each.entry.instrument.symbol not in places]
    return [*_sorted(loved, search), *_sorted(others, search)]


def _sorted(found: Iterable[_Found], search: SymbolSearch) -> list[_Found]:
    """Stable: what is equal comes as volume, then as the name says; unknown figures are last either way round."""
    by_name = sorted(found, key=lambda each: each.entry.symbol)
    if search.sort is SearchSort.NAME:
        return by_name[::-1] if search.is_reversed else by_name
    by_volume = _by_figure(by_name, _volume, falls=True)
    if search.sort is SearchSort.MATCH:
        return sorted(by_volume, key=lambda each: each.rank, reverse=search.is_reversed)
    figure = _volume if search.sort is SearchSort.VOLUME else _change
    return _by_figure(by_volume, figure, falls=not search.is_reversed)


def _by_figure(found: list[_Found], figure: Callable[[_Found], Decimal | None], *, falls: bool) -> list[_Found]:
    known: list[tuple[Decimal, int, _Found]] = []
    unknown = []
    for place, each in enumerate(found):
        value = figure(each)
        if value is None:
            unknown.append(each)
        else:
            known.append((-value if falls else value, place, each))
    known.sort()
    return [*(each for _, _, each in known), *unknown]


def _volume(found: _Found) -> Decimal | None:
    return None if found.ticker is None else found.ticker.quote_volume_24h


def _change(found: _Found) -> Decimal | None:
    return None if found.ticker is None else found.ticker.change_percent_24h
