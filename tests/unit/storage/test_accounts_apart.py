"""What one account of a file holds is never loaded as another's."""

from pathlib import Path

from desktop_trader.domain.order import OrderSide
from desktop_trader.locations import data_folder
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from tests.booked_account import BookedAccount


def test_each_account_gets_its_own_positions_and_orders_back(tmp_path: Path) -> None:
    paths = data_folder(tmp_path / "books")
    paths.root.mkdir(mode=0o700)
    store = SqliteLedgerStore.open(paths)
    held: dict[str, tuple[set[int], set[int]]] = {}
    for name in ("demo", "second", "third"):
        account = BookedAccount(store, name=name)
        account.change("10000")
        account.open(OrderSide.BUY, "0.01", "45000")
        account.order(OrderSide.BUY, "0.01", "44000")
        held[name] = set(account.portfolio.positions), set(account.portfolio.orders)
    loaded = {name: store.load(name).portfolio for name in held}
    store.close()

    found = {name: (set(each.positions), set(each.orders)) for name, each in loaded.items() if each is not None}

    assert found == held
    assert {len(numbers) for both in found.values() for numbers in both} == {1}
