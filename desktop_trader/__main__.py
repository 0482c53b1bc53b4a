"""`python -m desktop_trader` and the console script: the window is dispatched before the command line is imported."""

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.gui_options import parse_gui_options, window_arguments
from desktop_trader.locations import data_folder


def main() -> int:
    """Open the window, or carry out a verb of the command line; return the exit code."""
    arguments = sys.argv[1:]
    for_window = window_arguments(arguments)
    if for_window is None:
        # click costs a first paint 28 ms, so only verbs pay for it.
        from desktop_trader.cli.main import main as run_command_line

        return run_command_line(arguments)
    try:
        options = parse_gui_options(for_window)
        if options.data_dir is not None:
            data_folder(options.data_dir)  # for its refusals
    except InvalidInputError as error:
        sys.stderr.write(f"desktop-trader: {error.user_message}\n")
        return 2
    if options.selftest:
        from desktop_trader.selftest import run_selftest  # builds an application of its own

        return run_selftest()
    # Nothing that the start makes becomes garbage soon; the window turns collection on again when it is complete.
    gc.disable()
    import desktop_trader.ui.qt_first  # noqa: F401  # says there why it comes first
    from desktop_trader.app import main as open_window

    return _leave(open_window(options))


def _leave(code: int) -> NoReturn:
    """End the process as it is: everything is stored, and taking Qt and all modules apart takes half a second."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError, ValueError):  # whoever read it is gone
                stream.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())
