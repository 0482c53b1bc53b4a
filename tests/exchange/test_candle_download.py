"""Downloads of candles over real HTTP: whole, cut off, killed in the middle and gone on with, and replayed."""

import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue

import pytest

from desktop_trader.cli.main import main
from desktop_trader.domain.market import Timeframe
from desktop_trader.job_desk import JobDesk
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.candles import CandlesDownloaded, DownloadCandles, SeriesName
from desktop_trader.messages.jobs import CancelJob, JobDone, JobNews, JobProgress, StartJob
from desktop_trader.settings import Settings
from desktop_trader.storage.candle_store import CandleStore
from tests.command_line import Answer, replay, rest_of, start
from tests.exchange.loopback.exchange import LoopbackExchange
from tests.exchange.loopback.faults import Fault
from tests.exchange.loopback.listing import Kind
from tests.exchange.loopback.price_path import Candle
from tests.exchange.loopback.thread import ExchangeThread

pytestmark = pytest.mark.slow
MINUTE = timedelta(minutes=1)
PATIENCE = 60.0
CommandLine = Callable[..., Answer]


@pytest.fixture(scope="module")
def exchange() -> Iterator[ExchangeThread]:
    with ExchangeThread(seed=5, tick_seconds=None) as running:
        yield running


@pytest.fixture(scope="module")
def listed(exchange: ExchangeThread, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that knows the exchange's markets: fetching them takes a process of its own."""
    folder = tmp_path_factory.mktemp("listed")
    since = datetime.now(UTC) - timedelta(days=2)
    assert main([*words(exchange, since=since, timeframe="1d"), "--data-dir", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(listed: Path, tmp_path: Path) -> Path:
    """A data folder without candles."""
    made = tmp_path / "data"
    shutil.copytree(listed / "markets", made / "markets")
    return made


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], folder: Path) -> CommandLine:
    """Carry out a command line in this process."""

    def carry_out(*arguments: str) -> Answer:
        capsys.readouterr()
        code = main([*arguments, "--data-dir", str(folder)])
        out, err = capsys.readouterr()
        return Answer(code=code, out=out, err=err)

    return carry_out


def words(exchange: ExchangeThread, *more: str, since: datetime, timeframe: str = "1m") -> list[str]:
    """The command line of a download."""
    return [
        "candles", "download", "BTC/USDT", "--timeframe", timeframe, "--since", f"{since:%Y-%m-%dT%H:%MZ}",
        "--exchange-url", exchange.url, "--json", *more,
    ]  # fmt: skip


def name_of(exchange: ExchangeThread, timeframe: Timeframe = Timeframe.M1) -> SeriesName:
    return SeriesName(source=f"exchange:coinex@127.0.0.1:{exchange.port}", symbol="BTC/USDT", timeframe=timeframe)


def wait_until(is_true: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + PATIENCE
    while not is_true():
        assert time.monotonic() < ends_at, "it took too long"
        time.sleep(0.01)


def pages_asked(exchange: ExchangeThread) -> int:
    return exchange.do(lambda inside: inside.calls.count("spot/kline"))


def bars_stored(folder: Path, exchange: ExchangeThread) -> int:
    store = CandleStore.open_to_read(DataFolderPaths(root=folder))
    span = None if store is None else store.span(name_of(exchange))
    if store is not None:
        store.close()
    return 0 if span is None else span.bars


def check_bars(folder: Path, exchange: ExchangeThread, *, since: datetime, until: datetime) -> None:
    """Every minute is there once, with the figures that the exchange tells now."""
    store = CandleStore.open_to_read(DataFolderPaths(root=folder))
    assert store is not None
    bars = store.read_between(name_of(exchange), since=since, until=until)
    store.close()
    assert [bar.opened_at for bar in bars] == [since + each * MINUTE for each in range((until - since) // MINUTE)]
    first, last = int(since.timestamp()), int(until.timestamp()) - 60

    def tell(inside: LoopbackExchange) -> list[Candle]:
        market = inside.market_of(Kind.SPOT, "BTCUSDT")
        assert market is not None
        return market.path.candles(60, first, last, inside.now())

    assert [(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars] == [
        (each.open, each.high, each.low, each.close, each.volume) for each in exchange.do(tell)
    ]


def test_a_download_brings_every_closed_bar_and_the_next_only_what_is_new(
    exchange: ExchangeThread, say: CommandLine, folder: Path
) -> None:
    since = Timeframe.M1.bar_start(datetime.now(UTC)) - timedelta(hours=40)
    answer = say(*words(exchange, since=since))
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["stored"] in (2_400, 2_401)  # a minute may have passed
    assert (answer.json["empty"], answer.json["gaps"], answer.json["cancelled"]) == (0, [], False)
    check_bars(folder, exchange, since=since, until=since + timedelta(hours=40))
    asked = pages_asked(exchange)
    again = say(*words(exchange, since=since))
    assert again.json["stored"] <= 2
    assert pages_asked(exchange) - asked <= 1
    [row] = say("candles", "list", "--json").json
    assert (row["market"], row["gaps"]) == (name_of(exchange).source, 0)


def test_a_download_that_is_killed_keeps_what_came_and_the_next_goes_on_there(
    exchange: ExchangeThread, say: CommandLine, folder: Path
) -> None:
    since = Timeframe.D1.bar_start(datetime.now(UTC)) - timedelta(days=9)
    until = since + timedelta(days=8)
    total = 8 * 1_440
    exchange.inject(Fault.SLOW, "spot/kline", seconds=0.1)
    process = start(*words(exchange, "--until", f"{until:%Y-%m-%d}", since=since), data_dir=folder)
    wait_until(lambda: bars_stored(folder, exchange) >= 3_000)
    process.send_signal(signal.SIGKILL)
    rest_of(process)
    exchange.clear()
    kept = bars_stored(folder, exchange)
    assert 3_000 <= kept < total
    answer = say(*words(exchange, "--until", f"{until:%Y-%m-%d}", since=since))
    assert answer.code == 0
    assert answer.json["stored"] == total - kept
    check_bars(folder, exchange, since=since, until=until)


def test_ctrl_c_ends_a_download_and_keeps_what_came(exchange: ExchangeThread, say: CommandLine, folder: Path) -> None:
    since = Timeframe.D1.bar_start(datetime.now(UTC)) - timedelta(days=30)
    exchange.inject(Fault.SLOW, "spot/kline", seconds=0.2)
    process = start(*words(exchange, since=since), data_dir=folder)
    wait_until(lambda: bars_stored(folder, exchange) >= 1_000)
    process.send_signal(signal.SIGINT)
    out, err = rest_of(process)
    exchange.clear()
    assert process.returncode == 1
    assert '"cancelled": true' in out
    assert "what came is kept" in err
    assert bars_stored(folder, exchange) >= 1_000


def test_a_lost_exchange_is_waited_for(exchange: ExchangeThread, say: CommandLine, folder: Path) -> None:
    since = Timeframe.M1.bar_start(datetime.now(UTC)) - timedelta(hours=70)
    exchange.inject(Fault.HTTP_502, "spot/kline", 1)
    exchange.inject(Fault.RESET, "spot/kline", 1)
    answer = say(*words(exchange, since=since))
    assert answer.code == 0, answer.err
    check_bars(folder, exchange, since=since, until=since + timedelta(hours=69))


def test_a_refusal_is_one_line_and_nothing_is_stored(exchange: ExchangeThread, say: CommandLine, folder: Path) -> None:
    since = datetime.now(UTC) - timedelta(hours=1)
    wrong = [word.replace("BTC/USDT", "NOSUCH/USDT") for word in words(exchange, since=since)]
    answer = say(*wrong)
    assert answer.code == 1
    assert answer.err.count("\n") == 1
    assert bars_stored(folder, exchange) == 0


def test_a_downloaded_series_can_be_exported_and_replayed(
    exchange: ExchangeThread, say: CommandLine, folder: Path
) -> None:
    since = Timeframe.H1.bar_start(datetime.now(UTC)) - timedelta(hours=300)
    file = folder.parent / "btc.csv"
    assert say(*words(exchange, since=since, timeframe="1h")).code == 0
    series = ("--symbol", "BTC/USDT", "--timeframe", "1h", "--exchange-url", exchange.url, "--json")
    exported = say("candles", "export", str(file), *series)
    assert exported.json["bars"] in (300, 301)
    played = say(*replay(file, "BTC/USDT", "1h"))
    assert played.code == 0, played.err
    assert played.summary["bars"] == exported.json["bars"]
    back = say("candles", "import", str(file), *series)
    assert back.json == {"read": exported.json["bars"], "stored": 0}


def test_a_job_of_the_window_tells_how_far_it_is_and_keeps_what_came_before_a_cancel(
    exchange: ExchangeThread, folder: Path
) -> None:
    news: SimpleQueue[JobNews] = SimpleQueue()
    errors: list[object] = []
    paths = DataFolderPaths(root=folder)
    desk = JobDesk(paths, Settings(), reply=news.put, on_error=lambda *error: errors.append(error))
    since = Timeframe.D1.bar_start(datetime.now(UTC)) - timedelta(days=40)
    exchange.inject(Fault.SLOW, "spot/kline", seconds=0.1)
    job = DownloadCandles(
        market="coinex", symbol="BTC/USDT", timeframe=Timeframe.M1, since=since, exchange_url=exchange.url
    )
    desk.submit(StartJob(request_id="1", job=job))
    told = news.get(timeout=PATIENCE)
    while not (isinstance(told, JobProgress) and told.done >= 1_000):
        assert isinstance(told, JobProgress)
        told = news.get(timeout=PATIENCE)
    assert re.search(r" of 5[789],\d{3} bars", told.text)
    desk.submit(CancelJob(request_id="1"))
    while isinstance(told, JobProgress):
        told = news.get(timeout=PATIENCE)
    exchange.clear()
    desk.close()
    assert errors == []
    assert isinstance(told, JobDone)
    assert isinstance(told.result, CandlesDownloaded)
    assert told.result.was_cancelled
    assert bars_stored(folder, exchange) == told.result.stored >= 1_000
