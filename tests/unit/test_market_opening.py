"""How each market is opened: what an exchange needs, what is followed on it, and what it refuses."""

from dataclasses import replace
from pathlib import Path
from types import NoneType

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Bar, FundingRate
from desktop_trader.exchange.market_list import list_file, save_market_list
from desktop_trader.feeds.live import LiveFeed
from desktop_trader.feeds.live_history import LiveHistory
from desktop_trader.feeds.live_line import LiveLine
from desktop_trader.locations import DataFolderPaths
from desktop_trader.market_opening import (
    SIMULATED,
    MarketChoice,
    check_pace,
    follow,
    history_feed,
    line_of,
    open_feed,
)
from desktop_trader.messages.market_name import market_name, market_options
from desktop_trader.settings import ExchangeAddress, NetworkSettings, Settings
from tests.builders import SPOT, SWAP
from tests.fakes import ScriptedFeed
from tests.fakes_exchange import market_list_of

_COINEX = MarketChoice(market="coinex", symbol=SPOT.symbol)
_URL = "http://127.0.0.1:8800"


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """A data folder in which nothing was done yet."""
    return DataFolderPaths(root=tmp_path / "data")


def keep_list(paths: DataFolderPaths, tag: str) -> None:
    """Leave a list of two markets, as an earlier start does."""
    save_market_list(list_file(paths.market_lists, tag), replace(market_list_of([SPOT, SWAP]), tag=tag))


def test_an_exchange_is_opened_without_a_word_to_anybody_and_without_a_trace(paths: DataFolderPaths) -> None:
    feed = open_feed(_COINEX, paths=paths)

    assert isinstance(feed, LiveFeed)
    assert isinstance(feed.line, LiveLine)
    assert (feed.source_id, dict(feed.listing())) == ("exchange:coinex", {})
    assert not paths.root.exists()


def test_the_list_of_an_earlier_start_is_there_at_once(paths: DataFolderPaths) -> None:
    keep_list(paths, "coinex")

    feed = open_feed(_COINEX, paths=paths)

    assert feed.listing()[SWAP.symbol] == SWAP
    with pytest.raises(InvalidInputError, match="NOPE/USDT is not traded on coinex"):
        open_feed(replace(_COINEX, symbol="NOPE/USDT"), paths=paths)


def test_another_address_is_another_market(paths: DataFolderPaths) -> None:
    keep_list(paths, "coinex")
    stored = NetworkSettings(addresses=(("coinex", ExchangeAddress(rest="http://127.0.0.1:9900")),))

    typed = open_feed(replace(_COINEX, exchange_url=_URL), paths=paths, settings=Settings(network=stored))
    by_settings = open_feed(_COINEX, paths=paths, settings=Settings(network=stored))

    assert typed.source_id == "exchange:coinex@127.0.0.1:8800"
    assert by_settings.source_id == "exchange:coinex@127.0.0.1:9900"
    assert len(typed.listing()) == len(by_settings.listing()) == 0


@pytest.mark.parametrize(
    ("choice", "complaint"),
    [
        (replace(_COINEX, market="coinx"), "perhaps coinex"),
        (replace(_COINEX, exchange_url="ftp://x"), "must be an address"),
        (MarketChoice(exchange_url=_URL), "--exchange-url belongs to an exchange"),
        (MarketChoice(mark_prices="m.csv"), "belong to a recording"),
        (replace(_COINEX, funding_rates="f.csv"), "belong to a recording"),
    ],
)
def test_what_cannot_be_opened_is_said(choice: MarketChoice, complaint: str, paths: DataFolderPaths) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        open_feed(choice, paths=paths)


def test_a_replayed_swap_opens_with_what_was_recorded_beside_it(tmp_path: Path) -> None:
    bars, rates = tmp_path / "bars.csv", tmp_path / "rates.csv"
    bars.write_text("timestamp,open,high,low,close,volume\n2024-01-01T00:00:00Z,1,2,1,2,5\n")
    rates.write_text("timestamp,funding_rate\n2024-01-01T00:01:00Z,0.0001\n")
    choice = MarketChoice(market=f"replay:{bars}", symbol=SWAP.symbol, mark_prices=str(bars), funding_rates=str(rates))

    feed = open_feed(choice)

    played = [feed.next_event(), feed.next_event(), feed.next_event()]
    assert [type(event) for event in played] == [Bar, FundingRate, NoneType]
    assert market_options(feed.source_id) == (
        "--market replay:FILE.csv --symbol BTC/USDT:USDT --timeframe 1m --mark-prices FILE.csv --funding-rates FILE.csv"
    )
    assert market_name(feed.source_id).startswith("the replay of BTC/USDT:USDT 1m (")
    with pytest.raises(InvalidInputError, match="there is no file"):
        open_feed(replace(choice, mark_prices=str(tmp_path / "gone.csv")))


def test_an_exchange_needs_a_folder_for_its_list_and_candles() -> None:
    with pytest.raises(InvalidInputError, match="needs a data folder"):
        open_feed(_COINEX)


@pytest.mark.parametrize("speed", [None, 2.0, 0.5])
def test_only_a_market_of_our_own_passes_faster_or_slower(speed: float | None) -> None:
    check_pace(MarketChoice(market=SIMULATED), speed)
    check_pace(_COINEX, 1.0)
    with pytest.raises(InvalidInputError, match="its own pace"):
        check_pace(_COINEX, speed)


def test_on_an_exchange_only_what_was_asked_for_is_followed(paths: DataFolderPaths) -> None:
    keep_list(paths, "coinex")
    listed = open_feed(_COINEX, paths=paths)
    unknown = open_feed(replace(_COINEX, exchange_url=_URL), paths=paths)
    own = ScriptedFeed([SPOT, SWAP])

    for feed in (listed, unknown, own):
        follow(feed, [SPOT.symbol, "GONE/USDT", SPOT.symbol])

    assert isinstance(listed, LiveFeed)
    assert isinstance(unknown, LiveFeed)
    assert listed.followed() == (SPOT.symbol,)
    assert unknown.followed() == (SPOT.symbol, "GONE/USDT")  # nobody knows yet what there is
    assert own.subscribed == [(SPOT.symbol, None), (SWAP.symbol, None)]


def test_a_line_is_told_what_is_open_and_a_market_of_our_own_has_none(paths: DataFolderPaths) -> None:
    feed = open_feed(_COINEX, paths=paths)
    assert isinstance(feed, LiveFeed)

    assert line_of(feed, lambda: {SWAP.symbol: SWAP.contract_size}) is feed.line
    assert feed.held_units() == {SWAP.symbol: SWAP.contract_size}
    assert line_of(ScriptedFeed([SPOT]), dict) is None
    assert isinstance(history_feed(_COINEX, feed, paths=paths), LiveHistory)
