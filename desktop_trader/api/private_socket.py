"""The private door in the data folder: a Unix socket that only its owner can open, for the server and for clients.

The address of a Unix socket holds some hundred bytes; a longer path is reached through a short symbolic link to its
folder, made for the moment.
"""

import errno
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST_ADDRESS = 100
_QUEUE = 32
_OWNER_ONLY = 0o600


def has_private_sockets() -> bool:
    """Say whether this system has them."""
    return hasattr(socket, "AF_UNIX")


def listen(path: Path) -> socket.socket:
    """Return a listening socket at `path`, mode 0600. The lock on the folder is held, so an old one is a dead one's.

    Raises:
        OSError: it cannot be made there.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Made where only we can enter and put in place when it is ours alone: the umask belongs to all threads.
        with tempfile.TemporaryDirectory(prefix=".door-", dir=path.parent) as folder:
            made = Path(folder) / "s"
            with _address(made) as address:
                listener.bind(address)
            made.chmod(_OWNER_ONLY)
            listener.listen(_QUEUE)
            made.replace(path)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def connect(path: Path, timeout_seconds: float) -> socket.socket:
    """Return a connection to the socket at `path`.

    Raises:
        OSError: nobody listens there, or somebody who is not our own user.
    """
    if path.lstat().st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "The socket belongs to another user", str(path))
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout_seconds)
        with _address(path) as address:
            connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def remove(path: Path) -> None:
    """Take the socket away, so that nobody knocks in vain; one that is gone already is well."""
    path.unlink(missing_ok=True)


@contextmanager
def _address(path: Path) -> Iterator[str]:
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    with tempfile.TemporaryDirectory(prefix="dt-") as folder:
        link = Path(folder) / "d"
        link.symlink_to(path.parent, target_is_directory=True)
        yield str(link / path.name)
