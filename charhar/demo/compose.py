"""The articles, composed: which paragraphs, who signs, under what, on which day.

Everything follows from the order of the files and from the day of the load; there is no chance in it. Two
articles of one theme share some of their paragraphs, as samples may; no paragraph stands twice in an article.
"""

import datetime
from dataclasses import dataclass, field, replace

from django.utils.text import slugify
from django.utils.timezone import get_default_timezone

from charhar.publishing.readability import sentences

from .stock import (
    Part,
    Text,
    Theme,
    inline,
    list_html,
    quotation_html,
    read_texts,
    read_themes,
    read_yaml,
    table_html,
)

# Of the four paragraphs of a part each article takes two; six articles may take six different pairs.
PAIRS = [(0, 1), (2, 3), (0, 2), (1, 3), (0, 3), (1, 2)]
SPAN = datetime.timedelta(days=6 * 365)
LONGEST_SLUG = 64
FEWEST_WORDS = 610  # without the closing
ORIGINALS_WEEKS = (3, 15, 44, 102)


@dataclass
class Signature:
    """One byline to be: an expert's slug, or a guest's name and role."""

    expert: str = ""
    name: str = ""
    role: str = ""
    contribution: str = "author"
    name_zh: str = ""
    role_zh: str = ""

    def in_chinese(self) -> "Signature":
        """The same on a Chinese edition."""
        return replace(self, name=self.name_zh, role=self.role_zh)


@dataclass
class Plan:
    """One article to be: all that the database needs to be told."""

    slug: str
    title: str
    standfirst: str
    pieces: list[str]  # blocks of stored HTML; a figure is ``figure:NAME`` until its picture has a number
    kind: str
    date: datetime.date
    hour: datetime.time
    topics: list[str]
    regions: list[str]
    sections: list[str]
    tags: list[str]
    signatures: list[Signature]
    language: str = "en"
    subtitle: str = ""
    picture: str = ""
    key_points: str = ""
    references: str = ""
    rights: str = "institute"
    outlet: str = ""
    canonical: str = "ours"
    state: str = "published"
    reason: str = ""
    edition: "Plan | None" = field(default=None, repr=False)

    @property
    def moment(self) -> datetime.datetime:
        """When it was published."""
        return datetime.datetime.combine(self.date, self.hour, get_default_timezone())

    @property
    def was_public(self) -> bool:
        """Whether readers have seen it by now."""
        return self.state not in {"draft", "review", "scheduled"}

    @property
    def key(self) -> str:
        """What its first snapshot is known by."""
        return f"article {self.language} {self.slug}"

    @property
    def author_names(self) -> str:
        """Its authors in one line, as a table of contents shows them."""
        people = {row["slug"]: row["name"][2] for row in read_yaml("people")}
        return ", ".join(people.get(s.expert, s.name) for s in self.signatures if s.contribution == "author")


def compose(today: datetime.date) -> list[Plan]:
    """Every article, the oldest first; a Chinese edition hangs on its original."""
    plans = _in_turn(read_themes(), today)
    by_title = {plan.title: plan for plan in plans}
    for text in read_texts("chinese/editions"):
        original = next(plan for title, plan in by_title.items() if title.startswith(text.key))
        original.edition = _edition(text, original, today)
    plans += [_original(text, today, index) for index, text in enumerate(read_texts("chinese/originals"))]
    return sorted(plans, key=lambda plan: plan.moment)


def slug_of(title: str) -> str:
    """The address's last part: the words before a colon if they are enough, at most sixty-odd letters."""
    head = title.split(":")[0]
    slug = slugify((head if len(head.split()) > 3 else title).replace("’", ""))
    return slug if len(slug) <= LONGEST_SLUG else slug[: LONGEST_SLUG + 1].rsplit("-", 1)[0]


def _in_turn(themes: list[Theme], today: datetime.date) -> list[Plan]:
    """The articles so ordered that themes and regions take turns, then dated: denser towards today."""
    plain: list[tuple[Theme, int]] = []
    special: list[tuple[Theme, int]] = []
    for turn in range(5):
        for number, theme in enumerate(themes):
            ordinary = [i for i, fields in enumerate(theme.articles) if "state" not in fields]
            for start in range(0, len(ordinary), 5):
                plain.append((theme, ordinary[start + (turn + number) % 5]))
    for theme in themes:
        special += [(theme, i) for i, fields in enumerate(theme.articles) if "state" in fields]
    plans = []
    for place, (theme, index) in enumerate(plain):
        days = 1 + round(SPAN.days * (place / (len(plain) - 1)) ** 1.3)
        plans.append(_article(theme, index, _weekday(today - datetime.timedelta(days=days)), place))
    for place, (theme, index) in enumerate(special):
        plans.append(
            _article(theme, index, _weekday(today - datetime.timedelta(days=300 + 40 * place)), place)
        )
    return plans


def _weekday(day: datetime.date) -> datetime.date:
    return day - datetime.timedelta(days=max(0, day.weekday() - 4))


def _article(theme: Theme, index: int, date: datetime.date, place: int) -> Plan:
    fields = {**theme.fields, **theme.articles[index]}
    kind = fields.get("kind", "commentary")
    house = read_yaml("house")
    pictures = house["pictures"][theme.name]
    plan = Plan(
        slug=slug_of(fields["title"]),
        title=fields["title"],
        standfirst=fields["standfirst"],
        pieces=_body(theme, index, fields, place),
        kind=kind,
        date=date,
        hour=datetime.time(9 + place % 8, place * 7 % 60),
        topics=[fields["topic"]],
        regions=[fields["region"]],
        sections=[fields["section"]],
        tags=[tag.strip() for tag in fields["tags"].split(",")],
        signatures=_signatures(theme, index, place, kind),
        picture="" if theme.name == "notices" and index % 2 else pictures[index % len(pictures)],
        state=fields.get("state", "published"),
        reason=fields.get("reason", ""),
    )
    if place % 3 == 1 and theme.name in house["also"]:
        plan.topics.append(house["also"][theme.name])
    if place % 4 == 2:
        regions = [row[0] for row in house["regions"]]
        plan.regions.append(regions[(regions.index(fields["region"]) + 2) % len(regions)])
    if kind == "research":
        plan.key_points = list_html(_first_sentences(theme, index)[1:])
        plan.references = list_html(
            [house["references"][(index + i * 3) % len(house["references"])] for i in range(3)]
        )
        plan.rights = "cc-by"
    elif kind == "commentary" and place % 6 == 3:
        plan.outlet = house["outlets"][place % len(house["outlets"])][0]
        plan.canonical = "theirs" if place % 12 == 3 else "ours"
        plan.rights = "reprint"
    elif any(signature.name for signature in plan.signatures) and kind != "news":
        plan.rights = "author"
    return plan


def _signatures(theme: Theme, index: int, place: int, kind: str) -> list[Signature]:
    house = read_yaml("house")
    if kind == "news":
        return [Signature(name="The Secretariat", role="Charhar Institute")]
    authors = house["authors"][theme.name]
    first = authors[index % len(authors)]
    second = authors[(index + 1) % len(authors)]
    name, role, name_zh, role_zh = house["guests"][place % len(house["guests"])]
    guest = Signature(name=name, role=role, name_zh=name_zh, role_zh=role_zh)
    if kind == "interview":
        return [Signature(expert=second), Signature(expert=first, contribution="interviewee")]
    if place % 17 == 5:
        return [guest]
    if place % 17 == 9:
        return [Signature(expert=first), guest, Signature(expert=second)]
    if place % 4 == 0:
        return [Signature(expert=first), Signature(expert=second)]
    return [Signature(expert=first)]


def _body(theme: Theme, index: int, fields: dict[str, str], place: int) -> list[str]:
    """Opening, four parts of two paragraphs each under their headings, something to look at, closing."""
    notes = iter(_notes(index, place, fields))
    pieces = [_paragraph(fields["opening"])]
    for number, part in enumerate(theme.parts):
        if fields.get("kind") == "interview":
            pieces.append(f"<p><strong>{part.headings[2]}</strong></p>")
        elif number:
            pieces.append(f"<h2>{inline(part.headings[place % 2])}</h2>")
        first, second, spare = _chosen(part, index, number)
        note = next(notes, "") if number in {1, 3} else ""
        pieces += [
            _paragraph(first.replace(" {where}", ""), note),
            *_furniture(theme, place, number),
            _paragraph(second.replace("{where}", fields["where"])),
        ]
        words = sum(len(piece.split()) for piece in pieces)
        if number == 3 and words < FEWEST_WORDS:
            pieces.append(_paragraph(spare.replace(" {where}", "")))
    return [*pieces, _paragraph(fields["closing"])]


def _first_sentences(theme: Theme, index: int) -> list[str]:
    """The sentence that each part of an article begins with."""
    firsts = (_chosen(part, index, number)[0] for number, part in enumerate(theme.parts))
    return [sentences(first.replace(" {where}", ""))[0] for first in firsts]


def _paragraph(text: str, note: str = "") -> str:
    mark = f'<span class="footnote">{note}</span>' if note else ""
    return f"<p>{inline(text)}{mark}</p>"


def _chosen(part: Part, index: int, number: int) -> tuple[str, str, str]:
    """Two paragraphs of a part in their order, and a third for an article that would else be short."""
    a, b = PAIRS[(index + 2 * number) % len(PAIRS)]
    spare = next(i for i in range(len(part.paragraphs)) if i not in {a, b})
    return part.paragraphs[a], part.paragraphs[b], part.paragraphs[spare]


def _notes(index: int, place: int, fields: dict[str, str]) -> list[str]:
    notes = read_yaml("house")["notes"]
    count = 2 if fields.get("kind") == "research" else (0, 1, 2, 1)[place % 4]
    return [notes[(place * 2 + index + i) % len(notes)] for i in range(count)]


def _furniture(theme: Theme, place: int, number: int) -> list[str]:
    """What stands between a part's two paragraphs: for each article another choice."""
    pictures = read_yaml("house")["pictures"][theme.name]
    intro, items = _list(theme)
    what = {
        "quotation": [quotation_html(theme.quotation)],
        "list": [f"<p>{inline(intro)}</p>", list_html(items)],
        "table": [table_html(theme.table_lines)],
        "figure": [f"figure:{pictures[(place + 1) % len(pictures)]}"],
    }
    plans = (
        {1: "quotation", 3: "list"},
        {1: "table", 2: "quotation"},
        {2: "list", 3: "table"},
        {0: "figure", 2: "quotation"},
        {1: "list", 2: "figure"},
    )
    chosen = plans[place % len(plans)].get(number)
    return what[chosen] if chosen else []


def _list(theme: Theme) -> tuple[str, list[str]]:
    return theme.list_lines[0], theme.list_lines[1:]


def _edition(text: Text, original: Plan, today: datetime.date) -> Plan:
    """The Chinese edition of an article: its own text, all else the original's, a day or two later."""
    name, role = read_yaml("house")["translator"]
    translator = [Signature(name=name, role=role, contribution="translator")] if original.date.day % 2 else []
    return Plan(
        slug=original.slug,
        title=text.fields["title"],
        standfirst=text.fields["standfirst"],
        pieces=[text.body],
        kind=original.kind,
        date=min(original.date + datetime.timedelta(days=2), today - datetime.timedelta(days=1)),
        hour=original.hour,
        topics=original.topics,
        regions=original.regions,
        sections=original.sections,
        tags=[tag.strip() for tag in text.fields["tags"].split(",")],
        signatures=[*(signature.in_chinese() for signature in original.signatures), *translator],
        language="zh-hans",
        picture=original.picture,
    )


def _original(text: Text, today: datetime.date, index: int) -> Plan:
    fields = text.fields
    authors = read_yaml("house")["authors"]
    theme = ("city-diplomacy", "books-in-translation", "customs-paperwork", "small-steps")[index % 4]
    return Plan(
        slug=text.key,
        title=fields["title"],
        standfirst=fields["standfirst"],
        pieces=[text.body],
        kind="commentary",
        date=_weekday(today - datetime.timedelta(weeks=ORIGINALS_WEEKS[index])),
        hour=datetime.time(10, 30),
        topics=[fields["topic"]],
        regions=[fields["region"]],
        sections=[fields["section"]],
        tags=[tag.strip() for tag in fields["tags"].split(",")],
        signatures=[Signature(expert=authors[theme][0])],
        language="zh-hans",
        picture=read_yaml("house")["pictures"][theme][1],
    )
