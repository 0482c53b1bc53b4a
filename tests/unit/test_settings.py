"""Settings start inside their limits and cannot leave them."""

from decimal import Decimal
from typing import Any

import pytest

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.settings import (
    BackupSettings,
    DisplaySettings,
    EngineSettings,
    PaperSettings,
    RiskSettings,
    Settings,
)


def test_the_defaults_are_those_of_the_documents() -> None:
    settings = Settings()
    assert settings.paper.initial_balance == Decimal(10_000)
    assert settings.paper.currency == "USDT"
    assert settings.risk.max_position_percent == Decimal(50)
    assert settings.risk.risk_per_trade_percent == Decimal(1)
    assert settings.risk.max_margin_ratio_percent == Decimal(80)
    assert settings.futures.leverage == 10
    assert settings.futures.stop_loss_percent == Decimal(2)
    assert settings.futures.take_profit_percent == Decimal(5)
    assert settings.display.repaint_interval_ms == 250
    assert settings.engine.snapshots_per_second == 20


@pytest.mark.requirement("R147")
@pytest.mark.parametrize("interval", [250, 2_000, 10_000])
def test_prices_repaint_every_quarter_of_a_second_to_ten_seconds(interval: int) -> None:
    assert DisplaySettings(repaint_interval_ms=interval).repaint_interval_ms == interval


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (RiskSettings, {"max_position_percent": Decimal(0)}),
        (RiskSettings, {"max_position_percent": Decimal("100.01")}),
        (RiskSettings, {"max_position_percent": Decimal("NaN")}),
        (RiskSettings, {"max_position_percent": Decimal("Infinity")}),
        (RiskSettings, {"risk_per_trade_percent": Decimal(-1)}),
        (RiskSettings, {"risk_per_trade_percent": 2.0}),
        (PaperSettings, {"initial_balance": Decimal("0.99")}),
        (PaperSettings, {"initial_balance": Decimal(10) ** 10}),
        (PaperSettings, {"currency": "dollars"}),
        (DisplaySettings, {"repaint_interval_ms": 249}),
        (DisplaySettings, {"repaint_interval_ms": 10_001}),
        (EngineSettings, {"snapshots_per_second": True}),
        (EngineSettings, {"snapshots_per_second": 0}),
        (EngineSettings, {"inbox_limit": 10}),
        (EngineSettings, {"ratchet_save_seconds": 61}),
        (BackupSettings, {"every_minutes": 4}),
        (BackupSettings, {"second_folder": "backups"}),
        (BackupSettings, {"second_folder": "/stick/\n"}),
    ],
)
def test_a_value_outside_its_limits_is_refused_by_name(kind: Any, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(values))):
        kind(**values)
