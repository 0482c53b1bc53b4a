"""Render desktop-trader.svg into the formats of the platforms; run by hand when the drawing changes.

python resources/installer/render_icons.py
"""

import os
import struct
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgRenderer

FOLDER = Path(__file__).resolve().parent
DRAWING = FOLDER / "desktop-trader.svg"
ICO_SIZES = (16, 24, 32, 48, 64, 256)
ICNS_SIZES = {b"icp4": 16, b"icp5": 32, b"ic12": 64, b"ic07": 128, b"ic08": 256, b"ic09": 512}


def png(size: int) -> bytes:
    """Return the drawing as a square PNG with so many pixels a side."""
    image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return bytes(data.data())


def ico() -> bytes:
    """Return a Windows icon: a directory, then the PNGs (256 is written as 0)."""
    images = [png(size) for size in ICO_SIZES]
    offset = 6 + 16 * len(images)
    directory = struct.pack("<HHH", 0, 1, len(images))
    for size, image in zip(ICO_SIZES, images, strict=True):
        directory += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(image), offset)
        offset += len(image)
    return directory + b"".join(images)


def icns() -> bytes:
    """Return a macOS icon: tagged PNGs behind one header, lengths including the tags."""
    body = b""
    for tag, size in ICNS_SIZES.items():
        image = png(size)
        body += tag + struct.pack(">I", len(image) + 8) + image
    return b"icns" + struct.pack(">I", len(body) + 8) + body


if __name__ == "__main__":
    application = QGuiApplication([])
    (FOLDER / "desktop-trader.png").write_bytes(png(256))
    (FOLDER / "desktop-trader.ico").write_bytes(ico())
    (FOLDER / "desktop-trader.icns").write_bytes(icns())
