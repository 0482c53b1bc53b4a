"""The log says when, where and what, holds no secret, and no exception dies unheard."""

import asyncio
import io
import logging
import re
import stat
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_trader import diagnostics

KEY = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "logs" / "desktop_trader.log"
    diagnostics.start_logging(path)
    yield path
    diagnostics.stop_logging()


@pytest.fixture
def _hooks() -> Iterator[None]:
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    sys.excepthook, threading.excepthook, sys.unraisablehook = before


@pytest.mark.parametrize(
    "line",
    [
        f"apiKey={KEY}",
        f"'apiKey': '{KEY}'",
        f'{{"secret": "{KEY}", "other": 1}}',
        f"api_secret = {KEY}",
        f"X-MBX-APIKEY: {KEY}",
        f"X-COINEX-KEY: {KEY}",
        f"GET /order?symbol=BTC&signature={KEY}&timestamp=1",
        f"Authorization: Bearer {KEY}",
        f"'Authorization': 'Bearer {KEY}'",
        f"{{'authorization': '{KEY}'}}",
        f"sent bearer {KEY} to the door",
        f"password={KEY}",
        f"access_token: {KEY}",
        f"socks5://user:{KEY}@proxy.invalid:1080",
        f"Credentials(api_key='{KEY}', secret=b'{KEY}')",
        f"-----BEGIN EC PRIVATE KEY-----\n{KEY}\n-----END EC PRIVATE KEY-----",
    ],
)
def test_a_secret_that_is_announced_is_masked(line: str) -> None:
    redacted = diagnostics.redact(line)
    assert KEY not in redacted
    assert diagnostics.MASK in redacted


@pytest.mark.parametrize(
    "line",
    [
        "Created new demo wallet with $10,000.00",
        "Recovered position: BTCUSDT long @ $45,000.00",
        "Closed LONG position for BTC/USDT, PnL: $12.34",
        "head_hash=5c1d0b8e ok after 13127 bars",
        "Opening desktop_trader.db (schema 1), key columns: id, seq",
    ],
)
def test_ordinary_lines_are_left_as_they_are(line: str) -> None:
    assert diagnostics.redact(line) == line


@given(secret=st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=8), around=st.text(max_size=20))
def test_a_secret_that_was_named_is_masked_wherever_it_turns_up(secret: str, around: str) -> None:
    diagnostics.hide_everywhere(secret)
    try:
        assert secret not in diagnostics.redact(f"{around} {secret} {around}").replace(diagnostics.MASK, "")
    finally:
        diagnostics.stop_hiding(secret)
    assert secret in diagnostics.redact(f"the word {secret}")


def test_a_line_has_utc_level_thread_and_message(log_file: Path) -> None:
    logging.getLogger("desktop_trader.engine").warning("Recovered balance: %s", "$1,250.00")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING  \[MainThread\] desktop_trader\.engine: "
        r"Recovered balance: \$1,250\.00\n",
        log_file.read_text(encoding="utf-8"),
    )


def test_a_secret_in_a_traceback_does_not_reach_the_file(log_file: Path) -> None:
    try:
        raise RuntimeError(f"request failed: signature={KEY}")
    except RuntimeError:
        logging.getLogger("desktop_trader").exception("The order was not sent, apiKey=%s", KEY)
    text = log_file.read_text(encoding="utf-8")
    assert "RuntimeError" in text
    assert KEY not in text


def test_a_line_break_in_a_message_cannot_forge_an_entry(log_file: Path) -> None:
    logging.getLogger("desktop_trader").info("reason: x\n2026-01-01T00:00:00.000Z INFO [engine] all is well")
    first, second = log_file.read_text(encoding="utf-8").splitlines()
    assert first.endswith("reason: x")
    assert second.startswith("    ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no permission bits")
def test_only_the_owner_can_read_the_log_also_after_it_rotated(log_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [handler] = [h for h in logging.getLogger().handlers if isinstance(h.formatter, diagnostics.RedactingFormatter)]
    monkeypatch.setattr(handler, "maxBytes", 200)
    for number in range(5):
        logging.getLogger("desktop_trader").info("line %d %s", number, "." * 100)
    files = list(log_file.parent.iterdir())
    assert len(files) > 1
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_starting_twice_writes_each_line_once(tmp_path: Path) -> None:
    echo = io.StringIO()
    for _ in range(2):
        diagnostics.start_logging(tmp_path / "log", echo=echo)
    logging.getLogger("desktop_trader").info("once")
    diagnostics.stop_logging()
    assert echo.getvalue().count("once") == 1
    assert (tmp_path / "log").read_text(encoding="utf-8").count("once") == 1


@pytest.mark.usefixtures("_hooks")
@pytest.mark.requirement("R168")
def test_an_uncaught_exception_of_a_thread_is_logged_and_reported(log_file: Path) -> None:
    failures: list[tuple[str, BaseException]] = []
    diagnostics.install_exception_hooks(lambda where, error: failures.append((where, error)))

    def fall() -> None:
        raise KeyError("price")

    thread = threading.Thread(target=fall, name="feed")
    thread.start()
    thread.join()

    [(where, error)] = failures
    assert where == "thread feed"
    assert isinstance(error, KeyError)
    assert "Uncaught exception in thread feed" in log_file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("_hooks", "log_file")
@pytest.mark.requirement("R168")
def test_an_uncaught_exception_of_the_main_thread_is_reported_but_ctrl_c_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failures: list[str] = []
    diagnostics.install_exception_hooks(lambda where, _: failures.append(where))
    sys.excepthook(ValueError, ValueError("x"), None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert failures == ["main thread"]
    assert "KeyboardInterrupt" in capsys.readouterr().err


@pytest.mark.requirement("R168")
def test_an_exception_that_a_task_lost_is_reported(log_file: Path) -> None:
    failures: list[str] = []

    async def lose_a_callback() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(diagnostics.loop_exception_handler(lambda where, _: failures.append(where)))
        loop.call_soon(int, "nothing")
        await asyncio.sleep(0)
        loop.call_exception_handler({"message": "something odd"})

    asyncio.run(lose_a_callback())
    assert len(failures) == 1
    assert "something odd" in log_file.read_text(encoding="utf-8")


def test_a_failing_callback_does_not_raise_out_of_the_hook(log_file: Path) -> None:
    def fail(_where: str, _error: BaseException) -> None:
        raise OSError("no window")

    diagnostics.report_failure("window", ValueError("first"), on_failure=fail)
    text = log_file.read_text(encoding="utf-8")
    assert "first" in text
    assert "no window" in text


def test_a_failure_report_is_private_and_redacted(tmp_path: Path) -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    path = diagnostics.keep_failure_report(
        tmp_path / "logs", where="engine", error=RuntimeError(f"secret={KEY}"), now=now
    )
    assert path is not None
    text = path.read_text(encoding="utf-8")
    assert path.name == "failure-20260102T030405000000Z.txt"
    assert "engine" in text
    assert "RuntimeError" in text
    assert KEY not in text
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_same_failure_within_a_minute_is_reported_once_and_only_the_newest_reports_stay(tmp_path: Path) -> None:
    start = datetime(2026, 1, 2, tzinfo=UTC)

    def report(where: str, second: int) -> Path | None:
        now = start + timedelta(seconds=second)
        return diagnostics.keep_failure_report(tmp_path, where=where, error=ValueError(second), now=now)

    assert report("window", 0) is not None
    assert report("window", 59) is None
    assert report("window", 61) is not None
    for place in range(30):
        report(f"thread {place}", 100 + place)
    kept = sorted(path.name for path in tmp_path.glob("failure-*.txt"))
    assert len(kept) == 20
    assert kept[-1] == "failure-20260102T000209000000Z.txt"


@pytest.mark.usefixtures("_hooks")
def test_an_exception_in_a_finalizer_is_reported(log_file: Path) -> None:
    failures: list[str] = []
    diagnostics.install_exception_hooks(lambda where, _: failures.append(where))

    class Careless:
        def __del__(self) -> None:
            raise ValueError("in a finalizer")

    careless = Careless()
    del careless
    assert failures
    assert set(failures) == {"finalizer"}
    assert "in a finalizer" in log_file.read_text(encoding="utf-8")
