"""An account in USD, USDC or USDT trades what is quoted in its currency, and is told of what is not."""

from dataclasses import replace
from decimal import Decimal

import pytest

from desktop_trader.domain.instrument import Instrument
from desktop_trader.messages.notices import CommandRefused
from desktop_trader.messages.snapshot import BalanceView
from desktop_trader.ui.number_format import format_money
from tests import engine_rig
from tests.builders import SPOT
from tests.engine_rig import EngineRig

DOLLARS = ("USD", "USDC", "USDT")


def quoted_in(currency: str) -> Instrument:
    return replace(SPOT, symbol=f"BTC/{currency}", quote=currency, settle=currency)


def account_in(currency: str, monkeypatch: pytest.MonkeyPatch) -> EngineRig:
    monkeypatch.setattr(engine_rig, "DEMO_ACCOUNT", replace(engine_rig.DEMO_ACCOUNT, currency=currency))
    own = quoted_in(currency)
    return EngineRig(instruments=(own, *(quoted_in(each) for each in DOLLARS if each != currency)))


def shown(balance: BalanceView) -> tuple[str, str, str]:
    return balance.currency, format_money(balance.total, balance.currency), format_money(balance.locked, "USD")


@pytest.mark.requirement("R91")
@pytest.mark.parametrize("currency", DOLLARS)
def test_what_is_quoted_in_the_dollar_of_the_account_is_traded(currency: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = account_in(currency, monkeypatch)
    rig.quote(50_000)
    rig.buy("0.01")
    rig.quote(50_000)
    assert (rig.position.symbol, rig.position.quantity) == (f"BTC/{currency}", Decimal("0.01"))
    # 0.01 x 50,000 is locked; the fee of 0.1 % is 0.50.
    assert shown(rig.snapshot.balance) == (currency, "$9,999.50", "$500.00")


@pytest.mark.requirement("R91")
def test_what_is_paid_in_another_dollar_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = account_in("USDC", monkeypatch)
    rig.quote(50_000, symbol="BTC/USD")
    rig.buy("0.01", symbol="BTC/USD")
    (refused,) = rig.told(CommandRefused)
    assert refused.detail == "BTC/USD is paid in USD, but this account holds USDC"
    assert not rig.portfolio.orders
