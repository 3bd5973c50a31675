"""The lead pictures: motifs that return in other colours."""

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from random import Random
from typing import NamedTuple

from charhar.demo.stock import read_yaml

from .canvas import (
    BLUE,
    DAY,
    DUSK,
    ILLUSTRATION,
    MORNING,
    NIGHT,
    RED,
    Canvas,
    Point,
    Tones,
    curve,
    mix,
    ridge,
    seeded,
    stamp,
)

Motif = Callable[[Canvas, Random, Tones], None]


def _hills(
    canvas: Canvas, rng: Random, tones: Tones, base: float, count: int = 4, height: float = 150
) -> None:
    for layer in range(count):
        share = (layer + 1) / (count + 1)
        line = ridge(rng, canvas.width, base + layer * 34, height * (1 - 0.16 * layer))
        colour = mix(mix(tones.ground, tones.far, 0.6), tones.near, share * 0.55)
        canvas.shape([*line, (canvas.width + 20, canvas.height), (-10, canvas.height)], colour)


def _sun(canvas: Canvas, rng: Random, tones: Tones, top: float = 210) -> None:
    canvas.disc(
        (rng.uniform(0.2, 0.8) * canvas.width, top + rng.uniform(-40, 40)), rng.uniform(58, 84), tones.accent
    )


def _water(canvas: Canvas, rng: Random, tones: Tones, top: float, strokes: int = 46) -> None:
    canvas.box(0, top, canvas.width, canvas.height, mix(tones.ground, tones.far, 0.55))
    for _ in range(strokes):
        depth = rng.random() ** 0.8
        y = top + 8 + depth * (canvas.height - top - 8)
        length = 20 + depth * rng.uniform(60, 240)
        x = rng.uniform(-60, canvas.width)
        canvas.line(
            [(x, y), (x + length, y)], mix(tones.far, tones.near, 0.12 + 0.35 * depth), 1 + 2.4 * depth
        )


def mountains(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """Ranges of hills under a sun."""
    _sun(canvas, rng, tones)
    _hills(canvas, rng, tones, 470, 6, 190)


def bridge(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A bridge of some arches over still water."""
    _hills(canvas, rng, tones, 430, 2, 110)
    _water(canvas, rng, tones, 520)
    spans, deck = rng.choice([3, 4, 5]), 452
    wide = canvas.width / spans
    canvas.box(0, deck - 26, canvas.width, deck + 14, tones.near)
    for span in range(spans):
        left = span * wide
        arch = [(left + 16 + (wide - 32) * t / 40, 640 - math.sin(math.pi * t / 40) * 172) for t in range(41)]
        canvas.shape(
            [(left, deck), (left + wide, deck), (left + wide, 640), *reversed(arch), (left, 640)], tones.near
        )
        for t in range(0, 41, 2):
            canvas.line([(left + wide * t / 40, deck - 58), (left + wide * t / 40, deck - 26)], tones.near, 2)
    canvas.line([(0, deck - 58), (canvas.width, deck - 58)], tones.near, 4)
    canvas.disc((canvas.width * rng.uniform(0.25, 0.75), 190), 62, tones.accent)


def harbour(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """Cranes on a quay and a ship with containers."""
    _hills(canvas, rng, tones, 430, 2, 90)
    _water(canvas, rng, tones, 500)
    for crane in range(rng.choice([2, 3])):
        x = 150 + crane * 190 + rng.uniform(-20, 20)
        top = 170 + rng.uniform(-20, 30)
        for leg in (0, 70):
            canvas.line([(x + leg, 500), (x + leg, top + 60)], tones.near, 9)
        canvas.line([(x - 40, top + 60), (x + 260, top + 60)], tones.near, 8)
        canvas.line([(x + 35, top + 60), (x + 35, top - 50), (x + 250, top + 60)], tones.near, 4)
        canvas.line([(x + 35, top - 50), (x - 36, top + 60)], tones.near, 4)
        canvas.line([(x + 190, top + 60), (x + 190, top + 170)], tones.near, 2)
        canvas.box(x + 164, top + 170, x + 216, top + 196, tones.accent)
    canvas.box(0, 486, 640, 520, tones.near)
    hull = [(690, 560), (1150, 560), (1110, 640), (740, 640)]
    canvas.shape(hull, tones.near)
    for row in range(3):
        for column in range(7 - row):
            left = 726 + column * 52 + row * 20
            shade = tones.accent if rng.random() < 0.2 else mix(tones.far, tones.near, rng.uniform(0.1, 0.6))
            canvas.box(left, 530 - row * 32, left + 48, 558 - row * 32, shade)
    canvas.box(1080, 452, 1120, 560, mix(tones.near, tones.far, 0.2))


def river(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A river that winds between hills towards the reader."""
    _sun(canvas, rng, tones, 170)
    _hills(canvas, rng, tones, 420, 4, 150)
    left, right = [], []
    swing, phase = rng.uniform(130, 220), rng.uniform(0, 6)
    for step in range(61):
        t = step / 60
        y = 430 + t * 380
        middle = canvas.width / 2 + math.sin(t * 5.4 + phase) * swing * (0.25 + t)
        half = 8 + 150 * t**1.6
        left.append((middle - half, y))
        right.append((middle + half, y))
    canvas.shape([*left, *reversed(right)], tones.ground)
    for share in (0.3, 0.5, 0.72):
        stream = [(a[0] + (b[0] - a[0]) * share, a[1]) for a, b in zip(left, right, strict=True)]
        canvas.line(stream, tones.far, 2)


def rails(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """Tracks that run to the horizon beside telegraph posts."""
    _hills(canvas, rng, tones, 400, 3, 120)
    horizon, vanish = 430, canvas.width * rng.uniform(0.35, 0.65)
    canvas.box(0, horizon, canvas.width, canvas.height, mix(tones.ground, tones.far, 0.75))
    for sleeper in range(26):
        t = (sleeper / 25) ** 2.4
        y, half = horizon + 6 + t * 380, 12 + t * 420
        x = vanish + (canvas.width / 2 - vanish) * t
        canvas.box(x - half, y, x + half, y + 3 + 17 * t, mix(tones.far, tones.near, 0.35 + 0.3 * t))
    for side in (-1, 1):
        foot = canvas.width / 2 + side * 300
        canvas.shape(
            [(vanish + side * 3, horizon), (vanish + side * 5, horizon), (foot + 18, 810), (foot - 18, 810)],
            tones.near,
        )
    for post in range(6):
        t = ((post + 1) / 6) ** 2
        x, top = vanish + 60 + t * 520, horizon - 20 - 330 * t
        canvas.line([(x, horizon + 8 + t * 200), (x, top)], tones.near, 2 + 7 * t)
        canvas.line([(x, top + 10 * t), (x - 90 * t - 8, top + 10 * t)], tones.near, 1 + 4 * t)
    canvas.disc((vanish, horizon - 60), 54, tones.accent)


def pylons(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """Pylons and the lines that sag between them."""
    _sun(canvas, rng, tones, 220)
    _hills(canvas, rng, tones, 540, 3, 110)
    spots = [(150, 560, 0.62), (470, 580, 0.78), (850, 610, 1.0), (1300, 650, 1.2)]
    tips: list[list[Point]] = []
    for x, foot, size in spots:
        high, half = 420 * size, 60 * size
        for side in (-1, 1):
            canvas.line([(x + side * half, foot), (x + side * 8, foot - high)], tones.near, 4 * size)
        for rung in range(7):
            low, up = rung / 7, (rung + 1) / 7
            a, b = half * (1 - low) + 8 * low, half * (1 - up) + 8 * up
            canvas.line([(x - a, foot - high * low), (x + b, foot - high * up)], tones.near, 2 * size)
            canvas.line([(x + a, foot - high * low), (x - b, foot - high * up)], tones.near, 2 * size)
        arms = []
        for level, reach in ((0.72, 96), (0.86, 72)):
            y = foot - high * level
            canvas.line([(x - reach * size, y), (x + reach * size, y)], tones.near, 4 * size)
            arms += [(x - reach * size, y + 18 * size), (x + reach * size, y + 18 * size)]
        tips.append(arms)
    for here, there in pairwise(tips):
        for (x1, y1), (x2, y2) in zip(here, there, strict=True):
            sag = [
                (x1 + (x2 - x1) * t / 24, y1 + (y2 - y1) * t / 24 + math.sin(math.pi * t / 24) * 46)
                for t in range(25)
            ]
            canvas.line(sag, tones.near, 1.6)


def towers(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """The roofs of a city in three layers."""
    _sun(canvas, rng, tones, 180)
    for layer in range(3):
        shade = mix(tones.far, tones.near, 0.18 + 0.36 * layer)
        x = -20.0
        while x < canvas.width:
            wide = rng.uniform(46, 110)
            top = 640 - rng.uniform(90, 360 - layer * 70)
            canvas.box(x, top, x + wide, canvas.height, shade)
            if rng.random() < 0.3:
                canvas.shape([(x - 8, top), (x + wide / 2, top - 34), (x + wide + 8, top)], shade)
            if layer == 2:
                for row in range(int((760 - top) / 34)):
                    for column in range(int(wide / 22)):
                        if rng.random() < 0.4:
                            left = x + 9 + column * 22
                            lit = tones.accent if rng.random() < 0.04 else mix(tones.ground, shade, 0.15)
                            canvas.box(left, top + 16 + row * 34, left + 9, top + 34 + row * 34, lit)
            x += wide + rng.uniform(0, 26)


def brackets(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A page of text between square brackets."""
    for row in range(11):
        y, x = 130 + row * 54, 190.0
        while x < 1010:
            length = min(rng.uniform(30, 150), 1010 - x)
            if length > 16:
                canvas.box(x, y, x + length, y + 13, mix(tones.far, tones.near, rng.uniform(0.0, 0.2)))
            x += length + 16
    for side, (inner, outer) in ((0, (200, 120)), (1, (1000, 1080))):
        top, bottom = 90 + rng.uniform(0, 40), 700
        canvas.line(
            [(inner, top), (outer, top), (outer, bottom), (inner, bottom)],
            tones.accent if side else tones.near,
            26,
        )


def table(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A round table with papers and chairs, from above."""
    canvas.disc((600, 410), 250, mix(tones.ground, tones.far, 0.7), 0.82)
    canvas.ring((600, 410), 250, tones.near, 6, 0.82)
    chairs = rng.choice([4, 6, 8])
    red = rng.randrange(chairs)
    for chair in range(chairs):
        angle = math.tau * chair / chairs + 0.26
        x, y = 600 + math.cos(angle) * 350, 410 + math.sin(angle) * 290
        canvas.disc((x, y), 46, tones.accent if chair == red else tones.near)
        sheet = (600 + math.cos(angle) * 178, 410 + math.sin(angle) * 146)
        canvas.box(sheet[0] - 20, sheet[1] - 14, sheet[0] + 20, sheet[1] + 14, tones.ground)
        for line in (-6, 0, 6):
            canvas.line([(sheet[0] - 13, sheet[1] + line), (sheet[0] + 13, sheet[1] + line)], tones.near, 1.4)


def leaves(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A shelf of books."""
    canvas.box(0, 590, canvas.width, canvas.height, mix(tones.ground, tones.far, 0.7))
    x = 90.0
    while x < 1080:
        wide, high = rng.uniform(34, 84), rng.uniform(270, 430)
        shade = (
            tones.accent
            if rng.random() < 0.12
            else mix(tones.far, tones.near, rng.choice([0.15, 0.45, 0.7, 0.95]))
        )
        lean = 36 if rng.random() < 0.12 else 0
        canvas.shape(
            [(x + lean, 590 - high), (x + wide + lean, 590 - high), (x + wide, 590), (x, 590)], shade
        )
        band = mix(shade, tones.ground, 0.5)
        for level in (0.14, 0.2, 0.8):
            y, push = 590 - high * (1 - level), lean * (1 - level)
            canvas.line([(x + 6 + push, y), (x + wide - 6 + push, y)], band, 3)
        x += wide + 5 + lean
    canvas.line([(60, 592), (1140, 592)], tones.near, 6)


def vessel(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A vase between two labels."""
    canvas.box(0, 610, canvas.width, canvas.height, mix(tones.ground, tones.far, 0.65))
    neck, belly, foot = rng.uniform(50, 90), rng.uniform(170, 220), rng.uniform(80, 110)
    profile = [(neck + 26, 150), (neck, 190), (neck + 6, 270), (belly, 420), (belly * 0.86, 540), (foot, 640)]
    side = curve([*((600 + x, y) for x, y in profile), *((600 - x, y) for x, y in reversed(profile))])
    canvas.shape(side, mix(tones.near, tones.far, 0.12))
    for level in range(5):
        y = 362 + level * 30
        wave = [
            (600 + x, y + math.sin(x / 34 + level) * 9) for x in range(-int(belly * 0.8), int(belly * 0.8), 6)
        ]
        canvas.line(wave, tones.accent if level == 2 else mix(tones.near, tones.ground, 0.55), 4)
    canvas.disc((600, 152), neck + 24, mix(tones.near, tones.ground, 0.3), 0.16)
    for label in (230, 880):
        canvas.frame(label, 500, label + 96, 570, tones.near, 3)
        for line in range(4):
            canvas.line(
                [(label + 14, 516 + line * 13), (label + rng.uniform(50, 82), 516 + line * 13)], tones.near, 2
            )


def rings(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """Two sets of circles in water."""
    centres = [
        (rng.uniform(200, 500), rng.uniform(260, 560)),
        (rng.uniform(700, 1000), rng.uniform(240, 560)),
    ]
    for index, centre in enumerate(centres):
        for ring in range(13):
            share = ring / 13
            canvas.ring(
                centre,
                26 + ring * 42,
                mix(tones.near, tones.ground, 0.15 + 0.8 * share),
                4 - 2.6 * share,
                0.72,
            )
        canvas.disc(centre, 15, tones.accent if index else tones.near, 0.72)


def routes(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """An invented map with coasts and dotted routes."""
    for line in range(0, 1240, 80):
        canvas.line([(line, 0), (line, 800)], mix(tones.ground, tones.far, 0.5), 1)
        canvas.line([(0, line), (1200, line)], mix(tones.ground, tones.far, 0.5), 1)
    for _ in range(5):
        x, y, size = rng.uniform(60, 1140), rng.uniform(80, 720), rng.uniform(110, 220)
        coast = curve(
            [
                (
                    x + math.cos(a) * size * rng.uniform(0.55, 1.15),
                    y + math.sin(a) * size * 0.7 * rng.uniform(0.55, 1.15),
                )
                for a in (math.tau * k / 9 for k in range(9))
            ]
        )
        canvas.shape(coast, mix(tones.ground, tones.far, 0.8))
        canvas.line([*coast, coast[0]], mix(tones.far, tones.near, 0.4), 2.5)
    places = [(rng.uniform(90, 1110), rng.uniform(90, 710)) for _ in range(9)]
    for start, end in pairwise(places):
        lift = rng.uniform(-120, 120)
        arc = [
            (
                start[0] + (end[0] - start[0]) * t / 30,
                start[1] + (end[1] - start[1]) * t / 30 + math.sin(math.pi * t / 30) * lift,
            )
            for t in range(31)
        ]
        for a, b in zip(arc[::2], arc[1::2], strict=False):
            canvas.line([a, b], tones.near, 3)
    for index, place in enumerate(places):
        canvas.disc(place, 13, tones.accent if index % 4 == 0 else tones.near)
        canvas.disc(place, 5, tones.ground)


def stairs(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A flight of steps with a ball on one of them."""
    steps = rng.choice([6, 7, 8])
    wide, high = 1000 / steps, 520 / steps
    for step in range(steps):
        left, top = 100 + step * wide, 690 - (step + 1) * high
        canvas.box(left, top, 1100, 700, mix(tones.far, tones.near, 0.12 + 0.8 * step / steps))
        canvas.line([(left, top), (left + wide, top)], tones.ground, 4)
    canvas.disc((100 + wide * 1.5, 690 - 2 * high - 40), 38, tones.accent)
    canvas.line([(0, 700), (1200, 700)], tones.near, 5)


def gauge(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A river gauge with a mark at the level of the water."""
    _hills(canvas, rng, tones, 420, 3, 120)
    level = rng.uniform(470, 560)
    _water(canvas, rng, tones, level)
    canvas.box(560, 90, 640, 800, tones.ground)
    canvas.frame(560, 90, 640, 810, tones.near, 5)
    for mark in range(24):
        y = 110 + mark * 28
        canvas.line([(566, y), (636 if mark % 5 == 0 else 602, y)], tones.near, 7 if mark % 5 == 0 else 3)
    canvas.box(552, level - 5, 648, level + 5, tones.accent)


def road(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A road and its barrier."""
    _sun(canvas, rng, tones, 190)
    _hills(canvas, rng, tones, 450, 3, 130)
    canvas.shape([(560, 470), (640, 470), (1010, 810), (190, 810)], tones.near)
    for dash in range(7):
        t = (dash / 7) ** 1.8
        y, half = 484 + t * 310, 2 + 9 * t
        canvas.box(600 - half, y, 600 + half, y + 10 + 30 * t, tones.ground)
    canvas.box(210, 330, 238, 620, tones.near)
    canvas.shape([(224, 380), (1000, 330), (1000, 352), (224, 406)], tones.ground)
    for stripe in range(0, 8, 2):
        a, b = stripe / 8, (stripe + 1) / 8
        canvas.shape(
            [
                (224 + 776 * a, 380 - 50 * a),
                (224 + 776 * b, 380 - 50 * b),
                (224 + 776 * b, 406 - 54 * b),
                (224 + 776 * a, 406 - 54 * a),
            ],
            tones.accent,
        )


def waves(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A small boat on rows of waves."""
    _sun(canvas, rng, tones, 200)
    for row in range(11):
        share = row / 10
        base, high = 330 + row * 46, 16 + 26 * share
        phase, length = rng.uniform(0, 6), rng.uniform(120, 190)
        crest = [(x, base + math.sin(x / length * math.tau + phase) * high) for x in range(-10, 1230, 8)]
        canvas.shape(
            [*crest, (1230, 810), (-10, 810)],
            mix(mix(tones.ground, tones.far, 0.7), tones.near, 0.85 * share),
        )
        canvas.line(crest, mix(tones.ground, tones.near, share * 0.4), 2)
    x = rng.uniform(250, 900)
    canvas.shape([(x, 432), (x + 150, 432), (x + 122, 466), (x + 30, 466)], tones.near)
    canvas.line([(x + 70, 432), (x + 70, 320)], tones.near, 4)
    canvas.shape([(x + 74, 322), (x + 132, 420), (x + 74, 420)], tones.ground)


def window(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """Hills behind a window."""
    canvas.box(0, 0, 1200, 800, mix(tones.near, tones.ground, 0.1))
    inner = Canvas((640, 560), tones.ground)
    _sun(inner, rng, tones, 150)
    _hills(inner, rng, tones, 330, 4, 120)
    canvas.place(inner, (280, 90))
    for x in (280, 494, 706, 920):
        canvas.line([(x, 90), (x, 650)], tones.near, 14)
    for y in (90, 370, 650):
        canvas.line([(273, y), (927, y)], tones.near, 14)
    canvas.box(230, 650, 970, 684, tones.far)
    canvas.disc((790, 618), 26, tones.accent)
    canvas.box(764, 616, 816, 650, tones.accent)


def wheat(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """Ears of wheat."""
    _sun(canvas, rng, tones, 180)
    _hills(canvas, rng, tones, 520, 2, 70)
    for stalk in sorted(rng.uniform(-20, 1220) for _ in range(64)):
        near, lean = rng.random(), rng.uniform(-40, 60)
        colour = mix(mix(tones.far, tones.near, 0.2), tones.near, near)
        top = 330 + rng.uniform(0, 160)
        canvas.line([(stalk, 810), (stalk + lean * 0.4, 600), (stalk + lean, top)], colour, 1.5 + 2.5 * near)
        for grain in range(7):
            y, x = top + grain * 15, stalk + lean - (lean * 0.6 * grain * 15 / 270)
            for side in (-1, 1):
                canvas.shape([(x, y + 12), (x + side * 11, y - 4), (x + side * 4, y - 12)], colour)


def lighthouse(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A lighthouse and its beams."""
    x = rng.uniform(330, 800)
    for side in (-1, 1):
        canvas.shape(
            [(x, 214), (x + side * 1300, 60), (x + side * 1300, 330)], mix(tones.ground, tones.far, 0.5)
        )
    _water(canvas, rng, tones, 590)
    canvas.shape(
        [(x - 230, 620), (x - 120, 560), (x + 110, 556), (x + 260, 622)], mix(tones.near, tones.far, 0.2)
    )
    canvas.shape([(x - 34, 250), (x + 34, 250), (x + 56, 566), (x - 56, 566)], tones.near)
    for band in (0.25, 0.65):
        y, half = 250 + 316 * band, 34 + 22 * band
        canvas.box(x - half, y, x + half, y + 44, tones.ground)
    canvas.box(x - 30, 192, x + 30, 250, tones.accent)
    canvas.shape([(x - 44, 192), (x, 142), (x + 44, 192)], tones.near)


def compass(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A compass rose."""
    for radius, width in ((330, 5), (300, 2), (210, 2)):
        canvas.ring((600, 400), radius, tones.near, width)
    for tick in range(72):
        angle = math.tau * tick / 72
        inner = 300 if tick % 6 else 278
        canvas.line(
            [(600 + math.cos(angle) * r, 400 + math.sin(angle) * r) for r in (inner, 326)],
            tones.near, 3 if tick % 6 == 0 else 1.5,
        )  # fmt: skip
    turn = rng.uniform(0, math.tau)
    for point in range(4):
        angle = turn + math.tau * point / 4
        tip = (600 + math.cos(angle) * 262, 400 + math.sin(angle) * 262)
        for side in (-1, 1):
            flank = (600 + math.cos(angle + side * 0.785) * 54, 400 + math.sin(angle + side * 0.785) * 54)
            shade = tones.accent if point == 0 else tones.near
            canvas.shape([(600, 400), tip, flank], shade if side < 0 else mix(shade, tones.ground, 0.4))


def seal(canvas: Canvas, rng: Random, tones: Tones) -> None:
    """A lined sheet with a large seal."""
    for row in range(9):
        y = 120 + row * 68
        canvas.line([(140, y), (1060 - rng.uniform(0, 320), y)], tones.far, 5)
    stamp(canvas, 760, 400, 290, tones.accent, tones.ground)


MOTIFS: dict[str, Motif] = {
    motif.__name__: motif
    for motif in (
        mountains,
        bridge,
        harbour,
        river,
        rails,
        pylons,
        towers,
        brackets,
        table,
        leaves,
        vessel,
        rings,
        routes,
        stairs,
        gauge,
        road,
        waves,
        window,
        wheat,
        lighthouse,
        compass,
        seal,
    )
}
TONES = {"day": DAY, "morning": MORNING, "dusk": DUSK, "night": NIGHT, "blue": BLUE, "red": RED}


class Illustration(NamedTuple):
    """A lead picture: how it is drawn and what it shows, in both languages."""

    motif: Motif
    tones: Tones
    alt_en: str
    alt_zh: str


@cache
def illustrations() -> dict[str, Illustration]:
    """Every lead picture by its name, as illustrations.yaml lists them."""
    return {
        name: Illustration(MOTIFS[row["motif"]], TONES[row["tones"]], *row["alt"])
        for name, row in read_yaml("illustrations").items()
    }


def draw_illustration(name: str) -> bytes:
    """The lead picture of that name, 1200 × 800, as a PNG file. About a tenth of a second."""
    picture = illustrations()[name]
    canvas = Canvas(ILLUSTRATION, picture.tones.ground)
    picture.motif(canvas, seeded(f"illustration {name}"), picture.tones)
    return canvas.png()
