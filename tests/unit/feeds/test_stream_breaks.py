"""What the log says of a stream that breaks over and over."""

import logging

import pytest

from desktop_trader.domain.errors import BadAnswerError, NetworkDownError
from desktop_trader.feeds.quote_sources import StreamBreaks


def test_an_outage_is_a_few_lines_however_long_it_lasts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    breaks = StreamBreaks()
    breaks.end()
    for _ in range(15):
        breaks.note(NetworkDownError("connection refused"))
    breaks.note(BadAnswerError("nonsense"))
    breaks.end()
    breaks.end()
    breaks.note(NetworkDownError("connection reset"))
    breaks.end()
    assert caplog.messages == [
        "The stream of prices broke: connection refused",
        "The stream of prices broke: nonsense",
        "The stream of prices is there again; it broke 16 times",
        "The stream of prices broke: connection reset",
        "The stream of prices is there again; it broke once",
    ]
