"""One balance in every tab: the three amounts of the documents, booked by the engine and read from all three cards."""

from decimal import Decimal
from uuid import uuid4

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.engine.snapshot_publisher import build_snapshot
from desktop_trader.messages.commands import AdjustBalance, AdjustmentKind
from desktop_trader.ui import theme
from desktop_trader.ui.color_tokens import ThemeName
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.balance_card import AUTO_CARD, FUTURES_CARD, SIDEBAR_CARD, BalanceCard, CardNames
from tests.engine_rig import EngineRig
from tests.ui.snapshot_builders import make_balance, make_snapshot

NAMES = (SIDEBAR_CARD, AUTO_CARD, FUTURES_CARD)


class Tabs:
    """The three cards over one model, and the engine that it follows."""

    def __init__(self, qtbot: QtBot) -> None:
        self.rig = EngineRig()
        self.model = BalanceModel()
        self.cards = [BalanceCard(self.model, names=names) for names in NAMES]
        self._sequence = 0
        for card in self.cards:
            qtbot.addWidget(card)
        self.show()

    def show(self) -> None:
        self._sequence += 1
        self.model.replace_snapshot(build_snapshot(self.rig.engine, sequence=self._sequence))

    def set_total(self, amount: str) -> None:
        self.rig.step(
            AdjustBalance(
                request_id=uuid4().hex,
                kind=AdjustmentKind.SET_TOTAL,
                amount=Decimal(amount),
                reason="a figure of the documents",
                author="user",
            )
        )
        self.show()

    def label(self, card: BalanceCard, name: str) -> QLabel:
        found = card.findChild(QLabel, name)
        assert found is not None, name
        return found

    def read(self, what: str) -> set[str]:
        """Return what the three cards read for one figure of theirs."""
        named: list[tuple[BalanceCard, CardNames]] = list(zip(self.cards, NAMES, strict=True))
        return {self.label(card, getattr(names, what)).text() for card, names in named}


@pytest.fixture
def tabs(qtbot: QtBot, dressed_app: QApplication) -> Tabs:
    return Tabs(qtbot)


@pytest.mark.requirement("R155")
def test_balance_sync_reads_10000_15000_and_12500_in_every_tab(tabs: Tabs) -> None:
    for amount, shown in (("10000", "$10,000.00"), ("15000", "$15,000.00"), ("12500", "$12,500.00")):
        tabs.set_total(amount)
        for _ in range(3):
            tabs.show()
            assert tabs.read("balance") == {shown}


@pytest.mark.requirement("R156")
def test_balance_sync_what_is_asked_for_is_booked(tabs: Tabs) -> None:
    tabs.set_total("15000")
    assert tabs.rig.engine.books.portfolio.wallet.total == 15_000


@pytest.mark.requirement("R156")
def test_balance_sync_updates_propagate_in_the_same_turn(tabs: Tabs) -> None:
    told: list[set[str]] = []
    tabs.model.balance_changed.connect(lambda: told.append(tabs.read("balance")))
    tabs.set_total("15000")
    assert told == [{"$15,000.00"}]


@pytest.mark.requirement("R156")
def test_balance_sync_an_adjustment_is_no_profit_and_the_pnl_is_accurate(tabs: Tabs) -> None:
    tabs.set_total("15000")
    assert tabs.read("pnl") == {"$0.00"}


@pytest.mark.requirement("R156")
def test_balance_sync_the_same_portfolio_value_stands_in_every_tab(tabs: Tabs) -> None:
    tabs.set_total("12500")
    assert tabs.read("portfolio") == {"$12,500.00"}


@pytest.mark.requirement("R157")
@pytest.mark.parametrize("name", ThemeName)
def test_the_balance_is_green_and_the_pnl_blue_with_sign_and_arrow_in_every_theme(
    qtbot: QtBot, dressed_app: QApplication, name: ThemeName
) -> None:
    tokens = theme.apply(dressed_app, theme.ThemeChoice(theme=name))
    model = BalanceModel()
    cards = [BalanceCard(model, names=names) for names in NAMES]
    for card in cards:
        qtbot.addWidget(card)
    for sequence, (pnl, said) in enumerate(((Decimal("12.34"), "+$12.34 ▲"), (Decimal(-5), "-$5.00 ▼")), start=1):
        model.replace_snapshot(make_snapshot(sequence, balance=make_balance("10000", pnl=pnl)))
        for card, names in zip(cards, NAMES, strict=True):
            balance, label = card.findChild(QLabel, names.balance), card.findChild(QLabel, names.pnl)
            assert balance is not None
            assert label is not None
            assert (label.text(), ink(label)) == (said, QColor(tokens.pnl))
            assert ink(balance) == QColor(tokens.balance)


@pytest.mark.requirement("R158")
def test_the_three_cards_look_alike_with_one_icon_and_one_dress(tabs: Tabs) -> None:
    icons = [tabs.label(card, f"{names.balance}-icon") for card, names in zip(tabs.cards, NAMES, strict=True)]
    pictures = [icon.pixmap().toImage() for icon in icons]
    assert not pictures[0].isNull()
    assert pictures[0] == pictures[1] == pictures[2]
    assert {card.property("look") for card in tabs.cards} == {"card"}
    titles = {tabs.label(card, f"{names.balance}-title").text() for card, names in zip(tabs.cards, NAMES, strict=True)}
    assert titles == {"Virtual balance · USDT"}


def ink(label: QLabel) -> QColor:
    """Return the color that a label writes with."""
    label.ensurePolished()
    return label.palette().color(label.foregroundRole())
