"""Where exchanges are asked: one base for everything, and never a mixture of two markets."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.exchange.addresses import address_from_url, market_tag, may_stream, trusted, url_overrides
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.catalog import catalog, check_exchange_id
from desktop_trader.exchange.instance import Place, make_instance
from desktop_trader.exchange.library import exchange_ids
from desktop_trader.messages.market_name import OFFERED_EXCHANGES
from desktop_trader.settings import ExchangeAddress

LOOPBACK = "http://127.0.0.1:8800"


def test_one_base_fills_all_addresses_of_coinex() -> None:
    address = address_from_url("coinex", LOOPBACK + "/")
    assert address == ExchangeAddress(
        rest=LOOPBACK, spot_stream="ws://127.0.0.1:8800/v2/spot/", swap_stream="ws://127.0.0.1:8800/v2/futures/"
    )
    assert address_from_url("coinex", "https://m.example").swap_stream == "wss://m.example/v2/futures/"
    assert address_from_url("kraken", "https://m.example", ca_file="ca.pem") == ExchangeAddress(
        rest="https://m.example", spot_stream="wss://m.example", swap_stream="wss://m.example", ca_file="ca.pem"
    )


@pytest.mark.parametrize(
    "base", ["", "127.0.0.1:8800", "ftp://m.example", "ws://m.example", "http://:b@m.example", "http://"]
)
def test_a_base_that_is_no_address_or_holds_a_password_is_refused(base: str) -> None:
    with pytest.raises(InvalidInputError):
        address_from_url("coinex", base)


def test_coinex_is_overridden_as_ccxt_takes_it() -> None:
    address = address_from_url("coinex", LOOPBACK)
    own = {
        "public": "https://api.exchange.example",
        "perpetualPublic": "https://api.exchange.example/perpetual",
        "ws": {"spot": "wss://socket.exchange.example/v2/spot/", "swap": "wss://socket.exchange.example/v2/futures/"},
    }
    assert url_overrides("coinex", address, own=own) == {
        "public": LOOPBACK,
        "perpetualPublic": LOOPBACK + "/perpetual",
        "ws": {"spot": "ws://127.0.0.1:8800/v2/spot/", "swap": "ws://127.0.0.1:8800/v2/futures/"},
    }
    assert url_overrides("coinex", ExchangeAddress(), own=own) == {}


def test_paths_of_other_exchanges_stay_behind_the_new_host() -> None:
    own = {
        "public": "https://api.exchange.example/api/v3",
        "fapiPublic": "https://fapi.exchange.example/fapi/v1",
        "host": {"name": "https://{hostname}"},
        "ws": {"spot": "wss://stream.exchange.example:9443/ws", "linear": "wss://fstream.exchange.example/ws"},
        "number": None,
    }
    address = ExchangeAddress(
        rest="https://m.example/proxy/", spot_stream="ws://spot.example", swap_stream="wss://swap.example/x"
    )
    assert url_overrides("binance", address, own=own) == {
        "public": "https://m.example/proxy/api/v3",
        "fapiPublic": "https://m.example/proxy/fapi/v1",
        "host": {"name": "https://m.example/proxy"},
        "ws": {"spot": "ws://spot.example/ws", "linear": "wss://swap.example/x/ws"},
        "number": None,
    }
    assert url_overrides("binance", ExchangeAddress(), own=own) == {}


def addresses_in(value: Any) -> Iterator[str]:
    """Every address in a table."""
    if isinstance(value, Mapping):
        for each in value.values():
            yield from addresses_in(each)
    elif isinstance(value, str) and "://" in value:
        yield value


@pytest.mark.slow
def test_with_an_address_no_exchange_keeps_one_of_its_own() -> None:
    kept = {}
    for exchange_id in exchange_ids():
        place = Place(exchange_id=exchange_id, address=address_from_url(exchange_id, LOOPBACK))
        exchange = make_instance(place, LoopClock())
        assert exchange.link.budget.closed_for() == 0
        hosts = {urlsplit(address).netloc for address in addresses_in(exchange.urls["api"])}
        if not hosts or hosts != {"127.0.0.1:8800"}:
            kept[exchange_id] = hosts
    assert kept == {}


def test_a_stream_is_never_mixed_with_calls_to_another_market() -> None:
    assert may_stream(ExchangeAddress())
    assert may_stream(address_from_url("coinex", LOOPBACK))
    assert not may_stream(ExchangeAddress(rest=LOOPBACK))
    assert not may_stream(ExchangeAddress(rest=LOOPBACK, spot_stream="ws://127.0.0.1:8800"))


def test_another_address_is_another_market() -> None:
    assert market_tag("coinex", ExchangeAddress()) == "coinex"
    assert market_tag("coinex", ExchangeAddress(ca_file="ca.pem")) == "coinex"
    assert market_tag("coinex", address_from_url("coinex", LOOPBACK)) == "coinex@127.0.0.1:8800"


@pytest.mark.requirement("R206")
def test_certificates_are_always_verified(tmp_path: Any) -> None:
    """Row F74 of the fault list."""
    context = trusted(ExchangeAddress())
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert len(context.get_ca_certs()) > 50
    nothing = tmp_path / "nothing.pem"
    for content in (None, "no certificate"):
        if content is not None:
            nothing.write_text(content)
        with pytest.raises(InvalidInputError, match="PEM"):
            trusted(ExchangeAddress(ca_file=str(nothing)))


def test_no_instance_can_be_made_that_does_not_verify() -> None:
    for exchange_id in OFFERED_EXCHANGES:
        exchange = make_instance(Place(exchange_id=exchange_id, address=ExchangeAddress()), LoopClock())
        assert exchange.verify is True
        assert exchange.ssl_context.check_hostname
        assert exchange.options["maxRetriesOnFailure"] == 0
        assert exchange.aiohttp_trust_env is False
        assert exchange.verbose is False


def test_six_exchanges_are_offered_first_and_every_other_by_its_id() -> None:
    entries = catalog()
    assert [entry.name for entry in entries if entry.is_offered] == [
        "CoinEx",
        "Binance",
        "Bybit",
        "OKX",
        "Kraken",
        "Gate",
    ]
    assert [entry.exchange_id for entry in entries[:6]] == list(OFFERED_EXCHANGES)
    assert len(entries) > 90
    assert all(entry.can_stream for entry in entries[:6])
    assert check_exchange_id(" CoinEx ") == "coinex"
    assert check_exchange_id("bitstamp") == "bitstamp"
    with pytest.raises(InvalidInputError, match="kraken"):
        check_exchange_id("krakn")
