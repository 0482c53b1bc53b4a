"""Stored bars of real markets as they are asked for, downloaded and listed."""

from dataclasses import dataclass
from datetime import datetime

from desktop_trader.domain.market import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesName:
    """Which bars: `source` is the `source_id` of the market they come from."""

    source: str
    symbol: str
    timeframe: Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleGap:
    """A stretch without bars: the first one missing opens at `since`, the first one there again at `until`."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSpan:
    """How far a series reaches: when its first and its last bar opened, and how many there are."""

    first_at: datetime
    last_at: datetime
    bars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSeriesRow:
    """One stored series. `gaps` counts stretches, `missing` the bars in them; `size_bytes` is its share of the file.

    Stretches in which the exchange itself has no trades count as neither.
    """

    name: SeriesName
    span: CandleSpan
    gaps: int
    missing: int
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSeriesRequest:
    """Which series are stored."""

    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleSeriesList:
    """The answer to `CandleSeriesRequest`; `error` says why it is not all there is."""

    request_id: str
    rows: tuple[CandleSeriesRow, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CandlesStored:
    """New bars of a series are stored: who shows them may ask again."""

    symbol: str
    timeframe: Timeframe


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadCandles:
    """A job: fetch the closed bars of a market from `since` on and keep them; what is there is not fetched again.

    `market` is an exchange's id. `until` is None for now. `exchange_url` replaces the address in the settings.
    """

    market: str
    symbol: str
    timeframe: Timeframe
    since: datetime
    until: datetime | None = None
    exchange_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillCandleGaps:
    """A job: fetch what is missing inside of a stored series."""

    name: SeriesName
    exchange_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteCandles:
    """A job: forget a stored series."""

    name: SeriesName


@dataclass(frozen=True, slots=True, kw_only=True)
class CandlesDownloaded:
    """What a download came to. `stored` counts new bars, `empty` those that the exchange itself does not have.

    `was_cancelled` says that somebody ended it: what had come by then is kept, and the next download goes on there.
    """

    name: SeriesName
    stored: int
    empty: int
    gaps: tuple[CandleGap, ...] = ()
    was_cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CandlesDeleted:
    """How many bars were forgotten."""

    name: SeriesName
    bars: int
