"""Jobs about candles: where an exchange is asked, what is refused, and how they end at the desk."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Timeframe
from desktop_trader.feeds.candle_download import CandleSource
from desktop_trader.job_desk import JobDesk
from desktop_trader.jobs.candle_download import ExchangePlace, delete, fill, place_of, run
from desktop_trader.jobs.context import JobContext
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.candles import CandlesDeleted, DeleteCandles, DownloadCandles, FillCandleGaps, SeriesName
from desktop_trader.messages.jobs import JobDone, JobFailed, JobNews, StartJob
from desktop_trader.settings import ExchangeAddress, NetworkSettings, Settings
from desktop_trader.storage.candle_store import CandleStore
from tests.candle_source import LISTED_AT, ScriptedCandles, minute_bar

MINUTE = timedelta(minutes=1)
PATIENCE = 20
NAME = SeriesName(source="exchange:coinex", symbol="BTC/USDT", timeframe=Timeframe.M1)


def context_of(folder: Path, network: NetworkSettings | None = None) -> JobContext:
    settings = Settings() if network is None else Settings(network=network)
    return JobContext(
        paths=DataFolderPaths(root=folder),
        settings=settings,
        tell_progress=lambda *_: None,
        should_stop=lambda: False,
    )


def stored(folder: Path, *minutes: int, name: SeriesName = NAME) -> None:
    store = CandleStore.open(DataFolderPaths(root=folder))
    store.write(name.source, [minute_bar(LISTED_AT + each * MINUTE) for each in minutes])
    store.close()


@pytest.mark.parametrize("market", ["simulated", "simulated:1:7", "replay:btc.csv"])
def test_markets_that_have_all_their_bars_need_no_download(tmp_path: Path, market: str) -> None:
    with pytest.raises(InvalidInputError, match="nothing to download"):
        place_of(context_of(tmp_path), market)


def test_an_exchange_is_asked_where_the_settings_or_the_job_say(tmp_path: Path) -> None:
    mirror = ExchangeAddress(rest="https://mirror.test")
    set_up = context_of(tmp_path, NetworkSettings(addresses=(("coinex", mirror),)))
    assert place_of(context_of(tmp_path), "coinex").source == "exchange:coinex"
    assert place_of(set_up, "CoinEx").source == "exchange:coinex@mirror.test"
    assert place_of(set_up, "kraken").source == "exchange:kraken"
    there = place_of(set_up, "coinex", exchange_url="http://127.0.0.1:8800")
    assert there.source == "exchange:coinex@127.0.0.1:8800"


def test_gaps_are_filled_only_where_the_bars_came_from(tmp_path: Path) -> None:
    elsewhere = SeriesName(source="exchange:coinex@mirror.test", symbol="BTC/USDT", timeframe=Timeframe.M1)
    stored(tmp_path, 0, 5, name=elsewhere)
    with pytest.raises(InvalidInputError, match="another address may be another market"):
        fill(context_of(tmp_path), FillCandleGaps(name=elsewhere))
    with pytest.raises(InvalidInputError, match="is stored"):
        fill(context_of(tmp_path), FillCandleGaps(name=NAME))


def test_gaps_inside_are_filled_and_nothing_beyond(tmp_path: Path) -> None:
    stored(tmp_path, 10, 11, 20)
    exchange = ScriptedCandles(now=LISTED_AT + timedelta(days=2))

    async def open_source(_context: JobContext, _place: ExchangePlace) -> CandleSource:
        return exchange

    result = fill(context_of(tmp_path), FillCandleGaps(name=NAME), open_source=open_source)
    assert (result.stored, result.gaps) == (8, ())
    store = CandleStore.open(DataFolderPaths(root=tmp_path))
    span = store.span(NAME)
    store.close()
    assert span is not None
    assert (span.first_at, span.last_at, span.bars) == (LISTED_AT + 10 * MINUTE, LISTED_AT + 20 * MINUTE, 11)


def test_what_is_no_symbol_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    job = DownloadCandles(market="coinex", symbol="what", timeframe=Timeframe.M1, since=LISTED_AT)
    with pytest.raises(InvalidInputError, match="not a symbol"):
        run(context_of(tmp_path), job)
    assert not (tmp_path / "candles.db").exists()


def test_a_series_is_deleted_whole(tmp_path: Path) -> None:
    stored(tmp_path, 1, 2, 3)
    assert delete(context_of(tmp_path), DeleteCandles(name=NAME)) == CandlesDeleted(name=NAME, bars=3)
    assert delete(context_of(tmp_path), DeleteCandles(name=NAME)).bars == 0


def test_the_desk_knows_the_jobs_and_tells_a_refusal(tmp_path: Path) -> None:
    news: SimpleQueue[JobNews] = SimpleQueue()
    errors: list[object] = []
    desk = JobDesk(
        DataFolderPaths(root=tmp_path), Settings(), reply=news.put, on_error=lambda *error: errors.append(error)
    )
    stored(tmp_path, 1, 2)
    since = datetime(2024, 1, 1, tzinfo=UTC)
    job = DownloadCandles(market="simulated", symbol="BTC/USDT", timeframe=Timeframe.M1, since=since)
    desk.submit(StartJob(request_id="a", job=job))
    refused = news.get(timeout=PATIENCE)
    assert isinstance(refused, JobFailed)
    assert "nothing to download" in refused.error
    desk.submit(StartJob(request_id="b", job=DeleteCandles(name=NAME)))
    done = news.get(timeout=PATIENCE)
    assert isinstance(done, JobDone)
    assert done.result == CandlesDeleted(name=NAME, bars=2)
    desk.close()
    assert errors == []
