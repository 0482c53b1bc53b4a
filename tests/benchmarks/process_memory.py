"""How much memory this process holds, as Linux counts it."""

from pathlib import Path


def process_memory() -> dict[str, float]:
    """Return resident and proportional memory in MB; shared pages count by their share in the second."""
    found = {}
    for line in Path("/proc/self/smaps_rollup").read_text(encoding="ascii").splitlines():
        name, _, rest = line.partition(":")
        if name in ("Rss", "Pss"):
            found[f"{name.lower()}_mb"] = int(rest.split()[0]) / 1024
    return found
