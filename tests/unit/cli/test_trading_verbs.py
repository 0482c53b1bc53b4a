"""`positions`, `orders`, `fills`, `strategies`: the rows of the books, newest first."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.cli import books
from desktop_trader.cli.table import age
from desktop_trader.messages.ledger_page import FillRow
from desktop_trader.storage.ledger_reader import LedgerReader
from tests.unit.cli.conftest import CommandLine


def test_positions_are_the_open_ones_or_all(say: CommandLine, played: Path) -> None:
    only_open = say("positions", "--json", folder=played).json
    every = say("positions", "--all", "--json", folder=played).json

    assert [row["id"] for row in every] == list(range(len(every), 0, -1))
    assert only_open == [row for row in every if row["is_open"]]
    assert {"symbol", "quantity", "entry_price", "stop_loss", "take_profit", "mark_price", "unrealized_pnl"} <= set(
        every[0]
    )
    assert all(row["mark_price"] is None for row in every)


def test_orders_are_the_live_ones_or_all(say: CommandLine, played: Path) -> None:
    live = say("orders", "--json", folder=played).json
    every = say("orders", "--all", "--json", folder=played).json

    assert live == [row for row in every if row["is_live"]]
    assert {row["status"] for row in every} == {"filled"} or live
    assert len(say("orders", "--all", "--limit", "3", "--json", folder=played).json) == 3


def test_fills_are_all_or_those_of_open_positions(say: CommandLine, played: Path) -> None:
    every = say("fills", "--json", folder=played).json
    of_open = say("fills", "--open", "--json", folder=played).json
    held = {row["id"] for row in say("positions", "--json", folder=played).json}

    assert of_open == [row for row in every if row["position_id"] in held]
    assert say("fills", "--all", "--json", folder=played).json == every


def test_fills_of_open_positions_are_found_behind_newer_ones(say: CommandLine, played: Path) -> None:
    of_open = say("fills", "--open", "--json", folder=played).json

    assert of_open, "the played market ends with an open position"
    assert say("fills", "--open", "--limit", "1", "--json", folder=played).json == of_open[:1]


@pytest.mark.parametrize("verb", ["positions", "orders", "fills"])
def test_people_read_a_table(say: CommandLine, played: Path, verb: str) -> None:
    heading, *rows = say(verb, "--all", "--limit", "5", folder=played).out.splitlines()

    assert heading.split()[0] == "id"
    assert len(rows) == 5
    assert all("ETH/USDT" in row for row in rows)


def test_strategies_name_parameters_defaults_and_limits(say: CommandLine) -> None:
    (listed,) = say("strategies", "--json").json
    text = say("strategies").out

    assert listed["name"] == "moving_average_cross"
    defaults = {each["name"]: each["default"] for each in listed["parameters"]}
    assert (defaults["fast"], defaults["slow"], defaults["stop_loss_percent"]) == (10, 30, 2)
    assert "fast=10" in text
    assert "take_profit_percent=4" in text


class LiveAnswers:
    """What a running instance answers, without one."""

    def __init__(self, **answers: object) -> None:
        self.answers = answers

    def __call__(self, _paths: object, _account: str, route: str) -> object:
        return self.answers[route.rpartition("/")[2]]


@pytest.mark.requirement("R78", "R162")
def test_a_mark_that_is_old_says_so(say: CommandLine, played: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (position, *_) = say("positions", "--json", folder=played).json
    live = {"id": position["id"], "mark_price": Decimal("62868.09"), "unrealized_pnl": Decimal("-0.19")}
    stored = say("balance", "show", "--json", folder=played).json
    assert (stored["price_age_seconds"], stored["is_stale"]) == (None, None)
    for seconds, is_stale, shown in ((Decimal("20.4"), True, "stale, 20 s"), (Decimal("1.5"), False, "1 s")):
        fields = {"price_age_seconds": seconds, "is_stale": is_stale}
        figures = {"unrealized_pnl": Decimal("-0.19"), "portfolio_value": Decimal("9999.81")}
        answers = LiveAnswers(positions=[live | fields], balance=stored | figures | fields)
        monkeypatch.setattr(books, "live_answer", answers)
        text = say("positions", folder=played).out
        assert f" {shown} " in text
        assert ("stale" in text) == is_stale
        (row, *_) = say("positions", "--json", folder=played).json
        assert (row["price_age_seconds"], row["is_stale"]) == (seconds, is_stale)
        balance = say("balance", "show", folder=played).out
        assert ("-$0.19  (stale, 20 s)" in balance) == is_stale
        assert ("$9,999.81  (stale, 20 s)" in balance) == is_stale


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.9, "0 s"), (119, "119 s"), (120, "2 min"), (7_200, "2 h"), (172_800, "2 d")]
)
def test_ages_are_told_in_their_largest_unit(seconds: float, text: str) -> None:
    assert age(seconds, False) == text
    assert age(seconds, True) == f"stale, {text}"
    assert (age(None, None), age(None, True)) == ("", "stale")


def test_the_first_price_after_an_outage_is_marked(
    say: CommandLine, played: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "outage" not in say("fills", folder=played).out
    read = LedgerReader.fills

    def with_a_gap(reader: LedgerReader, account: str, *, limit: int) -> tuple[FillRow, ...]:
        return tuple(replace(row, is_gap=row.id == 1) for row in read(reader, account, limit=limit))

    monkeypatch.setattr(LedgerReader, "fills", with_a_gap)
    marked = [line for line in say("fills", folder=played).out.splitlines() if "first price after an outage" in line]
    assert [line.split()[0] for line in marked] == ["1"]
