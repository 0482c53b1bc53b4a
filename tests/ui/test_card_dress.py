"""How the three cards look: green balance, blue P&L with sign and arrow, one icon and one dress."""

from decimal import Decimal

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.ui import theme
from desktop_trader.ui.color_tokens import ThemeName
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.balance_card import AUTO_CARD, FUTURES_CARD, SIDEBAR_CARD, BalanceCard
from tests.ui.snapshot_builders import make_balance, make_snapshot

NAMES = (SIDEBAR_CARD, AUTO_CARD, FUTURES_CARD)


def make_cards(qtbot: QtBot, model: BalanceModel) -> list[BalanceCard]:
    cards = [BalanceCard(model, names=names) for names in NAMES]
    for card in cards:
        qtbot.addWidget(card)
    return cards


def label(card: BalanceCard, name: str) -> QLabel:
    found = card.findChild(QLabel, name)
    assert found is not None, name
    return found


@pytest.mark.requirement("R157")
@pytest.mark.parametrize("name", ThemeName)
def test_the_balance_is_green_and_the_pnl_blue_with_sign_and_arrow_in_every_theme(
    qtbot: QtBot, dressed_app: QApplication, name: ThemeName
) -> None:
    tokens = theme.apply(dressed_app, theme.ThemeChoice(theme=name))
    model = BalanceModel()
    cards = make_cards(qtbot, model)
    for sequence, (pnl, said) in enumerate(((Decimal("12.34"), "+$12.34 ▲"), (Decimal(-5), "-$5.00 ▼")), start=1):
        model.replace_snapshot(make_snapshot(sequence, balance=make_balance("10000", pnl=pnl)))
        for card, names in zip(cards, NAMES, strict=True):
            pnl_label = label(card, names.pnl)
            assert (pnl_label.text(), ink(pnl_label)) == (said, QColor(tokens.pnl))
            assert ink(label(card, names.balance)) == QColor(tokens.balance)


@pytest.mark.requirement("R158")
def test_the_three_cards_look_alike_with_one_icon_and_one_dress(qtbot: QtBot, dressed_app: QApplication) -> None:
    model = BalanceModel()
    named = list(zip(make_cards(qtbot, model), NAMES, strict=True))
    model.replace_snapshot(make_snapshot(1))
    pictures = [label(card, f"{names.balance}-icon").pixmap().toImage() for card, names in named]
    assert not pictures[0].isNull()
    assert pictures[0] == pictures[1] == pictures[2]
    assert {card.property("look") for card, _ in named} == {"card"}
    assert {label(card, f"{names.balance}-title").text() for card, names in named} == {"Virtual balance · USDT"}


def ink(written: QLabel) -> QColor:
    """Return the color that a label writes with."""
    written.ensurePolished()
    return written.palette().color(written.foregroundRole())
