"""`candles`: what is stored, what is missing, in and out as a file; none of it touches the books."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop_trader.cli.candles_verb import parse_instant
from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.domain.market import Timeframe
from desktop_trader.feeds.candle_file import read_candles
from desktop_trader.locations import DataFolderPaths
from desktop_trader.messages.candles import CandleGap, SeriesName
from desktop_trader.storage.candle_store import CandleStore
from desktop_trader.storage.data_folder import take_data_folder
from tests.candle_source import LISTED_AT, minute_bar
from tests.unit.cli.conftest import CommandLine

MINUTE = timedelta(minutes=1)
SOURCE = "exchange:coinex"
BTC = ("--symbol", "BTC/USDT", "--timeframe", "1m")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """A data folder with two hundred minutes, of which three are missing and two more were quiet."""
    folder = tmp_path / "data"
    folder.mkdir()
    store = CandleStore.open(DataFolderPaths(root=folder))
    missing = {50, 51, 120, 150, 151}
    store.write(SOURCE, [minute_bar(LISTED_AT + each * MINUTE) for each in range(200) if each not in missing])
    name = SeriesName(source=SOURCE, symbol="BTC/USDT", timeframe=Timeframe.M1)
    store.remember_quiet(name, CandleGap(since=LISTED_AT + 150 * MINUTE, until=LISTED_AT + 152 * MINUTE))
    store.close()
    return folder


@pytest.mark.parametrize("verb", ["list", "download", "gaps", "export", "import", "delete"])
def test_every_verb_explains_itself_with_an_example(say: CommandLine, verb: str) -> None:
    answer = say("candles", verb, "--help")
    assert answer.code == 0
    assert "Example" in answer.out
    assert "--json" in answer.out


def test_the_verbs_are_listed_in_whole_sentences(say: CommandLine) -> None:
    assert "..." not in say("candles", "--help").out.partition("Commands:")[2]


def test_nothing_stored_is_said_with_what_to_do(say: CommandLine, tmp_path: Path) -> None:
    assert "candles download" in say("candles", "list", folder=tmp_path).out
    assert say("candles", "list", "--json", folder=tmp_path).json == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_stored_is_listed_with_its_gaps(say: CommandLine, shelf: Path) -> None:
    [row] = say("candles", "list", "--json", folder=shelf).json
    assert row.pop("size_bytes") > 4_000
    assert row == {
        "market": SOURCE, "symbol": "BTC/USDT", "timeframe": "1m", "first_at": "2024-01-01T00:00:00+00:00",
        "last_at": "2024-01-01T03:19:00+00:00", "bars": 195, "gaps": 2, "missing": 3,
    }  # fmt: skip
    assert "BTC/USDT" in say("candles", "list", folder=shelf).out


def test_gaps_are_shown_one_by_one(say: CommandLine, shelf: Path) -> None:
    rows = say("candles", "gaps", "BTC/USDT", "--json", folder=shelf).json
    assert [(row["since"][11:16], row["until"][11:16], int(row["missing"])) for row in rows] == [
        ("00:50", "00:52", 2),
        ("02:00", "02:01", 1),
    ]
    nothing = say("candles", "gaps", "ETH/USDT", folder=shelf)
    assert (nothing.code, nothing.err.count("\n")) == (2, 1)


def test_an_export_is_a_replay_file_and_comes_back_as_it_was(say: CommandLine, shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    answer = say("candles", "export", str(file), *BTC, "--json", folder=shelf)
    assert answer.json == {"file": str(file), "bars": 195}
    read = read_candles(file, symbol="BTC/USDT", timeframe=Timeframe.M1)
    assert read.bars[0] == minute_bar(LISTED_AT)
    assert len(read.bars) == 195
    again = say("candles", "export", str(file), *BTC, folder=shelf)
    assert (again.code, again.err.count("\n")) == (5, 1)

    other = tmp_path / "other"
    taken = say("candles", "import", str(file), *BTC, "--market", "kraken", "--json", folder=other)
    assert taken.json == {"read": 195, "stored": 195}
    [row] = say("candles", "list", "--json", folder=other).json
    assert (row["market"], row["bars"]) == ("exchange:kraken", 195)
    assert say("candles", "import", str(file), *BTC, "--market", "kraken", "--json", folder=other).json["stored"] == 0


def test_an_export_may_be_a_part(say: CommandLine, shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "part.csv"
    words = ("candles", "export", str(file), *BTC, "--since", "2024-01-01T01:00Z", "--until", "2024-01-01T02:00Z")
    assert say(*words, folder=shelf).code == 0
    bars = read_candles(file, symbol="BTC/USDT", timeframe=Timeframe.M1).bars
    assert [bars[0].opened_at.minute, bars[-1].opened_at.minute, len(bars)] == [0, 59, 60]


def test_the_data_folder_is_no_place_for_exports(say: CommandLine, shelf: Path) -> None:
    answer = say("candles", "export", str(shelf / "out.csv"), *BTC, folder=shelf)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert not (shelf / "out.csv").exists()


def test_nothing_is_written_where_nothing_is_stored(say: CommandLine, shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "none.csv"
    answer = say("candles", "export", str(file), "--symbol", "ETH/USDT", folder=shelf)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert not file.exists()


def test_a_series_is_deleted_only_with_a_yes(say: CommandLine, shelf: Path) -> None:
    assert say("candles", "delete", "BTC/USDT", folder=shelf).code == 5
    assert say("candles", "delete", "BTC/USDT", "--yes", "--json", folder=shelf).json == {"deleted": 195}
    assert say("candles", "list", "--json", folder=shelf).json == []


def test_the_simulated_market_needs_no_download(say: CommandLine, tmp_path: Path) -> None:
    answer = say("candles", "download", "BTC/USDT", "--since", "2024-01-01", "--market", "simulated", folder=tmp_path)
    assert answer.code == 2
    assert "nothing to download" in answer.err
    assert not (tmp_path / "candles.db").exists()


def test_a_running_instance_keeps_the_command_line_from_writing(say: CommandLine, shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert say("candles", "export", str(file), *BTC, folder=shelf).code == 0
    with take_data_folder(DataFolderPaths(root=shelf)):
        assert say("candles", "import", str(file), *BTC, folder=shelf).code == 3
        assert say("candles", "list", folder=shelf).code == 0


def test_a_damaged_file_is_begun_anew_by_the_next_who_writes(say: CommandLine, shelf: Path, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    assert say("candles", "export", str(file), *BTC, folder=shelf).code == 0
    (shelf / "candles.db").write_bytes(b"nonsense" * 1_000)
    assert say("candles", "list", folder=shelf).code == 1
    answer = say("candles", "import", str(file), *BTC, folder=shelf)
    assert answer.code == 0
    assert "were damaged and are kept as" in answer.err
    assert len(list(shelf.glob("candles.db.damaged-*"))) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-31", datetime(2024, 1, 31, tzinfo=UTC)),
        (" 2024-01-31T12:30Z ", datetime(2024, 1, 31, 12, 30, tzinfo=UTC)),
        ("2024-01-31T12:30:05+02:00", datetime(2024, 1, 31, 10, 30, 5, tzinfo=UTC)),
    ],
)
def test_times_are_days_or_times_with_a_zone(text: str, expected: datetime) -> None:
    assert parse_instant(text, what="--since") == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2024-02-30", "2024-01-31T12:30", "31.01.2024", "0"])
def test_other_times_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="--since"):
        parse_instant(text, what="--since")


def test_series_are_listed_by_market_and_people_read_its_name(say: CommandLine, shelf: Path) -> None:
    store = CandleStore.open(DataFolderPaths(root=shelf))
    store.write("exchange:coinex@127.0.0.1:42841", [minute_bar(LISTED_AT)])
    store.write("exchange:kraken", [minute_bar(LISTED_AT)])
    store.close()

    text = say("candles", "list", folder=shelf).out
    assert [line.partition("  ")[0] for line in text.splitlines()[1:]] == [
        "CoinEx", "CoinEx at 127.0.0.1:42841", "Kraken",
    ]  # fmt: skip
    rows = say("candles", "list", "--market", "coinex", "--json", folder=shelf).json
    assert [row["market"] for row in rows] == [SOURCE, f"{SOURCE}@127.0.0.1:42841"]
    assert say("candles", "list", "--market", "nowhere", folder=shelf).code == 2
    assert "on Kraken is stored" in say("candles", "gaps", "ETH/USDT", "--market", "kraken", folder=shelf).err
