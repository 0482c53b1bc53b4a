"""The verbs together, and the way in and out: arguments in, exit code out."""

import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from desktop_trader import __version__
from desktop_trader.cli import failures
from desktop_trader.cli.backup_verbs import backup, backups, pack, restore, unpack
from desktop_trader.cli.balance_verbs import balance
from desktop_trader.cli.candles_verb import candles
from desktop_trader.cli.database_verbs import db
from desktop_trader.cli.gui_verb import gui
from desktop_trader.cli.legacy_verb import legacy
from desktop_trader.cli.markets_verb import markets
from desktop_trader.cli.migrate_verb import migrate
from desktop_trader.cli.outages_verb import outages
from desktop_trader.cli.panic_verbs import clear_close_only, close_all
from desktop_trader.cli.reset_verb import reset
from desktop_trader.cli.run_verb import run
from desktop_trader.cli.trading_verbs import fills, orders, positions, strategies
from desktop_trader.diagnostics import stop_logging
from desktop_trader.domain.errors import TraderError
from desktop_trader.domain.money import install_context

_log = logging.getLogger(__name__)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 another instance holds the data folder, "
    "4 the books do not verify, 5 refused.",
)
@click.version_option(__version__, prog_name="desktop-trader", message="%(prog)s %(version)s")
def desktop_trader() -> None:
    """Crypto trading on the desktop: paper money first, every cent in a journal that adds up.

    Without a verb the window opens.
    """


for verb in (migrate, backup, backups, restore, pack, unpack):
    db.add_command(verb)
balance.add_command(reset)
for verb in (
    gui, run, balance, positions, orders, fills, close_all, clear_close_only, outages, strategies, markets, candles, db,
    legacy,
):  # fmt: skip
    desktop_trader.add_command(verb)


def main(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code; a person's mistake is one line, never a traceback."""
    install_context()
    # What no log takes goes nowhere: without this one, logging would print it, tracebacks and all.
    silence = logging.NullHandler()
    logging.getLogger().addHandler(silence)
    try:
        return _carry_out(arguments)
    finally:
        _give_up_output()
        stop_logging()
        logging.getLogger().removeHandler(silence)


def _carry_out(arguments: Sequence[str]) -> int:
    try:
        code = desktop_trader.main(args=list(arguments), prog_name="desktop-trader", standalone_mode=False)
        code = code if isinstance(code, int) else failures.DONE
        if code == failures.DONE:
            _finish_output()
        return code
    except click.UsageError as error:
        failures.say(failures.usage_line(error))
        return failures.WRONG_USAGE
    except (click.Abort, KeyboardInterrupt):
        failures.say("stopped")
        return failures.FAILED
    except click.ClickException as error:
        failures.say(error.format_message())
        return failures.FAILED
    except TraderError as error:
        failures.say(error.user_message)
        return failures.code_of(error)
    except BrokenPipeError:
        return failures.FAILED
    except OSError as error:
        _log.exception("The command line failed")
        failures.say(_os_error_line(error))
        return failures.FAILED
    except Exception as error:
        _log.exception("The command line failed")
        failures.say(f"this should not have happened: {type(error).__name__}: {error}; nothing more was changed")
        return failures.FAILED


def _os_error_line(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else f"reading or writing failed: {reason}"


def _finish_output() -> None:
    """Write out what is left; who has read enough and went away is no failure, a full disk is."""
    if sys.stdout is not None:
        with suppress(BrokenPipeError):
            sys.stdout.flush()


def _give_up_output() -> None:
    """Drop what standard output did not take; Python would complain of it once more when it flushes at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
