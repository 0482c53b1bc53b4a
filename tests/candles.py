"""Recorded markets that tests make up: the same for the same seed, with prices on the grid and real gaps."""

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

HEADER = "timestamp,open,high,low,close,volume"


def write_candles(path: Path, *, seed: int, count: int, minutes: int = 5, cents: int = 200_000) -> Path:
    """Write a wandering market of `count` bars that begins at `cents`; one bar in fifty is missing."""
    dice = random.Random(seed)
    at = datetime(2024, 1, 1, tzinfo=UTC)
    lines, price, drift = [HEADER], cents, 0
    for _ in range(count):
        at += timedelta(minutes=minutes * (dice.randint(2, 40) if dice.random() < 0.02 else 1))
        if dice.random() < 0.05:
            drift = dice.randint(-250, 250)
        opening = max(50_000, price + dice.randint(-100, 100) * (50 if dice.random() < 0.02 else 1))
        closing = max(50_000, opening + drift + dice.randint(-1_500, 1_500))
        high = max(opening, closing) + dice.randint(0, 900)
        low = max(1, min(opening, closing) - dice.randint(0, 900))
        prices = ",".join(f"{each // 100}.{each % 100:02d}" for each in (opening, high, low, closing))
        lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ},{prices},{dice.randint(1, 9_999)}.{dice.randint(0, 99):02d}")
        price = closing
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path
