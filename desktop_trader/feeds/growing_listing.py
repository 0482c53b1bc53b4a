"""What a real market lists: one mapping for everybody who holds it, filled when the list has come."""

from collections.abc import Collection, Iterator, Mapping

from desktop_trader.domain.instrument import Instrument


class GrowingListing(Mapping[str, Instrument]):
    """A mapping whose content is replaced whole, so that other threads may read it at any time."""

    def __init__(self) -> None:
        """Begin empty: nothing is known to be traded yet."""
        self._listed: Mapping[str, Instrument] = {}
        self._resting: frozenset[str] = frozenset()

    def replace(
        self, listed: Mapping[str, Instrument], *, kept: Collection[str] = (), active: Collection[str] | None = None
    ) -> None:
        """Be this list from now on, of which only the `active` ones are traded; None for all of them.

        What it has no more keeps its rules here where it is `kept`: somebody may hold it.
        """
        gone = {symbol: self._listed[symbol] for symbol in kept if symbol in self._listed and symbol not in listed}
        traded = frozenset(listed if active is None else active)
        self._listed, self._resting = {**listed, **gone}, frozenset(listed).union(gone) - traded

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
