"""What the window can be told at its start, read without click: the time to the first paint is counted from here.

The command line shows the same options in its help (`cli/gui_verb.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.instrument import parse_symbol
from desktop_trader.domain.market import Timeframe
from desktop_trader.domain.money import ZERO, check_start_amount, parse_amount, parse_decimal
from desktop_trader.domain.wallet import DEMO, check_account_name

VERB = "gui"
DEFAULT_SYMBOL = "BTC/USDT"
DEFAULT_SEED = 1
HELP_WORDS = frozenset({"--help", "-h", "--version"})
_LARGEST_SEED = 2**63 - 1
_SEED_DIGITS = 40
_LONGEST_SHOWN = 40
_REPLAY = "replay:"
_FASTEST = 1_000_000
"""What `max` means in the window, which outlives the data: recorded hours are over faster than they can be drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuiOptions:
    """The window's options. None: what the settings, the data folder or the market say by themselves.

    `start_amount` counts only for an account that does not exist yet. `speed` is market seconds per second.
    `names_market` says that the market was typed: then the one that was chosen in the window does not count.
    """

    data_dir: str | None = None
    market: str = "simulated"
    symbol: str | None = None
    timeframe: Timeframe | None = None
    seed: int = DEFAULT_SEED
    exchange_url: str = ""
    mark_prices: str = ""
    funding_rates: str = ""
    speed: float | None = None
    account: str = DEMO
    start_amount: Decimal | None = None
    minimized: bool = False
    selftest: bool = False
    names_market: bool = field(default=False, compare=False)

    @property
    def market_speed(self) -> float:
        """How many seconds of the market pass in one: as typed, else a bar a second in a replay, and 1 elsewhere."""
        if self.speed is not None:
            return self.speed
        return float(self.market_timeframe.seconds) if self.market.startswith(_REPLAY) else 1.0

    @property
    def market_symbol(self) -> str:
        """Which symbol the market is asked for: as typed, else the usual one."""
        return self.symbol if self.symbol is not None else DEFAULT_SYMBOL

    @property
    def market_timeframe(self) -> Timeframe:
        """The length of the bars of a recording: as typed, else the usual one."""
        return self.timeframe if self.timeframe is not None else Timeframe.M1


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
        if option and not option.startswith("-"):
            raise InvalidInputError(
                f"the window takes options only, not {shown(option)}; options go after the verb: `desktop-trader "
                "VERB --data-dir DIR`"
            )
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
    values["names_market"] = "market" in values
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
    if not (text.isascii() and text.isdigit()):
        raise InvalidInputError(f"--seed must be a whole number from 0 on, such as 7, not {shown(text)}")
    seed = int(text) if len(text) <= _SEED_DIGITS else _LARGEST_SEED + 1
    if seed > _LARGEST_SEED:
        raise InvalidInputError(f"--seed must be at most {_LARGEST_SEED}; {shown(text)} is too large")
    return seed


def parse_speed(text: str) -> float:
    """Return market seconds per second.

    Raises:
        InvalidInputError: neither `max` nor a number above zero.
    """
    return float(_FASTEST if text == "max" else parse_finite_speed(text))


def parse_finite_speed(text: str) -> Decimal:
    """Return market seconds per second as a number.

    Raises:
        InvalidInputError: not a number above zero, or faster than anything is.
    """
    try:
        speed = parse_decimal(text)
    except InvalidInputError:
        speed = ZERO
    if not ZERO < speed <= _FASTEST:
        raise InvalidInputError(
            f"--speed must be max or a number above 0, such as 1 or 60 ({_FASTEST} at most), not {shown(text)}"
        )
    return speed


def shown(text: str) -> str:
    """Return what somebody typed for a message: quoted, escaped, and cut where it is very long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…")


def parse_start_amount(text: str) -> Decimal:
    """Return what a new account starts with.

    Raises:
        InvalidInputError: not an amount, not above zero, or more than the books take.
    """
    what = "--initial-balance"
    return check_start_amount(parse_amount(text, what=what), what=what)


_FLAGS = {"--minimized": "minimized", "--selftest": "selftest"}
_READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "--data-dir": ("data_dir", str),
    "--market": ("market", str),
    "--symbol": ("symbol", parse_symbol),
    "--timeframe": ("timeframe", parse_timeframe),
    "--seed": ("seed", parse_seed),
    "--exchange-url": ("exchange_url", str),
    "--mark-prices": ("mark_prices", str),
    "--funding-rates": ("funding_rates", str),
    "--speed": ("speed", parse_speed),
    "--account": ("account", check_account_name),
    "--initial-balance": ("start_amount", parse_start_amount),
}
OPTIONS = (*_FLAGS, *_READERS)
"""Every option the window understands."""
