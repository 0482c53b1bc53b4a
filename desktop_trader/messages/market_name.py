"""What people call a market that the books know by its source id."""

from ipaddress import ip_address

_HASH_SHOWN = 8
OFFERED_EXCHANGES = {
    "coinex": "CoinEx",
    "binance": "Binance",
    "bybit": "Bybit",
    "okx": "OKX",
    "kraken": "Kraken",
    "gate": "Gate",
}
"""Exchange id and name, in the order in which they are offered."""


def market_name(source_id: str) -> str:
    """Return what a market is called: `the simulated market (seed 1)`, `the replay of BTC/USDT 1h (85486b44)`,

    `CoinEx`, or `CoinEx at 127.0.0.1:8800` where it is not at its own address. An unknown id is returned as it is.
    """
    kind, _, rest = source_id.partition(":")
    if kind == "simulated":
        return f"the simulated market (seed {rest.rpartition(':')[2]})"
    if kind == "replay":
        content, _, listing = rest.partition(":")
        symbol, _, timeframe = listing.rpartition(":")
        return f"the replay of {symbol} {timeframe} ({content[:_HASH_SHOWN]})"
    if kind == "exchange":
        exchange, _, host = rest.partition("@")
        return OFFERED_EXCHANGES.get(exchange, exchange) + (f" at {host}" if host else "")
    return source_id


def is_outside(source_id: str) -> bool:
    """Say whether a market is a real one: its prices go on while nobody looks."""
    return source_id.startswith("exchange:")


def market_options(source_id: str) -> str:
    """Return the options that lead to a market, such as `--market simulated --seed 1`; "" for an unknown id."""
    kind, _, rest = source_id.partition(":")
    if kind == "simulated":
        return f"--market simulated --seed {rest.rpartition(':')[2]}"
    if kind == "replay":
        content, _, listing = rest.partition(":")
        symbol, _, timeframe = listing.rpartition(":")
        beside = "".join(f" --{each.partition('=')[0]} FILE.csv" for each in content.split("+")[1:])
        return f"--market replay:FILE.csv --symbol {symbol} --timeframe {timeframe}{beside}"
    if kind == "exchange":
        exchange, _, host = rest.partition("@")
        return f"--market {exchange}" + (f" --exchange-url {_scheme(host)}://{host}" if host else "")
    return ""


def _scheme(host: str) -> str:
    """Return how an address was most likely written: nobody encrypts what stays on his own machine."""
    name = host.rpartition(":")[0] or host
    try:
        is_here = ip_address(name.strip("[]")).is_loopback
    except ValueError:
        is_here = name == "localhost"
    return "http" if is_here else "https"


def held_text(positions: int, orders: int) -> str:
    """Return `1 open position`, `2 open orders` or `1 open position and 2 open orders`; "" for nothing."""
    counts = ((positions, "position"), (orders, "order"))
    return " and ".join(f"{count} open {name}{'s' if count > 1 else ''}" for count, name in counts if count)
