"""A market with thousands of symbols, as a large exchange has them: the same ones every time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from desktop_trader.domain.instrument import Instrument, InstrumentKind
from desktop_trader.domain.market import Bar, Quote, Timeframe
from desktop_trader.messages.market_overview import TickerRow
from tests.builders import SPOT, START
from tests.fakes import ScriptedFeed

_KNOWN = ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "BNB", "LTC", "DOT", "PEPE")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_QUOTES = ("USDT", "USDT", "USDT", "USDC", "BTC")


def crowd(count: int, *, seed: int = 7) -> tuple[Instrument, ...]:
    """Return so many markets, the well-known coins first, spot and swaps."""
    random = Random(seed)
    symbols: dict[str, Instrument] = {}
    for base in _KNOWN:
        for made in (_instrument(base, "USDT", is_swap=False), _instrument(base, "USDT", is_swap=True)):
            symbols[made.symbol] = made
    while len(symbols) < count:
        base = "".join(random.choices(_LETTERS, k=random.randint(3, 6)))
        is_swap = random.random() < 0.3
        quote = "USDT" if is_swap else random.choice(_QUOTES)
        made = _instrument(base, quote, is_swap=is_swap)
        symbols[made.symbol] = made
    return tuple(symbols.values())[:count]


def tickers(instruments: Sequence[Instrument], *, at: datetime = START, seed: int = 7) -> tuple[TickerRow, ...]:
    """Return a row for each; of every tenth market, beyond the known ones, nobody has said what it did."""
    random = Random(seed)
    rows = []
    for place, instrument in enumerate(instruments):
        last = Decimal(random.randint(1, 9_999_999)) / 100
        is_known = place < 2 * len(_KNOWN) or place % 10 != 0
        row = TickerRow(
            symbol=instrument.symbol,
            last=last,
            bid=last,
            ask=last,
            change_percent_24h=Decimal(random.randint(-3_000, 3_000)) / 100,
            quote_volume_24h=Decimal(
                10_000_000_000 - place * 1_000_000 if place < 20 else random.randint(1, 9_999_999)
            ),
            at=at,
        )
        rows.append(row if is_known else replace(row, change_percent_24h=None, quote_volume_24h=None))
    return tuple(rows)


class CrowdFeed(ScriptedFeed):
    """A live market of a crowd: it says what everything costs, and has a day of bars of every symbol."""

    def __init__(self, instruments: Sequence[Instrument], *, rows: Sequence[TickerRow] = ()) -> None:
        super().__init__(instruments, is_live=True, source_id="exchange:crowd")
        self.rows = tuple(rows)
        self._by_symbol = {each.symbol: each for each in instruments}

    def listing(self) -> dict[str, Instrument]:
        return self._by_symbol

    def overview(self, *, at: datetime) -> Sequence[TickerRow]:
        return self.rows

    def history(self, symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> Sequence[Bar]:
        return day_of_bars(symbol, timeframe, before=before, limit=limit)


def day_of_bars(symbol: str, timeframe: Timeframe, *, before: datetime, limit: int) -> list[Bar]:
    """Return bars that rise by one from close to close, from 100 on."""
    newest = timeframe.bar_start(before) - timeframe.duration
    return [
        Bar(
            symbol=symbol,
            timeframe=timeframe,
            opened_at=newest - (limit - 1 - place) * timeframe.duration,
            open=Decimal(100),
            high=Decimal(2_000),
            low=Decimal(50),
            close=Decimal(100 + place),
            volume=Decimal(1),
        )
        for place in range(limit)
    ]


def quotes_of(instruments: Sequence[Instrument], number: int, *, at: datetime = START) -> tuple[Quote, ...]:
    """Return the next quote of every market: `number` moves the prices up and down."""
    made = []
    for place, instrument in enumerate(instruments):
        price = Decimal(10_000 + (place * 37 + number * 13) % 5_000) / 100
        made.append(
            Quote(symbol=instrument.symbol, bid=price, ask=price, last=price, at=at + timedelta(microseconds=number))
        )
    return tuple(made)


def _instrument(base: str, quote: str, *, is_swap: bool) -> Instrument:
    return replace(
        SPOT,
        symbol=f"{base}/{quote}:{quote}" if is_swap else f"{base}/{quote}",
        base=base,
        quote=quote,
        settle=quote,
        kind=InstrumentKind.SWAP if is_swap else InstrumentKind.SPOT,
    )
