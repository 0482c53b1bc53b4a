"""What *Health* shows: every part that trading rests on, its state, its age, and what to do. No Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from desktop_trader.messages.health import HealthReply
from desktop_trader.messages.market_name import market_name
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.ui import network_text as texts
from desktop_trader.ui.models.balance_model import BalanceModel
from desktop_trader.ui.models.price_ages import age_text

_VERIFIED_SECONDS_MAX = 3_600
_WHOLE_SECONDS_MAX = 2 * 86_400
_MEGABYTE, _GIGABYTE = 1024 * 1024, 1024 * 1024 * 1024
_FREE_FEW, _FREE_LITTLE = 64 * _MEGABYTE, _GIGABYTE
_HEARD_SECONDS_MAX, _COMPARED_SECONDS_MAX = 60, 75
"""What was heard or compared longer ago says nothing of now; clocks are compared once a minute."""
_KEPT_SECONDS_SHOWN = 86_400
_SKEW_SHOWN, _SKEW_TOLD, _SKEW_MAX = 0.005, 1.0, 2.5
_FEEDS_MAX = 40


class HealthState(IntEnum):
    """How a part is; the larger, the worse."""

    GOOD = 0
    UNKNOWN = 1
    LOOK = 2
    BAD = 3

    @property
    def text(self) -> str:
        """A sign and a word, so that it does not rest on color."""
        return {0: "✓ good", 1: "… not known yet", 2: "! look", 3: "✗ bad"}[int(self)]

    @property
    def tone(self) -> str:
        """The color token that goes with it."""
        return {0: "up_text", 1: "text_muted", 2: "warning", 3: "danger"}[int(self)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthRow:
    """One part. `age_seconds` is how old what is said of it is; None where it is of this moment or nobody knows."""

    part: str
    state: HealthState
    finding: str
    age_seconds: float | None = None
    advice: str = ""


def health_rows(
    model: BalanceModel, reply: HealthReply | None, *, now: datetime, last_error: str = ""
) -> list[HealthRow]:
    """Return every part, in the order of the page; `last_error` is the last thing that the exchange failed with."""
    return [
        _engine_row(model),
        *_book_rows(reply, now),
        _exchange_row(model, last_error=last_error),
        *_feed_rows(model),
        _permissions_row(model.snapshot),
        _disk_row(reply),
        _candles_row(reply, now),
        _clock_row(model, reply),
    ]


def _engine_row(model: BalanceModel) -> HealthRow:
    network, snapshot = model.network, model.snapshot
    if model.halted:
        return HealthRow(
            part="Trading", state=HealthState.BAD, finding=f"Halted: {model.halted}", advice="Read the band; restart"
        )
    if snapshot is None:
        return HealthRow(part="Trading", state=HealthState.UNKNOWN, finding="The engine is starting")
    if texts.is_shut(network):
        return HealthRow(
            part="Trading",
            state=HealthState.BAD,
            finding=texts.refusal_text(network),
            advice="Nothing: it goes on by itself once everything is verified and stable",
        )
    return HealthRow(part="Trading", state=HealthState.GOOD, finding="Signals, checks and orders act")


def _book_rows(reply: HealthReply | None, now: datetime) -> Iterator[HealthRow]:
    if reply is None:
        for part in ("Schema of the books", "Verification"):
            yield HealthRow(part=part, state=HealthState.UNKNOWN, finding="Being read")
        return
    if reply.error:
        yield HealthRow(
            part="Schema of the books",
            state=HealthState.BAD,
            finding=reply.error,
            advice="Keep the folder as it is; Backups restores the newest copy that verifies",
        )
        return
    yield HealthRow(
        part="Schema of the books",
        state=HealthState.GOOD if reply.schema_version == reply.schema_known else HealthState.LOOK,
        finding=f"Version {reply.schema_version}, the one this program writes; {reply.entries:,} entries",
    )
    yield _verification_row(reply, now)


def _verification_row(reply: HealthReply, now: datetime) -> HealthRow:
    age = None if reply.verified_at is None else (now - reply.verified_at).total_seconds()
    whole = None if reply.whole_at is None else (now - reply.whole_at).total_seconds()
    if age is None:
        return HealthRow(
            part="Verification",
            state=HealthState.UNKNOWN,
            finding="Not verified since these books were opened",
            advice="Wait some seconds, or press Verify now on the page Verify books",
        )
    whole_text = "never from the first entry on" if whole is None else f"from the first entry {age_text(whole)} ago"
    is_fresh = age <= _VERIFIED_SECONDS_MAX and whole is not None and whole <= _WHOLE_SECONDS_MAX
    return HealthRow(
        part="Verification",
        state=HealthState.GOOD if is_fresh else HealthState.LOOK,
        finding=f"Every cent accounted for up to entry {reply.verified_entry:,}; {whole_text}",
        age_seconds=max(0.0, age),
        advice="" if is_fresh else "Press Verify now on the page Verify books",
    )


def _exchange_row(model: BalanceModel, *, last_error: str) -> HealthRow:
    network, snapshot = model.network, model.snapshot
    if network is None or snapshot is None:
        return HealthRow(part="Exchange", state=HealthState.UNKNOWN, finding="The market is being opened")
    if not network.has_line:
        name = market_name(snapshot.market.source_id)
        finding = f"{name[:1].upper()}{name[1:]}: needs no network"
        return HealthRow(part="Exchange", state=HealthState.GOOD, finding=finding)
    source = snapshot.market.source_id
    where = market_name(source) + ("" if "@" in source else " at its own address")
    latency = "no call yet" if network.latency_ms is None else f"last call {network.latency_ms:.0f} ms"
    # The error first: it is what is looked for, and the end of a line may have no room.
    parts = [f"last error: {last_error}"] if last_error else []
    parts += [where, network.state.word, latency]
    symbols = {each.symbol for each in network.ages}
    kinds = [f"{kind} {count:,}" for kind, count in network.rejected_ticks if count and kind not in symbols]
    if kinds:
        parts.append(f"quotes rejected: {', '.join(kinds)}")
    is_shut = texts.is_shut(network)
    heard = _seconds_ago(model, network.heard_seconds)
    is_known = heard is not None and heard <= _HEARD_SECONDS_MAX
    return HealthRow(
        part="Exchange",
        state=HealthState.BAD if is_shut else HealthState.GOOD if is_known else HealthState.UNKNOWN,
        finding=", ".join(parts),
        age_seconds=heard,
        advice="Check the connection; the band says when it is tried again" if is_shut else "",
    )


def _seconds_ago(model: BalanceModel, seconds: float | None) -> float | None:
    """How long ago it is by now, when it was `seconds` ago as the view was made."""
    return None if seconds is None else seconds + model.ages.seconds_since_view


def _feed_rows(model: BalanceModel) -> Iterator[HealthRow]:
    network = model.network
    if network is None:
        yield HealthRow(part="Feed", state=HealthState.UNKNOWN, finding="No prices yet")
        return
    rejected = dict(network.rejected_ticks)
    for age in network.ages[:_FEEDS_MAX]:
        seconds, old = model.ages.seconds_of(age.symbol), model.ages.staleness_of((age.symbol,))
        bad = f"; {rejected[age.symbol]:,} quotes rejected" if rejected.get(age.symbol) else ""
        if seconds is None:
            yield HealthRow(part=f"Feed {age.symbol}", state=HealthState.UNKNOWN, finding=f"No price yet{bad}")
            continue
        limit = f"stale from {age_text(age.limit_seconds)} on"
        yield HealthRow(
            part=f"Feed {age.symbol}",
            state=HealthState.GOOD if old is None else HealthState.BAD,
            finding=(f"Fresh; {limit}" if old is None else f"Stale, and triggers nothing; {limit}") + bad,
            age_seconds=seconds,
            advice="" if old is None else "Nothing is filled at it; look at Exchange above",
        )
    if len(network.ages) > _FEEDS_MAX:
        more = len(network.ages) - _FEEDS_MAX
        yield HealthRow(part="Feed", state=HealthState.GOOD, finding=f"{more} more symbols are followed")
    if not network.ages:
        finding = "No prices yet"
        if model.replay is not None:
            finding = "A recording: its time is the clock"
        elif not network.has_line and model.snapshot is not None and model.snapshot.market.quotes:
            finding = f"{len(model.snapshot.market.quotes)} symbols, as fresh as the market itself"
        state = HealthState.UNKNOWN if finding == "No prices yet" else HealthState.GOOD
        yield HealthRow(part="Feed", state=state, finding=finding)


def _permissions_row(snapshot: AccountSnapshot | None) -> HealthRow:
    if snapshot is None:
        return HealthRow(part="Permissions", state=HealthState.UNKNOWN, finding="The account is not known yet")
    if snapshot.account_type == "live":
        return HealthRow(part="Permissions", state=HealthState.LOOK, finding="The key's rights were not asked for")
    return HealthRow(
        part="Permissions", state=HealthState.GOOD, finding="Paper: no key needed, and none is stored or sent"
    )


def _disk_row(reply: HealthReply | None) -> HealthRow:
    if reply is None:
        return HealthRow(part="Disk", state=HealthState.UNKNOWN, finding="Being looked at")
    if reply.writable_error:
        return HealthRow(
            part="Disk",
            state=HealthState.BAD,
            finding=reply.writable_error,
            advice="Make room or give the right to write; trading goes on by itself then",
        )
    free = reply.free_bytes
    state = HealthState.BAD if free < _FREE_FEW else HealthState.LOOK if free < _FREE_LITTLE else HealthState.GOOD
    return HealthRow(
        part="Disk",
        state=state,
        finding=f"{_room_text(free)} free, writable; the books take {_room_text(reply.file_bytes)} in {reply.folder}",
        advice="" if state is HealthState.GOOD else "Make room: a full disk halts trading",
    )


def _candles_row(reply: HealthReply | None, now: datetime) -> HealthRow:
    if reply is None:
        return HealthRow(part="Candles", state=HealthState.UNKNOWN, finding="Being looked at")
    if reply.candles_error:
        advice = "Nothing: the next start sets them aside, and they are downloaded anew"
        return HealthRow(part="Candles", state=HealthState.BAD, finding=reply.candles_error, advice=advice)
    stored = f"{_room_text(reply.candles_bytes)} stored" if reply.candles_bytes else "Nothing is stored yet"
    if not reply.candles_kept:
        return HealthRow(part="Candles", state=HealthState.GOOD, finding=stored)
    age = None if reply.candles_kept_at is None else max(0.0, (now - reply.candles_kept_at).total_seconds())
    is_new = age is None or age <= _KEPT_SECONDS_SHOWN
    return HealthRow(
        part="Candles",
        state=HealthState.LOOK if is_new else HealthState.GOOD,
        finding=f"{stored}; a damaged file was set aside as {reply.candles_kept}; the books were not touched",
        age_seconds=age,
        advice="Nothing: bars are downloaded anew; delete the file when you like" if is_new else "",
    )


def _room_text(size: int) -> str:
    return f"{size / _GIGABYTE:,.1f} GB" if size >= _GIGABYTE else f"{size / _MEGABYTE:,.1f} MB"


def _clock_row(model: BalanceModel, reply: HealthReply | None) -> HealthRow:
    network = model.network
    synchronised = "; the system keeps it synchronised" if reply is not None and reply.is_clock_synchronised else ""
    if network is not None and network.clock_skew_seconds is not None:
        skew = network.clock_skew_seconds
        state = HealthState.BAD if abs(skew) > _SKEW_MAX else HealthState.GOOD
        if state is HealthState.GOOD and abs(skew) > _SKEW_TOLD:
            state = HealthState.LOOK
        compared = _seconds_ago(model, network.clock_compared_seconds)
        if compared is None or compared > _COMPARED_SECONDS_MAX:
            state = HealthState.UNKNOWN
        way = "ahead of" if skew > 0 else "behind"
        off = f"{abs(skew):.2f} s {way}" if abs(skew) >= _SKEW_SHOWN else "the same as"
        is_of_now = "is" if state is not HealthState.UNKNOWN else "was, when they were compared last,"
        return HealthRow(
            part="Clock",
            state=state,
            finding=f"The exchange's clock {is_of_now} {off} this computer's{synchronised}",
            age_seconds=compared,
            advice="Let the system set its clock" if state in (HealthState.LOOK, HealthState.BAD) else "",
        )
    at = datetime.now(UTC) if reply is None else reply.at
    if network is not None and not network.has_line:
        finding = f"This market keeps its own time; this computer says {at:%Y-%m-%d %H:%M:%S} UTC{synchronised}"
        return HealthRow(part="Clock", state=HealthState.GOOD, finding=finding)
    return HealthRow(
        part="Clock", state=HealthState.UNKNOWN, finding=f"Not compared with an exchange yet{synchronised}"
    )
