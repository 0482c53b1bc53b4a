"""`run`: what it prints, what it refuses, and that nothing it refuses leaves a trace."""

import io
import logging
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.cli.run_output import JsonOutput, TextOutput, status_line
from desktop_trader.cli.run_verb import say_waiting
from desktop_trader.domain.errors import StorageError
from desktop_trader.engine.ports import BookUpdate
from desktop_trader.engine.snapshot_publisher import build_snapshot
from desktop_trader.messages.network import NO_NETWORK, RESUMED
from desktop_trader.messages.notices import LogNotice, TradingPaused, TradingResumed
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.builders import START
from tests.command_line import replay
from tests.engine_rig import EngineRig
from tests.unit.cli.conftest import CommandLine

SUMMARY_KEYS = [
    "event", "bars", "orders", "fills", "positions_opened", "positions_closed", "open_positions", "fees",
    "realized_pnl", "current_balance", "portfolio_value", "head_hash", "elapsed_seconds", "engine_seconds",
    "commit_seconds",
]  # fmt: skip
SIMULATED = ("run", "--strategy", "moving_average_cross", "--speed", "max", "--duration", "7200")


def test_a_replay_prints_every_notice_and_a_summary(say: CommandLine, candles: Path, tmp_path: Path) -> None:
    answer = say(*replay(candles, "ETH/USDT", "5m"), folder=tmp_path)

    assert (answer.code, answer.err) == (0, "")
    *notices, summary = answer.lines
    assert list(summary) == SUMMARY_KEYS
    assert summary["bars"] == 500
    events = [notice["event"] for notice in notices]
    assert events[:3] == ["log", "balance_changed", "auto_trading_changed"]
    assert events.count("order_filled") == summary["fills"] > 10
    assert events.count("position_closed") == summary["positions_closed"]
    assert [notice["id"] for notice in notices] == list(range(1, len(notices) + 1))
    assert all(list(notice)[:3] == ["event", "id", "at"] for notice in notices)


def test_a_fill_has_its_public_keys(say: CommandLine, candles: Path, tmp_path: Path) -> None:
    lines = say(*replay(candles, "ETH/USDT", "5m"), folder=tmp_path).lines

    fill = next(line for line in lines if line["event"] == "order_filled")
    closed = next(line for line in lines if line["event"] == "position_closed")

    assert {
        "symbol",
        "side",
        "quantity",
        "price",
        "fee",
        "order_id",
        "position_id",
        "reason",
        "current_balance",
    } <= set(fill)
    assert {"symbol", "side", "realized_pnl", "fee", "position_id", "reason", "current_balance"} <= set(closed)
    assert isinstance(fill["price"], Decimal)


def test_the_same_seed_gives_the_same_ledger(say: CommandLine, tmp_path: Path) -> None:
    first = say(*SIMULATED, "--seed", "5", "--json", folder=tmp_path / "a")
    same = say(*SIMULATED, "--seed", "5", "--json", folder=tmp_path / "b")
    other = say(*SIMULATED, "--seed", "6", "--json", folder=tmp_path / "c")

    assert first.summary["bars"] > 100
    assert first.summary["head_hash"] == same.summary["head_hash"] != other.summary["head_hash"]


def test_the_same_file_under_another_name_gives_the_same_ledger(
    say: CommandLine, candles: Path, played: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere.csv"
    elsewhere.write_bytes(candles.read_bytes())

    again = say(*replay(elsewhere, "ETHUSDT", "5m"), folder=tmp_path / "data")

    info = say("db", "info", "--json", folder=played)
    assert again.summary["head_hash"] == info.json["head_hash"]


def test_a_run_in_two_parts_ends_like_one_in_one(say: CommandLine, tmp_path: Path) -> None:
    say(*SIMULATED, "--json", folder=tmp_path / "parts")
    parts = say(*SIMULATED, "--json", folder=tmp_path / "parts").summary
    whole = say(*SIMULATED[:-1], "14400", "--json", folder=tmp_path / "whole").summary

    for key in SUMMARY_KEYS[:-3]:
        assert parts[key] == whole[key], key


def test_without_json_people_read_sentences(say: CommandLine, candles: Path, tmp_path: Path) -> None:
    words = [word for word in replay(candles, "ETH/USDT", "5m") if word != "--json"]

    answer = say(*words, folder=tmp_path)

    assert answer.code == 0
    assert "Created new demo wallet with $10,000.00" in answer.out
    assert "Opened LONG position for ETH/USDT" in answer.out
    assert "500 bars" in answer.out
    assert "\x1b" not in answer.out
    assert "{" not in answer.out


@pytest.mark.requirement("R217")
def test_the_log_has_the_sentences_of_the_documents(say: CommandLine, candles: Path, tmp_path: Path) -> None:
    say(*replay(candles, "ETH/USDT", "5m", "--initial-balance", "100"), folder=tmp_path)
    log = tmp_path / "logs" / "desktop_trader.log"
    first = log.read_text(encoding="utf-8")
    say(*replay(candles, "ETH/USDT", "5m"), folder=tmp_path)
    second = log.read_text(encoding="utf-8").removeprefix(first)

    assert "Created new demo wallet with $100.00" in first
    assert "Opened LONG position for ETH/USDT" in first
    assert "Closed LONG position for ETH/USDT, PnL: " in first
    assert "Found active session #1" in second
    assert "Restored wallet from database: demo balance = $" in second
    assert not [each for each in logging.getLogger().handlers if "Rotating" in type(each).__name__]


def test_what_a_new_account_starts_with_counts_only_once(say: CommandLine, candles: Path, tmp_path: Path) -> None:
    words = replay(candles, "ETH/USDT", "5m", "--initial-balance", "2500.50")
    first = say(*words, folder=tmp_path)
    again = say(*words[:-1], "9999", folder=tmp_path)

    assert first.lines[1]["amount"] == Decimal("2500.50")
    assert again.summary["current_balance"] == first.summary["current_balance"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--strategy", "oracle"), "there is no strategy 'oracle'; there is moving_average_cross"),
        (("--param", "fast=3"), "name one with --strategy"),
        (("--strategy", "moving_average_cross", "--param", "fast"), "key=value"),
        (("--strategy", "moving_average_cross", "--param", "fast=1", "--param", "fast=2"), "given twice"),
        (("--strategy", "moving_average_cross", "--param", "fast=x"), "plain decimal"),
        (("--strategy", "moving_average_cross", "--param", "fast=40"), "slow"),
        (("--strategy", "moving_average_cross", "--param", "speed=4"), "no parameter 'speed'"),
        (("--symbol", "DOGE/USDT"), "is not traded on the simulated market"),
        (("--symbol", "???"), "is not a symbol"),
        (("--timeframe", "7m"), "there is no timeframe '7m'"),
        (("--market", "krakn"), "or an exchange: coinex, binance, bybit, okx, kraken, gate and many others"),
        (("--market", "krakn"), "perhaps kraken"),
        (("--market", "coinex", "--speed", "60"), "coinex passes at its own pace"),
        (("--market", "coinex", "--speed", "max"), "coinex passes at its own pace"),
        (("--market", "coinex", "--exchange-url", "127.0.0.1:8800"), "must be an address such as http"),
        (("--exchange-url", "http://127.0.0.1:8800"), "--exchange-url belongs to an exchange"),
        (("--market", "replay:missing.csv", "--timeframe", "1h"), "there is no file"),
        (("--speed", "0"), "--speed"),
        (("--speed", "fast"), "--speed"),
        (("--speed", "1e9999"), "--speed"),
        (("--duration", "-5"), "--duration"),
        (("--duration", "NaN"), "--duration"),
        (("--seed", "1.5"), "--seed"),
        (("--seed", "-1"), "--seed"),
        (("--initial-balance", "0"), "--initial-balance"),
        (("--initial-balance", "abc"), "--initial-balance"),
        (("--initial-balance", "1e9999"), "--initial-balance"),
        (("--initial-balance", "-1"), "--initial-balance"),
        (("--bogus",), "--bogus"),
        (("extra",), "extra"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_leaves_no_trace(
    say: CommandLine, tmp_path: Path, words: tuple[str, ...], complaint: str
) -> None:
    answer = say("run", *words, folder=tmp_path / "data")

    assert (answer.code, answer.out) == (2, "")
    assert complaint in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "candles.csv"),
        (b"a,b\n1,2\n", "timestamp"),
        (b"timestamp,open,high,low,close,volume\n2024-01-01T00:00:00Z,1,2,0.5,NaN,1\n", "line 2"),
        (b"timestamp,open,high,low,close,volume\n2024-01-01T00:00:00Z,1,0.1,2,1,1\n", "line 2"),
        (b"\xff\xfe\x00\x01", "candles.csv"),
    ],
)
def test_a_file_that_cannot_be_believed_is_named_and_nothing_is_begun(
    say: CommandLine, tmp_path: Path, content: bytes, complaint: str
) -> None:
    candles = tmp_path / "candles.csv"
    candles.write_bytes(content)

    answer = say(*replay(candles, "BTC/USDT", "1h"), folder=tmp_path / "data")

    assert answer.code in (1, 2)
    assert complaint in answer.err
    assert (answer.out, answer.err.count("\n")) == ("", 1)
    assert not (tmp_path / "data").exists()


def test_a_replay_ends_with_its_data_at_any_speed(say: CommandLine, candles: Path, tmp_path: Path) -> None:
    words = ["1000000" if word == "max" else word for word in replay(candles, "ETH/USDT", "5m")]

    answer = say(*words, folder=tmp_path)

    assert (answer.code, answer.summary["bars"]) == (0, 500)


def test_without_a_strategy_market_time_passes_all_the_same(say: CommandLine, tmp_path: Path) -> None:
    words = ("run", "--speed", "max", "--duration", "60", "--json")
    first = say(*words, folder=tmp_path)
    second = say(*words, folder=tmp_path)

    assert (first.code, first.summary["fills"], first.summary["portfolio_value"]) == (0, 0, 10_000)
    opened, resumed = (datetime.fromisoformat(answer.lines[0]["at"]) for answer in (first, second))
    assert resumed - opened == timedelta(seconds=60)


def test_a_disk_that_refuses_ends_the_run_with_one_line(
    say: CommandLine, candles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = SqliteLedgerStore.commit

    def refuse_the_tenth(store: SqliteLedgerStore, update: BookUpdate) -> None:
        if store.commits == 9:
            raise StorageError("The change could not be stored: the disk is full; free some space")
        commit(store, update)

    monkeypatch.setattr(SqliteLedgerStore, "commit", refuse_the_tenth)
    answer = say(*replay(candles, "ETH/USDT", "5m"), folder=tmp_path)
    monkeypatch.undo()

    assert (answer.code, answer.err.count("\n")) == (1, 1)
    assert "the disk is full" in answer.err
    assert [line["event"] for line in answer.lines[-2:]] == ["trading_halted", "summary"]
    assert say("db", "verify", folder=tmp_path).code == 0
    again = say(*replay(candles, "ETH/USDT", "5m"), folder=tmp_path)
    assert (again.code, again.summary["bars"]) == (0, 500)


def test_a_market_that_is_paid_in_other_money_is_refused(say: CommandLine, candles: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    refused = say(*replay(candles, "ETH/BTC", "5m"), folder=folder)
    assert (refused.code, folder.exists()) == (2, False)
    assert "ETH/BTC is paid in BTC, but accounts here hold USDT" in refused.err

    folder.mkdir()
    (folder / "settings.toml").write_text('[paper]\ncurrency = "BTC"\n', encoding="ascii")
    assert say(*replay(candles, "ETH/BTC", "5m"), folder=folder).code == 0
    assert say("balance", "show", "--json", folder=folder).json["currency"] == "BTC"


def test_a_reader_that_goes_away_stops_the_telling() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    stopped: list[str] = []
    notice = LogNotice(id=1, at=START, message="hello")
    for output in (
        JsonOutput(Gone(), lambda _error: stopped.append("json")),
        TextOutput(Gone(), "USDT", lambda _error: stopped.append("text")),
    ):
        output.notice(notice)
        output.notice(notice)

    assert stopped == ["json", "text"]


def test_a_terminal_gets_a_status_line_that_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    rig = EngineRig()
    rig.quote(40_000)
    snapshot = build_snapshot(rig.engine, sequence=1)
    monkeypatch.setenv("COLUMNS", "400")
    terminal = Terminal()
    output = TextOutput(terminal, "USDT", lambda _error: None)

    output.snapshot(snapshot)
    output.notice(LogNotice(id=1, at=START, message="hello"))

    assert status_line(snapshot) in terminal.getvalue()
    assert "BTC/USDT 40,000" in status_line(snapshot)
    assert "$10,000.00" in status_line(snapshot)
    assert terminal.getvalue().count("\r\x1b[K") == 2
    assert terminal.getvalue().endswith(status_line(snapshot))


def _pause(reason: str) -> TradingPaused:
    return TradingPaused(id=1, at=START, reason=reason, detail="the cable is out")


@pytest.mark.requirement("R209")
def test_a_pause_is_said_letter_for_letter_and_once(capsys: pytest.CaptureFixture[str]) -> None:
    resumed = TradingResumed(id=2, at=START, reason="network: internet", detail="everything is stable")
    for is_told in (False, True):
        say_waiting(_pause("network: internet"), "USDT", is_told=is_told)
        say_waiting(resumed, "USDT", is_told=is_told)
    to_programs, resumed_line, to_people = capsys.readouterr().err.splitlines()

    assert to_programs.startswith(f"desktop-trader: {NO_NETWORK}; it goes on by itself")
    assert resumed_line == f"desktop-trader: {RESUMED}"
    assert to_people.startswith("desktop-trader: it goes on by itself once the market can be reached"), "told already"


def test_books_that_refuse_are_waited_for_in_other_words(capsys: pytest.CaptureFixture[str]) -> None:
    say_waiting(_pause("database"), "USDT", is_told=False)
    assert "once the books can be written again" in capsys.readouterr().err
