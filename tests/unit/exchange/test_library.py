"""ccxt comes in late and leaves everybody else alone."""

import decimal
import subprocess
import sys
from decimal import Decimal

import pytest

from desktop_trader.domain.money import CONTEXT, install_context
from desktop_trader.exchange.numerals import text_at, text_at_any, text_at_either, text_of
from tests.command_line import ROOT, environment

ASKS = """
import sys
import aiohttp.compression_utils as compression
before = compression.ZLibBackend._zlib_backend
import desktop_trader.exchange.session, desktop_trader.exchange.list_fetch
assert "ccxt" not in sys.modules
from desktop_trader.exchange.library import exchange_ids, streaming_ids
assert "coinex" in exchange_ids() and "coinex" in streaming_ids()
assert compression.ZLibBackend._zlib_backend is before
assert "aiohttp_fast_zlib" not in sys.modules
import aiohttp_fast_zlib
assert not any(name.startswith(("PySide6", "numpy")) for name in sys.modules)
"""


@pytest.mark.slow
def test_it_is_imported_only_when_asked_for_and_patches_nothing() -> None:
    subprocess.run([sys.executable, "-c", ASKS], check=True, cwd=ROOT, env=environment())


def test_texts_of_numbers_are_spelled_out() -> None:
    assert [text_of(each) for each in (Decimal("1E-8"), Decimal("1E+3"), "x", 5, 0.1)] == [
        "0.00000001",
        "1000",
        "x",
        "5",
        "0.1",
    ]
    nothings: list[object] = [None, "", True, [], {}, Decimal("NaN"), Decimal("1E+999")]
    assert [text_of(each) for each in nothings] == [
        None, None, None, None, None, "NaN", "1E+999",
    ]  # fmt: skip


def test_cells_are_found_as_ccxt_finds_them() -> None:
    table = {"a": Decimal("0.5"), "b": "", "c": None, "d": "text"}
    assert (text_at(table, "a"), text_at(table, "b"), text_at(table, "b", "0"), text_at(None, "a")) == (
        "0.5",
        None,
        "0",
        None,
    )
    assert (text_at(["x"], 0), text_at(["x"], 1), text_at([], "a"), text_at("text", 0)) == ("x", None, None, "t")
    assert (text_at_either(table, "b", "d"), text_at_either(table, "b", "c", "z")) == ("text", "z")
    assert (text_at_any(table, ["b", "c", "a"]), text_at_any(table, ["b"]), text_at_any(table, ["b"], "z")) == (
        "0.5",
        None,
        "z",
    )


def test_our_decimal_context_is_the_projects_own() -> None:
    install_context()
    assert decimal.getcontext().traps[decimal.FloatOperation]
    assert decimal.getcontext().rounding == CONTEXT.rounding
