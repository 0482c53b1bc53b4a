"""How the window looks: Fusion, our own palette, a small style sheet and the bundled fonts, applied and switched live.

`apply` is called once before the first window and again at every change. Widgets take their colors from the palette
or from the style sheet's `tone` property; what paints itself (charts, icons) asks `active_tokens` when Qt reports a
palette change. GUI thread only.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from desktop_trader.locations import resource
from desktop_trader.ui.color_tokens import ColorTokens, ThemeName, UpDownColors, tokens_for

UI_FONT_FAMILY = "Inter"
MONO_FONT_FAMILY = "DejaVu Sans Mono"
SYMBOL_FONT_FAMILY = "Desktop Trader Symbols"
"""The signs of the pause's sentences (pause, information, check mark), which neither of the others has."""
FONT_PERCENT_MIN = 80
FONT_PERCENT_MAX = 200

# Distances in logical pixels; every layout takes one of these.
SPACE_XS = 2
SPACE_S = 4
SPACE_M = 8
SPACE_L = 12
SPACE_XL = 16
ROW_HEIGHT = 24

_FONT_FILES = ("fonts/Inter-Regular.otf", "fonts/Inter-SemiBold.otf", "fonts/DesktopTraderSymbols.ttf")
_MONO_FONT_FILES = ("fonts/DejaVuSansMono.ttf",)
_FONT_SIZE_PX = 13
_TOKENS_PROPERTY = "desktop_trader_color_tokens"
_FONTS_PROPERTY = "desktop_trader_fonts_loaded"
_MONO_PROPERTY = "desktop_trader_mono_font_loaded"
_STYLE_PROPERTY = "desktop_trader_style_set"
_SCALE_PROPERTY = "desktop_trader_font_percent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeChoice:
    """What the user chose: colors, the up/down pair and the text size in percent (80 to 200)."""

    theme: ThemeName = ThemeName.DARK
    up_down: UpDownColors = UpDownColors.TEAL_RED
    font_percent: int = 100


def apply(app: QApplication, choice: ThemeChoice) -> ColorTokens:
    """Dress the whole application and return the colors in force; safe to call again while windows are open."""
    tokens = tokens_for(choice.theme, choice.up_down)
    percent = min(FONT_PERCENT_MAX, max(FONT_PERCENT_MIN, choice.font_percent))
    _load_fonts(app, _FONT_FILES, once=_FONTS_PROPERTY)
    app.setProperty(_TOKENS_PROPERTY, tokens)
    app.setProperty(_SCALE_PROPERTY, percent)
    # Setting the style anew repolishes every widget, so it is done once. Asking `app.style()` would cost the first
    # paint 13 ms: Python's enums of QStyle are made then.
    if not app.property(_STYLE_PROPERTY):
        app.setStyle("Fusion")
        app.setProperty(_STYLE_PROPERTY, True)
    app.setFont(ui_font())
    app.setPalette(build_palette(tokens))
    app.setStyleSheet(build_style_sheet(tokens, percent))
    return tokens


def active_tokens() -> ColorTokens:
    """The colors applied last; the dark ones before the first `apply`."""
    app = QCoreApplication.instance()
    tokens = app.property(_TOKENS_PROPERTY) if app is not None else None
    return tokens if isinstance(tokens, ColorTokens) else tokens_for(ThemeName.DARK)


def ui_font(size_px: int = _FONT_SIZE_PX, *, is_bold: bool = False) -> QFont:
    """The interface font with digits of equal width, scaled by the user's text size."""
    font = QFont([UI_FONT_FAMILY, SYMBOL_FONT_FAMILY])
    font.setPixelSize(_scaled(size_px))
    font.setFeature(QFont.Tag("tnum"), 1)
    if is_bold:
        font.setWeight(QFont.Weight.DemiBold)
    return font


def mono_font(size_px: int = 12) -> QFont:
    """The font of logs, scaled by the user's text size; loaded when it is first asked for."""
    app = QCoreApplication.instance()
    if app is not None:
        _load_fonts(app, _MONO_FONT_FILES, once=_MONO_PROPERTY)
    font = QFont([MONO_FONT_FAMILY, SYMBOL_FONT_FAMILY])
    font.setPixelSize(_scaled(size_px))
    return font


def build_palette(tokens: ColorTokens) -> QPalette:
    """The colors as a QPalette, with the disabled roles muted."""
    palette = QPalette()
    role = QPalette.ColorRole
    for target, color in (
        (role.Window, tokens.surface),
        (role.WindowText, tokens.text),
        (role.Base, tokens.background),
        (role.AlternateBase, tokens.surface),
        (role.Text, tokens.text),
        (role.PlaceholderText, tokens.text_muted),
        (role.Button, tokens.raised),
        (role.ButtonText, tokens.text),
        (role.BrightText, tokens.danger),
        (role.ToolTipBase, tokens.raised),
        (role.ToolTipText, tokens.text),
        (role.Highlight, tokens.selection),
        (role.HighlightedText, tokens.text),
        (role.Accent, tokens.accent),
        (role.Link, tokens.pnl),
        (role.LinkVisited, tokens.pnl),
        (role.Light, tokens.border_strong),
        (role.Midlight, tokens.border),
        (role.Mid, tokens.border),
        (role.Dark, tokens.border),
        (role.Shadow, tokens.background),
    ):
        palette.setColor(target, QColor(color))
    for muted in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, muted, QColor(tokens.border_strong))
    return palette


def build_style_sheet(tokens: ColorTokens, font_percent: int = 100) -> str:
    """The style sheet of `resources/styles` with its `@token@`, `@NNpx@` and `@icons@` marks filled in."""
    sheet = resource("styles/desktop.qss").read_text(encoding="utf-8")
    sheet = sheet.replace("@icons@", resource("icons").as_posix())
    for name in ColorTokens.__slots__:
        sheet = sheet.replace(f"@{name}@", str(getattr(tokens, name)))
    for size in (11, 12, 13, 15, 18, 22):
        sheet = sheet.replace(f"@{size}px@", f"{round(size * font_percent / 100)}px")
    return sheet


def _load_fonts(app: QCoreApplication, files: tuple[str, ...], *, once: str) -> None:
    # Hosts without any font show boxes for letters, and digits of different width on different hosts.
    if app.property(once):
        return
    for name in files:
        QFontDatabase.addApplicationFont(str(resource(name)))
    app.setProperty(once, True)


def _scaled(size_px: int) -> int:
    app = QCoreApplication.instance()
    percent = app.property(_SCALE_PROPERTY) if app is not None else None
    return round(size_px * (percent if isinstance(percent, int) else 100) / 100)
