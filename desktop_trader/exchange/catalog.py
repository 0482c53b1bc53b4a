"""Which exchanges there are: the six that are offered first, and every other one that ccxt knows, by its id."""

from dataclasses import dataclass
from difflib import get_close_matches

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.messages.market_name import OFFERED_EXCHANGES


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """One exchange: `can_stream` says whether prices can come by WebSocket."""

    exchange_id: str
    name: str
    is_offered: bool
    can_stream: bool


def catalog() -> tuple[CatalogEntry, ...]:
    """Return every exchange, the offered ones first. Imports ccxt."""
    from desktop_trader.exchange.library import exchange_ids, streaming_ids

    streaming = streaming_ids()
    others = [each for each in exchange_ids() if each not in OFFERED_EXCHANGES]
    return tuple(
        CatalogEntry(
            exchange_id=each,
            name=OFFERED_EXCHANGES.get(each, each),
            is_offered=each in OFFERED_EXCHANGES,
            can_stream=each in streaming,
        )
        for each in (*OFFERED_EXCHANGES, *others)
    )


def check_exchange_id(exchange_id: str) -> str:
    """Return an id as it is spelled here.

    Raises:
        InvalidInputError: no exchange has it; the message names similar ones.
    """
    wanted = exchange_id.strip().lower()
    if wanted in OFFERED_EXCHANGES:
        return wanted
    from desktop_trader.exchange.library import exchange_ids

    if wanted in exchange_ids():
        return wanted
    similar = similar_ids(wanted) or list(OFFERED_EXCHANGES)
    raise InvalidInputError(f"there is no exchange {exchange_id!r} here; perhaps {', '.join(similar)}")


def similar_ids(wanted: str) -> list[str]:
    """Return up to three ids that look like what was typed. Imports ccxt."""
    from desktop_trader.exchange.library import exchange_ids

    return get_close_matches(wanted.strip().lower(), exchange_ids(), n=3)
