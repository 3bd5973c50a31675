"""How an article is cited: after APA and Chicago in English, after GB/T 7714 in Chinese; no day of access.

Names are set as the standards want them where the byline's expert has a public profile that tells family name
and given name apart, or where the byline writes the family name in capitals; else as they stand.
"""

import datetime
from typing import NamedTuple

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from charhar.publishing.head import absolute
from charhar.publishing.languages import CHINESE
from charhar.publishing.richtext_lines import CJK
from publications.models import Entry

from .models import Article, Byline

MOST_NAMES_OF_GBT = 3


class Citation(NamedTuple):
    """One way to cite a text; ``key`` is its name in ids."""

    key: str
    label: str
    text: SafeString


class Name(NamedTuple):
    """A name taken apart; a family name alone is one that can not be, set as it stands."""

    family: str
    given: str = ""
    family_first: bool = False

    @property
    def initials(self) -> str:
        """“D.”, “J.-P.”, “A. B.”."""
        return " ".join(
            "-".join(f"{part[0].upper()}." for part in word.split("-") if part) for word in self.given.split()
        )

    @property
    def straight(self) -> str:
        """The name as one says it."""
        return " ".join(
            filter(None, [self.family, self.given] if self.family_first else [self.given, self.family])
        )

    @property
    def turned(self) -> str:
        """The family name first, with a comma where that is not where it stands anyway."""
        return self.straight if self.family_first or not self.given else f"{self.family}, {self.given}"


def citations(text: Article, entry: Entry | None) -> list[Citation]:
    """The citations that the text's own language asks for. No query: bylines and experts were fetched."""
    source = _Source(text, entry)
    if text.language == CHINESE:
        return [Citation("gbt", "GB/T 7714", source.gbt())]
    return [Citation("apa", "APA", source.apa()), Citation("chicago", "Chicago", source.chicago())]


def name_of(byline: Byline) -> Name:
    """The name of a byline for citations."""
    words = byline.name.split()
    if CJK.search(byline.name):
        return Name(byline.name)
    expert = byline.expert
    if expert is not None and expert.is_published and expert.family_name and expert.given_name:
        family, given = expert.family_name, expert.given_name
        if {part.casefold() for part in f"{family} {given}".split()} == {word.casefold() for word in words}:
            return Name(family, given, family_first=byline.name.casefold().startswith(family.casefold()))
    capitals = [word for word in words if len(word) > 1 and word.isupper()]
    if capitals and len(capitals) < len(words):
        given = " ".join(word for word in words if word not in capitals)
        return Name(" ".join(capitals).title(), given, family_first=words[0] in capitals)
    return Name(byline.name)


class _Source:
    """What a citation is made of."""

    def __init__(self, text: Article, entry: Entry | None) -> None:
        self.names = [name_of(byline) for byline in text.authors]
        self.title = text.title
        outlet = text.outlet if text.canonical_url else None
        self.day = _day(text, outlet is not None)
        self.url = text.canonical_url or absolute(text.get_absolute_url())
        chinese = text.language == CHINESE
        self.house = "察哈尔学会" if chinese else "Charhar Institute"
        if outlet is not None:
            self.house = (outlet.name_zh if chinese else "") or outlet.name_en
        self.entry = entry

    def apa(self) -> SafeString:
        """“Pan, D., & Sample, A. (2022, January 18). *Title*. Charhar Institute. https://…”"""
        names = [f"{n.family}, {n.initials}" if n.given else n.family for n in self.names]
        authors = ", & ".join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or self.house
        return format_html(
            "{} ({}, {}). <cite>{}</cite>{}{} {}",
            _stopped(authors),
            self.day.year,
            f"{self.day:%B} {self.day.day}",
            self.title,
            "" if self.title[-1:] in "?!." else ".",
            f" {self.house}." if self.names else "",
            self.url,
        )

    def chicago(self) -> SafeString:
        """“Pan Deng and Anna Sample. “Title.” Charhar Institute, January 18, 2022. https://…”"""
        names = [n.turned if place == 0 else n.straight for place, n in enumerate(self.names)]
        joint = ", and " if len(names) > 2 or (names[:1] and "," in names[0]) else " and "
        authors = joint.join(filter(None, [", ".join(names[:-1]), *names[-1:]])) or self.house
        day = f"{self.day:%B} {self.day.day}, {self.day.year}"
        where = f"{self.house}, {day}" if self.names else day
        stop = "" if self.title[-1:] in "?!." else "."
        return format_html("{} “{}{}” {}. {}", _stopped(authors), self.title, stop, where, self.url)

    def gbt(self) -> SafeString:
        """“潘登, 安娜. 论港口[EB/OL]. 察哈尔学会, (2022-01-18). https://…”, or its place in a journal."""
        names = [
            f"{n.family.upper()} {n.initials.replace('.', '')}" if n.given else n.family
            for n in self.names[:MOST_NAMES_OF_GBT]
        ]
        if len(self.names) > MOST_NAMES_OF_GBT:
            names.append("等")
        authors = ", ".join(names) or self.house
        issue = self.entry.publication if self.entry else None
        if issue is not None and self.entry is not None and issue.number:
            year = issue.year or self.day.year
            volume = f"{issue.volume}({issue.number})" if issue.volume else f"({issue.number})"
            pages = f": {self.entry.page_range}" if self.entry.page_range else ""
            series = issue.series.name_zh or issue.series.name_en
            return format_html(
                "{}. {}[J/OL]. {}, {}, {}{}. {}", authors, self.title, series, year, volume, pages, self.url
            )
        return format_html(
            "{}. {}[EB/OL]. {}, ({}). {}", authors, self.title, self.house, self.day.isoformat(), self.url
        )


def _day(text: Article, elsewhere: bool) -> datetime.date:
    """The day that a citation names: that of the page which it leads to."""
    day = (text.outlet_date if elsewhere else None) or text.date
    return day or timezone.localdate(text.publish_at or text.created_at)


def _stopped(words: str) -> str:
    return words if words.endswith(".") else f"{words}."
