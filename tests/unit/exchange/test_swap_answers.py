"""What exchanges say of funding and tiers, as ccxt hands it on, into our values."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.errors import BadAnswerError
from desktop_trader.domain.margin_brackets import make_brackets
from desktop_trader.exchange.swap_answers import DueRate, brackets_from, funding_from, funding_history_from
from tests.builders import SWAP
from tests.command_line import SHARED_DATA

_S = SWAP.symbol
_EIGHT = datetime(2024, 5, 15, 8, tzinfo=UTC)
_NOW = _EIGHT - timedelta(hours=3)
_DOCUMENTED = SHARED_DATA / "exchange" / "coinex_docstring_samples.json"
documented = pytest.mark.skipif(not _DOCUMENTED.is_file(), reason="the documented answers are not beside this checkout")


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _told(**fields: Any) -> dict[str, Any]:
    return {"symbol": _S, **fields}


def test_where_the_next_rate_is_apart_the_other_one_was_paid() -> None:
    told = _told(
        markPrice=Decimal("61602.22"),
        fundingRate=Decimal(0),
        fundingTimestamp=_ms(_EIGHT - timedelta(hours=8)),
        nextFundingRate=Decimal("0.00021074"),
        nextFundingTimestamp=_ms(_EIGHT),
    )

    answer = funding_from(_S, told, now=_NOW)

    assert answer.settled == DueRate(at=_EIGHT - timedelta(hours=8), rate=Decimal(0))
    assert answer.coming == DueRate(at=_EIGHT, rate=Decimal("0.00021074"))
    assert (answer.mark_price, answer.interval) == (Decimal("61602.22"), timedelta(hours=8))


def test_where_there_is_one_rate_alone_it_is_the_coming_one() -> None:
    told = _told(fundingRate=Decimal("-0.0001"), fundingTimestamp=_ms(_EIGHT), interval="4h")

    answer = funding_from(_S, told, now=_NOW)

    assert (answer.settled, answer.coming) == (None, DueRate(at=_EIGHT, rate=Decimal("-0.0001")))
    assert (answer.mark_price, answer.interval) == (None, timedelta(hours=4))


def test_of_two_coming_rates_the_first_is_next() -> None:
    told = _told(
        fundingRate=Decimal("0.0001"),
        fundingTimestamp=_ms(_EIGHT),
        nextFundingRate=Decimal("0.0002"),
        nextFundingTimestamp=_ms(_EIGHT + timedelta(hours=8)),
    )

    assert funding_from(_S, told, now=_NOW).coming == DueRate(at=_EIGHT, rate=Decimal("0.0001"))


@pytest.mark.parametrize(
    "late", [timedelta(), timedelta(milliseconds=1), timedelta(seconds=21.761), -timedelta(seconds=3)]
)
def test_one_payment_has_one_time_however_late_it_was_made(late: timedelta) -> None:
    rows = [{"symbol": _S, "fundingRate": Decimal("0.0001"), "timestamp": _ms(_EIGHT + late)}]

    assert funding_history_from(_S, rows) == [DueRate(at=_EIGHT, rate=Decimal("0.0001"))]


def test_history_is_sorted_and_each_instant_comes_once() -> None:
    instants = [_EIGHT, _EIGHT - timedelta(hours=8), _EIGHT + timedelta(seconds=1)]
    rows = [{"symbol": _S, "fundingRate": Decimal(index), "timestamp": _ms(at)} for index, at in enumerate(instants)]
    rows = [{**row, "fundingRate": row["fundingRate"] / 10_000} for row in rows]  # type: ignore[operator]

    assert [each.at for each in funding_history_from(_S, rows)] == [_EIGHT - timedelta(hours=8), _EIGHT]


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        {"symbol": "ETH/USDT:USDT"},
        _told(fundingRate="NaN", fundingTimestamp=_ms(_EIGHT)),
        _told(fundingRate=Decimal("0.2"), fundingTimestamp=_ms(_EIGHT)),
        _told(fundingRate=0.0001, fundingTimestamp=_ms(_EIGHT)),
        _told(fundingRate=Decimal("0.0001"), fundingTimestamp=-1),
        _told(markPrice=Decimal(0)),
        _told(markPrice=Decimal(-5)),
    ],
)
def test_what_cannot_be_is_a_bad_answer(told: object) -> None:
    with pytest.raises(BadAnswerError):
        funding_from(_S, told, now=_NOW)


@pytest.mark.parametrize("rows", [{}, [1], [{"symbol": _S}], [{"symbol": "ETH/USDT:USDT"}]])
def test_a_history_that_is_none_is_a_bad_answer(rows: object) -> None:
    with pytest.raises(BadAnswerError):
        funding_history_from(_S, rows)


def _tier(cap: object, leverage: object, rate: str, currency: str = "USDT") -> dict[str, object]:
    return {"currency": currency, "maxNotional": cap, "maxLeverage": leverage, "maintenanceMarginRate": Decimal(rate)}


def test_tiers_counted_in_coins_are_worth_what_the_coin_costs() -> None:
    tiers = [_tier(Decimal(20), 50, "0.01", "BTC"), _tier(Decimal(50), 20, "0.025", "BTC")]

    assert brackets_from(SWAP, tiers, price=Decimal(60_000)) == make_brackets(
        ((Decimal(1_200_000), 50, Decimal("0.01")), (None, 20, Decimal("0.025")))
    )


def test_tiers_counted_in_money_stay_what_they_are() -> None:
    tiers = [_tier(Decimal(50_000), 125, "0.004"), _tier(Decimal(250_000), 100, "0.005"), _tier(None, 50, "0.01")]

    assert brackets_from(SWAP, tiers, price=Decimal(60_000)) == make_brackets(
        (
            (Decimal(50_000), 125, Decimal("0.004")),
            (Decimal(250_000), 100, Decimal("0.005")),
            (None, 50, Decimal("0.01")),
        )
    )


@pytest.mark.parametrize(
    "tiers",
    [
        None,
        [],
        [{}],
        [_tier(None, 50, "0.01"), _tier(None, 20, "0.02")],
        [_tier(Decimal(10), 0, "0.01")],
        [_tier(Decimal(10), 50, "1.5")],
        [_tier(Decimal(10), 50, "0.02"), _tier(Decimal(20), 20, "0.01")],
        [_tier(Decimal(10), 50, "0.01"), _tier(Decimal(5), 20, "0.02"), _tier(None, 10, "0.03")],
    ],
)
def test_tiers_that_do_not_continue_one_another_are_a_bad_answer(tiers: object) -> None:
    with pytest.raises(BadAnswerError):
        brackets_from(SWAP, tiers, price=Decimal(1))


@documented
def test_the_documented_answers_of_coinex_say_the_same_instant_in_both_places() -> None:
    samples = {each["method"]: each["sample"] for each in json.loads(_DOCUMENTED.read_text("utf-8"))}
    now, past = samples["parse_funding_rate"], samples["fetch_funding_rate_history"]["data"][0]

    answer = funding_from(
        _S,
        _told(fundingRate=now["latest_funding_rate"], fundingTimestamp=now["latest_funding_time"]),
        now=_NOW,
    )
    (paid,) = funding_history_from(_S, [_told(fundingRate=past["actual_funding_rate"], timestamp=past["funding_time"])])

    assert answer.settled == paid
