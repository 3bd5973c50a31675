"""Two thousand documents to measure search with: the sample texts, and others mixed of their paragraphs."""

import os
import random
import re
import tarfile
from pathlib import Path
from typing import NamedTuple

from django.conf import settings

CORPUS = Path(os.environ.get("CHARHAR_CORPUS") or settings.BASE_DIR.parent / "shared" / "corpus")
POSTS, PAIRS = CORPUS / "posts-en.tar.gz", CORPUS / "pairs-zh-en.tar.gz"
MIXED = {"en": 1200, "zh-hans": 300}  # Chinese ones of sentences: there are fewer texts
PIECES = 5
IDEOGRAPH = re.compile(r"[\u4e00-\u9fff]")


class Text(NamedTuple):
    """One document: ``key`` names it in the gold set, ``r…`` a real one, ``m…`` a mixed one."""

    key: str
    language: str
    title: str
    pieces: tuple[str, ...]

    @property
    def body(self):
        return "\n\n".join(self.pieces)


def texts():
    """All documents, always the same: real ones in the order of their names, then the mixed."""
    real = [text for number, text in enumerate(_sources(), 1) for text in _read(number, *text)]
    chance, mixed = random.Random(2026), []
    for language, count in MIXED.items():
        own = [text for text in real if text.language == language]
        pieces = [p for text in own for piece in text.pieces for p in _pieces(piece, language)]
        for _ in range(count):
            taken = chance.sample(pieces, PIECES)
            title = re.split(r"[.!?。！？，]", taken[0])[0][:80].strip()
            mixed.append(Text(f"m{len(mixed) + 1}", language, title, tuple(taken)))
    return real + mixed


def _pieces(piece, language):
    return (
        [piece] if language == "en" else [s for s in re.findall(r"[^。！？]+[。！？]?", piece) if len(s) > 12]
    )


def _sources():
    for path in (POSTS, PAIRS):
        with tarfile.open(path) as archive:
            members = [m for m in archive if m.isfile() and m.name.endswith(".md")]
            for member in sorted(members, key=lambda m: m.name):
                yield member.name, archive.extractfile(member).read().decode()


def _read(number, name, source):
    matter = re.match(r"---\n(.*?)\n---\n(.*)", source, re.S)
    if matter:
        title = re.search(r"^title:\s*(.+)$", matter[1], re.M)
        body = matter[2]
    else:
        title, body = re.search(r"^# [-\d]+ (.+)$", source, re.M), re.sub(r"(?m)^#+ .*$", "", source)
    if not title:
        return
    body = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|!\[[^\]]*\]\([^)]*\)", " ", body, flags=re.S)
    body = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", body)
    pieces = [re.sub(r"[*_`#>|]+", " ", piece) for piece in re.split(r"\n\s*\n", body)]
    pieces = [" ".join(piece.split()) for piece in pieces]
    language = "zh-hans" if len(IDEOGRAPH.findall(body)) > 200 else "en"
    kept = tuple(piece for piece in pieces if len(piece) >= (80 if language == "en" else 12))
    if kept:
        yield Text(f"r{number}", language, title[1].strip("\"' "), kept)
