"""The window's dress: colors that can be read, fonts whose digits line up, a live switch."""

import pytest
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QPalette, QRawFont
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from desktop_trader.messages.network import NO_NETWORK, NO_NEW_TRADES, NOT_CHECKED, RESUMED
from desktop_trader.ui import theme
from desktop_trader.ui.color_tokens import ColorTokens, ThemeName, UpDownColors, contrast_ratio, tokens_for

ALL_TOKENS = [tokens_for(name, pair) for name in ThemeName for pair in UpDownColors]
TEXT = ("text", "text_muted", "balance", "pnl", "up_text", "down_text", "warning", "danger")
SURFACES = ("background", "surface", "raised")


@pytest.mark.parametrize("tokens", ALL_TOKENS)
def test_all_text_can_be_read_on_every_surface(tokens: ColorTokens) -> None:
    for ink in TEXT:
        for surface in SURFACES:
            assert contrast_ratio(getattr(tokens, ink), getattr(tokens, surface)) >= 4.5, (ink, surface)


@pytest.mark.parametrize("tokens", ALL_TOKENS)
def test_text_on_filled_shapes_can_be_read(tokens: ColorTokens) -> None:
    pairs = [
        (tokens.on_trade, tokens.buy),
        (tokens.on_trade, tokens.sell),
        (tokens.on_accent, tokens.accent),
        (tokens.on_tag, tokens.tag),
        (tokens.text, tokens.selection),
        (tokens.warning, tokens.warning_surface),
        (tokens.background, tokens.up_text),
        (tokens.background, tokens.down_text),
    ]
    for ink, fill in pairs:
        assert contrast_ratio(ink, fill) >= 4.5, (ink, fill)


@pytest.mark.parametrize("tokens", ALL_TOKENS)
def test_candles_stand_out_from_the_background(tokens: ColorTokens) -> None:
    assert contrast_ratio(tokens.up, tokens.background) >= 3.0
    assert contrast_ratio(tokens.down, tokens.background) >= 3.0


def test_contrast_is_measured_as_the_standard_says() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_style_sheet_has_no_mark_left_unfilled(dressed_app: QApplication) -> None:
    for tokens in ALL_TOKENS:
        assert "@" not in theme.build_style_sheet(tokens)


def test_the_bundled_fonts_are_the_ones_in_use(dressed_app: QApplication) -> None:
    assert QFontInfo(theme.ui_font()).family() == theme.UI_FONT_FAMILY
    assert QFontInfo(theme.mono_font()).family() == theme.MONO_FONT_FAMILY


def test_digits_of_the_interface_font_are_equally_wide(dressed_app: QApplication) -> None:
    metrics = QFontMetricsF(theme.ui_font())
    assert len({metrics.horizontalAdvance(digit * 10) for digit in "0123456789"}) == 1


def test_switching_the_theme_reaches_open_windows(dressed_app: QApplication, qtbot: QtBot) -> None:
    label = QLabel("figure")
    label.setProperty("tone", "balance")
    qtbot.addWidget(label)
    label.show()
    dark = label.palette().color(QPalette.ColorRole.WindowText)
    tokens = theme.apply(dressed_app, theme.ThemeChoice(theme=ThemeName.LIGHT))
    assert theme.active_tokens() is tokens
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(tokens.balance)
    assert dark == QColor(tokens_for(ThemeName.DARK).balance)


@pytest.mark.parametrize(("percent", "pixels"), [(100, 13), (200, 26), (80, 10), (10, 10), (900, 26)])
def test_the_text_size_follows_the_setting_within_its_limits(
    dressed_app: QApplication, percent: int, pixels: int
) -> None:
    theme.apply(dressed_app, theme.ThemeChoice(font_percent=percent))
    assert dressed_app.font().pixelSize() == pixels


def test_every_sign_of_the_sentences_of_the_pause_is_in_the_fonts_we_bring(qtbot: QtBot) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    theme.mono_font()
    for font in (theme.ui_font(), theme.mono_font()):
        fonts = [QRawFont.fromFont(QFont(family)) for family in font.families()]
        for sign in set("".join((NO_NETWORK, NOT_CHECKED, NO_NEW_TRADES, RESUMED))):
            assert any(each.supportsCharacter(ord(sign)) for each in fonts), f"U+{ord(sign):04X}"
