"""Strategies by name, and what is said about names and parameters that do not exist."""

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.strategies.catalog import make_strategy, strategy_info, strategy_infos


def test_the_catalogue_knows_the_moving_average_cross_with_its_documented_defaults() -> None:
    (info,) = strategy_infos()
    assert info.name == "moving_average_cross"
    defaults = {parameter.name: str(parameter.default) for parameter in info.parameters}
    assert defaults == {
        "fast": "10",
        "slow": "30",
        "stop_loss_percent": "2",
        "take_profit_percent": "4",
        "stake_percent": "10",
    }


def test_every_default_is_within_its_own_limits() -> None:
    for info in strategy_infos():
        for parameter in info.parameters:
            assert parameter.parse(str(parameter.default)) == parameter.default
        assert make_strategy(info.name, ()).bars_needed > 0


@pytest.mark.parametrize("name", ["", "moving_average", "MOVING_AVERAGE_CROSS", "../etc/passwd"])
def test_an_unknown_strategy_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(InvalidInputError, match="there is moving_average_cross"):
        strategy_info(name)
    with pytest.raises(InvalidInputError):
        make_strategy(name, ())


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (("speed", "1"), "has no parameter 'speed'; it has fast, slow, stop_loss_percent"),
        (("fast", "ten"), "parameter fast must be a plain decimal number"),
        (("fast", "NaN"), "plain decimal"),
        (("fast", ""), "plain decimal"),
        (("fast", "1.5"), "must be a whole number, not 1.5"),
        (("fast", "0"), "must be between 1 and 499, not 0"),
        (("slow", "501"), "must be between 2 and 500, not 501"),
        (("stop_loss_percent", "-1"), "must be between 0 and 90, not -1"),
        (("stake_percent", "0"), "must be between 0.01 and 100, not 0"),
        (("stake_percent", "100.01"), "must be between 0.01 and 100"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(typed: tuple[str, str], why: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        make_strategy("moving_average_cross", (typed,))
    assert why in refusal.value.user_message


def test_what_is_not_typed_takes_its_default() -> None:
    values = strategy_info("moving_average_cross").parse((("fast", "5"), ("stop_loss_percent", "1.5")))
    assert {name: str(value) for name, value in values.items()} == {
        "fast": "5",
        "slow": "30",
        "stop_loss_percent": "1.5",
        "take_profit_percent": "4",
        "stake_percent": "10",
    }
