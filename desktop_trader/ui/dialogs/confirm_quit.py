"""Asked before the application ends while something is open: what it means for the money, and the safe answer first."""

from PySide6.QtWidgets import QMessageBox, QWidget

from desktop_trader.ui.models.balance_model import BalanceModel


def quit_warning(model: BalanceModel) -> str:
    """Say what quitting now would mean; empty when nothing is open and nothing runs."""
    parts = []
    if model.positions:
        parts.append(_positions_text(model))
    if model.orders:
        lots = "1 order is" if len(model.orders) == 1 else f"{len(model.orders)} orders are"
        parts.append(f"{lots} waiting and cannot be filled while the application is closed.")
    if model.auto_trading is not None and model.auto_trading.state != "stopped":
        parts.append("The strategy goes on where it stands at the next start.")
    return "\n".join(parts)


def _positions_text(model: BalanceModel) -> str:
    count = len(model.positions)
    open_ = "1 position is open" if count == 1 else f"{count} positions are open"
    bare = sum(each.stop_loss is None for each in model.positions)
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
