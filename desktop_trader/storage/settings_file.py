"""Reads and writes the settings file: readable TOML whose comments survive a save; old or new on disk, never half."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

from desktop_trader.crash_points import crash_point
from desktop_trader.domain.errors import InvalidInputError, StorageError
from desktop_trader.domain.money import canonical, parse_decimal
from desktop_trader.settings import DisplaySettings, Settings, WatchlistSettings
from desktop_trader.storage.database import sync_folder
from desktop_trader.storage.settings_addresses import Addresses, address_tables, read_addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """What the file says over the defaults; `complaints` names, one line each, what was not understood and left out."""

    settings: Settings
    complaints: tuple[str, ...] = ()


def load_settings(path: Path) -> LoadedSettings:
    """Return the settings of a file; the defaults where there is none.

    A value that is unknown or out of range is left out and complained of: a typing mistake in an appearance does
    not keep anybody from their positions.

    Raises:
        StorageError: the file is there but cannot be read, or is not TOML.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return LoadedSettings(settings=Settings())
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{path} cannot be read", detail=repr(error)) from error
    settings, complaints = Settings(), []
    for section, values in _parsed(path, text).items():
        if section not in _SECTIONS or not isinstance(values, Mapping):
            complaints.append(f"{path.name}: unknown setting {section}")
            continue
        for name, raw in values.items():
            if (section, name) == _ADDRESSES:
                addresses, wrong = read_addresses(raw)
                settings = replace(settings, network=replace(settings.network, addresses=addresses))
                complaints += [f"{path.name}: network.addresses{line}" for line in wrong]
                continue
            try:
                settings = _with_value(settings, (section, name), raw)
            except InvalidInputError as error:
                complaints.append(f"{path.name}: {section}.{name}: {error.user_message}")
    return LoadedSettings(settings=settings, complaints=tuple(complaints))


def save_settings(path: Path, settings: Settings) -> None:
    """Write all settings, keeping comments and unknown entries of the present file; mode 0600.

    Raises:
        StorageError: it could not be written; the old file is as it was.
    """
    # Only who saves pays for the parser that keeps comments.
    import tomlkit

    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        for section in _SECTIONS:
            part = getattr(settings, section)
            table = document.setdefault(section, tomlkit.table())
            for field in fields(part):
                if (section, field.name) == _ADDRESSES:
                    _write_addresses(table, part.addresses)
                else:
                    table[field.name] = _plain(getattr(part, field.name))
        _replace_file(path, tomlkit.dumps(document))
    except (OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be written", detail=repr(error)) from error


def save_part(path: Path, part: DisplaySettings | WatchlistSettings) -> Settings:
    """Write one part over what the file says by now, and return all of it: others write their parts meanwhile.

    Raises:
        StorageError: it could not be read or written; the old file is as it was.
    """
    settings = load_settings(path).settings
    name = "display" if isinstance(part, DisplaySettings) else "watchlist"
    changed = replace(settings, **{name: part})  # type: ignore[arg-type]
    save_settings(path, changed)
    return changed


_SECTIONS = tuple(field.name for field in fields(Settings))
_ADDRESSES = ("network", "addresses")


def _parsed(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StorageError(f"{path} is not valid TOML: {error}", detail=repr(error)) from error


def _with_value(settings: Settings, place: tuple[str, str], raw: object) -> Settings:
    section, name = place
    part = getattr(settings, section)
    if name not in {field.name for field in fields(part)}:
        raise InvalidInputError("unknown setting")
    present = getattr(part, name)
    value = _reader_of(type(present))(raw)
    return replace(settings, **{section: replace(part, **{name: value})})


def _reader_of(kind: type) -> Callable[[object], object]:
    if kind is Decimal:
        return _read_decimal
    if kind is tuple:
        return _read_texts
    if issubclass(kind, Enum):
        return lambda raw: _read_choice(kind, raw)
    return lambda raw: _read_exactly(kind, raw)


def _read_decimal(raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise InvalidInputError(f'must be a number in quotes such as "2.5", not {raw!r}')
    return parse_decimal(str(raw))


def _read_choice(kind: type[Enum], raw: object) -> Enum:
    for choice in kind:
        if choice.value == raw:
            return choice
    raise InvalidInputError(f"must be one of {', '.join(str(choice.value) for choice in kind)}, not {raw!r}")


def _read_texts(raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or not all(isinstance(each, str) for each in raw):
        raise InvalidInputError(f"must be a list of texts, not {raw!r}")
    return tuple(raw)


def _read_exactly(kind: type, raw: object) -> object:
    if type(raw) is not kind:
        raise InvalidInputError(f"must be {kind.__name__}, not {raw!r}")
    return raw


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return canonical(value)
    if isinstance(value, tuple):
        return list(value)
    return value.value if isinstance(value, Enum) else value


def _write_addresses(table: Any, addresses: Addresses) -> None:
    """Put the addresses into the file's table; what is no longer set goes, what stays keeps its comments."""
    wanted = address_tables(addresses)
    present = table.setdefault("addresses", {}) if wanted else table.get("addresses", {})
    for exchange in [each for each in present if each not in wanted]:
        del present[exchange]
    for exchange, parts in wanted.items():
        own = present.setdefault(exchange, {})
        for name in [each for each in own if each not in parts]:
            del own[name]
        own.update(parts)
    if not wanted:
        table.pop("addresses", None)


def _replace_file(path: Path, text: str) -> None:
    unfinished = path.with_name(path.name + ".new")
    descriptor = os.open(unfinished, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, text.encode())
        crash_point("L23.written")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    crash_point("L23.synced")
    unfinished.replace(path)
    crash_point("L23.renamed")
    sync_folder(path.parent)
