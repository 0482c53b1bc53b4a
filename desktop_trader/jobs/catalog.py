"""Which function does which job. Each is imported when it is first asked for: jobs are rare and heavy."""

from collections.abc import Callable, Mapping
from typing import Any, get_args

from desktop_trader.jobs.context import JobFunction
from desktop_trader.messages.account_sync import SyncAccount
from desktop_trader.messages.backup_jobs import BackupJob
from desktop_trader.messages.books_trouble import ExamineBooks, OpenReadOnly
from desktop_trader.messages.books_verified import VerifyBooks
from desktop_trader.messages.candles import DeleteCandles, DownloadCandles, FillCandleGaps
from desktop_trader.messages.crash_drill import CrashDrill
from desktop_trader.messages.history_export import ExportHistory
from desktop_trader.messages.legacy_import import FindLegacyFiles, PrepareImport
from desktop_trader.messages.market_choice import ChooseMarket


def _sync_account() -> JobFunction[Any]:
    from desktop_trader.jobs.sync_account import run

    return run


def _crash_drill() -> JobFunction[Any]:
    from desktop_trader.jobs.crash_drill import run

    return run


def _verify_books() -> JobFunction[Any]:
    from desktop_trader.jobs.verify_books import run

    return run


def _export_history() -> JobFunction[Any]:
    from desktop_trader.jobs.export_history import run

    return run


def _find_legacy_files() -> JobFunction[Any]:
    from desktop_trader.jobs.legacy_import import find

    return find


def _prepare_import() -> JobFunction[Any]:
    from desktop_trader.jobs.legacy_import import prepare

    return prepare


def _choose_market() -> JobFunction[Any]:
    from desktop_trader.jobs.market_choice import choose

    return choose


def _backups() -> JobFunction[Any]:
    from desktop_trader.jobs.backups import run

    return run


def _examine_books() -> JobFunction[Any]:
    from desktop_trader.jobs.books_trouble import examine

    return examine


def _open_read_only() -> JobFunction[Any]:
    from desktop_trader.jobs.books_trouble import open_read_only

    return open_read_only


def _download_candles() -> JobFunction[Any]:
    from desktop_trader.jobs.candle_download import run

    return run


def _fill_candle_gaps() -> JobFunction[Any]:
    from desktop_trader.jobs.candle_download import fill

    return fill


def _delete_candles() -> JobFunction[Any]:
    from desktop_trader.jobs.candle_download import delete

    return delete


JOBS: Mapping[type, Callable[[], JobFunction[Any]]] = {
    SyncAccount: _sync_account,
    VerifyBooks: _verify_books,
    CrashDrill: _crash_drill,
    ExportHistory: _export_history,
    FindLegacyFiles: _find_legacy_files,
    PrepareImport: _prepare_import,
    ChooseMarket: _choose_market,
    **dict.fromkeys(get_args(BackupJob), _backups),
    ExamineBooks: _examine_books,
    OpenReadOnly: _open_read_only,
    DownloadCandles: _download_candles,
    FillCandleGaps: _fill_candle_gaps,
    DeleteCandles: _delete_candles,
}
"""From the type of a job's value to what returns its function."""
