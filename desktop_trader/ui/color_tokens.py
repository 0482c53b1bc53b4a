"""The colors of the window by meaning, as plain values: dark and light, each with two up/down presets.

No Qt here. Text tokens (`text*`, `balance`, `pnl`, `*_text`, `warning`, `danger`) keep a contrast of at least 4.5:1 on
`background`, `surface` and `raised`; `up` and `down` fill candles and are for shapes only.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace


class ThemeName(enum.Enum):
    """Which set of colors the window wears; the values are kept in the settings file."""

    DARK = "dark"
    LIGHT = "light"


class UpDownColors(enum.Enum):
    """Which pair marks rising and falling prices. BLUE_ORANGE stays apart for people who do not see red from green."""

    TEAL_RED = "teal-red"
    BLUE_ORANGE = "blue-orange"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColorTokens:
    """Every color of the window, `#rrggbb`, named by what it says."""

    is_dark: bool
    background: str
    surface: str
    raised: str
    border: str
    border_strong: str
    text: str
    text_muted: str
    accent: str
    accent_hover: str
    on_accent: str
    selection: str
    balance: str
    pnl: str
    up: str
    down: str
    up_text: str
    down_text: str
    buy: str
    sell: str
    on_trade: str
    warning: str
    warning_surface: str
    danger: str
    grid: str
    crosshair: str
    tag: str
    on_tag: str


_DARK = ColorTokens(
    is_dark=True,
    background="#131722",
    surface="#1a1f2b",
    raised="#232937",
    border="#2a3040",
    border_strong="#3b4358",
    text="#d1d4dc",
    text_muted="#9098a9",
    accent="#2962ff",
    accent_hover="#3d73ff",
    on_accent="#ffffff",
    selection="#243a6b",
    balance="#3ecf8e",
    pnl="#6ea8fe",
    up="#26a69a",
    down="#ef5350",
    up_text="#2fb5a8",
    down_text="#f7706e",
    buy="#00796b",
    sell="#c93636",
    on_trade="#ffffff",
    warning="#f0b429",
    warning_surface="#332a12",
    danger="#f7706e",
    grid="#1e2431",
    crosshair="#7b8496",
    tag="#3b4358",
    on_tag="#ffffff",
)

_LIGHT = ColorTokens(
    is_dark=False,
    background="#ffffff",
    surface="#f7f8fa",
    raised="#eceff5",
    border="#dde1ea",
    border_strong="#b9c0cf",
    text="#131722",
    text_muted="#5a6070",
    accent="#2962ff",
    accent_hover="#1e53e5",
    on_accent="#ffffff",
    selection="#cfdcff",
    balance="#0b7a4b",
    pnl="#1857c4",
    up="#089981",
    down="#e04848",
    up_text="#00756a",
    down_text="#c62f2f",
    buy="#00796b",
    sell="#c93636",
    on_trade="#ffffff",
    warning="#8a5a00",
    warning_surface="#fff4d6",
    danger="#c62f2f",
    grid="#eef0f5",
    crosshair="#7b8496",
    tag="#4a5163",
    on_tag="#ffffff",
)

_BASE = {ThemeName.DARK: _DARK, ThemeName.LIGHT: _LIGHT}


def tokens_for(theme: ThemeName, up_down: UpDownColors = UpDownColors.TEAL_RED) -> ColorTokens:
    """The colors of a theme with the wanted up/down pair; the pair colors candles, P&L text and order buttons."""
    tokens = _BASE[theme]
    if up_down is UpDownColors.TEAL_RED:
        return tokens
    return replace(
        tokens,
        up="#3d8fd9",
        down="#d9730d",
        up_text="#5aa5e8" if tokens.is_dark else "#1e6cb0",
        down_text="#ee8a2b" if tokens.is_dark else "#a35200",
        buy="#1c69ab",
        sell="#a35200",
    )


def contrast_ratio(first: str, second: str) -> float:
    """The WCAG 2.1 contrast of two `#rrggbb` colors, 1 (equal) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
