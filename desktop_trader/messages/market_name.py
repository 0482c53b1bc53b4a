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


def market_options(source_id: str) -> str:
    """Return the options that lead to a market, such as `--market simulated --seed 1`; "" for an unknown id."""
    kind, _, rest = source_id.partition(":")
    if kind == "simulated":
        return f"--market simulated --seed {rest.rpartition(':')[2]}"
    if kind == "replay":
        symbol, _, timeframe = rest.partition(":")[2].rpartition(":")
        return f"--market replay:FILE.csv --symbol {symbol} --timeframe {timeframe}"
    return ""


def held_text(positions: int, orders: int) -> str:
    """Return `1 open position`, `2 open orders` or `1 open position and 2 open orders`; "" for nothing."""
    counts = ((positions, "position"), (orders, "order"))
    return " and ".join(f"{count} open {name}{'s' if count > 1 else ''}" for count, name in counts if count)
