"""What an exchange answers when it is asked for a price: the price, and when it said so."""

from dataclasses import dataclass
from datetime import datetime

from desktop_trader.domain.market import Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteAnswer:
    """`quote.at` is when its prices were made, as the exchange has it: in a quiet market that may be long ago.

    `answered_at` is the exchange's own time of the answer (its `Date`, whole seconds cut off); None where it says none.
    """

    quote: Quote
    answered_at: datetime | None
