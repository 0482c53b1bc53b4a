"""From the settings to the theme: which palette, which pair of colors."""

from dataclasses import replace

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from desktop_trader.settings import DisplaySettings, Theme
from desktop_trader.ui.actions import Actions
from desktop_trader.ui.color_tokens import ThemeName, UpDownColors
from desktop_trader.ui.theme import ThemeChoice, apply


def theme_choice(display: DisplaySettings) -> ThemeChoice:
    """Return what `theme.apply` wants for these settings; SYSTEM asks the desktop, dark when it does not say."""
    if display.theme is Theme.SYSTEM:
        is_light = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Light
        name = ThemeName.LIGHT if is_light else ThemeName.DARK
    else:
        name = ThemeName(display.theme.value)
    return ThemeChoice(theme=name, up_down=UpDownColors(display.up_down_colors.value))


class ThemeSwitch(QObject):
    """Changes the theme of the open windows; `display_changed` carries the settings to be kept."""

    display_changed = Signal(object)

    def __init__(self, display: DisplaySettings, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._display = display
        for theme, action in actions.themes.items():
            action.setChecked(theme is display.theme)
            action.triggered.connect(lambda _on, chosen=theme: self.choose(chosen))

    def choose(self, theme: Theme) -> None:
        """Wear another theme from now on."""
        self._display = replace(self._display, theme=theme)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply(app, theme_choice(self._display))
        self.display_changed.emit(self._display)
