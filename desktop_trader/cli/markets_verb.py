"""`markets`: what an exchange lists, fetched once by a process of its own, and searched in the file that it leaves."""

import asyncio
from dataclasses import replace
from pathlib import Path

import click

from desktop_trader.api.exact_json import dumps
from desktop_trader.cli import books, failures, options
from desktop_trader.cli.table import table
from desktop_trader.domain.errors import ExchangeError, InvalidInputError, RateLimitedError, RefusedError
from desktop_trader.exchange.addresses import address_from_url, market_tag
from desktop_trader.exchange.async_clock import LoopClock
from desktop_trader.exchange.catalog import catalog, check_exchange_id
from desktop_trader.exchange.instance import Place
from desktop_trader.exchange.list_fetch import fetch_market_list
from desktop_trader.exchange.listing import ListedMarket
from desktop_trader.exchange.market_list import list_file, load_market_list
from desktop_trader.settings import NetworkSettings
from desktop_trader.storage.settings_file import load_settings

_COLUMNS = {
    "symbol": "symbol",
    "kind": "kind",
    "market_id": "market",
    "tick_size": "tick",
    "lot_size": "lot",
    "contract_size": "contract",
    "taker_fee_rate": "taker fee",
    "is_active": "active",
}
_EXCHANGE_COLUMNS = {"exchange": "exchange", "name": "name", "streams": "streams"}
_ca_file_option = click.option("--ca-file", metavar="FILE", default="", hidden=True)
_proxy_option = click.option("--proxy", metavar="URL", default="", hidden=True)
_folder_option = click.option("--folder", metavar="DIR", hidden=True)
"""How the process that fetches a list for an engine is told everything: then nothing is read from settings."""


@click.group(
    epilog="\b\nExamples:\n  desktop-trader markets fetch coinex\n  desktop-trader markets search btc --market kraken"
)
def markets() -> None:
    """What an exchange lists: fetch it, search it."""


@markets.command(epilog="\b\nExample:\n  desktop-trader markets exchanges --json")
@options.data_and_json
def exchanges(data_dir: str | None, as_json: bool) -> None:
    """List every exchange that `--market` takes."""
    books.folder(data_dir)  # for its refusals: the list is the same everywhere
    rows: list[dict[str, object]] = [
        {"exchange": each.exchange_id, "name": each.name, "streams": each.can_stream, "offered": each.is_offered}
        for each in catalog()
    ]
    click.echo(dumps(rows) if as_json else table(rows, _EXCHANGE_COLUMNS, empty="there is none"))


@markets.command(epilog="\b\nExample:\n  desktop-trader markets fetch kraken")
@click.argument("exchange_id", metavar="EXCHANGE")
@options.exchange_url_option
@_ca_file_option
@_proxy_option
@_folder_option
@options.data_and_json
def fetch(
    exchange_id: str,
    exchange_url: str | None,
    ca_file: str,
    proxy: str,
    folder: str | None,
    data_dir: str | None,
    as_json: bool,
) -> int:
    """Ask EXCHANGE what it lists, and keep that for searching and for the next start.

    A proxy and certificates of your own are in the settings, under [network].
    """
    exchange_id = check_exchange_id(exchange_id)
    if folder is None and (ca_file or proxy):
        raise InvalidInputError("a proxy and certificates are named in the settings, under [network], for every verb")
    place = _place(
        exchange_id, exchange_url, ca_file, proxy, _network_settings(data_dir) if folder is None else NetworkSettings()
    )
    into = Path(folder) if folder is not None else books.folder(data_dir).market_lists
    try:
        listed = asyncio.run(fetch_market_list(place, LoopClock(), folder=into))
    except ExchangeError as error:
        if not as_json:
            raise
        told = {"kind": _kind_of(error), "error": error.user_message, "detail": error.detail}
        if isinstance(error, RateLimitedError):
            told["retry_after_seconds"] = str(error.retry_after_seconds)
        click.echo(dumps(told))
        return failures.FAILED
    active = len(listed.active_symbols())
    if as_json:
        click.echo(dumps({"exchange": listed.tag, "markets": len(listed.markets), "active": active}))
    else:
        click.echo(f"{place.name} lists {len(listed.markets)} markets that can be traded here, {active} of them active")
    return failures.DONE


@markets.command(epilog="\b\nExample:\n  desktop-trader markets search btc --market kraken")
@click.argument("text", default="")
@options.exchange_option
@options.exchange_url_option
@click.option("--limit", type=options.Between(1, 10_000), default=20, show_default=True, help="How many lines at most.")
@options.data_and_json
def search(text: str, market: str, exchange_url: str | None, limit: int, data_dir: str | None, as_json: bool) -> None:
    """Find the markets whose symbol contains TEXT in the list that was fetched last."""
    exchange_id = check_exchange_id(market)
    place = _place(exchange_id, exchange_url, "", "", _network_settings(data_dir))
    tag = market_tag(exchange_id, place.address)
    listed = load_market_list(list_file(books.folder(data_dir).market_lists, tag), tag)
    if listed is None:
        raise RefusedError(
            f"what {place.name} lists is not known yet; `desktop-trader markets fetch {exchange_id}` asks"
        )
    wanted = text.strip().upper()
    found = [
        each
        for each in listed.markets
        if wanted in each.instrument.symbol.replace("/", "") or wanted in each.instrument.symbol
    ]
    found.sort(key=lambda each: (not each.instrument.symbol.startswith(wanted), each.instrument.symbol))
    rows = [_row(each) for each in found[:limit]]
    if as_json:
        click.echo(dumps({"exchange": tag, "fetched_at": listed.fetched_at, "found": len(found), "markets": rows}))
        return
    click.echo(table(rows, _COLUMNS, empty=f"{place.name} lists nothing like {text!r}"))
    if len(found) > len(rows):
        click.echo(f"{len(found) - len(rows)} more; --limit shows them")


def _kind_of(error: ExchangeError) -> str:
    """Return the name of the error as everybody knows it; a room's own refinements count as what they refine."""
    return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == ExchangeError.__module__)


def _row(listed: ListedMarket) -> dict[str, object]:
    instrument = listed.instrument
    return {
        "symbol": instrument.symbol,
        "kind": instrument.kind.value,
        "market_id": listed.market_id,
        "tick_size": instrument.tick_size,
        "lot_size": instrument.lot_size,
        "contract_size": instrument.contract_size,
        "minimum_quantity": listed.minimum_quantity,
        "minimum_notional": instrument.minimum_notional,
        "maker_fee_rate": instrument.maker_fee_rate,
        "taker_fee_rate": instrument.taker_fee_rate,
        "is_active": listed.is_active,
    }


def _place(exchange_id: str, url: str | None, ca_file: str, proxy: str, settings: NetworkSettings) -> Place:
    """Return where to ask: what the options say, else what `settings` say."""
    address = address_from_url(exchange_id, url, ca_file=ca_file) if url else settings.address_of(exchange_id)
    if ca_file:
        address = replace(address, ca_file=ca_file)
    return Place(exchange_id=exchange_id, address=address, proxy=NetworkSettings(proxy=proxy or settings.proxy).proxy)


def _network_settings(data_dir: str | None) -> NetworkSettings:
    return load_settings(books.folder(data_dir).settings_file).settings.network
