"""The axes of the equity curve: times of the books or time since the start below, money or percent at the right."""

from __future__ import annotations

from datetime import datetime

import pyqtgraph as pg

from desktop_trader.ui.charts.curve_line import elapsed_text

_STEPS = (1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200, 86_400)
_LABEL_PX = 96
_DAY = 86_400


class CurveTimeAxis(pg.AxisItem):  # type: ignore[misc]
    """`is_elapsed` says whether values are seconds since the runs' starts, or since the epoch."""

    def __init__(self) -> None:
        super().__init__(orientation="bottom")
        self.is_elapsed = False

    def tickValues(self, minimum: float, maximum: float, size: float) -> list[tuple[float, list[float]]]:
        span = maximum - minimum
        if span <= 0 or size <= 0:
            return []
        wanted = span * _LABEL_PX / size
        days = 1
        while days * _DAY < wanted:
            days *= 2
        step = next((each for each in _STEPS if each >= wanted), days * _DAY)
        first = int(minimum // step) + 1
        # An axis whose left end is a round value gets its label there too.
        first -= minimum % step == 0
        return [(float(step), [float(place * step) for place in range(first, int(maximum // step) + 1)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.is_elapsed:
            return [elapsed_text(value, spacing) for value in values]
        return [_clock_text(value, spacing) for value in values]


class GainAxis(pg.AxisItem):  # type: ignore[misc]
    """Gains with their sign: `+1.5%` or `+1,250`."""

    def __init__(self) -> None:
        super().__init__(orientation="right")
        self.is_percent = True

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        decimals = 0 if spacing >= 1 else min(4, max(1, len(f"{1 / spacing:.0f}")))
        texts = [f"{value:+,.{decimals}f}{'%' if self.is_percent else ''}" for value in values]
        return [text if text.strip("+-0.,%") else text.lstrip("+-") for text in texts]


def _clock_text(seconds: float, spacing: float) -> str:
    at = datetime.fromtimestamp(seconds).astimezone()
    if spacing >= _DAY or (at.hour, at.minute, at.second) == (0, 0, 0):
        return f"{at:%m-%d}"
    return f"{at:%H:%M:%S}" if spacing < 60 else f"{at:%H:%M}"
