"""Three cards, one truth: whatever the snapshot, sidebar, auto trading and futures read the same."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.messages.snapshot import BalanceView
from desktop_trader.ui.balance_text import change_24h_text
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.balance_card import AUTO_CARD, FUTURES_CARD, SIDEBAR_CARD, BalanceCard
from tests.ui.snapshot_builders import make_balance, make_snapshot

NAMES = (SIDEBAR_CARD, AUTO_CARD, FUTURES_CARD)
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=8, allow_nan=False, allow_infinity=False)
maybe = st.none() | amounts


def make_cards(qtbot: QtBot) -> tuple[BalanceModel, tuple[BalanceCard, ...]]:
    model = BalanceModel()
    cards = tuple(BalanceCard(model, names=names) for names in NAMES)
    for card in cards:
        qtbot.addWidget(card)
    return model, cards


def text(cards: tuple[BalanceCard, ...], name: str) -> str:
    labels = [label for card in cards for label in card.findChildren(QLabel, name)]
    assert len(labels) == 1, name
    return labels[0].text()


@st.composite
def balances(draw: st.DrawFn) -> BalanceView:
    total, locked = draw(amounts), draw(amounts)
    return make_balance(
        total,
        locked=locked,
        available=total - locked,
        currency=draw(st.sampled_from(["USDT", "USD", "BTC"])),
        unrealized_pnl=draw(maybe),
        portfolio_value=draw(maybe),
        pnl=draw(maybe),
        balance_change_24h=draw(maybe),
        balance_change_24h_percent=draw(maybe),
        drawdown_percent=draw(maybe),
    )


@pytest.mark.requirement("R118", "R136", "R151", "R152", "R160")
def test_all_three_cards_read_the_same_after_every_snapshot(qtbot: QtBot, dressed_app: QApplication) -> None:
    model, cards = make_cards(qtbot)
    sequence = 0

    @settings(suppress_health_check=list(HealthCheck), max_examples=200)
    @given(balance=balances())
    def check(balance: BalanceView) -> None:
        nonlocal sequence
        sequence += 1
        model.replace_snapshot(make_snapshot(sequence, balance=balance))
        assert len({text(cards, names.balance) for names in NAMES}) == 1
        assert len({text(cards, names.pnl) for names in NAMES}) == 1
        assert len({text(cards, names.portfolio) for names in NAMES}) == 1
        assert text(cards, "futures-total-balance") == text(cards, "virtual-balance")

    check()


def test_before_the_first_snapshot_every_figure_reads_a_dash(qtbot: QtBot, dressed_app: QApplication) -> None:
    _, cards = make_cards(qtbot)
    for names in NAMES:
        for name in (names.balance, names.pnl, names.portfolio, names.total, names.available, names.change_24h):
            if name:
                assert text(cards, name) == "—"


@pytest.mark.requirement("R141", "R144", "R145", "R146")
def test_the_first_run_reads_as_the_documents_say(qtbot: QtBot, dressed_app: QApplication) -> None:
    model, cards = make_cards(qtbot)
    model.replace_snapshot(make_snapshot(1))
    assert [text(cards, names.balance) for names in NAMES] == ["$10,000.00"] * 3
    assert [text(cards, names.pnl) for names in NAMES] == ["$0.00"] * 3
    assert text(cards, "futures-pnl-display-caption") == "P&L:"
    assert text(cards, "futures-total-balance") == "$10,000.00"
    assert text(cards, "futures-available-balance") == "$10,000.00"


@pytest.mark.requirement("R163")
def test_profit_and_loss_show_sign_and_arrow(qtbot: QtBot, dressed_app: QApplication) -> None:
    model, cards = make_cards(qtbot)
    model.replace_snapshot(make_snapshot(1, balance=make_balance("10000", pnl=Decimal("31.2"))))
    assert text(cards, "virtual-pnl") == "+$31.20 ▲"
    model.replace_snapshot(make_snapshot(2, balance=make_balance("10000", pnl=Decimal("-5"))))
    assert text(cards, "auto-pnl-display") == "-$5.00 ▼"
    model.replace_snapshot(make_snapshot(3, balance=make_balance("10000", pnl=Decimal("0.001"))))
    assert text(cards, "futures-pnl-display") == "$0.00"


@pytest.mark.requirement("R57", "R174")
def test_the_tooltip_breaks_the_balance_down_to_eight_decimals(qtbot: QtBot, dressed_app: QApplication) -> None:
    model, cards = make_cards(qtbot)
    balance = make_balance(
        "10000.12345678",
        available=Decimal("8750.12345678"),
        locked=Decimal(1250),
        locked_in_positions=Decimal(1000),
        locked_in_orders=Decimal(250),
        total_withdrawals=Decimal(3),
    )
    model.replace_snapshot(make_snapshot(1, balance=balance))
    label = cards[0].findChild(QLabel, "virtual-balance")
    assert label is not None
    lines = label.toolTip().splitlines()
    assert "Total: 10,000.12345678 USDT" in lines
    assert "Available: 8,750.12345678 USDT" in lines
    assert "Locked: 1,250.00000000 USDT" in lines
    assert "  margin of positions: 1,000.00000000 USDT" in lines
    assert "  reserve of orders: 250.00000000 USDT" in lines
    assert "Withdrawals: 3.00000000 USDT" in lines


def test_the_change_of_24_hours_shows_amount_and_percent_or_that_there_is_none() -> None:
    assert change_24h_text(make_balance()) == "n/a"
    risen = make_balance(balance_change_24h=Decimal("12.34"), balance_change_24h_percent=Decimal("0.1234"))
    assert change_24h_text(risen) == "+$12.34 ▲ (+0.12%)"
    fallen = make_balance(balance_change_24h=Decimal("-12.34"), balance_change_24h_percent=Decimal("-0.1234"))
    assert change_24h_text(fallen) == "-$12.34 ▼ (-0.12%)"
    assert change_24h_text(make_balance(balance_change_24h=Decimal("5"))) == "+$5.00 ▲"


def test_figures_are_spoken_in_words(qtbot: QtBot, dressed_app: QApplication) -> None:
    model, cards = make_cards(qtbot)
    label = cards[2].findChild(QLabel, "futures-virtual-balance")
    assert label is not None
    assert label.accessibleName() == "Futures: virtual balance: unknown"
    model.replace_snapshot(make_snapshot(1))
    assert label.accessibleName() == "Futures: virtual balance: $10,000.00"


def test_large_amounts_are_never_cut_off_in_a_narrow_card(qtbot: QtBot, dressed_app: QApplication) -> None:
    model, cards = make_cards(qtbot)
    card = cards[2]
    card.resize(300, 160)
    card.show()
    model.replace_snapshot(
        make_snapshot(
            1, balance=make_balance("123456789.12", pnl=Decimal("-123456.78"), portfolio_value=Decimal(10**8))
        )
    )
    card.resize(320, 260)
    QApplication.processEvents()
    for label in card.findChildren(QLabel):
        assert label.width() >= label.sizeHint().width(), label.objectName()
