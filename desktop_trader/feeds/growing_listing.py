"""What a real market lists: one mapping for everybody who holds it, filled when the list has come."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.margin_brackets import MarginBracket


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What an exchange tells of a swap elsewhere than in its list."""

    brackets: tuple[MarginBracket, ...] = ()
    interval: timedelta | None = None

    def on(self, instrument: Instrument) -> Instrument:
        return replace(
            instrument,
            brackets=self.brackets or instrument.brackets,
            funding_interval=self.interval or instrument.funding_interval,
        )


class GrowingListing(Mapping[str, Instrument]):
    """A mapping whose content is replaced whole, so that other threads may read it at any time."""

    def __init__(self) -> None:
        """Begin empty: nothing is known to be traded yet."""
        self._listed: Mapping[str, Instrument] = {}
        self._resting: frozenset[str] = frozenset()
        self._terms: dict[str, _Terms] = {}

    def replace(
        self, listed: Mapping[str, Instrument], *, kept: Collection[str] = (), active: Collection[str] | None = None
    ) -> None:
        """Be this list from now on, of which only the `active` ones are traded; None for all of them.

        What it has no more keeps its rules here where it is `kept`: somebody may hold it.
        """
        gone = {symbol: self._listed[symbol] for symbol in kept if symbol in self._listed and symbol not in listed}
        traded = frozenset(listed if active is None else active)
        for symbol, terms in self._terms.items():
            if symbol in listed:
                gone[symbol] = terms.on(listed[symbol])
        self._listed, self._resting = {**listed, **gone}, frozenset(listed).union(gone) - traded

    def set_terms(self, symbol: str, *, brackets: tuple[MarginBracket, ...], interval: timedelta | None) -> None:
        """Give a market tiers of margin (() for those it has) and a time between two fundings, in later lists too."""
        before = self._terms.get(symbol, _Terms())
        terms = self._terms[symbol] = _Terms(brackets=brackets or before.brackets, interval=interval or before.interval)
        if symbol in self._listed and terms != before:
            self._listed = {**self._listed, symbol: terms.on(self._listed[symbol])}

    def untraded(self, symbols: Collection[str]) -> frozenset[str]:
        """Return those that the exchange does not list, or does not trade at present; none before the list has come."""
        listed, resting = self._listed, self._resting
        return frozenset(each for each in symbols if listed and (each not in listed or each in resting))

    def __getitem__(self, symbol: str) -> Instrument:
        """Return the rules of a market; a `KeyError` where there is none."""
        return self._listed[symbol]

    def __iter__(self) -> Iterator[str]:
        """Go through the symbols as they were listed at the beginning of the walk."""
        return iter(self._listed)

    def __len__(self) -> int:
        """Return how many markets are listed."""
        return len(self._listed)
