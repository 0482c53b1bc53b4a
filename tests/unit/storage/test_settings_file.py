"""The settings file: what was saved is loaded, what is wrong is named, and the file is never half."""

import os
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from desktop_trader.domain.errors import StorageError
from desktop_trader.settings import (
    DisplaySettings,
    ExchangeAddress,
    NetworkSettings,
    PaperSettings,
    Settings,
    Theme,
    UpDownColors,
    WatchlistSettings,
)
from desktop_trader.storage.settings_file import LoadedSettings, load_settings, save_settings

CHOSEN = replace(
    Settings(),
    paper=PaperSettings(initial_balance=Decimal("1250.50"), currency="USDC"),
    display=DisplaySettings(theme=Theme.LIGHT, repaint_interval_ms=500, up_down_colors=UpDownColors.BLUE_ORANGE),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_no_file_means_the_defaults(path: Path) -> None:
    assert load_settings(path) == LoadedSettings(settings=Settings())


def test_what_was_saved_is_loaded(path: Path) -> None:
    save_settings(path, CHOSEN)
    assert load_settings(path) == LoadedSettings(settings=CHOSEN)


MIRROR = ExchangeAddress(rest="http://127.0.0.1:8800", spot_stream="ws://127.0.0.1:8800/v2/spot/")
SANDBOX = ExchangeAddress(rest="https://sandbox.example", ca_file="ca.pem")


def test_addresses_of_exchanges_are_tables_of_their_own(path: Path) -> None:
    chosen = replace(
        Settings(),
        network=NetworkSettings(proxy="socks5://127.0.0.1:1080", addresses=(("binance", SANDBOX), ("coinex", MIRROR))),
    )
    save_settings(path, chosen)
    assert "[network.addresses.coinex]" in path.read_text()
    assert load_settings(path) == LoadedSettings(settings=chosen)


def test_an_address_that_is_taken_back_leaves_the_file(path: Path) -> None:
    save_settings(path, replace(Settings(), network=NetworkSettings(addresses=(("coinex", MIRROR),))))
    only_rest = replace(MIRROR, spot_stream="")
    save_settings(path, replace(Settings(), network=NetworkSettings(addresses=(("coinex", only_rest),))))
    assert load_settings(path).settings.network.address_of("coinex") == only_rest
    save_settings(path, Settings())
    assert "addresses" not in path.read_text()
    assert load_settings(path) == LoadedSettings(settings=Settings())


def test_what_is_wrong_with_an_address_is_named_and_the_exchange_keeps_its_own(path: Path) -> None:
    path.write_text(
        '[network]\nproxy = "http://:secret@127.0.0.1:3128"\n'
        '[network.addresses]\nokx = "https://mirror.example"\n'
        '[network.addresses.coinex]\nrest = "ftp://mirror.example"\nspot_stream = 3\nkey = "x"\n'
        '[network.addresses.kraken]\nrest = "https://:secret@mirror.example"\n'
        '[network.addresses.gate]\nrest = "https://mirror.example"\n'
    )
    loaded = load_settings(path)
    assert loaded.settings.network == NetworkSettings(
        addresses=(("gate", ExchangeAddress(rest="https://mirror.example")),)
    )
    assert [line.split(": ")[1] for line in loaded.complaints] == [
        "network.proxy",
        "network.addresses.okx",
        "network.addresses.coinex.rest",
        "network.addresses.coinex.spot_stream",
        "network.addresses.coinex.key",
        "network.addresses.kraken.rest",
    ]
    assert "secret" not in "".join(loaded.complaints)


def test_addresses_that_are_no_tables_are_named(path: Path) -> None:
    path.write_text('[network]\naddresses = "https://mirror.example"\n')
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    assert loaded.complaints == ("settings.toml: network.addresses: must be tables such as [network.addresses.coinex]",)


def test_comments_and_unknown_entries_survive_a_save(path: Path) -> None:
    path.write_text('# mine\n[display]\ntheme = "light"  # easier on my eyes\ntypeface = "serif"\n')
    save_settings(path, CHOSEN)
    text = path.read_text()
    assert "# mine" in text
    assert "# easier on my eyes" in text
    assert 'typeface = "serif"' in text


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_file_is_private_and_nothing_is_left_beside_it(path: Path) -> None:
    save_settings(path, CHOSEN)
    assert oct(path.stat().st_mode & 0o777) == "0o600"
    assert list(path.parent.iterdir()) == [path]


def test_what_is_wrong_is_named_and_the_rest_counts(path: Path) -> None:
    path.write_text(
        'surprise = 1\n[display]\ntheme = "pink"\nrepaint_interval_ms = true\nfont = 3\n'
        '[paper]\ncurrency = "EUR"\ninitial_balance = 1.5\n[risk]\nrisk_per_trade_percent = "NaN"\n'
        "max_position_percent = 20\n"
    )
    loaded = load_settings(path)
    assert (loaded.settings.paper.currency, loaded.settings.risk.max_position_percent) == ("EUR", Decimal(20))
    assert loaded.settings.display == DisplaySettings()
    assert [line.split(": ")[1] for line in loaded.complaints] == [
        "unknown setting surprise",
        "display.theme",
        "display.repaint_interval_ms",
        "display.font",
        "paper.initial_balance",
        "risk.risk_per_trade_percent",
    ]


@pytest.mark.parametrize("content", [b"theme = = 3", b"\xff\xfe\x00"])
def test_a_file_that_is_no_toml_is_refused_and_kept(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StorageError, match=str(path)):
        load_settings(path)
    assert path.read_bytes() == content


def test_a_save_that_fails_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Row F10 of the fault list."""
    save_settings(path, Settings())
    old = path.read_bytes()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError, match="cannot be written"):
        save_settings(path, CHOSEN)
    assert path.read_bytes() == old


def test_favourites_come_back_in_their_order_market_by_market(path: Path) -> None:
    chosen = WatchlistSettings(sort_column="change", is_descending=True)
    chosen = chosen.with_market("simulated", favourites=("SOL/USDT", "BTC/USDT"), hidden=("XRP/USDT",))
    chosen = chosen.with_market("exchange:coinex", favourites=("ETH/USDT:USDT", "BTC/USDT"), hidden=())
    save_settings(path, replace(Settings(), watchlist=chosen))

    loaded = load_settings(path).settings.watchlist

    assert loaded.favourites_on("simulated") == ("SOL/USDT", "BTC/USDT")
    assert loaded.favourites_on("exchange:coinex") == ("ETH/USDT:USDT", "BTC/USDT")
    assert loaded.hidden_on("simulated") == ("XRP/USDT",)
    assert (loaded.sort_column, loaded.is_descending) == ("change", True)


def test_a_slip_of_the_pen_costs_one_favourite_and_is_not_overwritten(path: Path) -> None:
    path.write_text('[watchlist]\nfavourites = ["simulated BTC/USDT", "simulated  ETH USDT", "simulated SOL/USDT"]\n')
    loaded = load_settings(path)
    assert loaded.settings.watchlist.favourites_on("simulated") == ("BTC/USDT", "SOL/USDT")

    changed = loaded.settings.watchlist.with_market("simulated", favourites=("SOL/USDT",), hidden=())
    save_settings(path, replace(loaded.settings, watchlist=changed))

    assert load_settings(path).settings.watchlist.favourites == ("simulated  ETH USDT", "simulated SOL/USDT")


def test_a_list_that_is_none_is_named(path: Path) -> None:
    path.write_text('[watchlist]\nfavourites = "BTC/USDT"\nhidden = [1]\n')
    loaded = load_settings(path)
    assert loaded.settings == Settings()
    assert [line.split(": ")[1] for line in loaded.complaints] == ["watchlist.favourites", "watchlist.hidden"]
