"""The window's own arguments, read without click."""

from decimal import Decimal

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Timeframe
from desktop_trader.gui_options import GuiOptions, parse_gui_options, window_arguments


@pytest.mark.parametrize(
    ("typed", "own"),
    [
        ([], []),
        (["gui"], []),
        (["gui", "--seed", "2"], ["--seed", "2"]),
        (["--selftest"], ["--selftest"]),
        (["--data-dir", "x"], ["--data-dir", "x"]),
    ],
)
def test_the_window_opens_without_a_verb_and_with_its_own(typed: list[str], own: list[str]) -> None:
    assert window_arguments(typed) == own


@pytest.mark.parametrize(
    "typed", [["run"], ["balance", "show"], ["--help"], ["-h"], ["--version"], ["gui", "--help"], ["nonsense"]]
)
def test_everything_else_is_the_command_lines(typed: list[str]) -> None:
    assert window_arguments(typed) is None


def test_options_are_typed_apart_or_with_an_equals_sign() -> None:
    options = parse_gui_options(
        ["--data-dir=/some where", "--market", "replay:a=b.csv", "--symbol", "ethusdt", "--timeframe=1h", "--seed", "7",
         "--account", "mine", "--initial-balance", "2500.50", "--minimized", "--selftest"]
    )  # fmt: skip

    assert options == GuiOptions(
        data_dir="/some where",
        market="replay:a=b.csv",
        symbol="ETH/USDT",
        timeframe=Timeframe.H1,
        seed=7,
        account="mine",
        start_amount=Decimal("2500.50"),
        minimized=True,
        selftest=True,
    )


@pytest.mark.parametrize(
    ("typed", "speed"),
    [
        ([], 1.0),
        (["--timeframe", "1h"], 1.0),
        (["--market", "replay:a.csv", "--timeframe", "1h"], 3600.0),
        (["--market", "replay:a.csv", "--timeframe", "1h", "--speed", "60"], 60.0),
        (["--speed", "max"], 1_000_000.0),
    ],
)
def test_a_replay_plays_a_bar_a_second_unless_a_speed_is_typed(typed: list[str], speed: float) -> None:
    assert parse_gui_options(typed).market_speed == speed


def test_an_exchange_passes_at_its_own_pace_and_may_be_asked_elsewhere() -> None:
    options = parse_gui_options(["--market", "coinex", "--exchange-url", "http://127.0.0.1:8800", "--timeframe", "1h"])

    assert (options.market, options.exchange_url) == ("coinex", "http://127.0.0.1:8800")
    assert (options.market_speed, options.names_market) == (1.0, True)


def test_a_replayed_swap_may_bring_its_marks_and_rates() -> None:
    options = parse_gui_options(["--market=replay:a.csv", "--mark-prices", "m.csv", "--funding-rates=f.csv"])

    assert (options.mark_prices, options.funding_rates) == ("m.csv", "f.csv")


def test_nothing_typed_is_the_defaults() -> None:
    assert parse_gui_options([]) == GuiOptions()


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        (["--bogus"], "'--bogus'"),
        (["--speed", "0"], "--speed must be max"),
        (["--speed", "fast"], "--speed"),
        (["balance"], "'balance'"),
        (["--seed"], "--seed needs a value"),
        (["--seed="], "--seed needs a value"),
        (["--seed", "x"], "--seed"),
        (["--minimized=yes"], "--minimized"),
        (["--timeframe", "7m"], "7m"),
        (["--initial-balance", "-1"], "above zero"),
        (["--symbol", "?"], "not a symbol"),
    ],
)
def test_a_mistake_is_named(typed: list[str], complaint: str) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        parse_gui_options(typed)


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        (["--seed", "1250.50"], "whole number"),
        (["--seed", "9" * 30], "too large"),
        (["--seed", "9" * 5000], "too large"),
        (["--speed", "9999999"], "1000000 at most"),
        (["--account", " demo"], "name of an account"),
        (["--data-dir", "x", "balance", "show"], "options go after the verb"),
    ],
)
def test_a_mistake_is_explained_in_fitting_words(typed: list[str], complaint: str) -> None:
    with pytest.raises(InvalidInputError, match=complaint) as refused:
        parse_gui_options(typed)
    assert "1250.50" not in refused.value.user_message.partition(", not")[0]
    assert len(refused.value.user_message) < 200
