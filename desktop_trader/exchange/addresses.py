"""Where an exchange is asked: its own addresses, or another one for all of them, and whom to trust there."""

import ssl
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.exchange.coinex import COINEX
from desktop_trader.settings import ExchangeAddress, check_address

_SWAP_WORDS = ("swap", "future", "linear", "inverse", "contract", "perp", "delivery", "dapi", "fapi")


def address_from_url(exchange_id: str, base: str, *, ca_file: str = "") -> ExchangeAddress:
    """Return the address that one base names for REST and both streams: what `--exchange-url` means.

    Raises:
        InvalidInputError: it is no http(s) address.
    """
    check_address("--exchange-url", base, schemes=("http", "https"))
    rest = base.rstrip("/")
    checked = ExchangeAddress(rest=rest, ca_file=ca_file)
    stream = "ws" + checked.rest.removeprefix("http")
    spot, swap = (f"{stream}/v2/spot/", f"{stream}/v2/futures/") if exchange_id == COINEX else (stream, stream)
    return ExchangeAddress(rest=rest, spot_stream=spot, swap_stream=swap, ca_file=ca_file)


def url_overrides(exchange_id: str, address: ExchangeAddress, *, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return what takes the place of ccxt's `urls["api"]`; {} where nothing is overridden. `own` is ccxt's table."""
    if address == ExchangeAddress():
        return {}
    moved = {name: _moved(value, (name,), address) for name, value in own.items()}
    if exchange_id == COINEX:
        # Its streams are given in full, path and all.
        streams = {"spot": address.spot_stream, "swap": address.swap_stream}
        moved["ws"] = {**own["ws"], **{kind: url for kind, url in streams.items() if url}}
    return moved


def may_stream(address: ExchangeAddress) -> bool:
    """Say whether streams belong to the same market as the calls: not where only the calls were given an address."""
    return not address.rest or bool(address.spot_stream and address.swap_stream)


def market_tag(exchange_id: str, address: ExchangeAddress) -> str:
    """Return `coinex`, or `coinex@127.0.0.1:8800` where another address may mean another market."""
    return f"{exchange_id}@{urlsplit(address.rest).netloc}" if address.rest else exchange_id


def trusted(address: ExchangeAddress) -> ssl.SSLContext:
    """Return what certificates are verified against: the system's, Mozilla's and those of the CA file. Always verified.

    Raises:
        InvalidInputError: the CA file cannot be read or holds no certificate.
    """
    if not address.ca_file:
        return _usual_trust()
    context = _fresh_trust()
    try:
        context.load_verify_locations(cafile=str(Path(address.ca_file).expanduser()))
    except (OSError, ssl.SSLError) as error:
        raise InvalidInputError(
            f"the CA file {address.ca_file} cannot be used: name a PEM file of certificates", detail=repr(error)
        ) from None
    return context


def _fresh_trust() -> ssl.SSLContext:
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(cafile=certifi.where())
    return context


@lru_cache(1)
def _usual_trust() -> ssl.SSLContext:
    """Reading three hundred certificates takes a tenth of a second; all connections share them."""
    return _fresh_trust()


def _moved(value: Any, path: tuple[str, ...], address: ExchangeAddress) -> Any:
    if isinstance(value, Mapping):
        return {name: _moved(each, (*path, str(name)), address) for name, each in value.items()}
    if not isinstance(value, str):
        return value
    base = _base_for(value, path, address)
    return _with_host(value, base) if base else value


def _base_for(url: str, path: tuple[str, ...], address: ExchangeAddress) -> str:
    if url.startswith("http"):
        return address.rest
    if url.startswith("ws"):
        is_swap = any(word in part.lower() for part in (*path, url) for word in _SWAP_WORDS)
        return address.swap_stream if is_swap else address.spot_stream
    return ""


def _with_host(url: str, base: str) -> str:
    own, other = urlsplit(url), urlsplit(base)
    return urlunsplit((other.scheme, other.netloc, other.path.rstrip("/") + own.path, own.query, own.fragment))
