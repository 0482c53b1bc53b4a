"""Makes a window as high as its sentences need when one more of them appears, so that no field is squashed for it."""

from PySide6.QtWidgets import QWidget


def give_room(widget: QWidget) -> None:
    """Let the window of a widget grow, never shrink, until everything in it has its room."""
    window = widget.window()
    layout = window.layout()
    if layout is None or window is widget:
        return
    parent = widget.parentWidget()
    while parent is not None and parent is not window:
        inner = parent.layout()
        if inner is not None:
            inner.activate()
        parent = parent.parentWidget()
    layout.activate()
    width = window.width()
    needed = max(layout.totalMinimumSize().height(), layout.totalHeightForWidth(width))
    if window.height() < needed:
        window.resize(width, needed)
