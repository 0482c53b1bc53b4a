"""What a losing close of a cross position takes from the margins of the others: they answer for one another."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from desktop_trader.domain import ledger
from desktop_trader.domain.drafting import EntryEvent, Wording, draft_entry
from desktop_trader.domain.ledger import EntryDraft, EntryKind
from desktop_trader.domain.money import ZERO
from desktop_trader.domain.portfolio import Portfolio
from desktop_trader.domain.position import Position


def lend_margin(
    portfolio: Portfolio, lenders: Sequence[Position], *, lacking: Decimal, event: EntryEvent
) -> tuple[tuple[EntryDraft, ...], tuple[Position, ...]]:
    """Set `lacking` free out of the margins of `lenders`, the largest first; return the entry and who lent.

    Less where they have less (`cross_margin.cover_of_exit` sees to it that nobody asks for more); nothing where nothing
    is lacking.
    """
    legs, lent, left = [], [], lacking
    for lender in sorted(lenders, key=lambda each: (-each.margin, each.id)):
        part = min(left, lender.margin)
        if part > 0:
            legs.append((ledger.locked_for_position(lender.id), -part))
            lent.append(replace(lender, margin=lender.margin - part))
            left -= part
    if not lent:
        return (), ()
    taken = sum((part for _, part in legs), ZERO)
    names = ", ".join(f"#{lender.id}" for lender in lent)
    wording = Wording("margin_lent", f"Set free from the margin of cross positions {names} for a loss beyond its own")
    draft = draft_entry(
        portfolio,
        EntryKind.MARGIN_CHANGE,
        event=event,
        legs=(*legs, (ledger.AVAILABLE, -taken)),
        wording=wording,
    )
    return (draft,), tuple(lent)
