"""`markets exchanges`: what `--market` takes."""

import pytest

from tests.unit.cli.conftest import CommandLine


@pytest.mark.slow
def test_every_exchange_is_listed_the_offered_ones_first(say: CommandLine) -> None:
    answer = say("markets", "exchanges", "--json")

    rows = answer.json
    assert [row["exchange"] for row in rows[:6]] == ["coinex", "binance", "bybit", "okx", "kraken", "gate"]
    assert [row["offered"] for row in rows[:7]] == [True] * 6 + [False]
    assert len(rows) > 90
