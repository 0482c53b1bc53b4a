"""Bugs of the gate, of epochs, gaps and outages: ways to trade while nothing may, or at prices that never were."""

from tests.seeded_bugs.catalog import SeededBug

_GATE = "tests/unit/engine/test_gate.py::"
_GAPS = "tests/unit/engine/test_gaps.py::"
_OUTAGES = "tests/unit/engine/test_outages.py::"
_SESSIONS = "tests/scenarios/test_outage_sessions.py::"

BUGS = (
    SeededBug(
        name="a quote walks past the closed gate",
        mistake="pause gate",
        file="engine/trading_engine.py",
        old="        if not self._gate.is_open:\n            desk.held.note_price(portfolio, quote.symbol)\n"
        "        elif",
        new="        if",
        test=f"{_GATE}test_no_price_leads_to_anything_while_the_gate_is_closed",
    ),
    SeededBug(
        name="a bar walks past the closed gate",
        mistake="pause gate",
        file="engine/trading_engine.py",
        old="        if not self._gate.is_open:\n            self._pass_bar(bar)\n            return\n",
        new="",
        test=f"{_GATE}test_no_bar_leads_to_anything_while_the_gate_is_closed",
    ),
    SeededBug(
        name="a strategy decides behind the closed gate",
        mistake="pause gate",
        file="engine/trading_engine.py",
        old="        if self._gate.is_open:\n            self.auto_trading.on_bar(bar)\n        else:\n"
        "            self.auto_trading.pass_bar(bar)\n",
        new="        self.auto_trading.on_bar(bar)\n",
        test=f"{_GATE}test_what_was_held_back_is_counted_for_each_account",
    ),
    SeededBug(
        name="an order by hand is taken while nothing may trade",
        mistake="pause commands",
        file="engine/command_ground.py",
        old="        if gate.is_open:\n            return False\n",
        new="        if gate.is_open or gate.epoch:\n            return False\n",
        test=f"{_GATE}test_what_would_trade_is_refused_with_the_reason_and_never_queued",
    ),
    SeededBug(
        name="an order of an old epoch is sent",
        mistake="pause epoch",
        file="engine/trading_gate.py",
        old="        return self.is_open and epoch == self.epoch",
        new="        return self.is_open",
        test=f"{_GATE}test_an_entry_decided_before_a_pause_is_stored_but_never_sent",
    ),
    SeededBug(
        name="a suspicion voids what was wished before it",
        mistake="pause epoch",
        file="engine/trading_gate.py",
        old='        """Close for a suspicion: nothing acts until it is cleared, and then what was wished before still '
        'counts."""\n',
        new="        self.epoch += 1\n",
        test=f"{_GATE}test_each_pause_has_an_epoch_of_its_own_and_a_suspicion_has_none",
    ),
    SeededBug(
        name="a stale price moves the peak of equity",
        mistake="pause peak",
        file="engine/bookkeeper.py",
        old="        if portfolio.positions and not self._desk.gate.is_open:\n            return None\n",
        new="",
        test=f"{_GATE}test_a_deposit_in_a_pause_moves_the_peak_by_itself_alone_and_stores_no_point_at_a_stale_price",
    ),
    SeededBug(
        name="a bar that passed is missing in the strategy's window",
        mistake="pause F40",
        file="engine/auto_trading.py",
        old="        self._desk.cursor.last_bar_at = last_bar_at\n        self._window = self._context = None\n",
        new="        self._desk.cursor.last_bar_at = last_bar_at\n",
        test=f"{_GATE}test_a_suspicion_leaves_no_hole_in_what_a_strategy_has_seen",
    ),
    SeededBug(
        name="a strategy decides about bars that closed in the outage",
        mistake="pause F40",
        file="engine/auto_trading.py",
        old="        self._skip_to(newest if last is None or self._feed.is_live else max(newest, last))\n",
        new="        self._skip_to(newest if last is None else last)\n",
        test=f"{_OUTAGES}test_a_strategy_decides_nothing_about_bars_that_closed_in_an_outage_shown_or_not",
    ),
    SeededBug(
        name="a market outside has not said yet what passed, and the strategy decides",
        mistake="pause F40",
        file="engine/auto_trading.py",
        old="        if missing > 0 and self._bars_waited < _BARS_WAITED_MAX:\n",
        new="        if missing > 0 and self._bars_waited < 0:\n",
        test=f"{_OUTAGES}test_on_a_market_outside_nothing_is_decided_before_the_bars_of_the_outage_have_come",
    ),
    SeededBug(
        name="a stop is filled at its own price after a gap",
        mistake="pause gap",
        file="brokers/quote_fills.py",
        old="            price=parts[0].price,\n",
        new="            price=waiting.order.trigger_price or parts[0].price,\n",
        test=f"{_SESSIONS}test_on_quotes",
    ),
    SeededBug(
        name="every later fill is called a gap",
        mistake="pause gap",
        file="engine/gap_prices.py",
        old="        self.waiting.discard(self._now)\n",
        new="",
        test=f"{_GAPS}test_only_the_first_price_is_a_gap",
    ),
    SeededBug(
        name="inside the first bar everything is called a gap",
        mistake="pause gap",
        file="engine/gap_prices.py",
        old="        self._now, self._opened = bar.symbol, bar.open\n",
        new="        self._now, self._opened = bar.symbol, None\n",
        test=f"{_GAPS}test_on_bars_only_what_the_open_reached_is_a_gap",
    ),
    SeededBug(
        name="what a strategy wished to leave before an outage is left after it",
        mistake="pause void",
        file="engine/order_desk.py",
        old="(not order.is_exit or order.reason in (OrderReason.SIGNAL, OrderReason.REVERSE)):\n",
        new="not order.is_exit:\n",
        test=f"{_OUTAGES}test_what_a_strategy_wished_to_leave_before_is_void_and_its_stop_lives_on",
    ),
    SeededBug(
        name="a price that lags minutes behind the market closes a position",
        mistake="F36",
        file="engine/trading_engine.py",
        old=" or self._price_age.is_too_old(quote.symbol, quote.at)",
        new="",
        test="tests/unit/engine/test_price_age.py::"
        "test_a_price_that_lags_behind_the_market_closes_nothing_and_fills_nothing",
    ),
    SeededBug(
        name="an entry that waited is filled after the outage",
        mistake="pause void",
        file="engine/order_desk.py",
        old="            if is_now and (not order.is_exit or",
        new="            if is_now and (order.is_exit and",
        test=f"{_SESSIONS}test_on_quotes",
    ),
    SeededBug(
        name="a resting order is lost when its market is listed later",
        mistake="pause restart",
        file="engine/order_desk.py",
        old="        self.hand_over_live_orders()\n        for order in",
        new="        for order in",
        test=f"{_GAPS}test_what_is_held_is_followed_before_the_market_lists_it_and_watched_as_soon_as_it_does",
    ),
    SeededBug(
        name="the row of a killed process is never ended",
        mistake="pause restart",
        file="engine/outage_desk.py",
        old="        self._outage = newest if newest is not None and newest.ended_at is None else None\n",
        new="        self._outage = None\n",
        test=f"{_OUTAGES}test_killed_after_any_write_the_outage_ends_once_and_nothing_fills_at_a_price_of_it",
    ),
    SeededBug(
        name="contracts of another size are traded as if nothing were",
        mistake="F39",
        file="engine/units_check.py",
        old="        if position.contract_size == instrument.contract_size:\n",
        new="        if position.contract_size:\n",
        test=f"{_GAPS}test_a_position_whose_contracts_changed_is_not_traded_and_told_once",
    ),
)
