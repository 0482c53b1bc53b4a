"""`candles`: bars of real markets that are stored here: list, download, gaps, export, import, delete."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import click

from desktop_trader.api.exact_json import dumps
from desktop_trader.cli import books, failures, options
from desktop_trader.cli.candle_progress import CandleProgress, progress
from desktop_trader.cli.table import printable, table
from desktop_trader.domain.errors import InvalidInputError, RefusedError
from desktop_trader.domain.instrument import parse_symbol
from desktop_trader.domain.market import Timeframe
from desktop_trader.exchange.catalog import check_exchange_id
from desktop_trader.gui_options import shown
from desktop_trader.jobs.context import JobContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.candles import (
    CandlesDownloaded,
    CandleSeriesRow,
    DownloadCandles,
    SeriesName,
)
from desktop_trader.messages.market_name import market_name
from desktop_trader.settings import Settings
from desktop_trader.storage.candle_export import export_candles
from desktop_trader.storage.candle_store import CandleStore
from desktop_trader.storage.data_folder import take_data_folder
from desktop_trader.storage.new_file import check_target
from desktop_trader.storage.settings_file import load_settings

_F = TypeVar("_F", bound=Callable[..., object])
_PAGE = 5_000
_COLUMNS = {
    "market": "Market", "symbol": "Symbol", "timeframe": "Bars of", "first_at": "From (UTC)", "last_at": "To (UTC)",
    "bars": "Bars", "gaps": "Gaps", "missing": "Missing", "size_bytes": "Bytes",
}  # fmt: skip
_GAP_COLUMNS = {"since": "From (UTC)", "until": "To before (UTC)", "missing": "Missing"}
_symbol_argument = click.argument("symbol", metavar="SYMBOL")
_symbol_option = click.option("--symbol", metavar="SYMBOL", required=True, help="Of which market, such as BTC/USDT.")
_file_argument = click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path))
_timeframe_option = click.option(
    "--timeframe", type=click.Choice([each.value for each in Timeframe]), default="1m", show_default=True,
    help="The length of the bars.",
)  # fmt: skip


def _one_series(verb: _F) -> _F:
    """Give a verb everything that names a series but the symbol, and `--data-dir` and `--json`."""
    return _timeframe_option(options.exchange_option(options.exchange_url_option(options.data_and_json(verb))))


@click.group(
    epilog="\b\nExamples:\n  desktop-trader candles download BTC/USDT --timeframe 1m --since 2024-01-01\n"
    "  desktop-trader candles export btc.csv --symbol BTC/USDT\n"
    "  desktop-trader run --market replay:btc.csv --symbol BTC/USDT --strategy moving_average_cross --speed max"
)
def candles() -> None:
    """Bars of real markets that are stored here.

    Charts and strategies read them. They are no part of the books: what is lost of them is downloaded again.
    """


@candles.command("list", epilog="\b\nExample:\n  desktop-trader candles list --market coinex --json")
@click.option("--market", metavar="EXCHANGE", help="Of which exchange, at whatever address.  [default: all]")
@options.data_and_json
def list_(market: str | None, data_dir: str | None, as_json: bool) -> None:
    """List the stored series and their gaps."""
    wanted = None if market is None else f"exchange:{check_exchange_id(market)}"
    with _reading(books.folder(data_dir)) as store:
        found = store.series() if store is not None else ()
    rows = [_row_fields(each) for each in found if wanted in {None, each.name.source.partition("@")[0]}]
    if as_json:
        click.echo(dumps(rows))
        return
    rows = [{**row, "market": market_name(str(row["market"]))} for row in rows]
    click.echo(table(rows, _COLUMNS, empty="No candles are stored; `desktop-trader candles download` fetches some"))


@candles.command(
    epilog="\b\nExamples:\n  desktop-trader candles download BTC/USDT --timeframe 1m --since 2024-01-01\n"
    "  desktop-trader candles download ETH/USDT --timeframe 1h --since 2020-01-01 --market kraken"
)
@_symbol_argument
@click.option("--since", metavar="TIME", required=True, help="From when on: 2024-01-01, or 2024-01-01T12:00Z (UTC).")
@click.option("--until", metavar="TIME", help="Before when.  [default: now]")
@_one_series
def download(
    symbol: str,
    since: str,
    until: str | None,
    timeframe: str,
    market: str,
    exchange_url: str | None,
    data_dir: str | None,
    as_json: bool,
) -> int:
    """Fetch the bars of SYMBOL that are missing.

    What came is kept, whatever happens; Ctrl+C ends it, and the next download goes on there. Not while an instance
    runs: use its Books window, page Market data.
    """
    from desktop_trader.jobs.candle_download import run

    paths = books.folder(data_dir)
    job = DownloadCandles(
        market=market,
        symbol=parse_symbol(symbol),
        timeframe=Timeframe(timeframe),
        since=parse_instant(since, what="--since"),
        until=None if until is None else parse_instant(until, what="--until"),
        exchange_url=exchange_url or "",
    )
    settings = load_settings(paths.settings_file).settings
    with take_data_folder(paths), progress() as shown_progress:
        result = run(_context(paths, settings, shown_progress), job)
    click.echo(dumps(_result_fields(result)) if as_json else _result_text(result))
    if result.was_cancelled:
        failures.say("stopped; what came is kept, and the next download goes on there")
    return failures.FAILED if result.was_cancelled else failures.DONE


@candles.command(epilog="\b\nExample:\n  desktop-trader candles gaps BTC/USDT --timeframe 1m")
@_symbol_argument
@_one_series
def gaps(
    symbol: str, timeframe: str, market: str, exchange_url: str | None, data_dir: str | None, as_json: bool
) -> None:
    """Show what is missing of a stored series.

    Stretches for which the exchange itself has no bars are not missing.
    """
    paths = books.folder(data_dir)
    name = _named(paths, symbol, timeframe, market, exchange_url)
    with _reading(paths) as store:
        span = None if store is None else store.span(name)
        if store is None or span is None:
            raise InvalidInputError(_nothing_of(name))
        found = store.gaps(name, since=span.first_at, until=span.last_at)
    rows = [
        {"since": each.since, "until": each.until, "missing": (each.until - each.since) // name.timeframe.duration}
        for each in found
    ]
    click.echo(dumps(rows) if as_json else table(rows, _GAP_COLUMNS, empty="Nothing is missing"))


@candles.command(epilog="\b\nExample:\n  desktop-trader candles export btc.csv --symbol BTC/USDT --since 2024-01-01")
@_file_argument
@_symbol_option
@click.option("--since", metavar="TIME", help="From when on (UTC).  [default: all there is]")
@click.option("--until", metavar="TIME", help="Before when (UTC).")
@_one_series
def export(
    file: Path,
    symbol: str,
    since: str | None,
    until: str | None,
    timeframe: str,
    market: str,
    exchange_url: str | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Write a stored series to a file to replay.

    `run --market replay:FILE.csv` plays it. FILE.csv must not exist.
    """
    paths = books.folder(data_dir)
    name = _named(paths, symbol, timeframe, market, exchange_url)
    check_target(file.absolute(), may_replace=False, protected=paths.root)
    with _reading(paths) as store:
        if store is None:
            raise InvalidInputError(_nothing_of(name))
        count = export_candles(
            store,
            name,
            target=file.absolute(),
            since=None if since is None else parse_instant(since, what="--since"),
            until=None if until is None else parse_instant(until, what="--until"),
        )
    said = f"{count:,} bars of {name.symbol} {name.timeframe} are in {printable(str(file))}"
    click.echo(dumps({"file": str(file), "bars": count}) if as_json else said)


@candles.command("import", epilog="\b\nExample:\n  desktop-trader candles import btc.csv --symbol BTC/USDT")
@_file_argument
@_symbol_option
@_one_series
def import_(
    file: Path,
    symbol: str,
    timeframe: str,
    market: str,
    exchange_url: str | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Keep the bars of a file as an exchange's.

    FILE.csv is one that could be replayed. A bar that is stored already is replaced.
    """
    from desktop_trader.feeds.candle_file import read_candles

    paths = books.folder(data_dir)
    name = _named(paths, symbol, timeframe, market, exchange_url)
    bars = read_candles(file, symbol=name.symbol, timeframe=name.timeframe).bars
    with take_data_folder(paths), _writing(paths) as store:
        new = sum(store.write(name.source, bars[begin : begin + _PAGE]) for begin in range(0, len(bars), _PAGE))
    said = f"{len(bars):,} bars were read, {new:,} of them are new or different"
    click.echo(dumps({"read": len(bars), "stored": new}) if as_json else said)


@candles.command(epilog="\b\nExample:\n  desktop-trader candles delete BTC/USDT --timeframe 1m --yes")
@_symbol_argument
@click.option("--yes", is_flag=True, help="Do it. Without this, nothing is deleted.")
@_one_series
def delete(
    symbol: str,
    yes: bool,
    timeframe: str,
    market: str,
    exchange_url: str | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Forget a stored series.

    It can be downloaded again as long as the exchange has it.
    """
    paths = books.folder(data_dir)
    name = _named(paths, symbol, timeframe, market, exchange_url)
    if not yes:
        raise RefusedError(f"Nothing was deleted; with --yes all bars of {name.symbol} {name.timeframe} are")
    with take_data_folder(paths), _writing(paths) as store:
        count = store.delete(name)
    click.echo(dumps({"deleted": count}) if as_json else f"{count:,} bars were deleted")


def parse_instant(text: str, *, what: str) -> datetime:
    """Return an instant in UTC: a day, or a day and a time with its zone.

    Raises:
        InvalidInputError: the text is neither.
    """
    refusal = InvalidInputError(f"{what} must be a day such as 2024-01-31, or a time such as 2024-01-31T12:00Z")
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise refusal from None
    if at.tzinfo is None:
        if len(text.strip()) > len("2024-01-31"):
            raise InvalidInputError(f"{what} {shown(text)} has no time zone; write UTC times with a Z at the end")
        at = at.replace(tzinfo=UTC)
    return at.astimezone(UTC)


def _named(paths: DataFolderPaths, symbol: str, timeframe: str, market: str, exchange_url: str | None) -> SeriesName:
    from desktop_trader.jobs.candle_download import place_of

    settings = load_settings(paths.settings_file).settings
    place = place_of(_context(paths, settings, CandleProgress()), market, exchange_url=exchange_url or "")
    return SeriesName(source=place.source, symbol=parse_symbol(symbol), timeframe=Timeframe(timeframe))


def _context(paths: DataFolderPaths, settings: Settings, shown_progress: CandleProgress) -> JobContext:
    return JobContext(
        paths=paths,
        settings=settings,
        tell_progress=shown_progress.tell,
        should_stop=lambda: shown_progress.is_stopped,
    )


@contextmanager
def _reading(paths: DataFolderPaths) -> Iterator[CandleStore | None]:
    store = CandleStore.open_to_read(paths)
    try:
        yield store
    finally:
        if store is not None:
            store.close()


@contextmanager
def _writing(paths: DataFolderPaths) -> Iterator[CandleStore]:
    store = CandleStore.open(paths)
    try:
        _say_all(store.notes)
        yield store
    finally:
        store.close()


def _say_all(notes: Sequence[str]) -> None:
    for note in notes:
        failures.say(note)


def _nothing_of(name: SeriesName) -> str:
    market = market_name(name.source)
    return f"Nothing of {name.symbol} {name.timeframe} on {market} is stored; see `desktop-trader candles list`"


def _row_fields(row: CandleSeriesRow) -> dict[str, object]:
    return {
        "market": row.name.source,
        "symbol": row.name.symbol,
        "timeframe": row.name.timeframe.value,
        "first_at": row.span.first_at,
        "last_at": row.span.last_at,
        "bars": row.span.bars,
        "gaps": row.gaps,
        "missing": row.missing,
        "size_bytes": row.size_bytes,
    }


def _result_fields(result: CandlesDownloaded) -> dict[str, object]:
    return {
        "market": result.name.source,
        "symbol": result.name.symbol,
        "timeframe": result.name.timeframe.value,
        "stored": result.stored,
        "empty": result.empty,
        "gaps": [{"since": each.since, "until": each.until} for each in result.gaps],
        "cancelled": result.was_cancelled,
    }


def _result_text(result: CandlesDownloaded) -> str:
    parts = [f"{result.stored:,} new bars of {result.name.symbol} {result.name.timeframe}"]
    if result.empty:
        parts.append(f"the exchange has none for {result.empty:,} more")
    if result.gaps:
        parts.append(f"{len(result.gaps):,} gaps left; see `desktop-trader candles gaps`")
    return "; ".join(parts)
