"""Every trade of a replay, worked out a second time with fractions and the csv module alone.

Shares no code with the application: the rules are those that the README gives to anyone who wants to recompute a
replay. Compared with what a run prints and with what the books hold afterwards.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.candles import write_candles
from tests.command_line import BTC_CSV, XRP_SWAP_CSV, desktop_trader, replay

FAST, SLOW = 10, 30
STAKE, STOP, TARGET, FEE = Fraction(10, 100), Fraction(2, 100), Fraction(4, 100), Fraction(1, 1000)
MINIMUM_NOTIONAL = 5
UNIT = Fraction(1, 10**8)


@dataclass(frozen=True)
class Rules:
    """What depends on the market: its grids, and whether it can be sold short."""

    tick: Fraction
    lot: Fraction
    is_swap: bool


BTC = Rules(Fraction(1, 100), Fraction(1, 100_000), False)
ETH = Rules(Fraction(1, 100), Fraction(1, 10_000), False)
XRP_SWAP = Rules(Fraction(1, 10_000), Fraction(1, 10), True)


@dataclass(frozen=True)
class Trade:
    """One execution. `profit` is gross and 0 for entries."""

    at: str
    side: str
    price: Fraction
    quantity: Fraction
    fee: Fraction
    profit: Fraction
    reason: str


@dataclass
class Lot:
    """What is held: its sign, size and levels."""

    sign: int
    quantity: Fraction
    entry: Fraction
    stop: Fraction
    target: Fraction


@dataclass
class Account:
    """Balance, what is held, what was traded."""

    rules: Rules
    balance: Fraction = Fraction(10_000)
    held: Lot | None = None
    trades: list[Trade] = field(default_factory=list)

    def enter(self, at: str, sign: int, quantity: Fraction, price: Fraction) -> None:
        tick = self.rules.tick
        stop, target = price * (1 - sign * STOP), price * (1 + sign * TARGET)
        # Towards the fill price: for a long up to the stop and down to the target, for a short the other way.
        inward = [math.ceil, math.floor] if sign > 0 else [math.floor, math.ceil]
        self.held = Lot(sign, quantity, price, inward[0](stop / tick) * tick, inward[1](target / tick) * tick)
        self.book(at, sign, quantity, price, Fraction(0), "signal")

    def leave(self, at: str, price: Fraction, reason: str) -> None:
        assert self.held is not None
        lot, self.held = self.held, None
        profit = math.floor((price - lot.entry) * lot.sign * lot.quantity / UNIT) * UNIT
        self.book(at, -lot.sign, lot.quantity, price, profit, reason)

    def book(self, at: str, sign: int, quantity: Fraction, price: Fraction, profit: Fraction, reason: str) -> None:
        fee = math.ceil(quantity * price * FEE / UNIT) * UNIT
        self.balance += profit - fee
        self.trades.append(Trade(at, "buy" if sign > 0 else "sell", price, quantity, fee, profit, reason))


def bars_of(path: Path) -> Iterator[tuple[str, Fraction, Fraction, Fraction, Fraction]]:
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            opening, high, low, closing = (price_of(row[name]) for name in ("open", "high", "low", "close"))
            yield row["timestamp"], opening, high, low, closing


def price_of(text: str) -> Fraction:
    """Some collectors print binary floats in full, 1.2105000000000001 for 1.2105: that noise is no price."""
    written = Fraction(text)
    rounded = round(written / UNIT) * UNIT
    return rounded if abs(written - rounded) * 10**12 < written else written


def recompute(path: Path, rules: Rules) -> Account:
    """Play the file once, bar by bar: what was decided at the last close, then the levels, then the new decision."""
    account = Account(rules)
    closes: list[Fraction] = []
    leaving = False
    entering: tuple[int, Fraction] | None = None
    above_before: int | None = None
    for at, opening, high, low, closing in bars_of(path):
        if leaving and account.held is not None:
            account.leave(at, opening, "signal")
        if entering is not None:
            account.enter(at, entering[0], entering[1], opening)
        leaving, entering = False, None
        guard(account, at, opening, high, low)
        closes = [*closes[-(SLOW - 1) :], closing]
        if len(closes) < SLOW:
            continue
        difference = sum(closes[-FAST:]) * SLOW - sum(closes) * FAST
        above = (difference > 0) - (difference < 0)
        if above_before is not None:
            towards = 1 if above > 0 >= above_before else -1 if above < 0 <= above_before else 0
            held = account.held.sign if account.held is not None else 0
            leaving = bool(towards and held == -towards)
            if towards and held != towards and (towards > 0 or rules.is_swap):
                quantity = math.floor(account.balance * STAKE / closing / rules.lot) * rules.lot
                entering = (towards, quantity) if quantity * closing >= MINIMUM_NOTIONAL else None
        above_before = above
    return account


def guard(account: Account, at: str, opening: Fraction, high: Fraction, low: Fraction) -> None:
    """Leave at a level that this bar reaches: beyond it at the open, else at the level; the stop first."""
    lot = account.held
    if lot is None:
        return
    worst, best = (low, high) if lot.sign > 0 else (high, low)
    for level, is_beyond, is_reached, reason in (
        (lot.stop, (lot.stop - opening) * lot.sign >= 0, (lot.stop - worst) * lot.sign >= 0, "stop_loss"),
        (lot.target, (opening - lot.target) * lot.sign >= 0, (best - lot.target) * lot.sign >= 0, "take_profit"),
    ):
        if is_beyond or is_reached:
            account.leave(at, opening if is_beyond else level, reason)
            return


def exact(number: Any) -> Fraction:
    return Fraction(str(number))


def check(path: Path, folder: Path, *, symbol: str, timeframe: str, rules: Rules) -> Account:
    """Run the replay for real and compare every figure."""
    expected = recompute(path, rules)

    answer = desktop_trader(*replay(path, symbol, timeframe), data_dir=folder)

    assert answer.code == 0, answer.err
    told = [line for line in answer.lines if line["event"] == "order_filled"]
    assert [trade_of(line) for line in told] == [without_time(trade) for trade in expected.trades]
    at_the_open = [(line["at"], trade.at) for line, trade in zip(told, expected.trades, strict=True)]
    assert [told_at for told_at, _ in at_the_open if not told_at.endswith("+00:00")] == []
    signals = [pair for pair, trade in zip(at_the_open, expected.trades, strict=True) if trade.reason == "signal"]
    assert [told_at.replace("+00:00", "Z") for told_at, _ in signals] == [at for _, at in signals]
    closed = [line for line in answer.lines if line["event"] == "position_closed"]
    exits = [trade for trade in expected.trades if trade.profit or trade.reason != "signal"]
    assert {exact(line["realized_pnl"]) for line in closed} >= {trade.profit for trade in exits}
    check_summary(answer.summary, expected)
    check_books(folder, expected)
    return expected


def trade_of(line: dict[str, Any]) -> tuple[str, Fraction, Fraction, Fraction, Fraction, str]:
    profit = exact(line.get("realized_pnl") or 0)
    return line["side"], exact(line["price"]), exact(line["quantity"]), exact(line["fee"]), profit, line["reason"]


def without_time(trade: Trade) -> tuple[str, Fraction, Fraction, Fraction, Fraction, str]:
    return trade.side, trade.price, trade.quantity, trade.fee, trade.profit, trade.reason


def check_summary(summary: dict[str, Any], expected: Account) -> None:
    is_open = expected.held is not None
    closed = (len(expected.trades) - is_open) // 2
    assert summary["fills"] == summary["orders"] == len(expected.trades)
    assert (summary["positions_opened"], summary["positions_closed"]) == (closed + is_open, closed)
    assert summary["open_positions"] == is_open
    assert exact(summary["fees"]) == sum(trade.fee for trade in expected.trades)
    assert exact(summary["realized_pnl"]) == sum(trade.profit for trade in expected.trades)
    assert exact(summary["current_balance"]) == expected.balance


def check_books(folder: Path, expected: Account) -> None:
    newest = desktop_trader("fills", "--json", data_dir=folder).json
    booked = [
        (row["side"], exact(row["price"]), exact(row["quantity"]), exact(row["fee"]), exact(row["realized_pnl"]))
        for row in reversed(newest)
    ]
    wanted = [without_time(trade)[:5] for trade in expected.trades]
    assert booked == wanted[-len(booked) :]
    assert len(booked) == min(len(wanted), 1_000)
    balance = desktop_trader("balance", "show", "--json", data_dir=folder).json
    assert exact(balance["current_balance"]) == expected.balance
    assert desktop_trader("db", "verify", "--json", data_dir=folder).json["ok"] is True


@pytest.mark.slow
def test_a_year_and_a_half_of_real_hours_recomputes_to_the_last_digit(tmp_path: Path) -> None:
    if not BTC_CSV.exists():
        pytest.skip(f"the recorded market {BTC_CSV.name} is not beside this checkout")

    result = check(BTC_CSV, tmp_path / "data", symbol="BTC/USDT", timeframe="1h", rules=BTC)

    assert len(result.trades) > 500


@pytest.mark.slow
def test_a_swap_that_is_also_sold_short_recomputes_to_the_last_digit(tmp_path: Path) -> None:
    if not XRP_SWAP_CSV.exists():
        pytest.skip(f"the recorded market {XRP_SWAP_CSV.name} is not beside this checkout")

    result = check(XRP_SWAP_CSV, tmp_path / "data", symbol="XRP/USDT:USDT", timeframe="5m", rules=XRP_SWAP)

    assert {trade.side for trade in result.trades if not trade.profit} == {"buy", "sell"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_made_up_market_with_gaps_recomputes_to_the_last_digit(tmp_path: Path, seed: int) -> None:
    candles = write_candles(tmp_path / "candles.csv", seed=seed, count=2_500)

    result = check(candles, tmp_path / "data", symbol="ETH/USDT", timeframe="5m", rules=ETH)

    assert {trade.reason for trade in result.trades} == {"signal", "stop_loss", "take_profit"}
