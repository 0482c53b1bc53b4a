"""Where data, logs and resources live: in a source checkout, an installed package and a frozen build alike.

Nothing here touches the disk except to look whether a folder is there; creating and locking the data folder belongs to
`storage`. Standard library only, because the window needs this before its first paint.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from desktop_trader.domain.errors import InvalidInputError

APPLICATION_NAME = "desktop-trader"
HOME_VARIABLE = "DESKTOP_TRADER_HOME"
"""Environment variable that names the data folder when the command line does not."""

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFolderPaths:
    """The places inside one data folder. `root` is absolute, so that a later change of directory moves nothing."""

    root: Path

    @property
    def database(self) -> Path:
        """The books."""
        return self.root / "desktop_trader.db"

    @property
    def anchor(self) -> Path:
        """The head of the hash chain, kept outside the database."""
        return self.root / "desktop_trader.anchor"

    @property
    def lock(self) -> Path:
        """Held by the one instance that may write."""
        return self.root / "desktop_trader.lock"

    @property
    def logs(self) -> Path:
        """The folder of the rotating log and of failure reports."""
        return self.root / "logs"

    @property
    def log_file(self) -> Path:
        """The log being written."""
        return self.logs / "desktop_trader.log"

    @property
    def settings_file(self) -> Path:
        """What the person chose; readable and editable text."""
        return self.root / "settings.toml"

    @property
    def layout_file(self) -> Path:
        """Geometry and docks of the window; losing it loses nothing that matters."""
        return self.root / "layout.ini"

    @property
    def control_socket(self) -> Path:
        """The private door of the running instance (a named pipe of its own on Windows)."""
        return self.root / "control.sock"

    @property
    def swap_order(self) -> Path:
        """There while a restore has been ordered and is not finished; the next start finishes it."""
        return self.root / "desktop_trader.swap"

    @property
    def candles(self) -> Path:
        """Bars of real markets; what is lost of it is downloaded again."""
        return self.root / "candles.db"

    @property
    def market_lists(self) -> Path:
        """What each exchange lists, decoded; a file for each."""
        return self.root / "markets"

    @property
    def backups(self) -> Path:
        """Verified copies of the database."""
        return self.root / "backups"


def data_folder(argument: str | os.PathLike[str] | None = None) -> DataFolderPaths:
    """Return the data folder: `argument`, else the variable `DESKTOP_TRADER_HOME`, else the platform's place.

    A relative path counts from the directory the process is in now; the result is absolute and does not move with it.
    The folder need not exist yet. An empty variable counts as none; an empty argument is a mistake, most often a
    variable of a script that was never set.

    Raises:
        InvalidInputError: the argument is empty, or begins with the home folder of somebody who has none.
    """
    if argument is not None and not os.fspath(argument).strip():
        raise InvalidInputError("--data-dir needs the name of a folder, not an empty text")
    chosen = argument or os.environ.get(HOME_VARIABLE) or _platform_data_folder()
    try:
        return DataFolderPaths(root=Path(chosen).expanduser().absolute())
    except RuntimeError:
        raise InvalidInputError(f"there is no home folder for {os.fspath(chosen)!r}; name the folder in full") from None


def resources_folder() -> Path:
    """Return the folder of icons, styles, fonts and installer files.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    for candidate in _resource_candidates():
        if (candidate / "installer").is_dir():
            return candidate
    raise FileNotFoundError(f"the resources of Desktop Trader are missing; looked in {_resource_candidates()}")


def resource(name: str) -> Path:
    """Return the path of one resource, named relative to the resources folder: `icons/pause.svg`."""
    return resources_folder() / name


def is_frozen() -> bool:
    """Return whether this process runs from a frozen build."""
    return bool(getattr(sys, "frozen", False))


def _resource_candidates() -> list[Path]:
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        return [Path(bundle) / "resources"]
    return [_PACKAGE.parent / "resources", Path(sys.prefix) / "share" / APPLICATION_NAME]


def _platform_data_folder() -> str:
    # Only asked for when nobody named a folder, so that tests and scripts do not pay for the import.
    from platformdirs import user_data_dir

    return user_data_dir(APPLICATION_NAME, appauthor=False)
