"""What people call a market that the books know by its source id."""

_HASH_SHOWN = 8


def market_name(source_id: str) -> str:
    """Return `the simulated market (seed 1)` or `the replay of BTC/USDT 1h (85486b44)`; an unknown id as it is."""
    kind, _, rest = source_id.partition(":")
    if kind == "simulated":
        return f"the simulated market (seed {rest.rpartition(':')[2]})"
    if kind == "replay":
        content, _, listing = rest.partition(":")
        symbol, _, timeframe = listing.rpartition(":")
        return f"the replay of {symbol} {timeframe} ({content[:_HASH_SHOWN]})"
    return source_id
