"""Data folder and resources are found from anywhere, and nothing is touched by looking."""

import sys
from pathlib import Path

import pytest

from desktop_trader import locations
from desktop_trader.domain.errors import InvalidInputError


@pytest.mark.requirement("R31")
def test_the_command_lines_folder_wins_over_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(locations.HOME_VARIABLE, str(tmp_path / "from-environment"))
    assert locations.data_folder(tmp_path / "named").root == tmp_path / "named"
    assert locations.data_folder().root == tmp_path / "from-environment"


@pytest.mark.parametrize("variable", [None, ""])
@pytest.mark.requirement("R25", "R31")
def test_without_a_name_it_is_the_platforms_place_for_user_data(
    variable: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(locations.HOME_VARIABLE, raising=False)
    if variable is not None:
        monkeypatch.setenv(locations.HOME_VARIABLE, variable)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    root = locations.data_folder().root
    assert root.is_absolute()
    assert locations.APPLICATION_NAME in root.parts
    assert not root.exists()


@pytest.mark.parametrize("mistake", ["", "  ", "~nobody-of-that-name/books"])
def test_an_argument_that_names_no_folder_never_means_another_one(mistake: str) -> None:
    with pytest.raises(InvalidInputError, match="folder"):
        locations.data_folder(mistake)


@pytest.mark.requirement("R31")
def test_a_relative_folder_does_not_move_with_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    paths = locations.data_folder("books")
    monkeypatch.chdir("/")
    assert paths.database == tmp_path / "books" / "desktop_trader.db"


def test_a_tilde_means_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert locations.data_folder("~/books").root == tmp_path / "books"


def test_every_place_lies_inside_the_data_folder(tmp_path: Path) -> None:
    paths = locations.DataFolderPaths(root=tmp_path)
    places = [
        paths.database, paths.anchor, paths.lock, paths.logs, paths.log_file, paths.settings_file, paths.layout_file,
        paths.control_socket, paths.backups,
    ]  # fmt: skip
    assert len(set(places)) == len(places)
    assert all(tmp_path in place.parents for place in places)


def test_resources_are_found_in_a_checkout_whatever_the_working_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    assert locations.resource("installer").is_dir()


def test_resources_of_a_frozen_build_lie_in_its_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resources" / "installer").mkdir(parents=True)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert locations.is_frozen()
    assert locations.resource("icons/pause.svg") == tmp_path / "resources" / "icons" / "pause.svg"


def test_missing_resources_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    with pytest.raises(FileNotFoundError, match="resources"):
        locations.resources_folder()
