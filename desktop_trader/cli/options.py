"""Options that several verbs share, and how their texts become values."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

import click

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.money import ZERO, parse_decimal
from desktop_trader.domain.wallet import DEMO, check_account_name
from desktop_trader.gui_options import parse_finite_speed, shown
from desktop_trader.locations import HOME_VARIABLE

_F = TypeVar("_F", bound=Callable[..., object])
_LONGEST_RUN_SECONDS = Decimal(10 * 366 * 86_400)

data_dir_option = click.option(
    "--data-dir",
    metavar="DIR",
    help=f"The data folder. Default: ${HOME_VARIABLE}, else your user's own place for application data.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON; amounts are exact number literals.")
exchange_url_option = click.option(
    "--exchange-url",
    metavar="BASE",
    help="Ask the exchange here instead: a mirror, a sandbox, a test.  [default: settings]",
)
exchange_option = click.option(
    "--market", metavar="EXCHANGE", default="coinex", show_default=True, help="Which exchange."
)
account_option = click.option(
    "--account",
    metavar="NAME",
    default=DEMO,
    show_default=True,
    callback=lambda _context, _parameter, text: check_account_name(text),
    help="Which account.",
)


class Between(click.IntRange):
    """A whole number from one limit to another, or from one on, said in words."""

    def _describe_range(self) -> str:
        return f"{self.min} or more" if self.max is None else f"{self.min} to {self.max}"


def recorded_beside(verb: _F) -> _F:
    """Give a verb `--mark-prices` and `--funding-rates`, which are recorded beside a replay of a swap."""
    funding = click.option(
        "--funding-rates", metavar="FILE", help="Funding rates of a replayed swap: timestamp,funding_rate."
    )
    marks = click.option(
        "--mark-prices", metavar="FILE", help="Mark prices of a replayed swap: columns as those of candles."
    )
    return marks(funding(verb))


def data_and_json(verb: _F) -> _F:
    """Give a verb `--data-dir` and `--json`."""
    return data_dir_option(json_option(verb))


def account_data_and_json(verb: _F) -> _F:
    """Give a verb `--account`, `--data-dir` and `--json`."""
    return account_option(data_and_json(verb))


def parse_parameters(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return `key=value` texts as pairs.

    Raises:
        InvalidInputError: one has no equals sign, or a name comes twice.
    """
    pairs = [text.partition("=") for text in texts]
    for text, (name, equals, value) in zip(texts, pairs, strict=True):
        if not (name and equals and value):
            raise InvalidInputError(f"--param wants key=value, such as fast=10, not {text!r}")
    names = [name for name, _, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise InvalidInputError(f"--param {name} is given twice")
    return tuple((name, value) for name, _, value in pairs)


def parse_speed(text: str) -> float | None:
    """Return market seconds per second; None for as fast as it can.

    Raises:
        InvalidInputError: neither `max` nor a number above zero.
    """
    return None if text == "max" else float(parse_finite_speed(text))


def parse_duration(text: str | None) -> timedelta | None:
    """Return how much market time to run; None for no end.

    Raises:
        InvalidInputError: not a number of seconds above zero.
    """
    if text is None:
        return None
    try:
        seconds = parse_decimal(text)
    except InvalidInputError:
        seconds = ZERO
    if not ZERO < seconds <= _LONGEST_RUN_SECONDS:
        raise InvalidInputError(
            f"--duration must be a number of seconds above 0, such as 3600 (ten years at most), not {shown(text)}"
        )
    return timedelta(microseconds=int(seconds * 1_000_000))
