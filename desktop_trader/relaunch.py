"""Starting again: the same program, the same arguments, and what was ordered for between an end and the next start."""

import os
import sys

from desktop_trader.domain.errors import DataFolderInUseError
from desktop_trader.locations import DataFolderPaths


def start_again() -> None:
    """Put a fresh process in the place of this one, which has closed everything."""
    command = [sys.executable, *sys.orig_argv[1:]]
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
