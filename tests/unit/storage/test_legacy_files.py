"""Balance files on a disk: found in the known folders and below, read through one descriptor, named if they cannot."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.legacy_balance import LegacyFile, LegacyKind, Unreadable
from desktop_trader.storage.legacy_files import find_files, read_file, working_folder_with_files
from desktop_trader.storage.legacy_json import MAX_BYTES
from desktop_trader.storage.local_zone import LocalZone
from tests.legacy_folder import SAMPLE, balance_json, write_legacy

ZONE = LocalZone(name="UTC", zone=ZoneInfo("UTC"))
VIRTUAL = "virtual_balance.json"
AUTO = "auto_trading_state.json"


def only(folder: Path) -> LegacyFile:
    (file,) = find_files(folder, zone=ZONE).files
    return file


@pytest.mark.requirement("R5", "R8", "R32", "R137")
def test_both_names_are_found_in_all_the_places_of_old(tmp_path: Path) -> None:
    places = ["", "backend", "data", "backend/data"]
    for place in places:
        write_legacy(tmp_path / place / VIRTUAL, 1)
        write_legacy(tmp_path / place / AUTO, 2)
    write_legacy(tmp_path / "bin" / "old" / "data" / VIRTUAL, 3)
    (tmp_path / "data" / "other.json").write_bytes(SAMPLE)
    search = find_files(tmp_path, zone=ZONE)
    found = [Path(file.path).relative_to(tmp_path).as_posix() for file in search.files]
    assert found == [
        *(str(Path(place) / name) for place in places for name in (AUTO, VIRTUAL)),
        f"bin/old/data/{VIRTUAL}",
    ]
    assert [file.kind for file in search.files[:2]] == [LegacyKind.AUTO_TRADING_STATE, LegacyKind.VIRTUAL_BALANCE]
    assert search.is_complete
    assert all(file.is_readable for file in search.files)


@pytest.mark.requirement("R29")
def test_a_folder_without_any_is_an_empty_search_not_a_default(tmp_path: Path) -> None:
    search = find_files(tmp_path, zone=ZONE)
    assert search.files == ()
    assert search.folders == 1


@pytest.mark.requirement("R134")
def test_where_one_of_two_is_missing_the_other_is_found(tmp_path: Path) -> None:
    write_legacy(tmp_path / "backend" / AUTO, "9989.76")
    assert only(tmp_path).kind is LegacyKind.AUTO_TRADING_STATE


def test_the_working_folder_is_offered_where_it_holds_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(tmp_path)
    assert working_folder_with_files() == ""
    write_legacy(tmp_path / "backend" / "data" / VIRTUAL, 1)
    assert working_folder_with_files() == str(tmp_path)
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert working_folder_with_files() == ""


def test_a_file_itself_can_be_named(tmp_path: Path) -> None:
    path = write_legacy(tmp_path / VIRTUAL, "12345.67")
    write_legacy(tmp_path / AUTO, 1)
    (file,) = find_files(path, zone=ZONE).files
    assert file.path == str(path)


@pytest.mark.parametrize("name", ["missing", "file.txt"])
def test_what_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").touch()
    with pytest.raises(InvalidInputError, match="not a folder"):
        find_files(tmp_path / name, zone=ZONE)


def test_links_between_folders_are_not_followed_and_depth_and_number_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path)
    deep = tmp_path / "/".join("abcdefgh")
    write_legacy(deep / VIRTUAL, 1)
    search = find_files(tmp_path, zone=ZONE)
    assert search.files == ()
    assert not search.is_complete


def test_hidden_folders_and_those_of_packages_are_passed_over(tmp_path: Path) -> None:
    for place in (".git", "node_modules", "venv"):
        write_legacy(tmp_path / place / VIRTUAL, 1)
    assert find_files(tmp_path, zone=ZONE).files == ()


def test_a_search_ends_when_nobody_wants_it_any_more(tmp_path: Path) -> None:
    write_legacy(tmp_path / VIRTUAL, 1)
    search = find_files(tmp_path, zone=ZONE, should_stop=lambda: True)
    assert not search.is_complete


@pytest.mark.requirement("R133")
@pytest.mark.parametrize("make", ["link", "pipe", "folder", "socket", "huge", "gigabyte", "dangling"])
def test_what_is_not_a_small_plain_file_is_named_and_never_opened(
    tmp_path: Path, make: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / VIRTUAL
    expected, size = _make_special(path, make)
    opened: list[object] = []
    real_open = os.open

    def watched_open(name: Path, flags: int) -> int:
        opened.append(name)
        return real_open(name, flags)

    monkeypatch.setattr(os, "open", watched_open)
    began = perf_counter()
    file = only(tmp_path)
    assert perf_counter() - began < 1
    assert opened == []
    assert (file.refusal, file.is_readable, file.balance, file.sha256) == (expected, False, None, "")
    assert file.explanation
    assert size is None or file.size == size


def _make_special(path: Path, make: str) -> tuple[Unreadable, int | None]:
    if make == "link":
        path.symlink_to(write_legacy(path.parent / "elsewhere.txt", 1))
        return Unreadable.SYMLINK, None
    if make == "dangling":
        path.symlink_to("nowhere")
        return Unreadable.SYMLINK, None
    if make == "pipe":
        os.mkfifo(path)
        return Unreadable.NOT_A_FILE, None
    if make == "folder":
        path.mkdir()
        return Unreadable.NOT_A_FILE, None
    if make == "socket":
        with socket.socket(socket.AF_UNIX) as door:
            here = Path.cwd()
            os.chdir(path.parent)  # the name of a socket has to be short
            try:
                door.bind(path.name)
            finally:
                os.chdir(here)
        return Unreadable.NOT_A_FILE, None
    size = MAX_BYTES + 1 if make == "huge" else 1 << 30
    with path.open("wb") as file:
        file.truncate(size)
    return Unreadable.TOO_LARGE, size


@pytest.mark.parametrize("swap", ["link", "pipe"])
def test_a_file_swapped_between_the_look_and_the_opening_is_not_believed(
    tmp_path: Path, swap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_legacy(tmp_path / VIRTUAL, 1)
    other = write_legacy(tmp_path / "secret.txt", 2)

    def swapped() -> None:
        path.unlink()
        path.symlink_to(other) if swap == "link" else os.mkfifo(path)

    _before_opening(monkeypatch, swapped)
    assert read_file(path, zone=ZONE).refusal in (Unreadable.SYMLINK, Unreadable.NOT_A_FILE)


def _before_opening(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    real_open = os.open

    def act_then_open(path: Path, flags: int) -> int:
        act()
        return real_open(path, flags)

    monkeypatch.setattr(os, "open", act_then_open)


def test_a_file_that_disappears_is_said_to_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_legacy(tmp_path / VIRTUAL, 1)
    _before_opening(monkeypatch, path.unlink)
    assert read_file(path, zone=ZONE).refusal is Unreadable.DISAPPEARED


def test_a_file_that_is_written_to_meanwhile_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_legacy(tmp_path / VIRTUAL, 1)
    real_read = os.read

    def grow_then_read(descriptor: int, size: int) -> bytes:
        part = real_read(descriptor, size)
        with path.open("ab") as file:
            file.write(b" ")
        return part[: 1 << 16]

    monkeypatch.setattr(os, "read", grow_then_read)
    assert read_file(path, zone=ZONE).refusal is Unreadable.CHANGED


def test_a_file_that_nobody_may_read_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_legacy(tmp_path / VIRTUAL, 1)

    def deny(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", deny)
    assert read_file(path, zone=ZONE).refusal is Unreadable.NO_PERMISSION


def test_a_disk_error_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_legacy(tmp_path / VIRTUAL, 1)

    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    file = read_file(path, zone=ZONE)
    assert file.refusal is Unreadable.CANNOT_BE_READ
    assert "Input/output error" in file.explanation


def test_folders_that_are_closed_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_legacy(tmp_path / VIRTUAL, 1)
    closed = tmp_path / "backend"
    closed.mkdir()
    real_scan = os.scandir

    def scan(folder: Path) -> object:
        if Path(folder) == closed:
            raise PermissionError(13, "Permission denied")
        return real_scan(folder)

    monkeypatch.setattr(os, "scandir", scan)
    search = find_files(tmp_path, zone=ZONE)
    assert (len(search.files), search.closed_folders) == (1, 1)


@pytest.mark.requirement("R133")
def test_reading_leaves_every_original_as_it_was(tmp_path: Path) -> None:
    paths = [write_legacy(tmp_path / "backend" / VIRTUAL, 1), tmp_path / "data" / VIRTUAL]
    paths[1].parent.mkdir()
    paths[1].write_bytes(balance_json(5)[:-4])
    facts = [(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) for path in paths]
    files = find_files(tmp_path, zone=ZONE).files
    assert [file.refusal for file in files] == [None, Unreadable.TRUNCATED]
    assert [(path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode) for path in paths] == facts
    assert files[1].sha256, "what was read of it is known, so that it can be archived"


def test_a_time_in_the_future_is_said(tmp_path: Path) -> None:
    write_legacy(tmp_path / "backend" / VIRTUAL, 1, "2999-01-01T00:00:00")
    write_legacy(tmp_path / VIRTUAL, 1)
    assert [file.notes for file in find_files(tmp_path, zone=ZONE).files] == [(), ("its time lies in the future",)]


@pytest.mark.requirement("R133")
def test_names_in_every_script_and_none_are_found(tmp_path: Path) -> None:
    for name in ("данные", "مجلد", "📈", "a\u202eb", os.fsdecode(b"caf\xe9")):
        write_legacy(tmp_path / name / VIRTUAL, 1)
    assert len(find_files(tmp_path, zone=ZONE).files) == 5
