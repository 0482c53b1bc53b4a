"""Whatever is held at whatever leverage and in whatever brackets: it falls where margin and result meet maintenance."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from desktop_trader.domain.cross_margin import cross_health, cross_liquidation_price, cross_positions
from desktop_trader.domain.entry_rules import Denial
from desktop_trader.domain.funding import funding_amount
from desktop_trader.domain.instrument import Instrument
from desktop_trader.domain.invariants import check_account, check_entries, check_movement
from desktop_trader.domain.ledger import GENESIS, seal
from desktop_trader.domain.liquidation import exposure_of, level_of_one, safe_range
from desktop_trader.domain.margin import bankruptcy_price, initial_margin, liquidation_price, maintenance_margin
from desktop_trader.domain.margin_brackets import STANDARD_BRACKETS, MarginBracket, make_brackets
from desktop_trader.domain.market import FundingRate
from desktop_trader.domain.money import UNIT, ZERO, round_up
from desktop_trader.domain.order import Direction, MarginMode
from desktop_trader.domain.pnl import unrealized_pnl
from desktop_trader.domain.portfolio import Movement, Portfolio
from desktop_trader.domain.position import Position
from desktop_trader.domain.position_accounting import (
    ChangeRequest,
    PositionMarket,
    book_funding,
    change_leverage,
    change_margin,
)
from tests.builders import SWAP, after, make_portfolio, make_position

HAIR = 4 * UNIT
"""P&L is rounded down and maintenance up: that much a level may be off in money, whatever the tick."""

directions = st.sampled_from(list(Direction))
prices = st.decimals(min_value="0.05", max_value="90000", places=2)
quantities = st.decimals(min_value="0.00001", max_value="900", places=5)
leverages = st.sampled_from([1, 2, 3, 5, 10, 20, 33, 50, 125])
rates = st.decimals(min_value="-0.02", max_value="0.02", places=6)


@st.composite
def tables(draw: st.DrawFn) -> tuple[MarginBracket, ...]:
    """Return the standard brackets, or a table that may go up at any notional and rate."""
    if draw(st.booleans()):
        return STANDARD_BRACKETS
    caps = sorted(draw(st.sets(st.integers(1, 2_000_000), max_size=5)))
    steps = sorted(draw(st.lists(st.integers(1, 400), min_size=len(caps) + 1, max_size=len(caps) + 1)))
    ends = [*map(Decimal, caps), None]
    return make_brackets([(cap, 125, Decimal(step) / 1000) for cap, step in zip(ends, steps, strict=True)])


@st.composite
def held(draw: st.DrawFn, *, number: int = 1, symbol: str = SWAP.symbol) -> Position:
    """Return an open position with the margin of its leverage and perhaps some more or less, part of it closed."""
    quantity, price, leverage = draw(quantities), draw(prices), draw(leverages)
    entered = quantity * draw(st.sampled_from([1, 1, 2, 3]))
    position = make_position(draw(directions), id=number, symbol=symbol, quantity=quantity, price=price)
    position = replace(position, entry_quantity=entered, entry_cost=entered * price, leverage=leverage)
    share = draw(st.sampled_from(["1", "1", "0.9", "1.7"]))
    return replace(position, margin=round_up(initial_margin(position.open_cost, leverage) * Decimal(share)))


@given(position=held(), brackets=tables())
def test_an_isolated_position_falls_within_a_tick_of_where_its_margin_is_used_up(
    position: Position, brackets: tuple[MarginBracket, ...]
) -> None:
    instrument = replace(SWAP, brackets=brackets)

    def left(price: Decimal) -> Decimal:
        notional = instrument.notional(position.quantity, price)
        return position.margin + unrealized_pnl(position, price) - maintenance_margin(notional, instrument)

    level, sign = liquidation_price(position, instrument), position.direction.sign
    if level is None or level == 0:
        assert left(instrument.tick_size) > -HAIR - position.quantity * instrument.tick_size * 2
        return
    assert left(level) >= -HAIR
    assert left(level - sign * instrument.tick_size) < HAIR
    assert left(level + sign * instrument.tick_size) > left(level) - HAIR


@given(position=held(), brackets=tables())
def test_the_quick_way_and_the_careful_way_find_the_same_level(
    position: Position, brackets: tuple[MarginBracket, ...]
) -> None:
    one = exposure_of(position, replace(SWAP, brackets=brackets))
    safe = safe_range(position.margin, (one,))
    assert safe is not None
    level = level_of_one(position.margin, one)
    careful = safe.low if position.direction is Direction.LONG else safe.high
    if level is None or careful is None:
        assert level is careful is None
    else:
        assert abs(level - careful) <= careful * Decimal("1E-40")


@st.composite
def cross_accounts(draw: st.DrawFn) -> tuple[Portfolio, dict[str, Instrument]]:
    """Return an account with one to four cross positions of one or two symbols, and the rules of both."""
    rules = {symbol: replace(SWAP, symbol=symbol, brackets=draw(tables())) for symbol in (SWAP.symbol, "ETH/USDT:USDT")}
    symbols = draw(st.lists(st.sampled_from(sorted(rules)), min_size=1, max_size=4))
    positions = [
        replace(draw(held(number=number, symbol=symbol)), margin_mode=MarginMode.CROSS)
        for number, symbol in enumerate(symbols, start=1)
    ]
    locked = sum((each.margin for each in positions), ZERO)
    spare = draw(st.decimals(min_value=0, max_value=2_000_000, places=2))
    return make_portfolio(locked + spare, positions=positions), rules


@given(drawn=cross_accounts(), mark=prices)
def test_a_cross_account_falls_within_a_tick_of_the_price_that_is_shown(
    drawn: tuple[Portfolio, dict[str, Instrument]], mark: Decimal
) -> None:
    portfolio, rules = drawn
    marks = dict.fromkeys(rules, mark)
    for position in cross_positions(portfolio):
        level = cross_liquidation_price(portfolio, position, marks=marks, instruments=rules)
        if level is None or level <= SWAP.tick_size:
            continue

        def answers(price: Decimal, symbol: str = position.symbol) -> Decimal:
            health = cross_health(portfolio, marks | {symbol: price}, instruments=rules)
            assert health is not None
            return health.answering - health.maintenance

        hair = HAIR * len(portfolio.positions)
        beyond = answers(level - position.direction.sign * SWAP.tick_size)
        assert answers(level) >= -hair or beyond < 0  # a range narrower than a tick has no tick inside
        assert beyond < hair


@given(position=held(), rate=rates, mark=prices)
def test_what_a_long_pays_a_short_of_its_size_gets_but_for_one_unit(
    position: Position, rate: Decimal, mark: Decimal
) -> None:
    other = Direction.SHORT if position.direction is Direction.LONG else Direction.LONG
    funding = FundingRate(symbol=SWAP.symbol, at=after(days=1), rate=rate, mark_price=mark)
    total = funding_amount(position, funding) + funding_amount(replace(position, direction=other), funding)
    assert -UNIT <= total <= 0


@given(position=held(), fee_rate=st.sampled_from([None, ZERO]), part=st.sampled_from([1, 2, 5]))
def test_at_the_bankruptcy_price_a_close_costs_what_answers_and_a_tick_later_more(
    position: Position, fee_rate: Decimal | None, part: int
) -> None:
    quantity = position.quantity / part
    cover = position.margin / part
    price = bankruptcy_price(position, SWAP, cover=cover, quantity=quantity, fee_rate=fee_rate)
    assume(price > SWAP.tick_size)
    rate = SWAP.taker_fee_rate if fee_rate is None else fee_rate
    share = replace(position, quantity=quantity)

    def left(at: Decimal) -> Decimal:
        return cover + unrealized_pnl(share, at) - round_up(at * quantity * rate)

    assert left(price) >= -HAIR
    assert left(price - position.direction.sign * SWAP.tick_size) < HAIR


@given(
    position=held(),
    spare=st.decimals(min_value=0, max_value=1_000_000, places=8),
    steps=st.lists(
        st.tuples(st.sampled_from(["margin", "leverage", "funding"]), prices, rates, leverages), min_size=1, max_size=8
    ),
)
def test_margin_leverage_and_funding_in_any_order_keep_the_laws_and_make_no_money(
    position: Position, spare: Decimal, steps: list[tuple[str, Decimal, Decimal, int]]
) -> None:
    portfolio = make_portfolio(position.margin + spare, positions=[position])
    begun = portfolio.wallet.total
    for number, (what, mark, rate, leverage) in enumerate(steps):
        now = portfolio.positions[1]
        request = ChangeRequest(at=after(minutes=number), author="user", key=f"request-{number}")
        market = PositionMarket(instrument=SWAP, mark=mark, free=portfolio.wallet.available)
        done: Movement | Denial
        if what == "margin":
            amount = (rate * 1000).quantize(UNIT)
            done = change_margin(portfolio, now, amount=amount, market=market, request=request)
        elif what == "leverage":
            done = change_leverage(portfolio, now, leverage=leverage, market=market, request=request)
        else:
            funding = FundingRate(symbol=SWAP.symbol, at=after(days=number + 1), rate=rate, mark_price=mark)
            done = book_funding(portfolio, now, rate=funding, at=request.at)
        if isinstance(done, Denial):
            assert done.detail
            continue
        next_one = portfolio.apply(done, at=request.at)
        entries, _ = seal(done.drafts, head=GENESIS, total=portfolio.wallet.total, locked=portfolio.wallet.locked)
        check_entries(entries, head=GENESIS, before=portfolio, after=next_one)
        check_account(next_one)
        check_movement(done, before=portfolio, after=next_one)
        portfolio = next_one
    assert portfolio.wallet.total == begun + portfolio.positions[1].funding == begun + portfolio.totals.funding
