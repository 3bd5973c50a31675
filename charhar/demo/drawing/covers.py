"""Typographic covers, each series in a style of its own."""

from typing import NamedTuple

from PIL import Image as Pillow

from .canvas import (
    COVER,
    ILLUSTRATION,
    INK,
    LINK,
    MUTED,
    PAPER,
    RULE,
    SAND,
    SCALE,
    SEAL,
    Canvas,
    Colour,
    Point,
    Tones,
    mix,
    seeded,
    stamp,
)
from .illustrations import illustrations


class Cover(NamedTuple):
    """What is printed on a cover."""

    series: str
    title: str
    line: str  # issue, or the authors' names
    year: int
    image: str


STYLES: dict[str, tuple[Colour, Colour, Colour]] = {
    "public-diplomacy-quarterly": (PAPER, INK, SEAL),
    "other-books-and-reports": (SAND, INK, SEAL),
    "charhar-public-diplomacy-series": (INK, (235, 231, 222), (242, 139, 125)),
    "charhar-newsletter": (PAPER, INK, SEAL),
    "charhar-international-relations-series": (LINK, PAPER, (244, 214, 208)),
    "introduction-to-public-diplomacy": (SEAL, PAPER, (30, 12, 10)),
}


def draw_cover(series: str, cover: Cover) -> bytes:
    """A typographic cover in its series' style, 700 × 1000, as a PNG file."""
    ground, ink, accent = STYLES[series]
    canvas = Canvas(COVER, ground)
    if series == "public-diplomacy-quarterly":
        _quarterly(canvas, cover, ink, accent)
    elif series == "charhar-newsletter":
        _letter(canvas, cover, ink, accent)
    else:
        _book(canvas, cover, ink, accent, ground)
    return canvas.png()


def _plate(canvas: Canvas, name: str, box: tuple[float, float, float, float], tones: Tones) -> None:
    """A part of an illustration, in the cover's own colours."""
    left, top, right, bottom = (round(edge * SCALE) for edge in box)
    sheet = Canvas(ILLUSTRATION, tones.ground)
    illustrations()[name].motif(sheet, seeded(f"cover {name}"), tones)
    wide, high = right - left, bottom - top
    part_wide = min(sheet.image.width, sheet.image.height * wide / high)
    part_high = min(sheet.image.height, part_wide * high / wide)
    x, y = (sheet.image.width - part_wide) / 2, (sheet.image.height - part_high) / 2
    part = sheet.image.resize(
        (wide, high), Pillow.Resampling.BILINEAR, box=(x, y, x + part_wide, y + part_high)
    )
    canvas.image.paste(part, (left, top))


def _set(
    canvas: Canvas, words: str, at: Point, size: float, room: float, fill: Colour, most: float = 1000
) -> float:
    """Type in lines that fit, smaller if need be; gives where the next line would stand."""
    lines = canvas.lines(words, size, room)
    while len(lines) * size * 1.14 > most and size > 24:
        size -= 4
        lines = canvas.lines(words, size, room)
    y = at[1]
    for line in lines:
        canvas.text((at[0], y), line, size, fill)
        y += size * 1.14
    return y


def _quarterly(canvas: Canvas, cover: Cover, ink: Colour, accent: Colour) -> None:
    canvas.box(0, 0, 700, 16, accent)
    y = _set(canvas, cover.series, (56, 56), 66, 600, ink)
    canvas.line([(56, y + 20), (644, y + 20)], ink, 2)
    canvas.text((56, y + 34), cover.line.upper(), 20, ink, 3)
    canvas.text((56 + 588 - 52, y + 34), str(cover.year), 20, ink, 2)
    _plate(canvas, cover.image, (56, y + 84, 644, 740), Tones(SAND, (203, 190, 163), ink, accent))
    _set(canvas, cover.title, (56, 766), 54, 480, ink, 150)
    stamp(canvas, 572, 872, 72, accent, PAPER)
    canvas.text((56, 918), "THE CHARHAR INSTITUTE", 15, MUTED, 3)
    canvas.text((56, 942), "SAMPLE ISSUE", 13, MUTED, 3)


def _letter(canvas: Canvas, cover: Cover, ink: Colour, accent: Colour) -> None:
    stamp(canvas, 56, 56, 96, accent, PAPER)
    canvas.text((180, 64), "Charhar", 44, ink)
    canvas.text((180, 108), "Newsletter", 44, accent)
    canvas.line([(56, 186), (644, 186)], ink, 3)
    canvas.text((56, 200), f"{cover.line}  ·  {cover.year}".upper(), 17, MUTED, 3)
    y = _set(canvas, cover.title, (56, 262), 62, 580, ink, 260) + 40
    rng = seeded(f"letter {cover.title}")
    for column in (56, 362):
        row = y
        while row < 900:
            canvas.box(column, row, column + rng.choice([282, 282, 270, 256, 140]), row + 7, RULE)
            row += 22
    canvas.line([(56, 930), (644, 930)], ink, 1)
    canvas.text((56, 944), "SAMPLE ISSUE", 13, MUTED, 3)


def _book(canvas: Canvas, cover: Cover, ink: Colour, accent: Colour, ground: Colour) -> None:
    tones = Tones(mix(ground, ink, 0.08), mix(ground, ink, 0.3), mix(ground, ink, 0.88), accent)
    _plate(canvas, cover.image, (0, 0, 700, 420), tones)
    canvas.box(0, 420, 700, 428, accent)
    canvas.text((56, 462), cover.series.upper(), 15, mix(ink, ground, 0.25), 2.4)
    y = _set(canvas, cover.title, (56, 506), 68, 590, ink, 300)
    canvas.line([(56, y + 26), (136, y + 26)], accent, 5)
    _set(canvas, cover.line, (56, y + 50), 25, 560, mix(ink, ground, 0.1), 90)
    stamp(canvas, 572, 872, 72, accent, ground)
    canvas.text((56, 918), "THE CHARHAR INSTITUTE", 15, mix(ink, ground, 0.25), 3)
    canvas.text((56, 942), f"SAMPLE EDITION  {cover.year}", 13, mix(ink, ground, 0.25), 3)
