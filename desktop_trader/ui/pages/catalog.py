"""The pages of the Books window in their order: name, title, and what builds each when it is first opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from desktop_trader.ui.pages.page import Page, PageDoors


@dataclass(frozen=True, slots=True)
class PageEntry:
    """`name` is what other parts open the page by, and the middle of its object names."""

    name: str
    title: str
    build: Callable[[PageDoors], Page]


def _runs(doors: PageDoors) -> Page:
    from desktop_trader.ui.pages.runs import RunsPage

    return RunsPage(doors)


def _verify(doors: PageDoors) -> Page:
    from desktop_trader.ui.pages.verify import VerifyPage

    return VerifyPage(doors)


def _backups(doors: PageDoors) -> Page:
    from desktop_trader.ui.pages.backups import BackupsPage

    return BackupsPage(doors)


def _legacy_import(doors: PageDoors) -> Page:
    from desktop_trader.ui.pages.legacy_import import LegacyImportPage

    return LegacyImportPage(doors)


def _crash_drill(doors: PageDoors) -> Page:
    from desktop_trader.ui.pages.crash_drill import CrashDrillPage

    return CrashDrillPage(doors)


def _health(doors: PageDoors) -> Page:
    from desktop_trader.ui.pages.health import HealthPage

    return HealthPage(doors)


def _outages(doors: PageDoors) -> Page:
    from desktop_trader.ui.pages.outages import OutageListPage

    return OutageListPage(doors)


def _data(doors: PageDoors) -> Page:
    from desktop_trader.ui.pages.data import DataPage

    return DataPage(doors)


def _candles(doors: PageDoors) -> Page:
    from desktop_trader.ui.pages.candles import CandlesPage

    return CandlesPage(doors)


PAGES: tuple[PageEntry, ...] = (
    PageEntry("runs", "Accounts and runs", _runs),
    PageEntry("verify", "Verify books", _verify),
    PageEntry("backups", "Backups", _backups),
    PageEntry("legacy-import", "Import", _legacy_import),
    PageEntry("crash-drill", "Crash drill", _crash_drill),
    PageEntry("health", "Health", _health),
    PageEntry("outages", "Outages", _outages),
    PageEntry("candles", "Market data", _candles),
    PageEntry("data", "Data", _data),
)
