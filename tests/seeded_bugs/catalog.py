"""Bugs that are sown into a copy of the package, each with the test that has to find it.

`mistake` says where it comes from: `F2.n` is the n-th real incident of an earlier system of this kind, `B8` a mistake
of the documents about money, `law` a way to break what the books promise. `old` occurs exactly once in its file.
Those of the network pause are in `outage_bugs`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SeededBug:
    """One bug: in `file` (of the package), `old` becomes `new`, and `test` fails."""

    name: str
    mistake: str
    file: str
    old: str
    new: str
    test: str


BUGS = (
    # ------------------------------------------------------------------ the incidents, in their order
    SeededBug(
        name="a clean quit loses the run, so the account begins anew",
        mistake="F2.1",
        file="storage/statements.py",
        old='CURRENT_RUN = _select("runs", rows.RUN, "WHERE account = ? AND ended_at IS NULL")',
        new='CURRENT_RUN = _select("runs", rows.RUN, "WHERE account = ? AND EXISTS (SELECT 1 FROM sessions '
        'WHERE ended_at IS NULL) AND ended_at IS NULL")',
        test="tests/scenarios/test_documented_figures.py::"
        "test_a_first_start_creates_the_wallet_and_a_second_restores_it",
    ),
    SeededBug(
        name="recovery sees only positions of a strategy that still runs: a long is orphaned",
        mistake="F2.2",
        file="storage/statements.py",
        old='"WHERE account = ? AND closed_at IS NULL ORDER BY id")',
        new='"WHERE account = ? AND closed_at IS NULL AND strategy_run IS NOT NULL ORDER BY id")',
        test="tests/scenarios/test_documented_figures.py::"
        "test_1250_with_two_longs_comes_back_exactly_and_a_stop_that_is_hit_after_the_restart_closes",
    ),
    SeededBug(
        name="recovery brings closed positions back as phantoms",
        mistake="F2.2",
        file="storage/statements.py",
        old='"WHERE account = ? AND closed_at IS NULL ORDER BY id")',
        new='"WHERE account = ? ORDER BY id")',
        test="tests/contracts/test_ledger_store.py::test_what_was_committed_is_loaded_to_the_last_digit",
    ),
    SeededBug(
        name="the trade is written, the position stays open",
        mistake="F2.3",
        file="domain/accounting.py",
        old="        positions=(reduced, *lenders),",
        new="        positions=(),",
        test="tests/scenarios/test_incidents.py::test_the_close_of_a_position_and_its_profit_are_one_transaction",
    ),
    SeededBug(
        name="Decimal + float is swallowed",
        mistake="F2.4",
        file="engine/trading_engine.py",
        old="        except (InvariantError, StorageError) as error:\n            self._halt(error)\n"
        "            self._refuse",
        new="        except TypeError:\n            return []\n"
        "        except (InvariantError, StorageError) as error:\n            self._halt(error)\n"
        "            self._refuse",
        test="tests/scenarios/test_incidents.py::"
        "test_a_float_in_the_books_stops_trading_and_never_becomes_the_default_balance",
    ),
    SeededBug(
        name="NaN passes for an amount",
        mistake="F2.4",
        file="domain/money.py",
        old="    if not value.is_finite():\n",
        new="    if value.is_nan():\n        return value\n    if not value.is_finite():\n",
        test="tests/unit/engine/test_commands.py::test_a_change_that_cannot_be_is_refused_and_nothing_happens",
    ),
    SeededBug(
        name="a recovered account is not registered: later writes fail",
        mistake="F2.5",
        file="engine/bookkeeper.py",
        old="        self.is_new = stored.portfolio is None",
        new="        self.is_new = True",
        test="tests/scenarios/test_documented_figures.py::test_set_to_15000_is_15000_after_any_number_of_restarts",
    ),
    SeededBug(
        name="an order that has waited for 50 s counts as canceled",
        mistake="F2.6",
        file="brokers/quote_fills.py",
        old="        if not waiting.is_due(quote.at):\n",
        new="        if (quote.at - waiting.order.eligible_at).total_seconds() > 50:\n"
        '            return Expired(order_id=waiting.order.id, reason="it waited for long")\n'
        "        if not waiting.is_due(quote.at):\n",
        test="tests/scenarios/test_incidents.py::test_an_order_that_did_not_fill_for_long_is_still_there",
    ),
    SeededBug(
        name="a close that is on its way counts as missing and is placed again",
        mistake="F2.7",
        file="engine/order_desk.py",
        old="        if not held_up and self._books.portfolio.leaving_of(position.id) >= position.quantity:",
        new="        if not held_up and self._books.portfolio.leaving_of(0) >= position.quantity:",
        test="tests/unit/engine/test_commands.py::test_a_position_is_closed_once",
    ),
    SeededBug(
        name="the profit of a stop is counted twice",
        mistake="F2.8",
        file="domain/accounting.py",
        old="(ledger.AVAILABLE, freed + pnl), (ledger.PNL_INCOME, -pnl))",
        new="(ledger.AVAILABLE, freed + 2 * pnl), (ledger.PNL_INCOME, -2 * pnl))",
        test="tests/scenarios/test_documented_figures.py::"
        "test_100_with_50_in_a_position_closed_with_5_of_profit_is_105_after_the_restart",
    ),
    SeededBug(
        name="a part that was reported before is booked again",
        mistake="F2.8",
        file="engine/order_reports.py",
        old="        if order.filled_quantity and self._books.has_entry(accounting.execution_key(order, execution)):",
        new="        if self._books.has_entry(''):",
        test="tests/unit/engine/test_commit_then_tell.py::test_a_part_reported_twice_is_booked_once",
    ),
    SeededBug(
        name="a partial exit is re-inflated at the start",
        mistake="F2.9",
        file="storage/trading_rows.py",
        old="        quantity=Decimal(row[12]),\n        entry_quantity=Decimal(row[13]),",
        new="        quantity=Decimal(row[13]),\n        entry_quantity=Decimal(row[13]),",
        test="tests/contracts/test_ledger_store.py::test_what_was_committed_is_loaded_to_the_last_digit",
    ),
    SeededBug(
        name="a request sent again after a timeout buys twice",
        mistake="F2.10",
        file="engine/order_commands.py",
        old="    def _submit_order(self, command: c.SubmitOrder) -> None:\n"
        '        key = f"request:{command.request_id}"',
        new="    def _submit_order(self, command: c.SubmitOrder) -> None:\n"
        '        key = f"request:{command.request_id}:{self._books.next_ids.order}"',
        test="tests/scenarios/test_incidents.py::test_a_request_that_is_sent_again_after_a_timeout_buys_once",
    ),
    SeededBug(
        name="the peak of equity is forgotten at a restart",
        mistake="F2.11",
        file="engine/bookkeeper.py",
        old="portfolio.wallet.total if stored.market is None else stored.market.peak_equity",
        new="portfolio.wallet.total",
        test="tests/scenarios/test_incidents.py::test_drawdown_looks_at_equity_and_keeps_its_peak",
    ),
    SeededBug(
        name="drawdown looks at cash, not at equity",
        mistake="F2.11",
        file="engine/bookkeeper.py",
        old="            self.peak_equity = max(self.peak_equity, self.portfolio.equity(unrealized))",
        new="            self.peak_equity = max(self.peak_equity, self.portfolio.wallet.total)",
        test="tests/scenarios/test_incidents.py::test_drawdown_looks_at_equity_and_keeps_its_peak",
    ),
    SeededBug(
        name="round(x / step) * step",
        mistake="F2.12",
        file="domain/money.py",
        old="    return (value // step) * step",
        new="    return Decimal(str(round(float(value) / float(step)) * float(step)))",
        test="tests/unit/domain/test_money.py::test_steps_are_snapped_without_artefacts",
    ),
    SeededBug(
        name="an unknown price is zero",
        mistake="F2.13",
        file="engine/marks.py",
        old="            return self._prices.get(symbol)\n        return quote.ask",
        new="            return self._prices.get(symbol, Decimal(0))\n        return quote.ask",
        test="tests/scenarios/test_incidents.py::test_without_a_price_a_signal_does_nothing",
    ),
    SeededBug(
        name="a position opens without its stop",
        mistake="F2.14",
        file="domain/accounting.py",
        old="        stop_loss=order.protection.stop_price(fill.price, direction, instrument=instrument),",
        new="        stop_loss=None,",
        test="tests/scenarios/test_incidents.py::test_a_position_is_protected_from_the_transaction_that_opens_it",
    ),
    SeededBug(
        name="a broken law halts without a word",
        mistake="F2.15",
        file="engine/trading_engine.py",
        old="            self.desk.board.pin(TradingHalted, reason=_OUR_ERROR, "
        'detail=f"{type(error).__name__}: {error}")\n',
        new="",
        test="tests/unit/engine/test_refusals_and_repeats.py::test_an_unexpected_error_halts_and_is_raised_on",
    ),
    # ------------------------------------------------------------------ the mistakes of the documents
    SeededBug(
        name="the sign of a short's profit is flipped",
        mistake="B8 unsigned values",
        file="domain/pnl.py",
        old="    return (quantity * price * position.contract_size - entry_cost) * position.direction.sign",
        new="    return quantity * price * position.contract_size - entry_cost",
        test="tests/unit/domain/test_position.py::test_what_a_position_earns",
    ),
    SeededBug(
        name="opening releases what it should lock",
        mistake="B8 unsigned values",
        file="domain/accounting.py",
        old="        (ledger.AVAILABLE, used - margin),\n        (ledger.locked_for_position(position_id), margin),",
        new="        (ledger.AVAILABLE, used + margin),\n        (ledger.locked_for_position(position_id), -margin),",
        test="tests/unit/domain/test_accounting.py::test_an_entry_turns_its_reserve_into_fee_and_margin",
    ),
    SeededBug(
        name="the total does not change on close",
        mistake="B8 total never changes",
        file="domain/accounting.py",
        old="(ledger.AVAILABLE, freed + pnl), (ledger.PNL_INCOME, -pnl))",
        new="(ledger.AVAILABLE, freed))",
        test="tests/scenarios/test_documented_figures.py::"
        "test_100_with_50_in_a_position_closed_with_5_of_profit_is_105_after_the_restart",
    ),
    SeededBug(
        name="open positions of all accounts are taken as one's own",
        mistake="B8 all accounts",
        file="storage/statements.py",
        old='"WHERE account = ? AND closed_at IS NULL ORDER BY id")',
        new='"WHERE account >= ? AND closed_at IS NULL ORDER BY id")',
        test="tests/unit/storage/test_accounts_apart.py::test_each_account_gets_its_own_positions_and_orders_back",
    ),
    SeededBug(
        name="live orders of all accounts are taken as one's own",
        mistake="B8 all accounts",
        file="storage/statements.py",
        old='f"WHERE account = ? AND status IN {LIVE_STATUSES} ORDER BY id")',
        new='f"WHERE account <> -? AND status IN {LIVE_STATUSES} ORDER BY id")',
        test="tests/unit/storage/test_accounts_apart.py::test_each_account_gets_its_own_positions_and_orders_back",
    ),
    SeededBug(
        name="price x quantity is locked whatever the leverage",
        mistake="B8 leverage",
        file="domain/margin.py",
        old="    return round_up(notional / leverage)",
        new="    return round_up(notional)",
        test="tests/unit/domain/test_margin.py::test_initial_margin_is_the_notional_by_leverage_rounded_up",
    ),
    SeededBug(
        name="a new wallet has nothing available",
        mistake="B8 available 0",
        file="domain/wallet.py",
        old="        return self.total - self.locked",
        new="        return self.total - self.locked if self.total_pnl or self.locked else ZERO",
        test="tests/unit/engine/test_commands.py::test_a_market_order_is_accepted_then_filled_at_the_next_price",
    ),
    SeededBug(
        name="amounts go through a float",
        mistake="B8 float columns",
        file="domain/money.py",
        old="    return Decimal(units).scaleb(-SCALE, CONTEXT)",
        new="    return Decimal(repr(units / 10**SCALE))",
        test="tests/unit/domain/test_money.py::test_units_and_amounts_are_the_same_number",
    ),
    SeededBug(
        name="the order is sent, then stored",
        mistake="B8 intent first",
        file="engine/order_desk.py",
        old='        crash_point("L1")\n',
        new='        crash_point("L1")\n        for drafted in drafts:\n'
        "            self._broker.submit(drafted.order, self._instruments[drafted.order.symbol])\n",
        test="tests/unit/engine/test_commit_then_tell.py::test_the_intent_is_stored_before_the_exchange_sees_the_order",
    ),
    SeededBug(
        name="missing books are 10,000",
        mistake="B8 missing file",
        file="storage/books_file.py",
        old="        check_never_used(paths, anchored)\n",
        new="        anchored = None\n",
        test="tests/scenarios/test_documented_figures.py::test_a_missing_or_broken_database_is_never_a_fresh_10000",
    ),
    SeededBug(
        name="moments are stored without their zone",
        mistake="B8 naive timestamps",
        file="domain/market.py",
        old="    return at.isoformat()",
        new="    return at.replace(tzinfo=None).isoformat()",
        test="tests/unit/domain/test_ledger.py::test_the_format_of_an_entry_never_drifts",
    ),
    SeededBug(
        name="set balance books the new total, not the difference",
        mistake="B8 absolute set",
        file="engine/balance_desk.py",
        old="        return EntryKind.ADJUSTMENT, command.amount - total",
        new="        return EntryKind.ADJUSTMENT, command.amount",
        test="tests/unit/engine/test_commands.py::test_a_change_of_the_balance_is_one_signed_entry",
    ),
    SeededBug(
        name="the dialog's balance is not compared with today's",
        mistake="B8 absolute set",
        file="engine/balance_desk.py",
        old="        if expected_total is None or expected_total == total:",
        new="        if expected_total is None or expected_total >= 0:",
        test="tests/unit/engine/test_commands.py::test_a_new_total_is_refused_when_the_balance_moved_since_it_was_seen",
    ),
    SeededBug(
        name="withdrawals count as profit",
        mistake="B8 one number for all",
        file="domain/wallet.py",
        old="self.opening + self.imports + self.deposits - self.withdrawals + self.adjustments",
        new="self.opening + self.imports + self.deposits + self.adjustments",
        test="tests/unit/domain/test_portfolio.py::"
        "test_deposits_and_withdrawals_are_summed_apart_and_never_count_as_profit",
    ),
    SeededBug(
        name="deposits count as profit",
        mistake="B8 one number for all",
        file="domain/portfolio.py",
        old='    ledger.DEPOSIT_EQUITY: ("deposits", -1),',
        new='    ledger.DEPOSIT_EQUITY: ("realized_pnl", -1),',
        test="tests/unit/domain/test_portfolio.py::test_every_source_of_money_has_its_own_sum",
    ),
    # ------------------------------------------------------------------ what the books promise
    SeededBug(
        name="the balance before is the balance after",
        mistake="law I6",
        file="storage/readable_rows.py",
        old="        balance_before=after - change,",
        new="        balance_before=after,",
        test="tests/unit/storage/test_ledger_reader.py::test_balances_go_on_from_row_to_row",
    ),
    SeededBug(
        name="an order locks its reserve twice",
        mistake="law I3",
        file="domain/order_accounting.py",
        old="    legs = ((ledger.AVAILABLE, -order.reserve), (ledger.locked_for_order(order.id), order.reserve))",
        new="    legs = ((ledger.AVAILABLE, -2 * order.reserve), "
        "(ledger.locked_for_order(order.id), 2 * order.reserve))",
        test="tests/unit/domain/test_accounting.py::test_a_new_order_locks_its_reserve",
    ),
    SeededBug(
        name="the P&L is lost on restart",
        mistake="law I7",
        file="storage/rows.py",
        old="        total_pnl=from_units(row[8]),",
        new="        total_pnl=from_units(0),",
        test="tests/contracts/test_ledger_store.py::test_what_was_committed_is_loaded_to_the_last_digit",
    ),
    SeededBug(
        name="a quantity is rounded up",
        mistake="law rounding",
        file="domain/instrument.py",
        old="        return floor_to_step(quantity, self.lot_size)",
        new="        return ceil_to_step(quantity, self.lot_size)",
        test="tests/unit/domain/test_instrument.py::"
        "test_quantities_go_down_to_the_lot_and_prices_both_ways_to_the_tick",
    ),
    SeededBug(
        name="a fee is rounded down",
        mistake="law rounding",
        file="domain/fees.py",
        old="    return round_up(instrument.notional(quantity, price) * rate)",
        new="    return -round_up(-instrument.notional(quantity, price) * rate)",
        test="tests/unit/domain/test_instrument.py::test_fees_are_rounded_up_to_the_last_unit",
    ),
    SeededBug(
        name="the state is adopted before the commit",
        mistake="law commit, then tell",
        file="engine/bookkeeper.py",
        old="        self._store.commit(\n            BookUpdate(",
        new="        self.portfolio = after\n        self._store.commit(\n            BookUpdate(",
        test="tests/unit/engine/test_commit_then_tell.py::test_a_change_that_could_not_be_stored_was_never_made",
    ),
    SeededBug(
        name="a reset keeps the old sums",
        mistake="law I12",
        file="domain/portfolio.py",
        old="totals = self._first_totals(movement) if movement.next_run else _totals_after(totals, sums)",
        new="totals = _totals_after(totals, sums)",
        test="tests/unit/engine/test_reset.py::test_a_reset_ends_the_run_and_opens_the_next_with_the_start_amount",
    ),
    SeededBug(
        name="the same file is imported twice",
        mistake="law I9",
        file="engine/balance_desk.py",
        old='        key = f"import:{command.content_hash}"',
        new='        key = f"import:{command.request_id}"',
        test="tests/unit/engine/test_reset.py::TestImports::"
        "test_the_same_content_is_never_imported_twice_in_this_start_or_the_next",
    ),
    SeededBug(
        name="the anchor is not written",
        mistake="law I8",
        file="storage/anchor.py",
        old="        os.write(self._descriptor, line.encode())",
        new="        line.encode()",
        test="tests/unit/storage/test_anchor.py::test_every_commit_moves_the_anchor_to_the_head",
    ),
    SeededBug(
        name="a trigger is missing",
        mistake="law append-only",
        file="storage/schema_v1.py",
        old="CREATE TRIGGER postings_refuse_update BEFORE UPDATE ON postings BEGIN SELECT RAISE(ABORT, 'postings ",
        new="CREATE TRIGGER postings_refuse_update BEFORE UPDATE ON postings BEGIN SELECT max(1, 'postings ",
        test="tests/unit/storage/test_ledger_store.py::test_the_journal_is_append_only",
    ),
    SeededBug(
        name="WAL with synchronous = NORMAL",
        mistake="law durability",
        file="storage/database.py",
        old="synchronous = FULL",
        new="synchronous = NORMAL",
        test="tests/crash/test_power_cuts.py::test_after_a_power_cut_everything_acknowledged_is_there",
    ),
    SeededBug(
        name="the hash does not cover the amounts",
        mistake="law I8",
        file="domain/ledger.py",
        old='        f"[{text(name)},{currency},{units}]"',
        new='        f"[{text(name)},{currency},{units * 0}]"',
        test="tests/unit/domain/test_ledger.py::test_every_field_of_an_entry_is_in_its_hash",
    ),
    SeededBug(
        name="the same request books twice",
        mistake="law I9",
        file="engine/balance_desk.py",
        old="        booked = self._booked(key)\n        if booked is not None:\n"
        "            is_same = booked.account_id ==",
        new='        booked, key = None, key + f"-{self._books.version}"\n        if booked is not None:\n'
        "            is_same = booked.account_id ==",
        test="tests/unit/engine/test_commands.py::test_the_same_request_twice_acts_once_also_after_a_restart",
    ),
    SeededBug(
        name="the place in the market is not stored with what happened there",
        mistake="law recovery",
        file="storage/update_writer.py",
        old="        if update.market is not None:",
        new="        if update.market is not None and update.opens_account:",
        test="tests/contracts/test_ledger_store.py::test_what_was_committed_is_loaded_to_the_last_digit",
    ),
    SeededBug(
        name="a strategy enters twice on one candle",
        mistake="law I9",
        file="engine/auto_trading.py",
        old='        key = f"strategy:{run.id}:{run.symbol}:{bar.opened_at.isoformat()}:{intent.action.value}"\n',
        new='        key = f"strategy:{run.id}:{self._books.version}:{intent.action.value}"\n',
        test="tests/unit/engine/test_crash_at_every_commit.py::test_whenever_the_process_dies_the_books_end_the_same",
    ),
    SeededBug(
        name="live orders are not handed over after a restart",
        mistake="law recovery",
        file="engine/recovery.py",
        old="    engine.hand_over_live_orders()\n",
        new="",
        test="tests/unit/engine/test_commit_then_tell.py::"
        "test_orders_on_the_exchange_are_handed_over_once_after_a_restart",
    ),
    SeededBug(
        name="an ended order keeps what it locked",
        mistake="law I10",
        file="domain/order_accounting.py",
        old="    ended = replace(order.moved_to(status, at=at, detail=detail), reserve=ZERO)",
        new="    ended = order.moved_to(status, at=at, detail=detail)",
        test="tests/unit/domain/test_accounting.py::test_the_end_of_an_order_releases_its_reserve",
    ),
    SeededBug(
        name="the rest of an entry is bought on after its position was left",
        mistake="law I10",
        file="engine/order_desk.py",
        old="            if not order.is_exit and order.position_id == position.id:\n",
        new="            if order.is_exit and order.position_id == position.id:\n",
        test="tests/unit/engine/test_partial_entries.py::"
        "test_closing_a_partly_filled_position_cancels_the_rest_of_its_entry",
    ),
)
