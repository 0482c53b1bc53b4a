"""While the network is away, band, status bar, panels and buttons say so, say why, and count down."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop_trader.messages.commands import EndSimulatedLoss, RetryNow, SubmitOrder
from desktop_trader.messages.network import (
    NO_NETWORK,
    NO_NEW_TRADES,
    NOT_CHECKED,
    RESUMED,
    CheckView,
    NetworkState,
    PauseReason,
    ReasonKind,
)
from desktop_trader.messages.notices import NETWORK, CommandRefused, LogNotice
from desktop_trader.ui import network_text, theme
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.widgets.decimal_edit import DecimalEdit
from desktop_trader.ui.widgets.elided_label import ElidedLabel
from desktop_trader.ui.widgets.notice_turns import NoticeTurns
from desktop_trader.ui.widgets.pause_band import PauseBand, countdown_text
from desktop_trader.ui.widgets.updated_line import stale_reason
from tests.ui.network_builders import CHECKS, SINCE, make_ages, make_network, make_pause
from tests.ui.shared_window import SharedWindow
from tests.ui.snapshot_builders import NOON, make_auto_trading, make_position, make_snapshot
from tests.ui.window_builders import make_window

POSITIONS = (make_position(1), make_position(2))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, qapp: QApplication) -> Iterator[SharedWindow]:
    """One window for all tests of this module: building one takes longer than most of them."""
    theme.apply(qapp, theme.ThemeChoice())
    made = SharedWindow(tmp_path_factory.mktemp("books"))
    yield made
    made.end()


@pytest.fixture
def opened(shared: SharedWindow) -> SharedWindow:
    """The window, connected and with nothing asked of it."""
    shared.begin(positions=POSITIONS, network=make_network())
    return shared


def log(sentence: str, number: int) -> LogNotice:
    return LogNotice(id=number, at=NOON, message=sentence)


def test_while_connected_there_is_no_band_and_nothing_of_it_is_built(
    qtbot: QtBot, dressed_app: QApplication, tmp_path: Path
) -> None:
    made = make_window(qtbot, tmp_path)
    made.window.show()
    made.model.replace_snapshot(make_snapshot(1, network=make_network()))
    made.model.replace_snapshot(make_snapshot(2, network=make_network(state=NetworkState.SUSPECT)))
    assert made.window.findChild(QWidget, "pause-band") is None, "a suspicion of some seconds is no pause yet"


@pytest.mark.requirement("R198", "R204")
def test_a_pause_says_since_when_what_is_not_watched_why_and_when_it_is_tried_again(opened: SharedWindow) -> None:
    opened.show(network=make_pause(checks=CHECKS), positions=POSITIONS)
    assert opened.sees("pause-band")
    since = f"{SINCE.astimezone():%H:%M:%S}"
    assert opened.text("pause-band-text") == (
        f"❚❚  NETWORK PAUSE since {since} – no signals, no checks, no orders. 2 positions are NOT being watched."
    )
    assert not opened.sees("pause-band-checks"), "what was verified last time says nothing of now"
    why = opened.text("pause-band-why")
    assert why == "No internet connection; no fresh prices of BTC/USDT – connection refused"
    assert re.fullmatch(r"Retry in [5-8] s, you are told again in 4:(40|3\d)", opened.text("pause-band-countdown"))
    opened.show(network=make_network(epoch=1), positions=POSITIONS)
    assert not opened.sees("pause-band")


def test_one_position_is_one_and_none_is_not_counted(opened: SharedWindow) -> None:
    opened.show(network=make_pause(), positions=POSITIONS[:1])
    assert opened.text("pause-band-text").endswith("1 position is NOT being watched.")
    opened.show(network=make_pause(), positions=())
    assert opened.text("pause-band-text").endswith("no orders.")


def seconds_left(opened: SharedWindow) -> int:
    found = re.search(r"Retry in (\d+) s", opened.text("pause-band-countdown"))
    assert found is not None
    return int(found[1])


@pytest.mark.requirement("R204")
def test_the_countdown_goes_on_between_two_snapshots(opened: SharedWindow, qtbot: QtBot) -> None:
    opened.show(network=make_pause(retry_in_seconds=9.4))
    left = seconds_left(opened)
    assert 1 <= left <= 9
    qtbot.waitUntil(lambda: seconds_left(opened) < left, timeout=30_000)


def test_a_countdown_never_goes_below_nothing() -> None:
    assert "Retry in 0 s" in countdown_text(make_pause(retry_in_seconds=1.0), elapsed=7.0)
    assert network_text.seconds_text(299.6) == "5:00"


def test_retry_now_asks_for_a_look_at_once(opened: SharedWindow) -> None:
    opened.show(network=make_pause())
    opened.button("pause-band-retry-btn").click()
    assert [type(each) for each in opened.sent] == [RetryNow]
    assert not opened.button("pause-band-end-btn").isVisible()


@pytest.mark.requirement("R206")
def test_verifying_shows_every_check_as_it_goes(opened: SharedWindow) -> None:
    checks = (*CHECKS, CheckView(name="market BTC/USDT", ok=None))
    view = make_pause(state=NetworkState.VERIFYING, reasons=(), detail="", checks=checks)
    opened.show(network=view)
    assert opened.text("pause-band-text").startswith(
        "◐  RECONNECTED – verifying (server time ok, ticker BTC/USDT ok, market BTC/USDT …)"
    )
    lines = opened.window.findChild(QLabel, "pause-band-checks")
    assert lines is not None
    assert lines.toolTip().splitlines() == [
        "✓ server time: 0.04 s off",
        "✓ ticker BTC/USDT: 0.3 s old",
        "… market BTC/USDT",
    ]
    assert not opened.button("pause-band-retry-btn").isVisible()


@pytest.mark.parametrize("state", [NetworkState.VERIFYING, NetworkState.STABILISING, NetworkState.PAUSED])
def test_what_the_band_says_has_room_in_every_state(opened: SharedWindow, qtbot: QtBot, state: NetworkState) -> None:
    opened.window.resize(1280, 800)
    for view in (make_pause(state=state, checks=CHECKS), make_network(), make_network(state=state, checks=CHECKS)):
        opened.show(network=view)
    for name in ("pause-band-text", "pause-band-checks"):
        label = opened.window.findChild(ElidedLabel, name)
        assert label is not None
        qtbot.waitUntil(lambda label=label: label.shown_text() == label.text())  # type: ignore[misc]
    assert opened.text("pause-band-text")


@pytest.mark.requirement("R208")
def test_a_failed_check_keeps_the_badge_paused_and_is_named(opened: SharedWindow) -> None:
    failed = CheckView(name="ticker BTC/USDT", ok=False, detail="bid 45,010 above ask 45,000")
    opened.show(network=make_pause(checks=(CHECKS[0], failed)))
    assert "the check that failed: ticker BTC/USDT: bid 45,010 above ask 45,000" in opened.text("pause-band-why")
    assert opened.text("connection-state").startswith("■ PAUSED")
    state = opened.window.findChild(QLabel, "connection-state")
    assert state is not None
    assert "ticker BTC/USDT" in state.toolTip()


def test_a_long_reason_is_said_once_and_cuts_off_nothing_of_what_comes_next(opened: SharedWindow) -> None:
    found = "CoinEx answered with something that is no answer; looked at what it said and found no figure in it, twice"
    failed = CheckView(name="ticker BTC/USDT", ok=False, detail=found)
    opened.window.resize(1280, 800)
    opened.show(network=make_pause(checks=(CHECKS[0], failed), detail=f"ticker BTC/USDT: {found}"))
    band = opened.window.findChild(PauseBand)
    assert band is not None
    lines = [label.text() for label in band.findChildren(QLabel) if label.isVisible()]
    assert " ".join(lines).count(found) == 1
    why, after = band.findChild(ElidedLabel, "pause-band-why"), band.findChild(QLabel, "pause-band-countdown")
    assert why is not None
    assert after is not None
    assert band.layout() is not None
    QApplication.processEvents()
    assert after.width() >= after.fontMetrics().horizontalAdvance(after.text())
    assert why.shown_text().endswith("…")
    assert found in why.toolTip()
    button = opened.button("pause-band-retry-btn")
    assert after.mapTo(band, after.rect().topRight()).x() <= button.mapTo(band, button.rect().topLeft()).x()


@pytest.mark.parametrize("state", [NetworkState.RECOVERING, NetworkState.VERIFYING, NetworkState.STABILISING])
def test_a_start_is_no_pause_of_the_network(opened: SharedWindow, state: NetworkState) -> None:
    opened.show(network=make_network(state=state), auto_trading=make_auto_trading("running"))
    assert opened.text("auto-state").startswith("◐ CONNECTING  (strategy")
    assert opened.button("auto-start-btn").toolTip().startswith("Connecting (")
    assert stale_reason(opened.model) == "connecting to the market"
    opened.show(network=make_network(state=state, ages=make_ages(None)), positions=POSITIONS, quotes=())
    assert stale_reason(opened.model) == "connecting to the market", "since when is not known of no price"
    opened.show(network=make_network(ages=make_ages(None)), positions=POSITIONS, quotes=())
    assert stale_reason(opened.model) == "no price yet"
    opened.show(network=make_pause(state=state, ages=make_ages(1)), auto_trading=make_auto_trading("running"))
    assert opened.text("auto-state").startswith("❚❚ PAUSED BY NETWORK")
    assert stale_reason(opened.model) == "paused by the network"


def test_settling_counts_up_to_the_five_seconds_and_no_further(opened: SharedWindow, qtbot: QtBot) -> None:
    view = make_pause(state=NetworkState.STABILISING, reasons=(), detail="", stable_seconds=3.2)
    opened.show(network=view)
    assert re.search(r"prices settling (3\.[2-9]|4\.\d) s of 5 s", opened.text("pause-band-text"))
    opened.show(network=replace(view, stable_seconds=4.95))
    qtbot.waitUntil(lambda: "settling 5.0 s of 5 s" in opened.text("pause-band-text"), timeout=30_000)


def test_the_first_verification_of_a_start_is_no_reconnection(opened: SharedWindow) -> None:
    view = make_network(state=NetworkState.VERIFYING)
    opened.show(network=view)
    assert opened.text("pause-band-text").startswith("◐  CONNECTING – verifying")


@pytest.mark.requirement("R219")
def test_a_simulated_loss_is_said_as_such_and_can_be_ended(opened: SharedWindow) -> None:
    view = make_pause(simulated_loss=True, loss_ends_in_seconds=11.0, reasons=())
    opened.show(network=view)
    assert opened.text("pause-band-text").startswith("❚❚  SIMULATED NETWORK LOSS since")
    assert re.search(r"Ends by itself in (11|10|9) s", opened.text("pause-band-countdown"))
    assert not opened.button("pause-band-retry-btn").isVisible()
    opened.button("pause-band-end-btn").click()
    assert [type(each) for each in opened.sent] == [EndSimulatedLoss]
    endless = replace(view, loss_ends_in_seconds=None)
    opened.show(network=endless)
    assert "Lasts until you end it" in opened.text("pause-band-countdown")


def test_a_machine_that_slept_is_no_network_pause(opened: SharedWindow) -> None:
    view = make_pause(reasons=(PauseReason(kind=ReasonKind.RESUME),))
    opened.show(network=view)
    assert "TRADING PAUSE since" in opened.text("pause-band-text")
    assert opened.text("pause-band-why").startswith("This computer slept")


@pytest.mark.parametrize("kind", list(ReasonKind))
def test_every_reason_is_said_in_words(kind: ReasonKind) -> None:
    said = network_text.reason_text(PauseReason(kind=kind, scope="coinex" if kind in ("exchange", "auth") else ""))
    assert len(said.split()) > 2
    assert "{scope}" not in said
    assert network_text.stored_reason_text(f"{kind.value}:coinex").count("{") == 0


def test_an_exchange_is_called_by_its_name() -> None:
    reason = PauseReason(kind=ReasonKind.EXCHANGE, scope="coinex")
    assert network_text.reason_text(reason) == "the exchange CoinEx does not answer"


@pytest.mark.requirement("R198")
@pytest.mark.parametrize(
    ("state", "words"),
    [
        (NetworkState.RUNNING, "● CONNECTED"),
        (NetworkState.SUSPECT, "● CONNECTED"),
        (NetworkState.PAUSED, "■ PAUSED"),
        (NetworkState.VERIFYING, "◐ VERIFYING"),
        (NetworkState.STABILISING, "◔ STABILISING"),
        (NetworkState.STARTING, "◐ VERIFYING"),
        (NetworkState.REVIEW, "■ PAUSED"),
    ],
)
def test_the_badge_has_four_words_each_with_a_shape_of_its_own(
    opened: SharedWindow, state: NetworkState, words: str
) -> None:
    opened.show(network=make_pause(state=state))
    assert re.fullmatch(f"{words}  Simulated market( · 42 ms)?", opened.text("connection-state"))


@pytest.mark.parametrize("state", list(NetworkState))
def test_the_status_bar_has_a_latency_only_while_somebody_answers(opened: SharedWindow, state: NetworkState) -> None:
    opened.show(network=make_pause(state=state))
    is_answering = state.value in ("running", "verifying", "stabilising")
    assert opened.text("connection-state").endswith("42 ms") is is_answering


def read_in_turn(opened: SharedWindow, qtbot: QtBot, count: int) -> list[str]:
    """Return what the status bar's notice shows, one after the other, with turns made short."""
    turns = opened.window.findChild(NoticeTurns)
    assert turns is not None
    timer = turns.findChild(QTimer)
    assert timer is not None
    assert timer.interval() == 3_000, "long enough to be read"
    seen = [turns.label.text()]
    timer.timeout.connect(lambda: seen.append(turns.label.text()))
    timer.setInterval(5)
    qtbot.waitUntil(lambda: len(seen) >= count, timeout=30_000)
    timer.setInterval(3_000)
    timer.timeout.disconnect()
    timer.timeout.connect(turns._next)
    return seen[:count]


@pytest.mark.requirement("R209")
@pytest.mark.parametrize("account", ["", "second"])
def test_the_status_bar_has_each_of_the_exact_sentences_in_its_turn(
    opened: SharedWindow, qtbot: QtBot, account: str
) -> None:
    why = "Trading is paused for internet: connection refused"
    said = [NO_NETWORK, NOT_CHECKED, NO_NEW_TRADES, why]
    for number, sentence in enumerate(said, start=1):
        opened.model.raise_notice(replace(log(sentence, number), account=account))
    assert read_in_turn(opened, qtbot, 6) == [*said, *said[:2]]
    label = opened.window.findChild(QLabel, "last-notice")
    assert label is not None
    assert label.toolTip().splitlines() == said
    assert all(sentence in label.accessibleName() for sentence in said)
    opened.model.raise_notice(log(RESUMED, 5))
    assert opened.text("last-notice") == RESUMED
    opened.model.raise_notice(log("Outage report: Nothing traded for 20 s", 6))
    assert opened.text("last-notice") == RESUMED
    opened.model.raise_notice(log("Filled order 3", 7))
    assert opened.text("last-notice") == "Filled order 3"


@pytest.mark.requirement("R209")
def test_the_exact_sentences_have_room_in_a_window_of_1280(opened: SharedWindow, qtbot: QtBot) -> None:
    market = replace(make_snapshot().market, source_id="exchange:coinex@127.0.0.1:42841")
    opened.window.resize(1280, 800)
    opened.show(network=make_pause(), positions=POSITIONS, market=market)
    label = opened.window.findChild(QLabel, "last-notice")
    assert label is not None
    for sentence in (NO_NETWORK, NOT_CHECKED, NO_NEW_TRADES):
        needed = label.fontMetrics().horizontalAdvance(sentence)
        qtbot.waitUntil(lambda needed=needed: label.contentsRect().width() >= needed)  # type: ignore[misc]


def test_the_auto_trading_panel_says_who_paused_it(opened: SharedWindow) -> None:
    running = make_auto_trading("running")
    opened.show(network=make_pause(), auto_trading=running)
    assert opened.text("auto-state").startswith("❚❚ PAUSED BY NETWORK")
    opened.show(network=make_network(epoch=1), auto_trading=running)
    assert opened.text("auto-state").startswith("▶ RUNNING")


@pytest.mark.requirement("R201")
@pytest.mark.parametrize("name", ["futures-long-btn", "auto-start-btn"])
def test_what_would_trade_rests_and_says_why(opened: SharedWindow, name: str) -> None:
    quantity = opened.window.findChild(DecimalEdit, "futures-quantity-edit")
    assert quantity is not None
    quantity.set_value(Decimal("0.01"))
    assert opened.button(name).isEnabled()
    opened.show(network=make_pause())
    assert not opened.button(name).isEnabled()
    assert "nothing is traded" in opened.button(name).toolTip()
    opened.show(network=make_network(epoch=1))
    assert opened.button(name).isEnabled()


@pytest.mark.requirement("R201")
def test_a_position_cannot_be_closed_unseen(opened: SharedWindow) -> None:
    from desktop_trader.ui.panels.positions import PositionsTable

    opened.show(network=make_pause(), positions=POSITIONS)
    table = opened.window.findChild(PositionsTable, "positions-table")
    assert table is not None
    table.selectRow(0)
    table.close_position(POSITIONS[0])
    assert opened.sent == []
    assert not opened.button("positions-close-btn").isEnabled()
    assert "nothing is traded" in opened.button("positions-close-btn").toolTip()
    cells = table.sorted_rows
    titles = [cells.headerData(each, Qt.Orientation.Horizontal) for each in range(cells.columnCount())]
    close = titles.index("Close")
    assert cells.index(0, close).data() == "paused"
    opened.show(network=make_network(epoch=1), positions=POSITIONS)
    assert cells.index(0, close).data() == "Close"
    assert opened.button("positions-close-btn").isEnabled()


@pytest.mark.requirement("R201")
def test_an_order_that_was_on_its_way_when_the_network_went_shows_its_refusal(opened: SharedWindow) -> None:
    quantity = opened.window.findChild(DecimalEdit, "futures-quantity-edit")
    assert quantity is not None
    quantity.set_value(Decimal("0.01"))
    opened.button("futures-long-btn").click()
    order = opened.sent[0]
    assert isinstance(order, SubmitOrder)
    opened.show(network=make_pause())
    detail = "no network; nothing was done; try again when trading goes on"
    opened.model.raise_notice(CommandRefused(id=1, at=NOON, request_id=order.request_id, reason=NETWORK, detail=detail))
    assert opened.text("futures-message") == detail


def test_positions_of_an_account_that_is_not_shown_are_counted_too(opened: SharedWindow) -> None:
    other = make_snapshot(2, account_id=2, account_name="second", network=make_pause(), positions=POSITIONS)
    opened.show(network=make_pause(), positions=POSITIONS[:1])
    opened.model.replace_snapshot(other)
    assert "3 positions are NOT being watched" in opened.text("pause-band-text")
    sleeping = replace(other, sequence=3, asleep="its market is another one")
    opened.model.replace_snapshot(sleeping)
    assert "1 position is NOT being watched" in opened.text("pause-band-text")


def test_the_model_tells_a_change_of_the_connection_once(opened: SharedWindow) -> None:
    heard: list[object] = []
    opened.model.network_changed.connect(lambda: heard.append(opened.model.network))
    view = make_pause()
    opened.show(network=view)
    opened.show(network=view)
    assert heard == [view]


def test_a_pause_is_shown_at_once_between_two_repaints_of_prices(qapp: QApplication) -> None:
    model, later = BalanceModel(repaint_interval_ms=2_000), NOON + timedelta(seconds=1)
    model.replace_snapshot(make_snapshot(1, network=make_network(), ledger_head_id=1))
    model.replace_snapshot(make_snapshot(2, now=later, network=make_network(at=later), ledger_head_id=1))
    assert model.market_now == NOON, "prices wait for their repaint"
    pause = make_pause(at=later)
    model.replace_snapshot(make_snapshot(3, now=later, network=pause, ledger_head_id=1))
    assert model.network is pause


def test_before_anything_is_known_of_the_connection_nobody_claims_it(opened: SharedWindow) -> None:
    opened.show(network=None)
    assert opened.text("connection-state") == "○ CONNECTING  Simulated market"
    assert not opened.sees("pause-band")
