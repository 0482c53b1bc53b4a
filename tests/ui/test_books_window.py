"""The Books window: a page is built when it is first seen, asks when it comes to the front, and hears every reply."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QListWidget, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.locations import data_folder
from desktop_trader.settings import Settings
from desktop_trader.ui import books_window
from desktop_trader.ui.books_window import BooksWindow
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.pages.catalog import PageEntry
from desktop_trader.ui.pages.page import Page, PageDoors


class FakePage(Page):
    """Counts what it is told."""

    def __init__(self, doors: PageDoors) -> None:
        super().__init__()
        QVBoxLayout(self)
        self.refreshed = 0
        self.replies: list[object] = []

    def show_reply(self, reply: object) -> None:
        self.replies.append(reply)

    def refresh(self) -> None:
        self.refreshed += 1


@pytest.fixture
def books(
    qtbot: QtBot, dressed_app: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[BooksWindow]:
    entries = (PageEntry("runs", "Runs", FakePage), PageEntry("verify", "Verify books", FakePage))
    monkeypatch.setattr(books_window, "PAGES", entries)
    doors = PageDoors(
        model=BalanceModel(),
        send=lambda _command: None,
        request=lambda _request: None,
        folder=data_folder(str(tmp_path)),
        settings=Settings(),
        show_history=lambda _filter: None,
    )
    parent = QWidget()
    qtbot.addWidget(parent)
    yield BooksWindow(doors, parent)
    parent.close()


def page_of(books: BooksWindow, name: str) -> FakePage:
    page = books.page(name)
    assert isinstance(page, FakePage)
    return page


def test_it_opens_on_its_first_page_and_builds_only_that(books: BooksWindow) -> None:
    books.open_page()

    assert books.isVisible()
    assert page_of(books, "runs").refreshed == 1
    assert books.page("verify") is None


def test_a_page_asks_anew_each_time_it_comes_to_the_front(books: BooksWindow) -> None:
    books.open_page("verify")
    books.open_page("runs")
    books.open_page("verify")
    books.open_page("verify")

    assert page_of(books, "verify").refreshed == 3
    assert page_of(books, "runs").refreshed == 1


def test_enter_in_a_page_presses_none_of_its_buttons(qtbot: QtBot, books: BooksWindow) -> None:
    books.open_page("runs")
    page = page_of(books, "runs")
    button, line = QPushButton("Begin"), QLineEdit()
    pressed: list[bool] = []
    button.clicked.connect(pressed.append)
    layout = page.layout()
    assert layout is not None
    layout.addWidget(button)
    layout.addWidget(line)
    button.setDefault(True)

    qtbot.keyClick(line, Qt.Key.Key_Return)

    assert not pressed
    assert books.isVisible()


def test_the_list_leads_to_the_pages(books: BooksWindow) -> None:
    books.open_page("runs")
    pages = books.findChild(QListWidget, "books-pages-list")
    assert pages is not None

    pages.setCurrentRow(1)

    assert page_of(books, "verify").isVisible()
    assert not page_of(books, "runs").isVisible()


def test_every_page_that_exists_hears_a_reply(books: BooksWindow) -> None:
    books.open_page("runs")
    books.open_page("verify")

    books.show_reply("news")

    assert page_of(books, "runs").replies == page_of(books, "verify").replies == ["news"]
