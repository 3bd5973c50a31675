"""A sheet to draw on, and the colours of ink, paper and seal.

Everything is drawn twice as large as it is shown and reduced once, which smooths every edge.
"""

import io
import math
from collections.abc import Iterable, Sequence
from random import Random
from typing import NamedTuple

from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

Colour = tuple[int, int, int]
Point = tuple[float, float]

PAPER, INK, SEAL, LINK = (251, 250, 246), (22, 25, 31), (168, 42, 29), (28, 63, 117)
RULE, MUTED, SAND, MIST = (216, 211, 199), (86, 92, 102), (232, 224, 206), (196, 206, 214)
SCALE = 2
ILLUSTRATION, PORTRAIT, COVER = (1200, 800), (640, 800), (700, 1000)


class Tones(NamedTuple):
    """The colours of one picture: its ground, what is far and near on it, and one accent."""

    ground: Colour
    far: Colour
    near: Colour
    accent: Colour


DAY = Tones((245, 242, 234), RULE, INK, SEAL)
MORNING = Tones(SAND, (203, 190, 163), (52, 48, 44), SEAL)
DUSK = Tones(MIST, (160, 176, 189), (26, 38, 56), SEAL)
NIGHT = Tones((19, 22, 27), (46, 55, 68), (235, 231, 222), (242, 139, 125))
BLUE = Tones((226, 232, 240), (168, 186, 211), LINK, SEAL)
RED = Tones((244, 232, 226), (222, 176, 164), SEAL, INK)


def seeded(name: str) -> Random:
    """Chance that is always the same for the same name."""
    return Random(name)  # noqa: S311 -- it draws pictures and keeps no secrets


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """A colour between two: ``share`` of the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


class Canvas:
    """A sheet that is drawn upon in the coordinates in which it will be shown."""

    def __init__(self, size: tuple[int, int], ground: Colour) -> None:
        self.width, self.height = size
        self.image = Pillow.new("RGB", (size[0] * SCALE, size[1] * SCALE), ground)
        self.draw = ImageDraw.Draw(self.image)

    def _scaled(self, points: Iterable[Point]) -> list[Point]:
        return [(x * SCALE, y * SCALE) for x, y in points]

    def shape(self, points: Iterable[Point], fill: Colour) -> None:
        """A filled polygon."""
        self.draw.polygon(self._scaled(points), fill=fill)

    def line(self, points: Iterable[Point], fill: Colour, width: float = 2) -> None:
        """A line through the points."""
        self.draw.line(self._scaled(points), fill=fill, width=max(1, round(width * SCALE)), joint="curve")

    def disc(self, centre: Point, radius: float, fill: Colour, flat: float = 1.0) -> None:
        """A filled circle, or an ellipse ``flat`` times as high as wide."""
        (x, y), down = centre, radius * flat
        self.draw.ellipse(self._scaled([(x - radius, y - down), (x + radius, y + down)]), fill=fill)

    def ring(self, centre: Point, radius: float, colour: Colour, width: float = 2, flat: float = 1.0) -> None:
        """A circle's line."""
        (x, y), down = centre, radius * flat
        box = self._scaled([(x - radius, y - down), (x + radius, y + down)])
        self.draw.ellipse(box, outline=colour, width=max(1, round(width * SCALE)))

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        """A filled rectangle."""
        self.draw.rectangle(self._scaled([(left, top), (right, bottom)]), fill=fill)

    def frame(
        self, left: float, top: float, right: float, bottom: float, colour: Colour, width: float = 2
    ) -> None:
        """A rectangle's line."""
        box = self._scaled([(left, top), (right, bottom)])
        self.draw.rectangle(box, outline=colour, width=max(1, round(width * SCALE)))

    def text(self, at: Point, words: str, size: float, fill: Colour, spacing: float = 0) -> float:
        """One line of type from its upper left corner; gives the width that it took."""
        font = ImageFont.load_default(size * SCALE)
        x, y = at[0] * SCALE, at[1] * SCALE
        if not spacing:
            self.draw.text((x, y), words, font=font, fill=fill)
            return float(self.draw.textlength(words, font=font)) / SCALE
        for letter in words:
            self.draw.text((x, y), letter, font=font, fill=fill)
            x += float(self.draw.textlength(letter, font=font)) + spacing * SCALE
        return x / SCALE - at[0]

    def lines(self, words: str, size: float, room: float) -> list[str]:
        """The words broken into lines that fit."""
        font = ImageFont.load_default(size * SCALE)
        lines = [""]
        for word in words.split():
            longer = f"{lines[-1]} {word}".strip()
            if lines[-1] and float(self.draw.textlength(longer, font=font)) > room * SCALE:
                lines.append(word)
            else:
                lines[-1] = longer
        return lines

    def place(self, other: "Canvas", at: Point) -> None:
        """Another sheet upon this one, by its upper left corner."""
        self.image.paste(other.image, (round(at[0] * SCALE), round(at[1] * SCALE)))

    def png(self) -> bytes:
        """The finished picture as a file's bytes."""
        buffer = io.BytesIO()
        self.image.reduce(SCALE).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()


def curve(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """A smooth closed outline through the points (Catmull-Rom)."""
    outline: list[Point] = []
    count = len(points)
    for i in range(count):
        a, b, c, d = (points[(i + k - 1) % count] for k in range(4))
        for step in range(steps):
            t = step / steps
            outline.append(
                (
                    _between(a[0], b[0], c[0], d[0], t),
                    _between(a[1], b[1], c[1], d[1], t),
                )
            )
    return outline


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def ridge(rng: Random, width: float, base: float, height: float, roughness: float = 0.5) -> list[Point]:
    """The line of a range of hills from the left edge to the right."""
    waves = [
        (rng.uniform(0.6, 1.8) * (n + 1), rng.uniform(0, math.tau), height * roughness**n) for n in range(4)
    ]
    return [
        (x, base - sum(a * (0.5 + 0.5 * math.sin(f * x / width * math.tau + p)) for f, p, a in waves))
        for x in range(-10, int(width) + 20, 10)
    ]


def stamp(canvas: Canvas, left: float, top: float, size: float, colour: Colour, paper: Colour) -> None:
    """A square seal: a roof over strokes, in the manner of a carved character."""
    unit = size / 12

    def bar(x1: float, y1: float, x2: float, y2: float) -> None:
        canvas.box(left + x1 * unit, top + y1 * unit, left + x2 * unit, top + y2 * unit, paper)

    canvas.box(left, top, left + size, top + size, colour)
    canvas.frame(
        left + unit * 0.6, top + unit * 0.6, left + unit * 11.4, top + unit * 11.4, paper, unit * 0.28
    )
    for stroke in (
        (5.6, 1.5, 6.4, 2.5), (2, 2.6, 10, 3.2), (2, 3.2, 2.7, 4.3), (9.3, 3.2, 10, 4.3),
        (3.2, 4.4, 5.6, 5), (3.8, 5.6, 5.2, 6.1), (6.5, 4.4, 8.8, 5), (7.4, 5.6, 8.4, 6.1),
        (3, 6.7, 9, 7.3), (4, 7.9, 8, 8.4), (5.65, 8.4, 6.35, 10.5), (3.4, 9, 4.2, 10.2), (7.8, 9, 8.6, 10.2),
    ):  # fmt: skip
        bar(*stroke)
