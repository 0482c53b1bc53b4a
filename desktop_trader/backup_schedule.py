"""Makes backups behind a running engine: regularly while the books change, and once more when it has ended.

A thread of its own with read-only connections: trading never waits for it. What fails is told and tried again.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic

from desktop_trader.domain.errors import TraderError
from desktop_trader.domain.money import install_context
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.backups import BackupInfo, BackupKind
from desktop_trader.settings import BackupSettings
from desktop_trader.storage.backup_round import back_up
from desktop_trader.storage.settings_file import load_settings
from desktop_trader.storage.verify import VerificationStoppedError, VerifyWatch, damage_behind

_log = logging.getLogger(__name__)
FIRST_AFTER_SECONDS = 60.0
"""What a killed process left without a backup gets one soon, but not during the start."""
RETRY_SECONDS = 300.0
_YIELD_SECONDS = 0.001


class BackupSchedule:
    """`on_trouble` is told, in the thread of the backups, what went wrong and what that means.

    `on_damage` is told there what does not hold in the books: a backup is where they are verified from the first entry.

    `wait` is called with the seconds until the next round and says whether the end has come meanwhile.
    """

    def __init__(
        self,
        paths: DataFolderPaths,
        *,
        on_trouble: Callable[[str], None],
        on_damage: Callable[[str], None],
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        """Prepare to back up the books of `paths`."""
        self._paths = paths
        self._on_trouble = on_trouble
        self._on_damage = on_damage
        self._stop = threading.Event()
        self._wait = wait or self._stop.wait
        self._thread = threading.Thread(target=self._run, name="backups", daemon=True)
        self._last_trouble: tuple[str, ...] = ()

    def start(self) -> None:
        """Begin; only once."""
        self._thread.start()

    def stop(self) -> None:
        """Give up within a few milliseconds and wait for that; a copy being made leaves nothing."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        install_context()
        pause = FIRST_AFTER_SECONDS
        while not self._wait(pause):
            pause = self._round()

    def _round(self) -> float:
        """Make one round and return after how many seconds the next is due."""
        watch = VerifyWatch(should_stop=lambda: self._stop.wait(_YIELD_SECONDS))
        try:
            settings = settings_now(self._paths)
            done = back_up(self._paths, settings, kind=BackupKind.SCHEDULED, at=datetime.now(UTC), watch=watch)
        except VerificationStoppedError:
            return 0.0  # it is the end: the next wait says so
        except TraderError as error:
            minutes = f"{RETRY_SECONDS / 60:.0f}"
            self._tell((f"No backup could be made: {error.user_message}. It is tried again in {minutes} minutes",))
            self._halt_on_damage(error, watch)
            return RETRY_SECONDS
        log_made(done.made)
        self._tell(done.complaints)
        return settings.every_minutes * 60.0

    def _halt_on_damage(self, refusal: TraderError, watch: VerifyWatch) -> None:
        try:
            damage = damage_behind(refusal, self._paths, watch=watch)
        except VerificationStoppedError:
            return  # it is the end: the next wait says so
        if damage:
            self._on_damage(damage)

    def _tell(self, trouble: tuple[str, ...]) -> None:
        """Tell the same trouble once, not every half hour."""
        if trouble != self._last_trouble:
            self._last_trouble = trouble
            for line in trouble:
                self._on_trouble(line)


def settings_now(paths: DataFolderPaths) -> BackupSettings:
    """Return the settings as the file has them at this moment: a folder chosen a minute ago counts."""
    return load_settings(paths.settings_file).settings.backups


def back_up_at_end(paths: DataFolderPaths, *, seconds_max: float) -> None:
    """Make the backup of a quit, once the books are closed; what takes longer than it may is left to the next start.

    Never raises for what the world does: whoever quits is not held up by it. It is logged.
    """
    ends_at = monotonic() + seconds_max
    watch = VerifyWatch(should_stop=lambda: monotonic() > ends_at)
    try:
        done = back_up(paths, settings_now(paths), kind=BackupKind.QUIT, at=datetime.now(UTC), watch=watch)
    except VerificationStoppedError:
        _log.warning("The backup at the end took longer than %.0f s; the next start makes one", seconds_max)
        return
    except TraderError as error:
        _log.warning("No backup could be made at the end: %s", error)
        return
    log_made(done.made)
    for complaint in done.complaints:
        _log.warning("%s", complaint)


def back_up_before(
    paths: DataFolderPaths, kind: BackupKind, *, on_damage: Callable[[str], None] = lambda damage: None
) -> None:
    """Make the backup before something that cannot be undone; any thread but the engine's.

    `on_damage` is told, in that thread, where it failed because the books do not verify.

    Raises:
        StorageError, BooksDamagedError: it could not be made: what was to come after it must not happen.
    """
    install_context()
    try:
        done = back_up(paths, settings_now(paths), kind=kind, at=datetime.now(UTC))
    except TraderError as error:
        damage = damage_behind(error, paths)
        if damage:
            on_damage(damage)
        raise
    log_made(done.made)
    for complaint in done.complaints:
        _log.warning("%s", complaint)


def log_made(made: BackupInfo | None) -> None:
    """Put a new backup into the log."""
    if made is not None and made.facts is not None:
        _log.info("Backup %s: %d entries, verified", made.path.name, made.facts.entries)
