"""Which bars of a stored series are missing, in whole seconds since 1970."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import apsw


class Stretch(NamedTuple):
    """From `since` to before `until`."""

    since: int
    until: int


_JUMPS = """
    SELECT before + ?1, opened FROM (
        SELECT opened, LAG(opened, 1, ?3 - ?1) OVER (ORDER BY opened) AS before
        FROM candles WHERE series = ?2 AND opened >= ?3 AND opened < ?4
    ) WHERE opened - before > ?1
"""


def missing_bars(connection: apsw.Connection, series: int, *, step: int, span: Stretch) -> list[Stretch]:
    """Return the stretches of a span (multiples of `step` seconds) in which no bar of a series opened, oldest first."""
    bounds = (series, span.since, span.until)
    last, bars = connection.execute(
        "SELECT MAX(opened), COUNT(*) FROM candles WHERE series = ? AND opened >= ? AND opened < ?", bounds
    ).get
    if span.until <= span.since or bars == (span.until - span.since) // step:
        return []
    if not bars:
        return [span]
    missing = [Stretch(*each) for each in connection.execute(_JUMPS, (step, *bounds))]
    if last + step < span.until:
        missing.append(Stretch(last + step, span.until))
    return missing


def without(stretches: Iterable[Stretch], taken: Sequence[Stretch]) -> Iterator[Stretch]:
    """Return what is left of `stretches` outside of `taken`; both oldest first."""
    for stretch in stretches:
        since = stretch.since
        for each in taken:
            if each.until <= since or each.since >= stretch.until:
                continue
            if each.since > since:
                yield Stretch(since, each.since)
            since = max(since, each.until)
        if since < stretch.until:
            yield Stretch(since, stretch.until)
