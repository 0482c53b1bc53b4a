"""The private door: for its owner only, over the remains of a dead one, and at the end of long paths."""

import errno
import os
import socket
import stat
from pathlib import Path

import pytest

from desktop_trader.api import private_socket
from desktop_trader.api.client import find_instance
from desktop_trader.locations import DataFolderPaths

pytestmark = pytest.mark.skipif(not private_socket.has_private_sockets(), reason="this system has no Unix sockets")


def says_hello(path: Path) -> bytes:
    """Connect a client to a listener and let the listener speak."""
    listener = private_socket.listen(path)
    try:
        with private_socket.connect(path, 5) as client:
            listener.setblocking(True)
            server, _ = listener.accept()
            with server:
                server.sendall(b"hello")
            return client.recv(16)
    finally:
        listener.close()


def test_only_its_owner_may_open_it(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    listener = private_socket.listen(path)
    listener.close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_umask_of_the_process_is_never_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(mask: int) -> int:
        raise AssertionError(f"the umask became {mask:o} for every thread")

    before = os.umask(0)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(os, "umask", refuse)
            private_socket.listen(tmp_path / "control.sock").close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "control.sock").stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["control.sock"]


def test_a_socket_of_another_user_is_not_talked_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "control.sock"
    listener = private_socket.listen(path)
    try:
        another = os.geteuid() + 1
        monkeypatch.setattr(os, "geteuid", lambda: another)
        with pytest.raises(PermissionError, match="another user"):
            private_socket.connect(path, 5)
        assert find_instance(DataFolderPaths(root=tmp_path)) is None
    finally:
        listener.close()


def test_a_folder_that_may_not_be_entered_has_no_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> os.stat_result:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "lstat", refuse)
    assert find_instance(DataFolderPaths(root=tmp_path)) is None


def test_what_a_killed_process_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    private_socket.listen(path).close()
    assert path.exists()

    assert says_hello(path) == b"hello"


def test_a_data_folder_may_lie_deep(tmp_path: Path) -> None:
    deep = tmp_path / ("a" * 80) / ("ü" * 60)
    deep.mkdir(parents=True)

    assert says_hello(deep / "control.sock") == b"hello"
    assert (deep / "control.sock").exists()


def test_nobody_listening_is_an_error_of_the_system(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with pytest.raises(OSError, match="No such file"):
        private_socket.connect(path, 5)
    private_socket.listen(path).close()
    with pytest.raises(ConnectionRefusedError):
        private_socket.connect(path, 5)


def test_a_door_that_is_gone_is_removed_without_complaint(tmp_path: Path) -> None:
    private_socket.remove(tmp_path / "control.sock")


def test_a_folder_that_is_missing_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        private_socket.listen(tmp_path / "missing" / "control.sock")
    assert socket.AF_UNIX
