"""What an equity curve is drawn of: one line per run, in floats, as only charts have them."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_trader.messages.run_rows import RunCurve


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveLine:
    """One run. `seconds` are since the epoch and never fall; `gains` are in money, `percents` the run's return.

    Both are net of deposits and withdrawals, so that money put in never looks like profit. `note` stands behind the
    name in the legend.
    """

    name: str
    seconds: tuple[float, ...]
    gains: tuple[float, ...]
    percents: tuple[float, ...]
    note: str = ""

    def values(self, *, is_percent: bool) -> tuple[float, ...]:
        """Return the gains in the unit asked for."""
        return self.percents if is_percent else self.gains


def curve_line(name: str, curve: RunCurve, *, note: str = "") -> CurveLine:
    """Turn the curve of a run into what is drawn."""
    points = curve.points
    return CurveLine(
        name=name,
        seconds=tuple(point.at.timestamp() for point in points),
        gains=tuple(float(point.equity - point.contributed) for point in points),
        percents=tuple(float(point.return_percent) for point in points),
        note=note,
    )


def elapsed_text(seconds: float, step: float) -> str:
    """Write the time since a run's start for an axis whose labels are `step` seconds apart: `90 s`, `4 h`, `12 d`."""
    for unit, letter in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if step >= unit:
            return f"{seconds / unit:g} {letter}"
    return f"{seconds:g} s"
