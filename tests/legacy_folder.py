"""Folders of earlier programs as they were found: balance files with values and times, also contradicting ones."""

from pathlib import Path

SAMPLE = b'{\n  "balance": 12345.67,\n  "last_updated": "2025-06-23T07:19:44.944435"\n}'


def balance_json(balance: object, time: str | None = "2025-06-23T07:19:44.944435") -> bytes:
    """Return a file as those programs wrote it; the balance as the text of its number."""
    last = "" if time is None else f',\n  "last_updated": "{time}"'
    return f'{{\n  "balance": {balance}{last}\n}}'.encode()


def write_legacy(path: Path, balance: object, time: str | None = "2025-06-23T07:19:44.944435") -> Path:
    """Write one and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(balance_json(balance, time))
    return path


def write_four_contradicting(folder: Path) -> dict[str, Path]:
    """The four of row F77: 15,000 twice at one microsecond, 9,998.978341858076 a day later, 50.0 as the newest."""
    return {
        "first": write_legacy(folder / "backend/virtual_balance.json", "15000.0", "2025-06-23T08:03:49.376726"),
        "same": write_legacy(folder / "backend/auto_trading_state.json", "15000.0", "2025-06-23T08:03:49.376726"),
        "day later": write_legacy(folder / "virtual_balance.json", "9998.978341858076", "2025-06-24T06:00:00.123456"),
        "newest": write_legacy(folder / "data/virtual_balance.json", "50.0", "2025-06-24T07:09:43.004576"),
    }
