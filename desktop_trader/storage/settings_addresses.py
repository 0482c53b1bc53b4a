"""How addresses of exchanges stand in the settings file: one table each, `[network.addresses.coinex]`."""

from collections.abc import Mapping
from dataclasses import fields, replace

from desktop_trader.domain.errors import InvalidInputError
from desktop_trader.settings import ExchangeAddress

Addresses = tuple[tuple[str, ExchangeAddress], ...]

_FIELDS = tuple(field.name for field in fields(ExchangeAddress))


def read_addresses(raw: object) -> tuple[Addresses, list[str]]:
    """Return what a table of addresses says, by exchange, and what of it is wrong: `.coinex.rest: must be ...`.

    An exchange of which anything is wrong is left out: half an address would lead to two different markets.
    """
    if not isinstance(raw, Mapping):
        return (), [": must be tables such as [network.addresses.coinex]"]
    found, complaints = [], []
    for exchange, table in raw.items():
        address, wrong = _read_one(table)
        complaints += [f".{exchange}{line}" for line in wrong]
        if not wrong and address != ExchangeAddress():
            found.append((str(exchange), address))
    return tuple(sorted(found, key=lambda each: each[0])), complaints


def address_tables(addresses: Addresses) -> dict[str, dict[str, str]]:
    """Return addresses as tables of the file; what is "" is left out."""
    return {
        exchange: {name: getattr(address, name) for name in _FIELDS if getattr(address, name)}
        for exchange, address in addresses
    }


def _read_one(table: object) -> tuple[ExchangeAddress, list[str]]:
    address, wrong = ExchangeAddress(), []
    if not isinstance(table, Mapping):
        return address, [": must be a table with rest, spot_stream, swap_stream or ca_file"]
    for name, value in table.items():
        try:
            address = _with_part(address, str(name), value)
        except InvalidInputError as error:
            wrong.append(f".{name}: {error.user_message}")
    return address, wrong


def _with_part(address: ExchangeAddress, name: str, value: object) -> ExchangeAddress:
    if name not in _FIELDS:
        raise InvalidInputError("unknown setting")
    if not isinstance(value, str):
        raise InvalidInputError(f"must be str, not {value!r}")
    return replace(address, **{name: value})
