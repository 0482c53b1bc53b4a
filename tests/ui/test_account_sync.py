"""Sync: asks for the books once, says when they were read and whether they verify; and the line that shows it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.messages.account_sync import AccountSynced
from desktop_trader.messages.jobs import JobDone, JobFailed, StartJob
from desktop_trader.ui.models.account_sync import AccountSync
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets import updated_line
from desktop_trader.ui.widgets.updated_line import UpdatedLine
from tests.ui.snapshot_builders import make_balance, make_quote, make_snapshot

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class Room:
    """A model, a sync over it, and the line that shows both."""

    def __init__(self, qtbot: QtBot) -> None:
        self.model = BalanceModel()
        self.asked: list[StartJob] = []
        self.parent = QObject()
        self.sync = AccountSync(self.model, self._ask, self.parent)
        self.line = UpdatedLine(self.model, prefix="test")
        self.line.follow(self.sync)
        qtbot.addWidget(self.line)
        self.line.show()

    def _ask(self, message: object) -> None:
        assert isinstance(message, StartJob)
        self.asked.append(message)

    def label(self, name: str) -> QLabel:
        found = self.line.findChild(QLabel, name)
        assert found is not None
        return found

    def done(self, **changes: object) -> None:
        found = {
            "account": "demo",
            "total": Decimal(10_000),
            "available": Decimal(10_000),
            "locked": Decimal(0),
            "entry_id": 1,
            "at": AT,
            "problems": (),
            **changes,
        }
        self.sync.take(JobDone(request_id=self.asked[-1].request_id, result=AccountSynced(**found)))  # type: ignore[arg-type]


@pytest.fixture
def room(qtbot: QtBot, dressed_app: QApplication) -> Room:
    made = Room(qtbot)
    made.model.replace_snapshot(make_snapshot(1))
    return made


@pytest.mark.requirement("R143", "R148")
def test_it_says_when_the_books_were_read_and_that_they_verify(room: Room) -> None:
    room.sync.start()
    room.sync.start()
    assert len(room.asked) == 1
    assert room.label("test-synced").text() == "Syncing…"
    room.done()
    assert room.label("test-synced").text() == f"Synced {AT.astimezone():%H:%M:%S}, books verify"
    room.sync.start()
    room.done(at=AT.replace(second=6))
    assert room.label("test-synced").text() == f"Synced {AT.replace(second=6).astimezone():%H:%M:%S}, books verify"


def test_what_is_wrong_with_the_books_is_said(room: Room) -> None:
    room.sync.start()
    room.done(problems=("I8: the chain breaks at entry 7",))
    assert room.sync.is_bad
    assert "the chain breaks at entry 7" in room.label("test-synced").text()
    assert room.label("test-synced").property("tone") == "warning"


def test_books_that_hold_another_figure_than_the_window_shows_are_told(room: Room) -> None:
    room.sync.start()
    room.done(total=Decimal("9999.99"), available=Decimal("9999.99"))
    assert room.sync.is_bad
    assert "the window shows 10,000.00000000 USDT total, the books hold 9,999.99000000 USDT" in room.sync.text
    room.sync.start()
    room.done(total=Decimal("9999.99"), available=Decimal("9999.99"), entry_id=2)
    assert not room.sync.is_bad, "figures of another moment cannot be compared"


def test_a_sync_that_failed_says_so_and_can_be_tried_again(room: Room) -> None:
    room.sync.start()
    room.sync.take(JobFailed(request_id="another", error="x"))
    assert room.sync.is_busy
    room.sync.take(JobFailed(request_id=room.asked[0].request_id, error="the file cannot be read"))
    assert room.sync.text == "Not synced: the file cannot be read"
    assert room.sync.is_bad
    room.sync.start()
    assert len(room.asked) == 2


def test_before_the_account_is_known_nothing_is_asked(qtbot: QtBot, dressed_app: QApplication) -> None:
    made = Room(qtbot)
    made.sync.start()
    assert made.asked == []
    assert made.sync.is_bad


@pytest.mark.requirement("R78")
def test_the_line_under_the_figure_turns_amber_when_nobody_vouches_for_it(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.model.replace_snapshot(make_snapshot(2, balance=make_balance("10000", last_updated=AT)))
    updated = room.label("test-updated")
    assert updated.text() == f"Updated {AT.astimezone():%H:%M:%S}"
    assert updated.property("tone") == "muted"
    monkeypatch.setattr(room.model, "price_age_seconds", lambda: updated_line.STALE_SECONDS + 4)
    room.line.refresh()
    assert "no price for 14 s" in updated.text()
    assert updated.property("tone") == "warning"
    room.model.replace_snapshot(make_snapshot(3, halted="the disk is full"))
    assert "trading is halted" in updated.text()


@pytest.mark.requirement("R78")
def test_a_simulated_market_that_is_halted_is_stale_at_once_and_until_it_goes_on(room: Room) -> None:
    updated = room.label("test-updated")
    room.model.replace_snapshot(make_snapshot(2, halted="the disk is full", is_halt_passing=True))
    assert room.model.replay is None
    room.model.replace_snapshot(
        make_snapshot(3, halted="the disk is full", is_halt_passing=True, quotes=(make_quote(last="45001"),))
    )
    assert updated.property("tone") == "warning"
    assert "trading is halted" in updated.text()
    assert "trading is halted" in updated.accessibleName()
    room.model.replace_snapshot(make_snapshot(4))
    assert updated.property("tone") == "muted"
    assert "halted" not in updated.text() + updated.accessibleName()


@pytest.mark.requirement("R78")
def test_an_engine_that_is_gone_leaves_no_fresh_figure(room: Room) -> None:
    room.model.end("the engine has ended")
    assert room.label("test-updated").property("tone") == "warning"


def test_a_replay_is_as_slow_as_it_is_asked_to_be(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room.model, "price_age_seconds", lambda: 1_000)
    monkeypatch.setattr(room.model, "replay", object())
    room.line.refresh()
    assert room.label("test-updated").property("tone") == "muted"


def test_a_quiet_line_is_seen_only_while_it_has_something_to_say(qtbot: QtBot, dressed_app: QApplication) -> None:
    model = BalanceModel()
    parent = QObject()
    sync = AccountSync(model, lambda _message: None, parent)
    line = UpdatedLine(model, prefix="test", is_quiet=True)
    line.follow(sync)
    qtbot.addWidget(line)
    model.replace_snapshot(make_snapshot(1))
    assert line.isHidden()
    sync.start()
    assert not line.isHidden()
    sync.text, sync._request_id = "Synced 03:04:05 UTC, books verify", ""
    sync.changed.emit()
    assert not line.isHidden()
    line._fade.timeout.emit()
    assert line.isHidden()
    model.replace_snapshot(make_snapshot(2, halted="the disk is full"))
    assert not line.isHidden()
