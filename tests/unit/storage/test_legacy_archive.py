"""What is kept before an import is booked: every source under its hash, whole or not at all, again and again."""

import errno
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from desktop_trader.domain.errors import InvalidInputError, RefusedError, StorageError
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.messages.legacy_import import ImportPrepared, PrepareImport
from desktop_trader.storage.legacy_archive import archive_folder, archived_hashes, prepare_import
from desktop_trader.storage.legacy_files import find_files
from desktop_trader.storage.local_zone import LocalZone
from tests.legacy_folder import balance_json, write_four_contradicting, write_legacy

ZONE = LocalZone(name="UTC", zone=ZoneInfo("UTC"))
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    (tmp_path / "home").mkdir()
    return data_folder(str(tmp_path / "home"))


@pytest.fixture
def old(tmp_path: Path) -> Path:
    write_four_contradicting(tmp_path / "old")
    return tmp_path / "old"


def wish(old: Path, *, balance: int = 50) -> PrepareImport:
    files = find_files(old, zone=ZONE).files
    (chosen,) = {file.sha256 for file in files if file.balance == balance}
    return PrepareImport(files=files, chosen=chosen, account="demo")


def prepare(paths: DataFolderPaths, wanted: PrepareImport) -> ImportPrepared:
    return prepare_import(paths, wanted, at=NOW)


def contents(paths: DataFolderPaths) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in archive_folder(paths).iterdir()}


@pytest.mark.requirement("R86", "R131")
def test_every_source_is_kept_once_under_its_hash(paths: DataFolderPaths, old: Path) -> None:
    wanted = wish(old)
    prepared = prepare(paths, wanted)
    first = contents(paths)
    assert set(first) == {*prepared.archived, f"import-{wanted.chosen}.json"}
    assert {hashlib.sha256(first[name]).hexdigest() for name in prepared.archived} == {f.sha256 for f in wanted.files}
    assert archived_hashes(paths) >= {file.sha256 for file in wanted.files}
    assert prepare(paths, wanted) == prepared
    assert contents(paths) == first
    assert (prepared.backup, prepared.skipped) == ("", ())


def test_what_a_killed_import_left_is_removed_and_a_damaged_copy_is_made_good(
    paths: DataFolderPaths, old: Path
) -> None:
    wanted = wish(old)
    prepared = prepare(paths, wanted)
    whole = contents(paths)
    victim = archive_folder(paths) / prepared.archived[0]
    victim.chmod(0o600)
    victim.write_bytes(whole[victim.name][:10])
    left, young = (archive_folder(paths) / name for name in (".0123456789abcdef.part", ".fedcba9876543210.part"))
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    young.write_bytes(b"being written by another")
    prepare(paths, wanted)
    assert contents(paths) == {**whole, young.name: b"being written by another"}


@pytest.mark.parametrize("call", ["fsync", "replace", "write"])
def test_a_disk_that_refuses_leaves_nothing_half_and_says_so(
    paths: DataFolderPaths, old: Path, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    wanted = wish(old)
    with monkeypatch.context() as patch:
        if call == "replace":
            patch.setattr(Path, "replace", fail)
        elif call == "fsync":
            patch.setattr(os, "fsync", fail)
        else:
            patch.setattr(os, "fchmod", fail)
        with pytest.raises(StorageError, match="No space left"):
            prepare(paths, wanted)
    assert contents(paths) == {}
    assert len(prepare(paths, wanted).archived) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.write_bytes(balance_json(51)), "has changed since"),
        (lambda path: path.unlink(), "cannot be read any more"),
        (lambda path: (path.unlink(), path.symlink_to("/dev/zero")), "cannot be read any more"),
    ],
)
@pytest.mark.parametrize("which", ["newest", "same"])
def test_a_source_that_is_not_what_was_shown_stops_everything(
    paths: DataFolderPaths, tmp_path: Path, which: str, change: Callable[[Path], object], message: str
) -> None:
    files = write_four_contradicting(tmp_path / "old")
    wanted = wish(tmp_path / "old")
    change(files[which])
    with pytest.raises(RefusedError, match=message):
        prepare(paths, wanted)
    assert not archive_folder(paths).exists()


def test_only_a_readable_file_that_was_found_can_be_chosen(paths: DataFolderPaths, tmp_path: Path) -> None:
    broken = write_legacy(tmp_path / "old" / "virtual_balance.json", "NaN")
    files = find_files(tmp_path / "old", zone=ZONE).files
    for chosen in (hashlib.sha256(broken.read_bytes()).hexdigest(), "ab" * 32, ""):
        with pytest.raises(InvalidInputError):
            prepare(paths, PrepareImport(files=files, chosen=chosen, account="demo"))
