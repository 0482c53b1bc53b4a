"""Asked before the application ends while something is open: what it means for the money, and the safe answer first."""

from PySide6.QtWidgets import QMessageBox, QWidget

from desktop_trader.messages.snapshot import AccountSnapshot, PositionView
from desktop_trader.ui.models.balance_model import BalanceModel


def quit_warning(model: BalanceModel) -> str:
    """Say what quitting now would mean for every account; empty when nothing is open and nothing runs."""
    parts = []
    for entry in model.accounts:
        snapshot = model.snapshot_of(entry.name)
        if snapshot is None or snapshot.asleep:
            continue  # Nobody watches an account that sleeps, whether or not the application runs.
        name = "" if entry.name == model.account else f"Account {entry.name}: "
        parts += [f"{name}{text}" for text in _account_warnings(snapshot)]
    return "\n".join(parts)


def _account_warnings(snapshot: AccountSnapshot) -> list[str]:
    parts = []
    if snapshot.positions:
        parts.append(_positions_text(snapshot.positions))
    if snapshot.orders:
        lots = "1 order is" if len(snapshot.orders) == 1 else f"{len(snapshot.orders)} orders are"
        parts.append(f"{lots} waiting and cannot be filled while the application is closed.")
    if snapshot.auto_trading.state != "stopped":
        parts.append("The strategy goes on where it stands at the next start.")
    return parts


def _positions_text(positions: tuple[PositionView, ...]) -> str:
    count = len(positions)
    open_ = "1 position is open" if count == 1 else f"{count} positions are open"
    bare = sum(each.stop_loss is None for each in positions)
    if bare == count:
        without = "without" if count == 1 else "none with"
        return f"{open_}, {without} a stop. Nothing is watched while the application is closed."
    without = f", {bare} of them without a stop" if bare else ""
    return f"{open_}{without}. Stops and targets are not watched while the application is closed."


def confirm_quit(model: BalanceModel, parent: QWidget) -> bool:
    """Ask whether to quit; without anything open there is nothing to ask."""
    warning = quit_warning(model)
    if not warning:
        return True
    box = QMessageBox(QMessageBox.Icon.Warning, "Quit Desktop Trader?", warning, parent=parent)
    box.setObjectName("quit-dialog")
    leave = box.addButton("Quit", QMessageBox.ButtonRole.DestructiveRole)
    leave.setObjectName("quit-ok-btn")
    leave.setAccessibleName("Quit")
    stay = box.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
    stay.setObjectName("quit-cancel-btn")
    stay.setAccessibleName("Cancel")
    box.setDefaultButton(stay)
    box.setEscapeButton(stay)
    box.exec()
    is_leaving = box.clickedButton() is leave
    box.deleteLater()
    return is_leaving
