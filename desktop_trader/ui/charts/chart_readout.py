"""The line of text at the top of the chart: what is shown, and open, high, low, close, change and volume of one bar."""

from __future__ import annotations

from collections.abc import Callable

from desktop_trader.ui.charts.chart_data import CandleRow
from desktop_trader.ui.color_tokens import ColorTokens

_GAP = "&nbsp;&nbsp;"
_LEFT_OUT: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset({"volume"}),
    frozenset({"volume", "O"}),
    frozenset({"volume", "O", "H", "L"}),
    frozenset({"volume", "O", "H", "L", "change"}),
    frozenset({"volume", "O", "H", "L", "change", "title"}),
)
"""What goes as the room gets less: the close is the last to go."""
_UNITS = ((1e9, "B"), (1e6, "M"), (1e3, "K"))


def readout_htmls(
    title: str,
    row: CandleRow | None,
    previous_close: float | None,
    *,
    tokens: ColorTokens,
    price_text: Callable[[float], str],
) -> list[str]:
    """The read-out as rich text of our own, whole first and then shorter and shorter; `title` is escaped.

    The change is against the close before, or the open.
    """
    parts = {"title": f'<span style="color:{tokens.text}; font-weight:600">{_escaped(title)}</span>'}
    if row is None:
        return [parts["title"]]
    is_up = row.close >= row.open
    ink = tokens.up_text if is_up else tokens.down_text
    for letter, price in (("O", row.open), ("H", row.high), ("L", row.low), ("C", row.close)):
        parts[letter] = _pair(letter, price_text(price), ink, tokens)
    reference = previous_close or row.open
    # Rounded as it is written, so that neither arrow nor color claims a change that nobody can read; never minus zero.
    change = round((row.close - reference) / reference * 100, 2) + 0.0 if reference else 0.0
    arrow = "▲" if change > 0 else "▼" if change < 0 else ""
    change_ink = tokens.up_text if change >= 0 else tokens.down_text
    parts["change"] = f'<span style="color:{change_ink}">{arrow} {change:+.2f}%</span>'
    parts["volume"] = _pair("Vol", volume_text(row.volume), ink, tokens)
    return [_GAP.join(part for name, part in parts.items() if name not in left_out) for left_out in _LEFT_OUT]


def volume_text(volume: float) -> str:
    """A volume in four figures or so: `1.25K`, `12.50`."""
    for size, unit in _UNITS:
        if abs(volume) >= size:
            return f"{volume / size:.2f}{unit}"
    return f"{volume:.2f}"


def _pair(name: str, text: str, ink: str, tokens: ColorTokens) -> str:
    return f'<span style="color:{tokens.text_muted}">{name}</span>&nbsp;<span style="color:{ink}">{text}</span>'


def _escaped(text: str) -> str:
    """Without `html`: the names of two thousand characters come with it, and stay in memory."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
