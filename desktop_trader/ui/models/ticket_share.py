"""What a share of what is free may be at most, so that the order is accepted, and what bounds it. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from desktop_trader.domain.accepted_size import accepted_quantity
from desktop_trader.domain.entry_rules import Rule
from desktop_trader.domain.order import OrderSide
from desktop_trader.domain.risk import Funds
from desktop_trader.messages.snapshot import AccountSnapshot
from desktop_trader.settings import RiskSettings
from desktop_trader.ui.models.order_ticket import OrderTicket
from desktop_trader.ui.models.ticket_preview import account_of, entry_wish, limits_of

_BOUNDS = {
    Rule.MAXIMUM_QUANTITY: "the largest order of this market",
    Rule.LEVERAGE: "what this leverage may hold",
    Rule.MAX_POSITION: "the limit per position",
    Rule.RISK_PER_TRADE: "the limit of the loss at the stop",
    Rule.FUNDS: "the free money",
    Rule.MARGIN_RATIO: "the limit of the margin ratio",
}


def accepted_share(
    tickets: Iterable[OrderTicket], quantity: Decimal, *, shown: AccountSnapshot, risk: RiskSettings
) -> tuple[Decimal, str]:
    """Return the largest quantity, `quantity` at most, that each side may order, and in words what bounds it.

    Nothing bounds it in words where it is the quantity asked for, or while the account's worth is unknown.
    """
    account, said = account_of(shown), ""
    if account.free is None or account.equity is None:
        return quantity, ""
    funds = Funds(free=account.free, equity=account.equity)
    for ticket in tickets:
        if ticket.side is OrderSide.SELL and not ticket.instrument.allows_short:
            continue
        quote = next((each for each in shown.market.quotes if each.symbol == ticket.instrument.symbol), None)
        market = None if quote is None else quote.ask if ticket.side is OrderSide.BUY else quote.bid
        orders = replace(ticket, quantity=quantity).orders()
        wishes = [wish for order in orders if (wish := entry_wish(order, ticket.instrument, market)) is not None]
        if len(wishes) == len(orders):
            quantity, bound = accepted_quantity(wishes, account.wallet, limits=limits_of(risk), funds=funds)
            said = said if bound is None else _BOUNDS[bound]
    return quantity, said
