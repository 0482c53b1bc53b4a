"""What the one-shot process does: ask an exchange for everything it lists, and keep what can be traded here."""

from datetime import UTC, datetime
from decimal import Context, localcontext
from pathlib import Path

from desktop_trader.domain.errors import BadAnswerError, ExchangeError
from desktop_trader.exchange import failures
from desktop_trader.exchange.addresses import market_tag
from desktop_trader.exchange.async_clock import AsyncClock
from desktop_trader.exchange.call_limits import CallPurpose, calls_for, within
from desktop_trader.exchange.instance import Place, close_instance, make_instance
from desktop_trader.exchange.list_process import LIST_DEADLINE_SECONDS
from desktop_trader.exchange.market_list import MarketList, list_file, market_list_from, save_market_list
from desktop_trader.exchange.stumbles import STUMBLES


async def fetch_market_list(place: Place, clock: AsyncClock, *, folder: Path) -> MarketList:
    """Return what an exchange lists now, and keep it in its file in `folder`.

    Raises:
        ExchangeError: it could not be asked, or lists nothing.
        StorageError: it cannot be kept.
    """
    exchange = make_instance(place, clock)
    asked = exchange.link.asked()
    tag = market_tag(place.exchange_id, place.address)
    try:
        with calls_for(CallPurpose(is_write=False)), localcontext(Context()):
            await within(LIST_DEADLINE_SECONDS, exchange.load_markets, asked=asked)
            listed = market_list_from(exchange, tag=tag, fetched_at=datetime.now(UTC))
    except ExchangeError:
        raise
    except exchange.failures_of_ccxt as error:
        raise failures.from_answer(error, asked) from None
    except STUMBLES as error:
        raise failures.make_error(BadAnswerError, asked, detail=f"{type(error).__name__}: {error}") from None
    finally:
        await close_instance(exchange)
    save_market_list(list_file(folder, tag), listed)
    return listed
