"""The command line in this process, and data folders with something in them."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_trader.cli.main import main
from tests.candles import write_candles
from tests.command_line import Answer, replay

CommandLine = Callable[..., Answer]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Carry out a command line; `folder` becomes its data folder."""

    def carry_out(*words: str, folder: Path | None = None) -> Answer:
        capsys.readouterr()
        code = main([*words, *([] if folder is None else ["--data-dir", str(folder)])])
        out, err = capsys.readouterr()
        return Answer(code=code, out=out, err=err)

    return carry_out


@pytest.fixture(scope="session")
def candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded market of ETH/USDT in bars of five minutes."""
    return write_candles(tmp_path_factory.mktemp("market") / "candles.csv", seed=8, count=500)


@pytest.fixture(scope="session")
def played(candles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which that market was traded to its end; nobody writes to it."""
    folder = tmp_path_factory.mktemp("played") / "data"
    assert main([*replay(candles, "ETH/USDT", "5m"), "--data-dir", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(played: Path, tmp_path: Path) -> Path:
    """A copy of the played folder, to do with as one likes."""
    return Path(shutil.copytree(played, tmp_path / "data"))
