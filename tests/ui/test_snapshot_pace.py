"""Between two snapshots the window paints; of what comes meanwhile the newest is shown."""

from pytestqt.qtbot import QtBot

from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.snapshot_pace import SnapshotPace
from tests.ui.snapshot_builders import make_balance, make_snapshot


def test_the_first_is_shown_at_once_and_of_what_follows_it_the_newest_a_little_later(qtbot: QtBot) -> None:
    model = BalanceModel()
    pace = SnapshotPace(model)
    shown: list[object] = []
    model.balance_changed.connect(lambda: shown.append(None if model.snapshot is None else model.snapshot.sequence))
    for number in (1, 2, 3):
        pace.take(make_snapshot(number, ledger_head_id=number, balance=make_balance(f"1000{number}")))
        assert shown == [1], "in the same turn nothing else is shown"
    qtbot.waitUntil(lambda: shown == [1, 3])


def test_snapshots_of_other_accounts_replace_none_of_the_one_that_is_shown(qtbot: QtBot) -> None:
    model = BalanceModel()
    pace = SnapshotPace(model)
    pace.take(make_snapshot(1, ledger_head_id=1, balance=make_balance("10001")))
    pace.take(make_snapshot(2, ledger_head_id=2, balance=make_balance("10002")))
    pace.take(make_snapshot(3, account_name="other", balance=make_balance("7")))
    qtbot.waitUntil(lambda: model.snapshot is not None and model.snapshot.sequence == 2)
