"""A million damaged answers through the translation: what is believed is sound, the rest are typed errors."""

import asyncio
import os

import pytest

from desktop_trader.domain.money import install_context
from tests.unit.exchange.payload_fuzz import Outcome, fuzz

COUNT = int(os.environ.get("DESKTOP_TRADER_PAYLOADS", "1000000"))


def check(outcome: Outcome) -> None:
    """The run has to have seen both sides, and each kind of refusal that damage leads to."""
    print(outcome)
    assert outcome.believed > outcome.sent * 0.02
    assert sum(outcome.refused.values()) > outcome.sent * 0.5
    assert {"BadAnswerError", "StrangeFigureError", "ExchangeUnavailableError", "NetworkDownError"} <= set(
        outcome.refused
    )


@pytest.mark.slow
@pytest.mark.requirement("R206")
def test_damaged_answers_are_sound_or_typed_errors() -> None:
    install_context()
    check(asyncio.run(fuzz(6_000, seed=1)))


@pytest.mark.campaign
def test_a_million_damaged_answers_are_sound_or_typed_errors() -> None:
    install_context()
    check(asyncio.run(fuzz(COUNT, seed=20_261_120)))
