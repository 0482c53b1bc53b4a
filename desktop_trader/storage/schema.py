"""The tables of the books as peewee models: every column of the present schema, for whoever reads them at leisure.

What makes them is the SQL of `migrations`, where triggers, partial indices and the view are, too; a test holds the two
together. Never imported on the start path: peewee costs more to import than a whole start may take. The hot path reads
and writes with SQL of its own (`statements`), over these columns.
"""

from peewee import Check, CompositeKey, ForeignKeyField, IntegerField, Model, TextField

from desktop_trader.storage.fields import DecimalTextField, FlagField, InstantField, MoneyField


class _Table(Model):
    class Meta:
        strict_tables = True
        legacy_table_names = False


class Account(_Table):
    """One book, demo or live; nothing is shared between two."""

    id = IntegerField(primary_key=True)
    type = TextField(index=True)
    exchange = TextField()
    currency = TextField()
    name = TextField(unique=True)
    created_at = InstantField()

    class Meta:
        table_name = "accounts"
        constraints = (Check("type IN ('demo', 'live')"),)


class Run(_Table):
    """One stretch of an account between resets; it goes on while `ended_at` and `how_ended` are null."""

    id = IntegerField(primary_key=True)
    account = ForeignKeyField(Account, column_name="account")
    started_at = InstantField()
    ended_at = InstantField(null=True)
    start_amount = MoneyField()
    how_ended = TextField(null=True)

    class Meta:
        table_name = "runs"


class Session(_Table):
    """One process: outside the hash, never a condition of recovery. No end means that it was killed."""

    id = IntegerField(primary_key=True)
    started_at = InstantField()
    ended_at = InstantField(null=True)
    how_ended = TextField(null=True)

    class Meta:
        table_name = "sessions"


class StrategyRun(_Table):
    """One start of a strategy on one symbol; `parameters` is JSON of name and text pairs."""

    id = IntegerField(primary_key=True)
    account = ForeignKeyField(Account, column_name="account")
    run = ForeignKeyField(Run, column_name="run", index=False)
    strategy = TextField()
    parameters = TextField()
    symbol = TextField()
    timeframe = TextField()
    source_id = TextField()
    started_at = InstantField()
    ended_at = InstantField(null=True)

    class Meta:
        table_name = "strategy_runs"


class Order(_Table):
    """One instruction and where it stands; `reserve` is what is locked for it now."""

    id = IntegerField(primary_key=True)
    account = ForeignKeyField(Account, column_name="account", index=False)
    run = ForeignKeyField(Run, column_name="run", index=False)
    client_order_id = TextField(unique=True)
    symbol = TextField()
    side = TextField()
    type = TextField()
    quantity = DecimalTextField()
    reason = TextField()
    signal_key = TextField(null=True)
    created_at = InstantField()
    updated_at = InstantField()
    eligible_at = InstantField()
    filled_quantity = DecimalTextField()
    limit_price = DecimalTextField(null=True)
    trigger_price = DecimalTextField(null=True)
    worst_price = DecimalTextField(null=True)
    status = TextField()
    # Positions name their entry order and orders their position: one of the two has to wait for the end of the
    # transaction.
    position = IntegerField(null=True, column_name="position")
    is_exit = FlagField()
    reserve = MoneyField()
    leverage = IntegerField()
    stop_loss = DecimalTextField(null=True)
    take_profit = DecimalTextField(null=True)
    stop_loss_percent = DecimalTextField(null=True)
    take_profit_percent = DecimalTextField(null=True)
    strategy_run = ForeignKeyField(StrategyRun, column_name="strategy_run", null=True, index=False)
    detail = TextField()
    time_in_force = TextField()
    expires_at = InstantField(null=True)
    is_post_only = FlagField()
    oco_id = TextField()
    margin_mode = TextField()
    trail_percent = DecimalTextField(null=True)
    protection_trail_percent = DecimalTextField(null=True)
    is_triggered = FlagField()
    revision = IntegerField()

    class Meta:
        table_name = "orders"
        indexes = ((("signal_key", "account"), True),)
        constraints = (
            Check("side IN ('buy', 'sell') AND reserve >= 0"),
            Check("leverage >= 1 AND revision >= 0"),
            Check("is_exit IN (0, 1) AND is_post_only IN (0, 1) AND is_triggered IN (0, 1)"),
            Check("time_in_force IN ('gtc', 'gtd', 'ioc', 'fok')"),
            Check("margin_mode IN ('isolated', 'cross')"),
        )


class OrderEvent(_Table):
    """One line of an order's receipt, never changed. Outside the hash."""

    id = IntegerField(primary_key=True)
    order = ForeignKeyField(Order, column_name="order")
    at = InstantField()
    step = TextField()
    subject = TextField()
    detail = TextField()

    class Meta:
        table_name = "order_events"


class Position(_Table):
    """One lot; open while `closed_at` is null. Figures are a cache of its fills and of the journal."""

    id = IntegerField(primary_key=True)
    account = ForeignKeyField(Account, column_name="account", index=False)
    run = ForeignKeyField(Run, column_name="run", index=False)
    symbol = TextField()
    direction = TextField()
    quantity = DecimalTextField()
    entry_quantity = DecimalTextField()
    entry_cost = DecimalTextField()
    margin = MoneyField()
    entry_order = ForeignKeyField(Order, column_name="entry_order", index=False)
    opened_at = InstantField()
    contract_size = DecimalTextField()
    leverage = IntegerField()
    stop_loss = DecimalTextField(null=True)
    take_profit = DecimalTextField(null=True)
    realized_pnl = MoneyField()
    fees = MoneyField()
    opening_bar_at = InstantField(null=True)
    entered_within_bar = FlagField()
    strategy_run = ForeignKeyField(StrategyRun, column_name="strategy_run", null=True, index=False)
    closed_at = InstantField(null=True)
    close_reason = TextField(null=True)
    margin_mode = TextField()
    trail_percent = DecimalTextField(null=True)
    funding = MoneyField()

    class Meta:
        table_name = "positions"
        constraints = (
            Check("direction IN ('long', 'short') AND margin >= 0"),
            Check("closed_at IS NULL OR (margin = 0 AND quantity = '0' AND close_reason IS NOT NULL)"),
            Check("margin_mode IN ('isolated', 'cross')"),
        )


class PositionChange(_Table):
    """One change of what a position says, never changed itself; an empty text says that there was none. No hash."""

    id = IntegerField(primary_key=True)
    position = ForeignKeyField(Position, column_name="position")
    at = InstantField()
    term = TextField()
    before = TextField()
    after = TextField()
    author = TextField()

    class Meta:
        table_name = "position_changes"
        constraints = (Check("term IN ('stop_loss', 'take_profit', 'trail_percent', 'leverage', 'margin')"),)


class Fill(_Table):
    """One execution, never changed. The exchange's trade id makes it unique per account and market."""

    id = IntegerField(primary_key=True)
    order = ForeignKeyField(Order, column_name="order", index=False)
    position = ForeignKeyField(Position, column_name="position", index=False)
    account = ForeignKeyField(Account, column_name="account", index=False)
    run = ForeignKeyField(Run, column_name="run", index=False)
    trade_id = TextField()
    symbol = TextField()
    side = TextField()
    quantity = DecimalTextField()
    price = DecimalTextField()
    fee = MoneyField()
    is_maker = FlagField()
    at = InstantField()
    realized_pnl = MoneyField()
    is_gap = FlagField()

    class Meta:
        table_name = "fills"
        indexes = ((("account", "symbol", "trade_id"), True),)
        constraints = (
            Check("side IN ('buy', 'sell')"),
            Check("fee >= 0 AND is_gap IN (0, 1)"),
        )


class LedgerEntry(_Table):
    """One signed, immutable movement of money, chained by hash to the one before it. Ids have no gaps."""

    id = IntegerField(primary_key=True)
    account = ForeignKeyField(Account, column_name="account")
    run = ForeignKeyField(Run, column_name="run", index=False)
    kind = TextField()
    idempotency_key = TextField(unique=True)
    occurred_at = InstantField()
    position = ForeignKeyField(Position, column_name="position", null=True, index=False)
    order = ForeignKeyField(Order, column_name="order", null=True, index=False)
    fill = ForeignKeyField(Fill, column_name="fill", null=True, index=False)
    reason = TextField()
    author = TextField()
    description = TextField()
    corrects = ForeignKeyField("self", column_name="corrects", null=True, index=False)
    currency = TextField()
    total_after = MoneyField()
    locked_after = MoneyField()
    previous_hash = TextField()
    hash = TextField()

    class Meta:
        table_name = "ledger_entries"


class Posting(_Table):
    """One leg of an entry; the legs of an entry sum to zero. Read in the order in which they are hashed."""

    entry = ForeignKeyField(LedgerEntry, column_name="entry", index=False)
    ledger_account = TextField()
    currency = TextField()
    amount = MoneyField()

    class Meta:
        table_name = "postings"
        primary_key = CompositeKey("entry", "ledger_account", "currency")
        without_rowid = True
        constraints = (Check("amount <> 0"),)


class Wallet(_Table):
    """What an account has. A cache, rebuilt from the journal."""

    account = ForeignKeyField(Account, column_name="account", primary_key=True)
    account_type = TextField(index=True)
    currency = TextField()
    total = MoneyField()
    available = MoneyField()
    locked = MoneyField()
    total_deposits = MoneyField()
    total_withdrawals = MoneyField()
    total_pnl = MoneyField()
    updated_at = InstantField()

    class Meta:
        table_name = "wallet"
        constraints = (
            Check("account_type IN ('demo', 'live')"),
            Check("total = available + locked AND (account_type = 'live' OR (available >= 0 AND locked >= 0))"),
        )


class RunTotals(_Table):
    """The sums of one run by where money came from and went. A cache, rebuilt from the journal."""

    run = ForeignKeyField(Run, column_name="run", primary_key=True)
    opening = MoneyField()
    imports = MoneyField()
    deposits = MoneyField()
    withdrawals = MoneyField()
    adjustments = MoneyField()
    realized_pnl = MoneyField()
    fees = MoneyField()
    funding = MoneyField()
    rounding = MoneyField()
    suspense = MoneyField()
    reset = MoneyField()

    class Meta:
        table_name = "run_totals"


class EquityPoint(_Table):
    """What an account was worth after a commit that moved its total; `entry` is the newest one of that commit.

    Market time may be played twice, so the entry and not the moment tells one point from another.
    """

    account = ForeignKeyField(Account, column_name="account", index=False)
    entry = ForeignKeyField(LedgerEntry, column_name="entry", index=False)
    at = InstantField()
    run = ForeignKeyField(Run, column_name="run", index=False)
    equity = MoneyField()
    total = MoneyField()

    class Meta:
        table_name = "equity_points"
        primary_key = CompositeKey("account", "entry")
        without_rowid = True


class Decision(_Table):
    """What a strategy or a person wanted, and what became of it."""

    id = IntegerField(primary_key=True)
    account = ForeignKeyField(Account, column_name="account", index=False)
    at = InstantField()
    strategy_run = ForeignKeyField(StrategyRun, column_name="strategy_run", null=True, index=False)
    symbol = TextField()
    action = TextField()
    outcome = TextField()
    detail = TextField()
    order = ForeignKeyField(Order, column_name="order", null=True, index=False)

    class Meta:
        table_name = "decisions"


class MarketState(_Table):
    """Where the market stood at the last commit.

    `marks` is JSON of symbol and price pairs, `ratchets` a JSON object of texts.
    """

    account = ForeignKeyField(Account, column_name="account", primary_key=True)
    source_id = TextField()
    anchor_at = InstantField()
    at = InstantField()
    clock_at = InstantField()
    phase = IntegerField()
    bars_seen = IntegerField()
    notices_sent = IntegerField()
    peak_equity = MoneyField()
    last_bar_at = InstantField(null=True)
    is_entries_paused = FlagField()
    marks = TextField()
    close_only = TextField()
    ratchets = TextField()

    class Meta:
        table_name = "market_state"
        constraints = (Check("phase BETWEEN 0 AND 3"),)


class Outage(_Table):
    """One stretch in which nothing traded on a market; it lasts while `ended_at` is null. Outside the hash.

    `reasons` is JSON of texts; `held_back` and `levels_crossed` are JSON of rows (`outage_rows`).
    """

    id = IntegerField(primary_key=True)
    source_id = TextField()
    begun_at = InstantField()
    ended_at = InstantField(null=True)
    reasons = TextField()
    detail = TextField()
    is_simulated = FlagField()
    held_back = TextField()
    levels_crossed = TextField()

    class Meta:
        table_name = "outages"
        indexes = ((("source_id", "id"), False),)
        constraints = (Check("is_simulated IN (0, 1)"),)


TABLES = (
    Account, Run, Session, StrategyRun, Order, Position, Fill, LedgerEntry, Posting, Wallet, RunTotals, EquityPoint,
    Decision, MarketState, Outage, OrderEvent, PositionChange,
)  # fmt: skip
