"""The journal's own shapes: balance, running totals, and a hash that depends on everything."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desktop_trader.domain import ledger
from desktop_trader.domain.errors import InvariantError
from desktop_trader.domain.ledger import GENESIS, EntryDraft, EntryKind, LedgerHead, Posting, seal
from desktop_trader.domain.money import ZERO
from tests.builders import START

# These hashes are the format: books written today must verify for ever. Change them never.
GOLDEN = "9810b776dcb2ccc918d8b8493375972f35da4f4f6e48aabc60cfc044fd7f48eb"
GOLDEN_SECOND = "27a26df6d41803b660f6597086dbc375a961218746e3f65936714241d7f78126"


def posting(name: str, amount: str) -> Posting:
    return Posting(ledger_account=name, amount=Decimal(amount))


def opening() -> EntryDraft:
    return EntryDraft(
        kind=EntryKind.OPENING,
        idempotency_key="opening:1",
        occurred_at=datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC),
        account_id=1,
        run_id=1,
        currency="USDT",
        postings=(posting(ledger.AVAILABLE, "10000"), posting(ledger.OPENING_EQUITY, "-10000")),
        reason='initial deposit 10,000.00 – ₿ "quoted"',
        author="api:Zoë",
        description="Created",
    )


def lock() -> EntryDraft:
    return replace(
        opening(),
        kind=EntryKind.ORDER_LOCK,
        idempotency_key="order:1:lock",
        order_id=1,
        postings=(posting(ledger.AVAILABLE, "-0.00000001"), posting(ledger.locked_for_order(1), "0.00000001")),
    )


def test_the_format_of_an_entry_never_drifts() -> None:
    entries, head = seal((opening(), lock()), head=GENESIS, total=ZERO, locked=ZERO)
    assert (entries[0].hash, entries[1].hash) == (GOLDEN, GOLDEN_SECOND)
    assert head == LedgerHead(entry_id=2, hash=GOLDEN_SECOND)


def test_the_hash_is_that_of_a_json_array_that_anyone_can_write_down() -> None:
    """An independent reader needs nothing but this line and SHA-256."""
    array = (
        '[1,1,1,"opening","opening:1","2026-01-02T03:04:05.678901+00:00",0,0,0,'
        '"initial deposit 10,000.00 – ₿ \\"quoted\\"","api:Zoë","Created","USDT",0,1000000000000,0,'
        '[["cash:available","USDT",1000000000000],["equity:opening","USDT",-1000000000000]]]'
    )
    assert hashlib.sha256(("0" * 64 + array).encode()).hexdigest() == GOLDEN


def test_entries_follow_each_other_with_running_totals() -> None:
    entries, head = seal((opening(), lock()), head=GENESIS, total=ZERO, locked=ZERO)
    assert [entry.id for entry in entries] == [1, 2]
    assert [entry.previous_hash for entry in entries] == ["0" * 64, entries[0].hash]
    assert [entry.total_after for entry in entries] == [10_000, 10_000]
    assert [entry.locked_after for entry in entries] == [0, Decimal("0.00000001")]
    assert seal((), head=head, total=ZERO, locked=ZERO) == ((), head)


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": EntryKind.DEPOSIT},
        {"idempotency_key": "opening:2"},
        {"occurred_at": opening().occurred_at + timedelta(microseconds=1)},
        {"account_id": 2},
        {"run_id": 2},
        {"currency": "USDC"},
        {"reason": "initial deposit"},
        {"author": "system"},
        {"description": ""},
        {"position_id": 1},
        {"order_id": 1},
        {"fill_id": 1},
        {"corrects": 1},
        {"postings": (posting(ledger.AVAILABLE, "10000"), posting(ledger.DEPOSIT_EQUITY, "-10000"))},
        {"postings": (posting(ledger.AVAILABLE, "10000.00000001"), posting(ledger.OPENING_EQUITY, "-10000.00000001"))},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_field_of_an_entry_is_in_its_hash(changed: dict[str, object]) -> None:
    assert _hash(replace(opening(), **changed)) != _hash(opening())  # type: ignore[arg-type]


def _hash(
    draft: EntryDraft, *, entry_id: int = 1, total: int = 10_000, locked: int = 0, previous: str = "0" * 64
) -> str:
    return ledger.entry_hash(
        draft, entry_id=entry_id, total_after=Decimal(total), locked_after=Decimal(locked), previous_hash=previous
    )


def test_the_place_in_the_chain_is_in_the_hash() -> None:
    hashes = {
        _hash(opening()),
        _hash(opening(), entry_id=2),
        _hash(opening(), total=10_001),
        _hash(opening(), locked=1),
        _hash(opening(), previous="1" * 64),
    }
    assert len(hashes) == 5


def test_the_order_of_postings_and_the_spelling_of_a_number_are_not_in_the_hash() -> None:
    spelled = tuple(replace(each, amount=each.amount.quantize(Decimal("0.0001"))) for each in opening().postings)
    assert _hash(replace(opening(), postings=spelled[::-1])) == _hash(opening())


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (posting(ledger.AVAILABLE, "1"),),
        (posting(ledger.AVAILABLE, "1"), posting(ledger.FEE_EXPENSE, "-0.99999999")),
        (posting(ledger.AVAILABLE, "0"), posting(ledger.FEE_EXPENSE, "0")),
        (posting(ledger.AVAILABLE, "1"), posting(ledger.FEE_EXPENSE, "-1"), posting(ledger.ROUNDING, "0")),
    ],
)
def test_what_does_not_balance_or_moves_nothing_is_never_sealed(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(InvariantError):
        seal((replace(opening(), postings=postings),), head=GENESIS, total=ZERO, locked=ZERO)


def test_a_fraction_of_the_smallest_unit_is_never_sealed() -> None:
    crumbs = (posting(ledger.AVAILABLE, "0.000000001"), posting(ledger.OPENING_EQUITY, "-0.000000001"))
    with pytest.raises(InvariantError, match="more than 8 decimals"):
        seal((replace(opening(), postings=crumbs),), head=GENESIS, total=ZERO, locked=ZERO)


@pytest.mark.parametrize(
    ("postings", "changes"),
    [
        ((posting(ledger.AVAILABLE, "5"), posting(ledger.PNL_INCOME, "-5")), ("5", "0")),
        ((posting(ledger.AVAILABLE, "-5"), posting("cash:locked:order:3", "5")), ("0", "5")),
        (
            (posting("cash:locked:position:3", "-5"), posting(ledger.AVAILABLE, "3"), posting(ledger.PNL_INCOME, "2")),
            ("-2", "-5"),
        ),
    ],
)
def test_an_entry_says_how_total_and_locked_move(postings: tuple[Posting, ...], changes: tuple[str, str]) -> None:
    assert replace(opening(), postings=postings).changes() == tuple(map(Decimal, changes))


@pytest.mark.requirement("R178")
def test_the_kinds_are_the_public_ones() -> None:
    assert [kind.value for kind in EntryKind] == [
        "opening",
        "deposit",
        "withdrawal",
        "adjustment",
        "reset",
        "import",
        "order_lock",
        "order_release",
        "position_open",
        "position_close",
        "fee",
        "funding",
        "liquidation",
        "margin_change",
        "reconcile",
    ]


def test_locked_money_names_what_it_is_locked_for() -> None:
    assert ledger.locked_for_order(12) == "cash:locked:order:12"
    assert ledger.locked_for_position(7) == "cash:locked:position:7"
    assert START.tzinfo is UTC
