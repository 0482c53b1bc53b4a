"""Draws `DesktopTraderSymbols.ttf` beside it: the signs of the pause's sentences. Run by hand; needs fonttools."""

from math import cos, pi, sin
from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

EM = 1000
WIDTHS = {".notdef": 700, "space": 260, "pause": 920, "info": 920, "check": 920, "variation": 0}
SIGNS = {0x20: "space", 0x23F8: "pause", 0x2139: "info", 0x2705: "check", 0xFE0F: "variation"}
CORNERS = 8
TICK = [(220, 370), (300, 450), (405, 345), (640, 580), (720, 500), (405, 185)]


def polygon(pen, points):
    """Fill points given clockwise; given the other way round they are a hole."""
    pen.moveTo(points[0])
    for point in points[1:]:
        pen.lineTo(point)
    pen.closePath()


def box(left, bottom, right, top):
    """Return the corners of a rectangle, clockwise."""
    return [(left, bottom), (left, top), (right, top), (right, bottom)]


def circle(pen, radius, *, center=(460, 360), is_hole=False):
    """Fill a circle of quadratic curves, or cut it out."""
    turns = range(CORNERS) if is_hole else range(0, -CORNERS, -1)
    step = 1 if is_hole else -1

    def at(turn, distance):
        angle = 2 * pi * turn / CORNERS
        return round(center[0] + distance * cos(angle)), round(center[1] + distance * sin(angle))

    pen.moveTo(at(0, radius))
    for turn in turns:
        pen.qCurveTo(at(turn + step / 2, radius / cos(pi / CORNERS)), at(turn + step, radius))
    pen.closePath()


def draw(name):
    """Return the outline of one glyph."""
    pen = TTGlyphPen(None)
    if name == ".notdef":
        polygon(pen, box(100, 0, 600, 700))
        polygon(pen, box(160, 60, 540, 640)[::-1])
    elif name == "pause":
        polygon(pen, box(180, 20, 380, 700))
        polygon(pen, box(540, 20, 740, 700))
    elif name == "info":
        circle(pen, 400)
        circle(pen, 335, is_hole=True)
        circle(pen, 55, center=(460, 555))
        polygon(pen, box(415, 150, 505, 450))
    elif name == "check":
        polygon(pen, box(90, -10, 830, 730))
        polygon(pen, [TICK[0], *TICK[:0:-1]])
    return pen.glyph()


def main():
    """Write the font."""
    font = FontBuilder(EM, isTTF=True)
    font.setupGlyphOrder(list(WIDTHS))
    font.setupCharacterMap(SIGNS)
    font.setupGlyf({name: draw(name) for name in WIDTHS})
    font.setupHorizontalMetrics({name: (width, 90 if width else 0) for name, width in WIDTHS.items()})
    font.setupHorizontalHeader(ascent=900, descent=-200)
    font.setupNameTable({"familyName": "Desktop Trader Symbols", "styleName": "Regular"})
    font.setupOS2(sTypoAscender=900, sTypoDescender=-200, usWinAscent=900, usWinDescent=200)
    font.setupPost()
    font.save(Path(__file__).with_name("DesktopTraderSymbols.ttf"))


if __name__ == "__main__":
    main()
