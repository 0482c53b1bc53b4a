"""Starting again: the same program, the same arguments, and what was ordered for between an end and the next start."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace

from desktop_trader.domain.errors import BooksDamagedError, DataFolderInUseError, InvalidInputError, TraderError
from desktop_trader.domain.market import Timeframe
from desktop_trader.gui_options import DEFAULT_SEED, GuiOptions
from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import ExchangeAddress, MarketSettings, Settings

_MARKET_OPTIONS = frozenset(
    {"--market", "--symbol", "--timeframe", "--seed", "--exchange-url", "--mark-prices", "--funding-rates"}
)


def start_again(*, drops_market: bool = False) -> None:
    """Put a fresh process in the place of this one, which has closed everything.

    With `drops_market` the market that was typed is left out, because another one was chosen since.
    """
    arguments = sys.orig_argv[1:]
    command = [sys.executable, *(without_market(arguments) if drops_market else arguments)]
    if getattr(sys, "frozen", False):
        # A frozen build takes its own child for a part of itself, and would look for what this process unpacked.
        os.environ["PYINSTALLER_RESET_ENVIRONMENT"] = "1"
    if os.name == "posix":
        os.execv(sys.executable, command)
    import subprocess  # no first paint waits for it

    subprocess.Popen(command, close_fds=True)


def finish_restore(paths: DataFolderPaths) -> tuple[str, ...]:
    """Carry out a restore that was ordered, before settings and layout are read; return what to tell.

    Raises:
        StorageError: the disk refused; it is finished the next time.
    """
    if not paths.swap_order.exists():
        return ()
    # Hardly ever, so no start pays for the import.
    from desktop_trader.storage.data_folder import take_data_folder
    from desktop_trader.storage.folder_swap import finish_swap

    try:
        with take_data_folder(paths):
            return finish_swap(paths)
    except DataFolderInUseError:
        return ()  # the instance that runs has finished it, or will; the start itself says that it runs


def without_market(arguments: Sequence[str]) -> list[str]:
    """Return arguments without those that name a market, in either spelling."""
    kept, rest = [], list(arguments)
    while rest:
        argument = rest.pop(0)
        name, equals, _ = argument.partition("=")
        if name not in _MARKET_OPTIONS:
            kept.append(argument)
        elif not equals and rest:
            rest.pop(0)
    return kept


def with_stored_market(options: GuiOptions, stored: MarketSettings) -> GuiOptions:
    """Return options with the market that was chosen in the window, where none was typed; a typed symbol counts."""
    if options.names_market or not stored.market:
        return options
    return replace(
        options,
        market=stored.market,
        symbol=options.symbol or stored.symbol or None,
        timeframe=options.timeframe or (Timeframe(stored.timeframe) if stored.timeframe else None),
        seed=stored.seed if options.seed == DEFAULT_SEED else options.seed,
    )


def market_hint(error: TraderError, options: GuiOptions, *, stored: MarketSettings) -> TraderError:
    """Return the refusal of a start, with the way to another market where a chosen one may be the reason."""
    is_typed = options.names_market or not stored.market
    if is_typed or isinstance(error, BooksDamagedError | DataFolderInUseError):
        return error
    hint = "The market was chosen under File > Market; start once with --market simulated to choose another."
    return TraderError(f"{error.user_message.rstrip('.')}. {hint}", detail=str(error))


def address_in_use(options: GuiOptions, settings: Settings) -> ExchangeAddress | None:
    """Return where this start was told that its exchange is; None where the settings say it."""
    if not options.exchange_url:
        return None
    from desktop_trader.exchange.addresses import address_from_url

    exchange = options.market.strip().lower()
    try:
        return address_from_url(exchange, options.exchange_url, ca_file=settings.network.address_of(exchange).ca_file)
    except InvalidInputError:
        return None  # the engine's start refuses it, in words
