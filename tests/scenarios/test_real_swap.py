"""A long and a short held through recorded history, against a computation that shares no line with the program.

5-minute candles, hourly mark prices and 8-hourly funding rates of a real perpetual swap where they lie beside the
checkout, and a generated market of the same shape everywhere.
"""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from desktop_trader.domain.ledger import EntryKind
from desktop_trader.domain.market import Bar, FundingRate, Timeframe
from desktop_trader.domain.order import Direction, OrderType
from desktop_trader.engine.snapshot_publisher import build_snapshot
from desktop_trader.feeds.replay import ReplayFeed
from desktop_trader.messages import commands as c
from desktop_trader.storage.ledger_store import SqliteLedgerStore
from desktop_trader.storage.verify import verify
from tests.command_line import SHARED_DATA
from tests.engine_rig import build_engine

SYMBOL = "XRP/USDT:USDT"
QUANTITY = Decimal(2_500)
LEVERAGE = 5
OPENED_AFTER = 30
_UNIT = Decimal("0.00000001")


@dataclass(frozen=True)
class Recording:
    """Three files of one market."""

    candles: Path
    marks: Path
    rates: Path


def recorded() -> Recording:
    names = (
        "XRPUSDT_swap_5m_2021-11.csv",
        "XRPUSDT_swap_mark_1h_2021-11.csv",
        "XRPUSDT_swap_funding_8h_2021-11_2021-12.csv",
    )
    paths = [SHARED_DATA / name for name in names]
    for path in paths:
        if not path.exists():
            pytest.skip(f"the recorded market {path.name} is not beside this checkout")
    return Recording(*paths)


def generated(folder: Path) -> Recording:
    """Write four days of a market that wanders, its hourly mark and three rates a day of either sign."""
    random, price, start = Random(5), 1.1, datetime(2021, 11, 15, tzinfo=UTC)
    candles, marks, rates = [], [], []
    for number in range(4 * 288):
        at = start + timedelta(minutes=5 * number)
        close = price * random.gauss(1, 0.001)
        high, low = max(price, close) * 1.0005, min(price, close) * 0.9995
        candles.append((at, price, high, low, close))
        if at.minute == 0:
            marks.append((at, price * 1.0002, high * 1.001, low * 0.999, close))
        if at.minute == 0 and at.hour % 8 == 0 and number:
            rates.append((at, random.choice(("0.0001", "-0.00012345", "0.00075"))))
        price = close
    paths = [folder / f"{name}.csv" for name in ("candles", "marks", "rates")]
    for path, rows in ((paths[0], candles), (paths[1], marks)):
        lines = ["timestamp,open,high,low,close,volume"]
        for at, *prices in rows:
            first, *_, last = rounded = [Decimal(f"{each:.4f}") for each in prices]
            lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ},{first},{max(rounded)},{min(rounded)},{last},10")
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
    lines = ["timestamp,funding_rate", *(f"{at:%Y-%m-%dT%H:%M:%SZ},{rate}" for at, rate in rates)]
    paths[2].write_text("\n".join(lines) + "\n", encoding="ascii")
    return Recording(*paths)


@pytest.fixture(params=["recorded", "generated"])
def market(request: pytest.FixtureRequest, tmp_path: Path) -> Recording:
    return recorded() if request.param == "recorded" else generated(tmp_path)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="ascii", newline="") as file:
        return list(csv.DictReader(file))


def exact(text: str) -> Fraction:
    """Return a number of a file without the noise that a float, printed in full, has behind its eighth decimal."""
    return Fraction(Decimal(text).quantize(_UNIT))


def up(amount: Fraction) -> Decimal:
    """Round to 10^-8 away from us: what is paid."""
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(_UNIT, ROUND_CEILING)


def down(amount: Fraction) -> Decimal:
    """Round to 10^-8 towards less: what is received."""
    return (Decimal(amount.numerator) / Decimal(amount.denominator)).quantize(_UNIT, ROUND_FLOOR)


@dataclass(frozen=True)
class Expected:
    """What the position must come to."""

    entry: Decimal
    exit: Decimal
    fees: Decimal
    pnl: Decimal
    funding: tuple[tuple[str, Decimal], ...]


def computed(market: Recording, *, sign: int, last: int) -> Expected:
    """Recompute from the files with `fractions`: entry at the open after the decision, exit at the open of `last`."""
    candles, marks = rows_of(market.candles), {row["timestamp"]: row for row in rows_of(market.marks)}
    entry, exit_ = candles[OPENED_AFTER], candles[last]
    begin, end = entry["timestamp"], exit_["timestamp"]
    quantity = Fraction(QUANTITY)
    paid = [exact(row["open"]) * quantity / 1000 for row in (entry, exit_)]
    funding = []
    for row in rows_of(market.rates):
        at = row["timestamp"]
        if begin < at <= end:
            amount = -sign * Fraction(row["funding_rate"]) * exact(marks[at]["open"]) * quantity
            funding.append((at, down(amount) if amount > 0 else -up(-amount)))
    return Expected(
        entry=Decimal(entry["open"]).quantize(_UNIT),
        exit=Decimal(exit_["open"]).quantize(_UNIT),
        fees=sum((up(each) for each in paid), Decimal(0)),
        pnl=down(sign * (exact(exit_["open"]) - exact(entry["open"])) * quantity),
        funding=tuple(funding),
    )


def last_with_mark(market: Recording) -> int:
    """Return the number of the last candle that lies wholly in the time of the mark prices."""
    until = rows_of(market.marks)[-1]["timestamp"]
    return max(n for n, row in enumerate(rows_of(market.candles)) if row["timestamp"] <= until)


@pytest.mark.requirement("R34", "R172", "R177")
@pytest.mark.parametrize("direction", Direction)
def test_held_through_history_a_swap_pays_and_earns_what_an_independent_sum_says(
    market: Recording, direction: Direction
) -> None:
    feed = ReplayFeed.open(
        market.candles,
        symbol=SYMBOL,
        timeframe=Timeframe.M5,
        mark_prices=market.marks,
        funding_rates=market.rates,
    )
    last = last_with_mark(market)
    expected = computed(market, sign=direction.sign, last=last)
    store = SqliteLedgerStore.in_memory()
    engine = build_engine(store, feed)
    marks = {row["timestamp"]: Decimal(row["open"]).quantize(_UNIT) for row in rows_of(market.marks)}

    count, looked_at, engine_equities = 0, [], []
    while (event := feed.next_event()) is not None and count <= last:
        engine.step(event)
        if isinstance(event, FundingRate):
            continue
        assert isinstance(event, Bar)
        count += 1
        if count == OPENED_AFTER:
            engine.step(
                c.SubmitOrder(
                    request_id="enter",
                    symbol=SYMBOL,
                    side=direction.entry_side,
                    type=OrderType.MARKET,
                    quantity=QUANTITY,
                    leverage=LEVERAGE,
                )
            )
        elif count == last:
            engine.step(c.ClosePosition(request_id="leave", position_id=1))
        mark = marks.get(f"{event.opened_at:%Y-%m-%dT%H:%M:%SZ}")
        if OPENED_AFTER < count <= last and mark is not None:
            looked_at.append(direction.sign * (mark - expected.entry) * QUANTITY)
            engine_equities.append(build_snapshot(engine, sequence=1).balance.unrealized_pnl)

    assert not engine.halted
    booked = [
        (row[0], Decimal(row[1]) / 10**8)
        for row in store._connection.execute(
            "SELECT e.occurred_at, -p.amount FROM ledger_entries e JOIN postings p ON p.entry = e.id "
            "WHERE e.kind = ? AND p.ledger_account = 'income:funding' ORDER BY e.id",
            (EntryKind.FUNDING.value,),
        )
    ]
    assert len(expected.funding) >= 3
    assert [amount for _, amount in booked] == [amount for _, amount in expected.funding]
    wallet, totals = engine.books.portfolio.wallet, engine.books.portfolio.totals
    assert engine.books.portfolio.positions == {}
    assert (totals.fees, totals.realized_pnl) == (expected.fees, expected.pnl)
    assert totals.funding == sum(amount for _, amount in expected.funding)
    assert wallet.total == 10_000 - expected.fees + expected.pnl + totals.funding
    assert wallet.locked == 0
    assert len(looked_at) > 20
    assert engine_equities == looked_at
    assert verify(store._connection).ok
