"""Which markets share their favourites: an exchange whatever its address, simulated ones whatever their seed."""

_EXCHANGE = "exchange:"


def market_key(source_id: str) -> str:
    """Return the name under which a person's symbols of a market are kept: `exchange:coinex`, `simulated`, `replay`."""
    if source_id.startswith(_EXCHANGE):
        return source_id.partition("@")[0]
    return source_id.partition(":")[0]
