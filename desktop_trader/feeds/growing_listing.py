"""What a real market lists: one mapping for everybody who holds it, filled when the list has come."""

from collections.abc import Iterator, Mapping

from desktop_trader.domain.instrument import Instrument


class GrowingListing(Mapping[str, Instrument]):
    """A mapping whose content is replaced whole, so that other threads may read it at any time."""

    def __init__(self) -> None:
        """Begin empty: nothing is known to be traded yet."""
        self._listed: Mapping[str, Instrument] = {}

    def replace(self, listed: Mapping[str, Instrument]) -> None:
        """Be this list from now on."""
        self._listed = dict(listed)

    def __getitem__(self, symbol: str) -> Instrument:
        """Return the rules of a market; a `KeyError` where there is none."""
        return self._listed[symbol]

    def __iter__(self) -> Iterator[str]:
        """Go through the symbols as they were listed at the beginning of the walk."""
        return iter(self._listed)

    def __len__(self) -> int:
        """Return how many markets are listed."""
        return len(self._listed)
