"""The book of orders around a simulated quote: twenty levels on each side, the same for the same quote, for ever.

The best level holds 20,000 of the quote currency at least, or about what four seconds of the market trade; each further
one holds more than the one before it and lies a half to one and a half basis points away from it, one tick at least.
"""

import hashlib
from decimal import Decimal

from desktop_trader.domain.market import BookLevel, OrderBook, Quote
from desktop_trader.feeds.simulated_listing import SimulatedListing

_LEVELS = 20
_LEAST_NOTIONAL = Decimal(20_000)
_TURNOVER_SHARE = Decimal(15)
"""Of the turnover of a minute the best level holds the fifteenth part."""
_BYTE = 256
_NARROWEST, _WIDEST = Decimal("0.00005"), Decimal("0.00015")


class SimulatedBook:
    """The books of one listing. What it returns is a function of seed, symbol and quote alone."""

    def __init__(self, listing: SimulatedListing, seed: int) -> None:
        """Describe a market's depth; computes nothing yet."""
        instrument = listing.instrument
        self._name = f"{seed}|{instrument.symbol}|book".encode()
        self._tick, self._lot = instrument.tick_size, instrument.lot_size
        self._price_exponent, self._size_exponent = self._tick.adjusted(), self._lot.adjusted()
        turnover = listing.typical_volume * listing.level
        self._least_notional = max(_LEAST_NOTIONAL, turnover / _TURNOVER_SHARE)

    def around(self, quote: Quote) -> OrderBook:
        """Return what waits on both sides of a quote; its own bid and ask are the best levels."""
        moment = f"|{quote.at.isoformat()}".encode()
        noise = hashlib.shake_128(self._name + moment).digest(4 * _LEVELS)
        bids, asks = noise[: 2 * _LEVELS], noise[2 * _LEVELS :]
        return OrderBook(
            symbol=quote.symbol,
            bids=self._side(quote.bid, bids, sign=-1),
            asks=self._side(quote.ask, asks, sign=1),
            at=quote.at,
        )

    def _side(self, best: Decimal, noise: bytes, *, sign: int) -> tuple[BookLevel, ...]:
        """Return the levels from the best price on, in the direction of `sign`; fewer where prices end at zero."""
        price = int(best / self._tick)
        narrowest = max(1, int(best * _NARROWEST / self._tick))
        spread_of_gaps = max(0, int(best * _WIDEST / self._tick) - narrowest)
        least = int(self._least_notional / best / self._lot) + 1
        lots = least + least * noise[0] // _BYTE
        levels = [BookLevel(price=best, size=Decimal(lots).scaleb(self._size_exponent))]
        for index in range(1, _LEVELS):
            price += sign * (narrowest + spread_of_gaps * noise[2 * index] // _BYTE)
            if price < 1:
                break
            # A tenth to four tenths of the least more than the level before.
            lots += 1 + least * (1 * _BYTE + 3 * noise[2 * index + 1]) // (10 * _BYTE)
            levels.append(
                BookLevel(
                    price=Decimal(price).scaleb(self._price_exponent),
                    size=Decimal(lots).scaleb(self._size_exponent),
                )
            )
        return tuple(levels)
