"""A label for a figure."""

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop_trader.ui import theme
from desktop_trader.ui.widgets.money_label import MoneyLabel


class _PaintCounter(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.paints = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        self.paints += event.type() is QEvent.Type.Paint
        return False


def _label(qtbot: QtBot) -> MoneyLabel:
    label = MoneyLabel("virtual-balance", "Balance", tone="balance")
    qtbot.addWidget(label)
    return label


def test_before_the_first_figure_it_reads_a_dash(dressed_app: QApplication, qtbot: QtBot) -> None:
    label = _label(qtbot)
    assert label.text() == "—"
    assert label.accessibleName() == "Balance: unknown"


def test_it_is_named_and_spoken_as_the_contract_says(dressed_app: QApplication, qtbot: QtBot) -> None:
    label = _label(qtbot)
    label.show_figure("$10,000.00", exact="10,000.00000000 USDT")
    assert (label.objectName(), label.text()) == ("virtual-balance", "$10,000.00")
    assert label.accessibleName() == "Balance: $10,000.00"
    assert label.toolTip() == "10,000.00000000 USDT"


def test_markup_in_a_figure_is_shown_and_not_obeyed(dressed_app: QApplication, qtbot: QtBot) -> None:
    label = _label(qtbot)
    label.show_figure("<b>1</b>")
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_the_same_figure_again_is_not_painted_again(dressed_app: QApplication, qtbot: QtBot) -> None:
    label = _label(qtbot)
    label.show_figure("$1.00")
    with qtbot.waitExposed(label):
        label.show()
    QApplication.processEvents()
    counter = _PaintCounter()
    label.installEventFilter(counter)
    label.show_figure("$1.00")
    QApplication.processEvents()
    assert counter.paints == 0
    label.show_figure("$2.00")
    QApplication.processEvents()
    assert counter.paints == 1


def test_a_stale_figure_turns_gray_and_back(dressed_app: QApplication, qtbot: QtBot) -> None:
    label = _label(qtbot)
    label.ensurePolished()
    tokens = theme.active_tokens()
    label.set_stale(True)
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == tokens.text_muted
    label.set_stale(False)
    assert label.palette().color(QPalette.ColorRole.WindowText).name() == tokens.balance
