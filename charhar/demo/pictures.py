"""The sample pictures in the library: each drawn when the first text asks for it, then found by its title."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.files.base import ContentFile

from charhar.library.models import Image

from .compose import Plan
from .drawing.covers import Cover, draw_cover
from .drawing.illustrations import draw_illustration, illustrations
from .drawing.portraits import draw_portrait
from .issues import Issue
from .stock import read_yaml

CREDIT = "Illustration: Sample/Charhar"
RIGHTS = "Drawn for the sample content of this site."


class Pictures:
    """Illustrations, portraits and covers, each in two widths; a third of a second for one that is new."""

    def __init__(self) -> None:
        self._found: dict[str, Image] = {}
        self._series = {row["slug"]: row["name"][0] for row in read_yaml("house")["series"]}

    def draw_for(self, row: Any) -> None:
        """See to it that the pictures of one text to be are there."""
        if isinstance(row, Issue):
            self.cover(row)
        elif isinstance(row, Plan):
            figures = {piece.removeprefix("figure:") for piece in row.pieces if piece.startswith("figure:")}
            for name in sorted(figures | {row.picture} - {""}):
                self.illustration(name)
        else:
            self.portrait(row)

    def illustration(self, name: str) -> Image:
        """A lead picture or a figure."""
        drawn = illustrations()[name]
        return self._picture(
            f"Sample illustration: {name}", lambda: draw_illustration(name), drawn.alt_en, drawn.alt_zh,
            (600, 1200), (),
        )  # fmt: skip

    def portrait(self, person: dict[str, Any]) -> Image | None:
        """The bust of an invented person; None for a real one."""
        if person.get("real"):
            return None
        name, zh = person["name"][2], person["zh"][2]
        return self._picture(
            f"Sample portrait: {person['slug']}",
            lambda: draw_portrait(person["slug"], person["hair"], person.get("skin", "light")),
            f"Drawn portrait of {name} (a sample)", f"{zh}的画像（样例）", (320, 640), ("1:1",),
        )  # fmt: skip

    def cover(self, issue: Issue) -> Image:
        """The cover of a publication."""
        spec = issue.spec
        cover = Cover(self._series[spec["series"]], spec["title"], issue.line, issue.date.year, spec["image"])
        return self._picture(
            f"Sample cover: {spec['series']} {issue.slug}", lambda: draw_cover(spec["series"], cover),
            f"Cover of {spec['title']}", f"《{spec['title']}》封面", (350, 700), (),
        )  # fmt: skip

    def _picture(
        self,
        title: str,
        draw: Callable[[], bytes],
        alt_en: str,
        alt_zh: str,
        widths: Iterable[int],
        crops: Iterable[str],
    ) -> Image:
        if title not in self._found:
            image = Image.objects.filter(title=title).first()
            if image is None:
                image = Image(title=title, alt_en=alt_en, alt_zh=alt_zh, credit=CREDIT, rights=RIGHTS)
                image.file = ContentFile(draw(), "drawing.png")
                image.save(widths=widths, crops=crops)
            self._found[title] = image
        return self._found[title]
