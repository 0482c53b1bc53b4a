"""What the window asks for about backups, and what comes back: one question, and jobs that take their time."""

from dataclasses import dataclass
from pathlib import Path

from desktop_trader.messages.backups import BackupInfo, BooksFacts, MoveFileInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupsRequest:
    """Ask which backups there are."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupsReply:
    """The backups of the data folder and of the second one, newest first; `error` where a folder cannot be read."""

    request_id: str
    backups: tuple[BackupInfo, ...]
    second_folder: str
    second: tuple[BackupInfo, ...]
    every_minutes: int
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeBackup:
    """A job: back up now. Its result is a `BackupMade`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupMade:
    """The new backup, and what went wrong beside it (a second folder that is away)."""

    made: BackupInfo
    complaints: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckBackup:
    """A job: verify a backup in full. Its result is a `BackupChecked`; one that does not verify fails."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupChecked:
    """A backup verifies as it lies there now."""

    path: Path
    facts: BooksFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRestore:
    """A job: verify a backup and compare it with the books. Its result is a `RestorePreview`."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRestore:
    """A job: let the next start restore a backup. Its result is a `RestoreOrdered`."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreOrdered:
    """The next start of the program finds the books of `source`; until then nothing has changed."""

    source: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PackBooks:
    """A job: write the file for another computer. Its result is a `BooksPacked`."""

    target: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksPacked:
    """The file that was written."""

    info: MoveFileInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewUnpack:
    """A job: check a file from another computer. Its result is an `UnpackPreview`."""

    source: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class UnpackPreview:
    """What such a file holds, and what the books hold now (None when they cannot be read)."""

    info: MoveFileInfo
    now: BooksFacts | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnpack:
    """A job: let the next start take over a file from another computer. Its result is a `RestoreOrdered`."""

    source: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ChooseSecondFolder:
    """A job: copy backups to this folder as well from now on; "" for none. Its result is a `SecondFolderChosen`."""

    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFolderChosen:
    """The folder is kept in the settings; `complaint` says why nothing could be copied there yet."""

    folder: str
    complaint: str


BackupJob = (
    MakeBackup
    | CheckBackup
    | PreviewRestore
    | OrderRestore
    | PackBooks
    | PreviewUnpack
    | OrderUnpack
    | ChooseSecondFolder
)
