"""Bugs about margin, liquidation and funding, sown as those of `catalog` are."""

from tests.seeded_bugs.catalog import SeededBug

_DOMAIN = "tests/unit/domain/"

BUGS = (
    SeededBug(
        name="the last price liquidates, not the mark",
        mistake="law margin",
        file="domain/protection.py",
        old="mark=quote.mark_price)",
        new="mark=quote.last)",
        test=_DOMAIN + "test_protection.py::test_the_mark_liquidates_and_the_market_pays",
    ),
    SeededBug(
        name="maintenance is always that of the first bracket",
        mistake="law margin",
        file="domain/margin.py",
        old="    return round_up(bracket_of(instrument.margin_brackets, notional).maintenance_margin(notional))",
        new="    return round_up(instrument.margin_brackets[0].maintenance_margin(notional))",
        test=_DOMAIN + "test_published_examples.py::test_binance_maintenance_margins_and_unrealized_pnl_of_the_example",
    ),
    SeededBug(
        name="a level is taken from the bracket of another notional",
        mistake="law margin",
        file="domain/liquidation.py",
        old="        if price > 0 and notional >= bracket.floor and (bracket.cap is None or notional <= bracket.cap):",
        new="        if price > 0:",
        test=_DOMAIN + "test_liquidation.py::test_the_level_lies_in_the_bracket_of_its_own_notional",
    ),
    SeededBug(
        name="shorts pay longs while the rate is positive",
        mistake="law funding",
        file="domain/funding.py",
        old="    return round_down(-position.direction.sign * rate.rate * notional)",
        new="    return round_down(position.direction.sign * rate.rate * notional)",
        test=_DOMAIN + "test_published_examples.py::test_funding_is_the_value_at_the_mark_times_the_rate_on_both",
    ),
    SeededBug(
        name="margin is taken out as if nothing were lost at the mark",
        mistake="law margin",
        file="domain/position_accounting.py",
        old="    most = position.margin + min(ZERO, unrealized_pnl(position, market.mark)) - need",
        new="    most = position.margin - need",
        test=_DOMAIN + "test_position_accounting.py::test_what_is_left_has_to_be_the_initial_margin_at_the_mark",
    ),
    SeededBug(
        name="gains of cross positions are spent before they are realized",
        mistake="law margin",
        file="domain/cross_margin.py",
        old="    return max(ZERO, portfolio.wallet.available + min(ZERO, unrealized))",
        new="    return max(ZERO, portfolio.wallet.available + unrealized)",
        test=_DOMAIN + "test_cross_margin.py::test_losses_of_cross_positions_are_not_free_and_gains_are_not_yet",
    ),
    SeededBug(
        name="both orders of a pair may live on after a fill",
        mistake="law pairs",
        file="domain/invariants.py",
        old='    if others:\n        raise _broken("I10", f"order {order.id} was filled',
        new='    if others and not order.id:\n        raise _broken("I10", f"order {order.id} was filled',
        test=_DOMAIN + "test_invariants.py::test_a_pair_of_which_both_live_after_a_fill_is_never_written",
    ),
)
