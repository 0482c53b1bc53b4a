"""`positions`, `orders`, `fills`, `strategies`: the rows of the books, newest first."""

from pathlib import Path

import pytest

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
