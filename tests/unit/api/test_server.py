"""The door is never in the way of trading: what breaks it is logged, and the block it belongs to goes on and ends."""

import asyncio
import socket
from pathlib import Path
from typing import NoReturn

import pytest

from desktop_trader.api import private_socket, server
from desktop_trader.api.door import Door

pytestmark = pytest.mark.skipif(not private_socket.has_private_sockets(), reason="this system has no Unix sockets")


def no_door() -> Door:
    def nobody(*_: object) -> NoReturn:
        raise AssertionError("nobody knocks in these tests")

    return Door(
        snapshot=lambda account: None,
        accounts=lambda: (),
        ask=nobody,
        open_history=nobody,
        back_up=nobody,
        raise_window=nobody,
    )


@pytest.mark.asyncio
@pytest.mark.parametrize("failure", [ZeroDivisionError("by zero"), OSError("no room"), ValueError("embedded null")])
async def test_whatever_breaks_the_door_is_logged_and_swallowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    reached = asyncio.Event()

    def break_down(_path: Path) -> NoReturn:
        reached.set()
        raise failure

    monkeypatch.setattr("desktop_trader.api.private_socket.listen", break_down)

    async with server.serve(tmp_path / "control.sock", no_door()):
        await reached.wait()

    assert str(failure) in caplog.text


@pytest.mark.asyncio
async def test_the_door_is_taken_away_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, opened, listen = tmp_path / "control.sock", asyncio.Event(), private_socket.listen

    def listen_and_tell(where: Path) -> socket.socket:
        listener = listen(where)
        opened.set()
        return listener

    monkeypatch.setattr(private_socket, "listen", listen_and_tell)
    async with server.serve(path, no_door()):
        await opened.wait()
        assert path.exists()

    assert not path.exists()
