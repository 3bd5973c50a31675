"""Busts of invented people: a few cut-paper shapes, different for every name."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from .canvas import (
    INK,
    LINK,
    MIST,
    MUTED,
    PAPER,
    PORTRAIT,
    RULE,
    SAND,
    SEAL,
    Canvas,
    Colour,
    Point,
    curve,
    mix,
    seeded,
)

GROUNDS = [
    (SAND, RULE),
    (MIST, (160, 176, 189)),
    ((226, 232, 240), (168, 186, 211)),
    (RULE, (190, 182, 164)),
    ((238, 226, 220), (219, 190, 180)),
]
SKINS = {
    "light": [(226, 196, 164), (234, 208, 182), (220, 188, 154)],
    "medium": [(206, 164, 126), (190, 146, 110)],
    "deep": [(150, 104, 76), (128, 86, 62)],
}
HAIRS = [INK, (42, 36, 34), (70, 62, 58), (120, 116, 114)]
COATS = [INK, LINK, (58, 66, 78), (92, 40, 34), (70, 82, 74), MUTED]


class Head(NamedTuple):
    """Where a head is and how large: its middle, half its width and half its height."""

    x: float
    y: float
    half: float
    high: float

    def outline(self, right: Sequence[Point]) -> list[Point]:
        """A smooth outline, the same on both sides, from its points on the right, top to bottom."""
        left = [(-across, down) for across, down in reversed(right) if across]
        return curve([(self.x + across, self.y + down) for across, down in [*right, *left]])

    def on(self, side: int, points: Sequence[Point]) -> list[Point]:
        """Points on the right of the middle, or mirrored to the left of it."""
        return [(self.x + side * across, self.y + down) for across, down in points]


def draw_portrait(name: str, hair: str, skin: str = "light") -> bytes:
    """The bust of an invented person, 640 × 800, as a PNG file.

    ``hair`` is short, bun, bob, long, beard or bald; ``skin`` light, medium or deep.
    """
    rng = seeded(f"portrait {name}")
    ground, wash = rng.choice(GROUNDS)
    canvas = Canvas(PORTRAIT, ground)
    canvas.disc((320 + rng.uniform(-70, 70), 330), rng.uniform(250, 300), mix(ground, wash, 0.55))
    tint, dark, coat = rng.choice(SKINS[skin]), rng.choice(HAIRS), rng.choice(COATS)
    head = Head(320, 350, rng.uniform(98, 110), rng.uniform(136, 150))
    _hair_behind(canvas, rng, head, dark, hair)
    _shoulders(canvas, rng, head, coat, mix(tint, INK, 0.16))
    _face(canvas, rng, head, tint)
    _features(canvas, rng, head, tint, dark)
    _hair(canvas, rng, head, dark, hair)
    return canvas.png()


def _hair_behind(canvas: Canvas, rng: Random, head: Head, dark: Colour, hair: str) -> None:
    if hair in {"long", "bob"}:
        length = 250 if hair == "long" else 120
        edge = [(0, -head.high - 44), (head.half + 30, -40), (head.half + 34, length), (0, length + 14)]
        canvas.shape(head.outline(edge), dark)
    if hair == "bun":
        canvas.disc((head.x + rng.choice([-30, 0, 30]), head.y - head.high - 40), 52, dark)


def _shoulders(canvas: Canvas, rng: Random, head: Head, coat: Colour, neck: Colour) -> None:
    canvas.shape(head.outline([(110, 216), (236, 290), (270, 480)]), coat)
    canvas.shape([*head.on(1, [(52, 70), (62, 240), (0, 290)]), *head.on(-1, [(62, 240), (52, 70)])], neck)
    shirt = rng.choice([PAPER, SAND, MIST, mix(coat, PAPER, 0.35)])
    if rng.random() < 0.5:
        for side in (-1, 1):
            canvas.shape(head.on(side, [(0, 350), (62, 230), (30, 210), (0, 278)]), shirt)
            lapel = [(64, 220), (128, 270), (70, 340), (92, 358), (0, 450), (0, 362)]
            canvas.shape(head.on(side, lapel), mix(coat, PAPER, 0.12))
        return
    for side in (-1, 1):
        canvas.shape(head.on(side, [(66, 210), (78, 256), (4, 310), (4, 272)]), mix(coat, PAPER, 0.2))
    canvas.line([(head.x, head.y + 310), (head.x, head.y + 480)], mix(coat, PAPER, 0.2), 4)
    for button in (350, 410):
        canvas.disc((head.x, head.y + button), 7, shirt)


def _face(canvas: Canvas, rng: Random, head: Head, skin: Colour) -> None:
    half, high = head.half, head.high
    for side in (-1, 1):
        canvas.disc((head.x + side * half, head.y + 8), 20, mix(skin, INK, 0.16), 1.4)
    cheek = [(half * 0.86, -high * 0.6), (half, 10), (half * 0.66, high * 0.78)]
    canvas.shape(head.outline([(0, -high), *cheek, (0, high)]), skin)
    shaded = [(8, 4 - high), *cheek, (0, high - 2), (26, 30)]
    canvas.shape(curve(head.on(rng.choice([-1, 1]), shaded)), mix(skin, INK, 0.08))


def _features(canvas: Canvas, rng: Random, head: Head, skin: Colour, dark: Colour) -> None:
    line = mix(skin, INK, 0.62)
    glasses = rng.random() < 0.4
    for side in (-1, 1):
        eye = (head.x + side * 42, head.y + 2)
        canvas.line([(eye[0] - 22, eye[1] - 30 - side), (eye[0] + 22, eye[1] - 30 + side)], dark, 6)
        canvas.disc(eye, 8, INK, 0.8)
        if glasses:
            canvas.ring(eye, 31, INK, 5, 0.9)
    if glasses:
        canvas.line([(head.x - 12, head.y - 2), (head.x + 12, head.y - 2)], INK, 5)
    canvas.line(head.on(rng.choice([-1, 1]), [(4, 4), (17, 46), (-4, 52)]), line, 4)
    smile = rng.uniform(4, 11)
    mouth = [(across, 84 + smile * (1 - (across / 32) ** 2)) for across in range(-32, 33, 4)]
    canvas.line(head.on(1, mouth), mix(line, SEAL, 0.35), 5)


def _hair(canvas: Canvas, rng: Random, head: Head, dark: Colour, hair: str) -> None:
    half, high = head.half, head.high
    if hair == "bald":
        for side in (-1, 1):
            temple = [(half, -60), (half + 12, -10), (half - 4, 20), (half - 14, -30)]
            canvas.shape(curve(head.on(side, temple)), dark)
        return
    parting, brow = rng.choice([-1, 1]) * rng.uniform(16, 46), -high * rng.uniform(0.5, 0.6)
    outer = [(half * 0.45, -high - 32), (half + 8, -high * 0.7), (half + 12, -10)]
    inner = [(half - 8, -36), (half * 0.6, brow + 6)]
    left = [*head.on(-1, inner[::-1]), *head.on(-1, outer[::-1])]
    right = [*head.on(1, outer), *head.on(1, inner), *head.on(1, [(parting, brow - 34)])]
    canvas.shape(curve([*left, *right]), dark)
    if hair == "beard":
        edge = [(0, 108), (34, 88), (half - 4, 24), (half * 0.72, high * 0.86), (0, high + 22)]
        canvas.shape(head.outline(edge), dark)
        canvas.line(head.on(1, [(-40, 82), (-18, 70), (0, 74), (18, 70), (40, 82)]), dark, 11)
    if hair in {"long", "bob"}:
        length = 190 if hair == "long" else 96
        lock = [(16, -60), (26, length / 2), (6, length), (-18, length / 2), (-6, -30)]
        for side in (-1, 1):
            canvas.shape(curve(head.on(side, [(half + across, down) for across, down in lock])), dark)
