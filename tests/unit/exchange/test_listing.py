"""Markets into instruments: units, grids and fees are bound to the id; what nothing could be sized by is left out."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desktop_trader.domain.errors import BadAnswerError, StorageError
from desktop_trader.domain.instrument import InstrumentKind
from desktop_trader.exchange.listing import ListedMarket, listed_market_from
from desktop_trader.exchange.market_list import (
    MarketList,
    install_markets,
    list_file,
    load_market_list,
    market_list_from,
    save_market_list,
)

TICK_SIZE, DECIMAL_PLACES, SIGNIFICANT_DIGITS = 4, 2, 3
AT = datetime(2026, 1, 5, tzinfo=UTC)


def market(**parts: Any) -> dict[str, Any]:
    """A spot market as ccxt tells it; `parts` are what is different."""
    told: dict[str, Any] = {
        "id": "BTCUSDT",
        "baseId": "BTC",
        "quoteId": "USDT",
        "symbol": "BTC/USDT",
        "base": "BTC",
        "quote": "USDT",
        "settle": None,
        "spot": True,
        "swap": False,
        "linear": None,
        "inverse": None,
        "active": True,
        "contractSize": None,
        "maker": Decimal("0.001"),
        "taker": 0.002,
        "precision": {"price": Decimal("0.01"), "amount": "1e-8"},
        "limits": {"amount": {"min": "0.0005"}, "cost": {"min": 5}},
        "info": {},
    }
    return told | parts


SWAP = {
    "symbol": "BTC/USDT:USDT",
    "settle": "USDT",
    "spot": False,
    "swap": True,
    "linear": True,
    "contractSize": "0.01",
}


def listed(told: object, exchange_id: str = "kraken", mode: int = TICK_SIZE) -> ListedMarket | None:
    return listed_market_from(exchange_id, told, precision_mode=mode)


def test_a_spot_market_is_an_instrument_with_its_units() -> None:
    found = listed(market())
    assert found is not None
    instrument = found.instrument
    assert (instrument.kind, instrument.settle, instrument.contract_size) == (InstrumentKind.SPOT, "USDT", 1)
    assert (instrument.tick_size, instrument.lot_size) == (Decimal("0.01"), Decimal("0.00000001"))
    assert (instrument.minimum_notional, found.minimum_quantity) == (5, Decimal("0.0005"))
    assert (instrument.maker_fee_rate, instrument.taker_fee_rate) == (Decimal("0.001"), Decimal("0.002"))
    assert (found.market_id, found.is_active) == ("BTCUSDT", True)


def test_a_swap_keeps_its_contract_size() -> None:
    """Row F39 of the fault list."""
    found = listed(market(**SWAP))
    assert found is not None
    assert (found.instrument.kind, found.instrument.contract_size) == (InstrumentKind.SWAP, Decimal("0.01"))


def test_the_taker_fee_of_a_coinex_swap_is_in_its_own_words() -> None:
    info = {"maker_fee_rate": "0.0003", "taker_fee_rate": "0.0005"}
    found = listed(market(**SWAP, info=info), "coinex")
    assert found is not None
    assert (found.instrument.maker_fee_rate, found.instrument.taker_fee_rate) == (Decimal("0.0003"), Decimal("0.0005"))


def test_a_rebate_is_not_counted_on_and_no_word_is_no_fee() -> None:
    found = listed(market(maker="-0.00025", taker=None))
    assert found is not None
    assert (found.instrument.maker_fee_rate, found.instrument.taker_fee_rate) == (0, 0)


def test_counted_decimals_are_grids_too() -> None:
    found = listed(market(precision={"price": 2, "amount": 0}), mode=DECIMAL_PLACES)
    assert found is not None
    assert (found.instrument.tick_size, found.instrument.lot_size) == (Decimal("0.01"), 1)


@pytest.mark.parametrize(
    "parts",
    [
        {"spot": False, "option": True},
        {**SWAP, "linear": False, "inverse": True, "settle": "BTC", "symbol": "BTC/USD:BTC"},
        {**SWAP, "swap": False, "future": True},
        {"symbol": "$WIF/USDT"},
        {"symbol": "币安/USDT"},
        {"symbol": None},
        {"symbol": 5},
    ],
)
def test_what_is_not_traded_here_is_left_out(parts: dict[str, Any]) -> None:
    assert listed(market(**parts)) is None


@pytest.mark.parametrize(
    "parts",
    [
        {"precision": {"price": None, "amount": "1"}},
        {"precision": {"price": "0", "amount": "1"}},
        {"precision": {"price": "NaN", "amount": "1"}},
        {"precision": None},
        {"limits": None},
        {"limits": {"cost": {"min": "-5"}}},
        {"taker": "1"},
        {"taker": "NaN"},
        {**SWAP, "contractSize": None},
        {**SWAP, "contractSize": "0"},
        {**SWAP, "contractSize": "-1"},
    ],
)
def test_a_market_with_rules_that_cannot_be_is_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(BadAnswerError):
        listed(market(**parts))


@pytest.mark.parametrize("value", [25, "-1", "1.5x"])
def test_decimals_that_cannot_be_counted_are_refused(value: object) -> None:
    with pytest.raises(BadAnswerError):
        listed(market(precision={"price": value, "amount": 0}), mode=DECIMAL_PLACES)
    with pytest.raises(BadAnswerError):
        listed(market(precision={"price": 5, "amount": 5}), mode=SIGNIFICANT_DIGITS)


class Loaded:
    """What the list needs of an exchange whose markets ccxt has loaded."""

    id, name = "kraken", "Kraken"

    def __init__(self, *markets: dict[str, Any], swaps: bool = False) -> None:
        self.markets = {each["symbol"]: each for each in markets}
        self.has = {"spot": True, "swap": swaps}
        setattr(self, "precisionMode", TICK_SIZE)  # noqa: B010
        by_name = {"XBTUSDT": self.markets.get("BTC/USDT", {}), "gone": {"symbol": "GONE/USD"}}
        self.options: dict[str, Any] = {"marketHelperProps": ["byName", "none"], "byName": by_name}


def make_list(*markets: dict[str, Any]) -> MarketList:
    return market_list_from(Loaded(*markets), tag="kraken", fetched_at=AT)


def test_one_bad_market_is_left_out_and_counted() -> None:
    found = make_list(market(), market(symbol="BAD/USDT", precision=None), market(symbol="ETH/USDT", active=False))
    assert (sorted(found.instruments()), found.left_out) == (["BTC/USDT", "ETH/USDT"], 1)
    assert found.active_symbols() == {"BTC/USDT"}


@pytest.mark.requirement("R206")
@pytest.mark.parametrize("exchange", [Loaded(), Loaded(market(precision=None)), Loaded(market(), swaps=True)])
def test_an_empty_list_or_one_without_a_kind_it_should_have_is_a_failure(exchange: Loaded) -> None:
    """Row F72 of the fault list."""
    with pytest.raises(BadAnswerError):
        market_list_from(exchange, tag="kraken", fetched_at=AT)


def test_a_list_is_kept_whole_and_comes_back(tmp_path: Path) -> None:
    made = make_list(market(), market(symbol="ETH/USDT"))
    path = list_file(tmp_path / "markets", "kraken")
    save_market_list(path, made)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    again = load_market_list(path, "kraken")
    assert again is not None
    assert (again.markets, again.fetched_at, again.shared) == (made.markets, AT, {"byName": {"XBTUSDT": "BTC/USDT"}})
    told = again.library_markets()[0]
    assert (told["precision"]["price"], told["taker"], told["linear"], told["info"]) == (
        Decimal("0.01"),
        0.002,
        None,
        {},
    )
    exchange: Any = Loaded()
    install_markets(exchange, again)
    assert exchange.options["byName"] == {"XBTUSDT": exchange.markets["BTC/USDT"]}
    assert (exchange.symbols, exchange.ids, exchange.codes) == (
        ["BTC/USDT", "ETH/USDT"],
        ["BTCUSDT"],
        ["BTC", "USDT"],
    )
    assert len(exchange.markets_by_id["BTCUSDT"]) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b"null", b"\xff", b'{"format":1}', b"[1,2]"])
def test_a_damaged_list_is_none(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "kraken.json"
    assert load_market_list(path, "kraken") is None
    path.write_bytes(content)
    assert load_market_list(path, "kraken") is None


def test_a_list_of_another_market_or_format_or_a_cut_one_is_none(tmp_path: Path) -> None:
    path, made = tmp_path / "kraken.json", make_list(market())
    for other in (replace(made, tag="kraken@127.0.0.1:1"), replace(made, format=99), replace(made, known=())):
        save_market_list(path, other)
        assert load_market_list(path, "kraken") is None
    save_market_list(path, made)
    whole = path.read_bytes()
    for length in range(0, len(whole), 50):
        path.write_bytes(whole[:length])
        assert load_market_list(path, "kraken") is None
    told = json.loads(whole)
    told["markets"][0]["instrument"]["tick_size"] = "NaN."
    path.write_text(json.dumps(told))
    assert load_market_list(path, "kraken") is None


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        save_market_list(list_file(tmp_path / "file", "kraken"), make_list(market()))


def test_the_name_of_the_file_is_harmless(tmp_path: Path) -> None:
    assert list_file(tmp_path, "coinex@127.0.0.1:8800").name == "coinex@127.0.0.1_8800.json"
    assert list_file(tmp_path, "../x").parent == tmp_path
