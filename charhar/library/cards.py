"""Cards: what a social network shows beside a link to a text that has no picture of its own."""

import io
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from PIL import Image, ImageDraw, ImageFont

CARD_SIZE = (1200, 630)
MARGIN = 84
PAPER, INK, MUTED, SEAL = "#fbfaf6", "#16191f", "#565c66", "#a82a1d"
LATIN = "charhar/fonts/newsreader.woff2"
TITLE_SIZES = (76, 66, 56, 48)
TITLE_LINES = 4
# Punctuation that no line of Chinese begins with.
NOT_FIRST = "，。、；：？！）》」』”’…"


def draw_card(title: str, label: str, foot: str) -> bytes:
    """A PNG of 1200 × 630: label, title in the largest of four sizes that holds it, foot, seal. About 60 ms.

    Chinese needs a font that has it (``settings.CARD_FONT_ZH``); without one the card shows the seal, and of
    the words those that can be written.
    """
    card = Image.new("RGB", CARD_SIZE, PAPER)
    draw = ImageDraw.Draw(card)
    width = CARD_SIZE[0] - 2 * MARGIN
    _seal(draw, (MARGIN, MARGIN - 14), 64)
    if _can_write(label):
        draw.text((MARGIN + 92, MARGIN), label, font=_font(label, 30, 600), fill=SEAL)
    if _can_write(title):
        for size in TITLE_SIZES:
            font = _font(title, size, 550)
            lines = _lines(title, font, width)
            if len(lines) <= TITLE_LINES:
                break
        lines = _cut(lines, font, width)
        top = 176
        for line in lines:
            draw.text((MARGIN, top), line, font=font, fill=INK)
            top += round(size * 1.18)
    draw.line([(MARGIN, 526), (CARD_SIZE[0] - MARGIN, 526)], fill=INK, width=2)
    foot = foot if _can_write(foot) else "The Charhar Institute"
    draw.text((MARGIN, 544), foot, font=_font(foot, 30, 450), fill=MUTED)
    held = io.BytesIO()
    card.quantize(64).save(held, "PNG", optimize=True)
    return held.getvalue()


def _is_chinese(text: str) -> bool:
    return any(character >= "\u2e80" for character in text)


def _can_write(text: str) -> bool:
    return bool(text) and (not _is_chinese(text) or bool(settings.CARD_FONT_ZH))


@lru_cache(maxsize=32)
def _font_at(path: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    if weight:
        font = ImageFont.truetype(path, size)
        font.set_variation_by_axes([weight])
        return font
    # The third face of a Noto collection is Simplified Chinese.
    return ImageFont.truetype(path, size, index=2 if path.endswith(".ttc") else 0)


def _font(text: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    if _is_chinese(text):
        return _font_at(str(settings.CARD_FONT_ZH), size, 0)
    return _font_at(str(finders.find(LATIN)), size, weight)


def _lines(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text broken into lines: between words, in Chinese between characters."""
    pieces: list[str] = []
    for word in text.split():
        pieces += [*(word if _is_chinese(word) else [word]), " "]
    lines, line = [], ""
    for piece in pieces:
        if line and piece not in NOT_FIRST and font.getlength((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece
    return [*lines, line.rstrip()]


def _cut(lines: list[str], font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """No more lines than there is room for, the last with an ellipsis if it is not the text's."""
    if len(lines) <= TITLE_LINES:
        return lines
    last = lines[TITLE_LINES - 1]
    while last and font.getlength(last + "…") > width:
        last = last[:-1]
    return [*lines[: TITLE_LINES - 1], last.rstrip() + "…"]


def _seal(draw: Any, place: tuple[int, int], size: int) -> None:
    """The mark as static/charhar/img/seal.svg draws it, in strokes that Pillow knows."""
    unit = size / 64
    left, top = place

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(left + x * unit, top + y * unit) for x, y in points]

    draw.rounded_rectangle([left, top, left + size, top + size], radius=3 * unit, fill=SEAL)
    for stroke in (
        [(32, 7), (32, 12)],
        [(12, 21), (12, 12.5), (52, 12.5), (52, 21)],
        [(25.5, 18), (14, 30.5)],
        [(22, 23), (30, 23), (15, 39.5)],
        [(21, 28.5), (23.5, 31)],
        [(37.5, 23), (47, 23), (35.5, 37)],
        [(37, 26), (50, 39)],
        [(26, 40), (38.5, 40)],
        [(15.5, 46.5), (48.5, 46.5)],
        [(32, 46.5), (32, 58)],
        [(23, 51), (16, 58)],
        [(41, 51), (48, 58)],
    ):
        draw.line(at(*stroke), fill=PAPER, width=round(3.6 * unit), joint="curve")
