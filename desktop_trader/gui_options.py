"""What the window can be told at its start, read without click: the time to the first paint is counted from here.

The command line shows the same options in its help (`cli/gui_verb.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import parse_symbol
from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.money import ZERO, parse_amount, parse_decimal
from desktop_trader.domain.wallet import DEMO

VERB = "gui"
HELP_WORDS = frozenset({"--help", "-h", "--version"})
_LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiOptions:
    """The window's options. None: what the settings, the data folder or the market say by themselves.

    `start_amount` counts only for an account that does not exist yet.
    """

    data_dir: str | None = None
    market: str = "simulated"
    symbol: str = "BTC/USDT"
    timeframe: Timeframe = Timeframe.M1
    seed: int = 1
    account: str = DEMO
    start_amount: Decimal | None = None
    minimized: bool = False
    selftest: bool = False


def window_arguments(arguments: Sequence[str]) -> list[str] | None:
    """Return the window's own arguments, or None when the command line is meant: another verb, help or version."""
    if HELP_WORDS & set(arguments):
        return None
    if not arguments:
        return []
    if arguments[0] == VERB:
        return list(arguments[1:])
    return list(arguments) if arguments[0].startswith("--") else None


def parse_gui_options(arguments: Sequence[str]) -> GuiOptions:
    """Return the options as typed: `--name value`, `--name=value`, and the flags `--minimized` and `--selftest`.

    Raises:
        InvalidInputError: an unknown option, a missing or a bad value; the message names it.
    """
    values: dict[str, object] = {}
    rest = list(arguments)
    while rest:
        option, equals, value = rest.pop(0).partition("=")
        if option in _FLAGS and not equals:
            values[_FLAGS[option]] = True
            continue
        if option not in _READERS:
            raise InvalidInputError(f"the window has no option {option!r}; `desktop-trader gui --help` lists them")
        if not equals:
            if not rest:
                raise InvalidInputError(f"{option} needs a value")
            value = rest.pop(0)
        if not value:
            raise InvalidInputError(f"{option} needs a value")
        name, read = _READERS[option]
        values[name] = read(value)
    return GuiOptions(**values)  # type: ignore[arg-type]  # every reader returns the type of its field


def parse_timeframe(text: str) -> Timeframe:
    """Return a timeframe by its usual spelling.

    Raises:
        InvalidInputError: there is no such timeframe; the message lists those there are.
    """
    try:
        return Timeframe(text)
    except ValueError:
        known = ", ".join(each.value for each in Timeframe)
        raise InvalidInputError(f"there is no timeframe {text!r}; use one of {known}") from None


def parse_seed(text: str) -> int:
    """Return a seed: a whole number from 0 on.

    Raises:
        InvalidInputError: anything else.
    """
    seed = parse_decimal(text, what="--seed")
    if seed != seed.to_integral_value() or not 0 <= seed <= _LARGEST_SEED:
        raise InvalidInputError(f"--seed must be a whole number from 0 on, not {text}")
    return int(seed)


def parse_start_amount(text: str) -> Decimal:
    """Return what a new account starts with.

    Raises:
        InvalidInputError: not an amount, or not above zero.
    """
    amount = parse_amount(text, what="--initial-balance")
    if amount <= ZERO:
        raise InvalidInputError(f"--initial-balance must be above zero, not {text}")
    return amount


_FLAGS = {"--minimized": "minimized", "--selftest": "selftest"}
_READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "--data-dir": ("data_dir", str),
    "--market": ("market", str),
    "--symbol": ("symbol", parse_symbol),
    "--timeframe": ("timeframe", parse_timeframe),
    "--seed": ("seed", parse_seed),
    "--account": ("account", str),
    "--initial-balance": ("start_amount", parse_start_amount),
}
