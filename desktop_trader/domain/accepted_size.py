"""The largest order that would be accepted, and what bounds it: for buttons that order a share of what is free."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from desktop_trader.domain.entry_rules import EntryWish, Rule
from desktop_trader.domain.risk import Funds, RiskLimits, look_at_entry
from desktop_trader.domain.wallet import Wallet

_OF_SIZE = frozenset(
    {
        Rule.MAXIMUM_QUANTITY,
        Rule.LEVERAGE,
        Rule.MAX_POSITION,
        Rule.RISK_PER_TRADE,
        Rule.FUNDS,
        Rule.MARGIN_RATIO,
    }
)
_TOO_SMALL = frozenset({Rule.MINIMUM_QUANTITY, Rule.MINIMUM_NOTIONAL})


def accepted_quantity(
    wishes: Sequence[EntryWish], wallet: Wallet, *, limits: RiskLimits, funds: Funds
) -> tuple[Decimal, Rule | None]:
    """Return the largest quantity up to that of the wishes that no rule of size refuses, and the rule that bounds it.

    `wishes` are one entry, or both of a pair, which lock money beside each other. None where nothing bounds it; zero
    where what is left is too small. Rules that a smaller size does not mend are none of its business.
    """
    asked, lot = wishes[0].quantity, wishes[0].instrument.lot_size
    limits = replace(limits, cuts_down=False)

    def broken_by(quantity: Decimal, rules: frozenset[Rule] = _OF_SIZE) -> Rule | None:
        left, free = wallet, funds
        for each in wishes:
            wish = replace(each, quantity=quantity)
            denial = look_at_entry(wish, left, limits=limits, funds=free).denial
            if denial is not None and denial.reason in rules:
                return denial.reason
            left = replace(left, locked=left.locked + wish.reserve)
            free = replace(free, free=free.free - wish.reserve)
        return None

    bound = broken_by(asked)
    if bound is None:
        return asked, None
    # What is too large stays so with more: half of what is between the two is looked at until they touch.
    fits, breaks = 0, int(asked // lot) + 1
    while breaks - fits > 1:
        middle = (fits + breaks) // 2
        found = broken_by(middle * lot)
        if found is None:
            fits = middle
        else:
            breaks, bound = middle, found
    is_enough = fits > 0 and broken_by(fits * lot, _TOO_SMALL) is None
    return (fits if is_enough else 0) * lot, bound
