"""Cycles die in the thread of the window, whoever made them."""

import threading
import weakref

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop_trader.ui.cycle_collector import CycleCollector


class Ring:
    """An object that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def owner(qtbot: QtBot) -> QObject:
    return QObject()


@pytest.fixture
def collector(owner: QObject) -> CycleCollector:
    return CycleCollector(owner)


def make_rings(count: int) -> weakref.ref[Ring]:
    first = Ring()
    for _ in range(count):
        Ring()
    return weakref.ref(first)


def test_no_other_thread_collects(collector: CycleCollector) -> None:
    made: list[weakref.ref[Ring]] = []
    worker = threading.Thread(target=lambda: made.append(make_rings(5_000)))
    worker.start()
    worker.join()

    assert made[0]() is not None


def test_what_has_piled_up_is_collected_in_this_thread(qtbot: QtBot, collector: CycleCollector) -> None:
    first = make_rings(5_000)

    qtbot.waitUntil(lambda: first() is None, timeout=5_000)
