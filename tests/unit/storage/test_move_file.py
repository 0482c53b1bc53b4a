"""One file carries everything to another computer; on the way in nothing in it is believed."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop_trader.domain.errors import BooksDamagedError, InvalidInputError, StorageError
from desktop_trader.locations import DataFolderPaths
from desktop_trader.settings import BackupSettings, DisplaySettings, Settings, Theme
from desktop_trader.storage import folder_swap, move_file
from desktop_trader.storage.backup_files import list_backups
from desktop_trader.storage.folder_swap import finish_swap
from desktop_trader.storage.move_file import look_into, order_unpack, pack
from desktop_trader.storage.settings_file import load_settings, save_settings
from desktop_trader.storage.verify import verify, verify_folder
from tests.stored_account import book_more, stored_history

NOW = datetime(2026, 11, 20, 14, 30, 5, tzinfo=UTC)
ASIDE = "replaced-20261120T143005Z"
Parts = dict[str, bytes]


@pytest.fixture
def paths(tmp_path: Path) -> DataFolderPaths:
    """A folder with books, settings with a folder of this computer and a stranger's key, and a layout."""
    paths = stored_history(tmp_path / "old computer")
    paths.settings_file.write_text('[exchange]\napi_key = "do-not-take-me-along"\n')
    settings = Settings(
        display=DisplaySettings(theme=Theme.LIGHT),
        backups=BackupSettings(second_folder=str(tmp_path / "stick"), every_minutes=60),
    )
    save_settings(paths.settings_file, settings)
    paths.layout_file.write_text("[window]\ngeometry=1\n")
    return paths


@pytest.fixture
def packed(paths: DataFolderPaths, tmp_path: Path) -> Path:
    """The file for the other computer."""
    return pack(paths, tmp_path / "moved.zip", at=NOW).path


def parts_of(file: Path) -> Parts:
    """Return what is in a ZIP file."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_parts(file: Path, parts: Parts) -> None:
    """Write a ZIP file anew."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def names_in(folder: Path) -> set[str]:
    """Return the names of all files below a folder."""
    return {str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()}


def test_it_holds_books_settings_layout_and_a_list_with_their_hashes_and_no_secret(
    paths: DataFolderPaths, packed: Path, tmp_path: Path
) -> None:
    parts = parts_of(packed)
    assert set(parts) == {"desktop_trader.db", "settings.toml", "layout.ini", "manifest.json"}
    assert b"do-not-take-me-along" not in parts["settings.toml"]
    assert str(tmp_path).encode() not in parts["settings.toml"] + parts["manifest.json"]
    assert set(json.loads(parts["manifest.json"])["files"]) == set(parts) - {"manifest.json"}
    info = look_into(paths, packed)
    assert info.facts.head_hash == verify_folder(paths).head_hash
    assert names_in(paths.backups) == set(), "nothing of the work is left behind"


def test_an_empty_folder_takes_everything_over(paths: DataFolderPaths, packed: Path, tmp_path: Path) -> None:
    new = DataFolderPaths(root=tmp_path / "new computer")
    order_unpack(new, packed, at=NOW)
    (note,) = finish_swap(new)
    assert str(packed) in note
    assert verify_folder(new).head_hash == verify_folder(paths).head_hash
    settings = load_settings(new.settings_file).settings
    assert (settings.display.theme, settings.backups) == (Theme.LIGHT, BackupSettings(every_minutes=60))
    assert new.layout_file.read_bytes() == paths.layout_file.read_bytes()
    book_more(new)
    assert verify_folder(new).ok


def test_a_folder_in_use_keeps_everything_it_had_aside(packed: Path, tmp_path: Path) -> None:
    other = stored_history(tmp_path / "other")
    book_more(other, "99")
    save_settings(other.settings_file, Settings())
    before, settings = verify_folder(other), other.settings_file.read_bytes()
    order_unpack(other, packed, at=NOW)
    finish_swap(other)
    assert verify(other.root / f"desktop_trader.db.{ASIDE}").head_hash == before.head_hash
    assert (other.root / f"settings.toml.{ASIDE}").read_bytes() == settings
    assert [each.kind for each in list_backups(other.backups)] == ["restore"]
    assert verify_folder(other).ok


def test_packing_never_overwrites(paths: DataFolderPaths, packed: Path) -> None:
    content = packed.read_bytes()
    with pytest.raises(InvalidInputError, match="already"):
        pack(paths, packed, at=NOW)
    assert packed.read_bytes() == content


def with_manifest(parts: Parts, change: Callable[[dict[str, object]], None]) -> Parts:
    """Return the parts with a changed list."""
    told = json.loads(parts["manifest.json"])
    change(told)
    return parts | {"manifest.json": json.dumps(told).encode()}


def longer(parts: Parts) -> Parts:
    """Return parts whose settings are longer than the list says."""
    return parts | {"settings.toml": parts["settings.toml"] + b"# more"}


def forged(parts: Parts) -> Parts:
    """Return parts whose books were edited, but not made longer."""
    content = bytearray(parts["desktop_trader.db"])
    content[9_000] ^= 1
    return parts | {"desktop_trader.db": bytes(content)}


def huge(parts: Parts) -> Parts:
    """Return parts with settings that unpack to far more than any settings have."""
    content = b"\0" * 20_000_000

    def change(told: dict[str, object]) -> None:
        told["files"]["settings.toml"]["size"] = len(content)  # type: ignore[index]

    return with_manifest(parts | {"settings.toml": content}, change)


def climbing(parts: Parts) -> Parts:
    """Return parts of which one wants to lie outside the folder."""

    def change(told: dict[str, object]) -> None:
        told["files"]["../evil.toml"] = told["files"].pop("layout.ini")  # type: ignore[index,attr-defined]

    changed = with_manifest(parts, change)
    changed["../evil.toml"] = changed.pop("layout.ini")
    return changed


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        pytest.param(forged, "not what was packed", id="wrong hash"),
        pytest.param(longer, "not as long", id="longer than listed"),
        pytest.param(huge, "too large", id="too large"),
        pytest.param(climbing, "something else", id="a path that climbs out"),
        pytest.param(lambda parts: parts | {"/etc/passwd": b"x"}, "not what its list says", id="an unlisted part"),
        pytest.param(lambda parts: {n: c for n, c in parts.items() if n != "settings.toml"}, "list says", id="missing"),
        pytest.param(lambda parts: parts | {"manifest.json": b"[]"}, "no file that", id="a list of another kind"),
        pytest.param(lambda parts: parts | {"manifest.json": b"[" * 100_000}, "no file that", id="a deep list"),
        pytest.param(
            lambda parts: with_manifest(parts, lambda told: told.update(format=99)), "format 99", id="a newer format"
        ),
        pytest.param(
            lambda parts: with_manifest(parts, lambda told: told.update(at="2026-01-01T00:00:00")), "zone", id="no zone"
        ),
    ],
)
def test_what_is_not_as_it_was_packed_is_refused_before_anything_is_touched(
    packed: Path, tmp_path: Path, spoil: Callable[[Parts], Parts], says: str
) -> None:
    """Row F80 of the fault list."""
    write_parts(packed, spoil(parts_of(packed)))
    other = stored_history(tmp_path / "other")
    before, outside = names_in(other.root), names_in(tmp_path)
    with pytest.raises(BooksDamagedError, match=says):
        look_into(other, packed)
    with pytest.raises(BooksDamagedError, match=says):
        order_unpack(other, packed, at=NOW)
    assert names_in(other.root) == before
    assert names_in(tmp_path) == outside
    assert finish_swap(other) == ()
    assert verify_folder(other).ok


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", b"PK\x05\x06" + b"\0" * 18])
def test_another_kind_of_file_is_refused(paths: DataFolderPaths, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "other.zip"
    file.write_bytes(content)
    with pytest.raises(StorageError, match="no file that Desktop Trader packed"):
        order_unpack(paths, file, at=NOW)


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off_is_refused(paths: DataFolderPaths, packed: Path, kept: float) -> None:
    content = packed.read_bytes()
    packed.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(BooksDamagedError):
        order_unpack(paths, packed, at=NOW)
    assert verify_folder(paths).ok


def test_every_byte_that_turns_over_is_noticed_or_means_nothing(
    paths: DataFolderPaths, packed: Path, tmp_path: Path
) -> None:
    whole, told = packed.read_bytes(), look_into(paths, packed)
    other = tmp_path / "turned.zip"
    for place in range(0, len(whole), len(whole) // 60):
        turned = bytearray(whole)
        turned[place] ^= 0x40
        other.write_bytes(turned)
        try:
            seen = look_into(paths, other)
        except StorageError:
            continue
        assert (seen.facts, seen.members) == (told.facts, told.members)


def test_a_disk_without_room_refuses(packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(move_file, "SPARE_BYTES", 1 << 60)
    with pytest.raises(StorageError, match="no room"):
        look_into(DataFolderPaths(root=tmp_path / "new"), packed)


def test_a_missing_file_is_named(paths: DataFolderPaths, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"nowhere\.zip"):
        look_into(paths, tmp_path / "nowhere.zip")


def finish_up_to(paths: DataFolderPaths, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Carry an order out as far as a step, at which the process is killed."""

    class Killed(BaseException):
        """Stands in for a kill."""

    def die(name: str) -> None:
        if name == point:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(folder_swap, "crash_point", die)
        with pytest.raises(Killed):
            finish_swap(paths)


@pytest.mark.parametrize("point", ["L25.restore.in.layout.ini", "L25.restore.in.desktop_trader.db"])
def test_a_layout_written_after_it_came_in_does_not_undo_what_was_ordered(
    packed: Path, paths: DataFolderPaths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    other = stored_history(tmp_path / "other")
    book_more(other, "99")
    other.layout_file.write_text("[window]\ngeometry=2\n")
    order_unpack(other, packed, at=NOW)
    finish_up_to(other, point, monkeypatch)
    other.layout_file.write_text("[window]\ngeometry=3\n")
    (note,) = finish_swap(other)
    assert "were restored" in note
    after = verify_folder(other)
    assert (after.ok, after.head_hash) == (True, verify_folder(paths).head_hash)
    assert other.layout_file.read_text() == "[window]\ngeometry=3\n"
    book_more(other)


@pytest.mark.parametrize("point", ["L25.restore.in.desktop_trader.db", "L25.restore.anchored"])
def test_a_database_that_the_disk_spoiled_in_its_place_gives_way_to_the_books_and_anchor_of_before(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    other = stored_history(tmp_path / "other")
    book_more(other, "99")
    present = verify_folder(other)
    order_unpack(other, packed, at=NOW)
    finish_up_to(other, point, monkeypatch)
    other.database.write_bytes(b"what the disk made of it")
    assert "as they were before" in finish_swap(other)[0]
    after = verify_folder(other)
    assert (after.ok, after.head_hash) == (True, present.head_hash)
    assert (other.root / f"desktop_trader.db.refused.{ASIDE}").read_bytes() == b"what the disk made of it"
    book_more(other)


SOURCE = b'{"balance": 12346.0}'
SOURCE_NAME = f"virtual_balance-{hashlib.sha256(SOURCE).hexdigest()}.json"
LIST_NAME = f"import-{hashlib.sha256(SOURCE).hexdigest()}.json"


@pytest.fixture
def with_archive(paths: DataFolderPaths, tmp_path: Path) -> Path:
    """The file for the other computer of a folder in which something was imported."""
    (paths.root / "archive").mkdir()
    (paths.root / "archive" / SOURCE_NAME).write_bytes(SOURCE)
    (paths.root / "archive" / LIST_NAME).write_bytes(b'{"account": "demo"}')
    (paths.root / "archive" / ".unfinished.part").write_bytes(b"half")
    return pack(paths, tmp_path / "archived.zip", at=NOW).path


def test_the_sources_of_imports_are_taken_along_and_added(with_archive: Path, tmp_path: Path) -> None:
    other = stored_history(tmp_path / "other")
    (other.root / "archive").mkdir()
    (other.root / "archive" / LIST_NAME).write_bytes(b"what was here stays")
    order_unpack(other, with_archive, at=NOW)
    finish_swap(other)
    assert names_in(other.root / "archive") == {SOURCE_NAME, LIST_NAME}
    assert (other.root / "archive" / SOURCE_NAME).read_bytes() == SOURCE
    assert (other.root / "archive" / LIST_NAME).read_bytes() == b"what was here stays"
    assert verify_folder(other).ok


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("archive/../evil.json", "something else"),
        (f"archive/sub/{SOURCE_NAME}", "something else"),
        (f"archive/virtual_balance-{'0' * 64}.json", "not what its name says"),
    ],
)
def test_a_source_by_a_name_that_is_not_its_own_is_refused(
    with_archive: Path, tmp_path: Path, name: str, says: str
) -> None:
    def rename(told: dict[str, object]) -> None:
        told["files"][name] = told["files"].pop(f"archive/{SOURCE_NAME}")  # type: ignore[index,attr-defined]

    parts = with_manifest(parts_of(with_archive), rename)
    parts[name] = parts.pop(f"archive/{SOURCE_NAME}")
    write_parts(with_archive, parts)
    other = stored_history(tmp_path / "other")
    with pytest.raises(BooksDamagedError, match=says):
        order_unpack(other, with_archive, at=NOW)
    assert not (other.root / "archive").exists()
