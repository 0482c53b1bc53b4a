"""`markets exchanges`: what `--market` takes."""

from pathlib import Path

import pytest

from tests.unit.cli.conftest import CommandLine


@pytest.mark.slow
def test_every_exchange_is_listed_the_offered_ones_first(say: CommandLine) -> None:
    answer = say("markets", "exchanges", "--json")

    rows = answer.json
    assert [row["exchange"] for row in rows[:6]] == ["coinex", "binance", "bybit", "okx", "kraken", "gate"]
    assert [row["offered"] for row in rows[:7]] == [True] * 6 + [False]
    assert len(rows) > 90


def test_the_verbs_of_markets_take_the_same_options_as_the_others(say: CommandLine, tmp_path: Path) -> None:
    listed = say("markets", "exchanges", "--json", folder=tmp_path)
    assert (listed.code, list(tmp_path.iterdir())) == (0, [])
    for verb in ("exchanges", "fetch", "search"):
        told = say("markets", verb, "--help").out
        assert "Example" in told
        assert {"--data-dir", "--json"} <= set(told.split())
        assert not {"--proxy", "--ca-file", "--exchange"} & set(told.split()), "settings name them, for every verb"
    assert say("markets", "search", "btc", "--exchange", "kraken", folder=tmp_path).code == 2
    unknown = say("markets", "search", "btc", "--market", "kraken", folder=tmp_path)
    assert (unknown.code, "markets fetch kraken" in unknown.err) == (5, True)
    refused = say("markets", "fetch", "kraken", "--proxy", "http://127.0.0.1:1", folder=tmp_path)
    assert (refused.code, "[network]" in refused.err) == (2, True)


@pytest.mark.parametrize("verb", ["run", "gui"])
def test_whoever_reads_the_help_sees_how_to_trade_on_an_exchange(say: CommandLine, verb: str) -> None:
    assert "--market coinex --symbol ETH/USDT" in say(verb, "--help").out.partition("Example")[2]


def test_a_market_that_does_not_exist_is_named_once_with_what_is_meant(say: CommandLine, tmp_path: Path) -> None:
    nowhere = say("run", "--market", "nowhere", folder=tmp_path).err
    assert nowhere.count("nowhere") == 1
    assert nowhere.count("coinex, binance") == 1
    assert "perhaps kraken" in say("run", "--market", "krakn", folder=tmp_path).err


def test_an_address_that_is_none_is_called_by_its_option(say: CommandLine, tmp_path: Path) -> None:
    for verb in (("run", "--market", "coinex"), ("markets", "search"), ("candles", "gaps", "BTC/USDT")):
        answer = say(*verb, "--exchange-url", "foo", folder=tmp_path)
        assert (answer.code, answer.err.count("\n")) == (2, 1)
        assert "--exchange-url must be an address such as http://127.0.0.1:8800, not 'foo'" in answer.err
