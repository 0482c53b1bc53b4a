"""Asked before the application ends while something is open: what it means for the money, and the safe answer first."""

from PySide6.QtWidgets import QMessageBox, QWidget

from desktop_trader.ui.models.balance_model import BalanceModel


def quit_warning(model: BalanceModel) -> str:
    """Say what quitting now would mean; empty when nothing is open and nothing runs."""
    parts = []
    count = len(model.positions)
    if count:
        watched = "position is" if count == 1 else "positions are"
        parts.append(f"{count} {watched} open. Stops and targets are not watched while the application is closed.")
    if model.auto_trading is not None and model.auto_trading.state != "stopped":
        parts.append("The strategy goes on where it stands at the next start.")
    return "\n".join(parts)


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
