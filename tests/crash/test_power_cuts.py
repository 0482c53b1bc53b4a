"""F11, F12: the power fails at any moment. What was acknowledged is there afterwards; a disk that lies is found out."""

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import apsw
import pytest

from desktop_trader.domain.errors import StorageError
from desktop_trader.domain.ledger import EntryKind, LedgerHead
from desktop_trader.domain.money import install_context
from desktop_trader.domain.order import OrderSide
from desktop_trader.locations import DataFolderPaths, data_folder
from desktop_trader.storage import anchor, database
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify_folder
from tests.booked_account import BookedAccount, market_at
from tests.crash.cut_disk import AnchorOs, CutDisk

CUTS = int(os.environ.get("DESKTOP_TRADER_POWER_CUTS", "10000"))
CUTS_IN_A_TEST_RUN = 60
CUTS_OF_A_SESSION = 40
COMMITS_OF_A_SESSION = 45
CHANCE_OF_A_PICTURE = 0.025
PAGES_BETWEEN_CHECKPOINTS = (4_000, 40, 100)


@dataclass
class Session:
    """Books on a disk that can be cut, what of them was acknowledged so far, and pictures of cuts."""

    root: Path
    seed: int
    honours_sync: bool = True
    acknowledged: LedgerHead | None = None
    pictures: list[tuple[Path, LedgerHead]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    @property
    def paths(self) -> DataFolderPaths:
        return data_folder(self.root / "books")

    def play(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Trade for some fifty commits with frequent checkpoints, and close."""
        self.paths.root.mkdir(parents=True, mode=0o700)
        SqliteLedgerStore.open(self.paths).close()
        self._anchor_os = AnchorOs(self.paths.anchor)
        disk = self._disk = CutDisk(self.paths.root, honours_sync=self.honours_sync)
        try:
            with monkeypatch.context() as patches:
                patches.setattr(database, "_CHECKPOINT_PAGES", PAGES_BETWEEN_CHECKPOINTS[self.seed % 3])
                patches.setattr(anchor, "os", self._anchor_os)
                patches.setattr(anchor, "SYNC_SECONDS", self.dice.choice((0.0, 1.0)))
                store = SqliteLedgerStore.open(self.paths)
                try:
                    disk.on_moment = self._maybe_picture
                    self._trade(store)
                finally:
                    store.close()
        finally:
            disk.unregister()

    def _maybe_picture(self) -> None:
        if (
            self.acknowledged is not None
            and len(self.pictures) < CUTS_OF_A_SESSION
            and self.dice.random() < CHANCE_OF_A_PICTURE
        ):
            target = self.root / f"cut-{len(self.pictures)}"
            self._disk.picture(target, self.dice)
            left = self._anchor_os.left_by_a_cut(self.dice) if self.honours_sync else self.paths.anchor.read_bytes()
            (target / self.paths.anchor.name).write_bytes(left)
            self.pictures.append((target, self.acknowledged))

    def _trade(self, store: SqliteLedgerStore) -> None:
        dice = self.dice
        account = BookedAccount(store)
        account.change("10000")
        self.acknowledged = store.head
        while store.commits < COMMITS_OF_A_SESSION:
            choice = dice.random()
            positions = list(account.portfolio.positions.values())
            if choice < 0.2:
                account.change(Decimal(dice.randint(1, 10**9)) / 10**8, kind=EntryKind.DEPOSIT)
            elif choice < 0.3:
                store.checkpoint(account.portfolio.account.id, market_at(account.tick()))
            elif choice < 0.6 or not positions:
                account.open(dice.choice((OrderSide.BUY, OrderSide.SELL)), "0.001", str(dice.randint(40_000, 50_000)))
            else:
                position = dice.choice(positions)
                part = position.quantity if dice.random() < 0.7 else position.quantity / 2
                account.close(position, part, str(dice.randint(40_000, 50_000)))
            self.acknowledged = store.head


@pytest.fixture(autouse=True)
def exact_figures() -> None:
    install_context()


def sessions(root: Path, cuts: int, *, seed: int, honours_sync: bool = True) -> Iterator[Session]:
    """Yield sessions yet to be played until there were so many cuts; each leaves nothing behind."""
    done = number = 0
    while done < cuts:
        folder = root / f"session-{number}"
        session = Session(folder, seed + number, honours_sync)
        yield session
        done += len(session.pictures)
        number += 1
        shutil.rmtree(folder)


def survive(root: Path, cuts: int, monkeypatch: pytest.MonkeyPatch, *, seed: int) -> int:
    """Cut the power so often; return how often something that was not acknowledged was lost, as it may be."""
    unacknowledged = 0
    for session in sessions(root, cuts, seed=seed):
        session.play(monkeypatch)
        for folder, acknowledged in session.pictures:
            head = reopened(data_folder(folder), acknowledged)
            unacknowledged += head.entry_id > acknowledged.entry_id
    return unacknowledged


def reopened(paths: DataFolderPaths, acknowledged: LedgerHead) -> LedgerHead:
    """Start on what a cut left; return the head of the books, which verify and hold all that was acknowledged."""
    store = SqliteLedgerStore.open(paths)
    head = store.head
    store.close()
    assert head.entry_id >= acknowledged.entry_id, f"{acknowledged.entry_id - head.entry_id} acknowledged entries lost"
    assert hash_of(paths, acknowledged) == acknowledged.hash
    report = verify_folder(paths)
    assert report.ok, report
    return head


def hash_of(paths: DataFolderPaths, head: LedgerHead) -> object:
    connection = apsw.Connection(str(paths.database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.execute("SELECT hash FROM ledger_entries WHERE id = ?", (head.entry_id,)).get
    finally:
        connection.close()


@pytest.mark.requirement("R18")
def test_after_a_power_cut_everything_acknowledged_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    survive(tmp_path, CUTS_IN_A_TEST_RUN, monkeypatch, seed=1)


@pytest.mark.campaign
def test_ten_thousand_power_cuts_lose_nothing_that_was_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    survive(tmp_path, CUTS, monkeypatch, seed=1_000)


def outcomes_of_a_liar(root: Path, cuts: int, monkeypatch: pytest.MonkeyPatch, *, seed: int) -> dict[str, int]:
    """Cut the power of a disk that only says that it synced; return how often the start or verify noticed."""
    counts = {"refused": 0, "found": 0, "whole": 0, "silent": 0}
    for session in sessions(root, cuts, seed=seed, honours_sync=False):
        session.play(monkeypatch)
        for folder, acknowledged in session.pictures:
            counts[_outcome(data_folder(folder), acknowledged)] += 1
    return counts


def _outcome(paths: DataFolderPaths, acknowledged: LedgerHead) -> str:
    try:
        store = SqliteLedgerStore.open(paths)
        try:
            store.load("demo")
        finally:
            store.close()
        if not verify_folder(paths).ok:
            return "found"
    except StorageError:
        return "refused"
    return "whole" if hash_of(paths, acknowledged) == acknowledged.hash else "silent"


def test_a_disk_that_lies_about_syncing_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The anchor arrived, as small files do; the database did not: that is told, and nothing begins anew."""
    counts = outcomes_of_a_liar(tmp_path, CUTS_IN_A_TEST_RUN, monkeypatch, seed=2)
    assert counts["silent"] == 0
    assert counts["refused"] + counts["found"] > CUTS_IN_A_TEST_RUN / 2


@pytest.mark.campaign
def test_a_disk_that_lies_about_syncing_is_found_out_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = outcomes_of_a_liar(tmp_path, max(1, CUTS // 10), monkeypatch, seed=5_000)
    assert counts["silent"] == 0
