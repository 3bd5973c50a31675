"""Where a reader of an article may go on, and why: by the same author, on the same subject, within the issue.

The reason is said in words on the page; nothing is weighed or guessed.
"""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from charhar.publishing.languages import ENGLISH
from charhar.publishing.prepared import Prepared
from publications.models import Entry

from .models import Article, ArticleRegion, ArticleTopic, Byline

EACH, MOST = 3, 8
MOST_TOPICS, MOST_REGIONS = 2, 1
# More of each than are shown, since one that an earlier reason has named is not named again.
LOOKED_AT = EACH + MOST
# Who has hundreds is not sorted through for three: an author's texts are looked for among so many of theirs
# that came here last, and among so many of the newest of all.
LOOKED_THROUGH = 200


class Group(NamedTuple):
    """Some articles and what they share with the one that was read: a subject, or else its authors."""

    subject: Any
    articles: list[Article]


class ReadingOn(NamedTuple):
    """The neighbours in the issue and the related articles."""

    before: Article | None
    after: Article | None
    groups: list[Group]


def reading_on(text: Article, edition: Article | None, entry: Entry | None) -> ReadingOn:
    """What to read next. One query, whatever there is; it is many short looks into the lists' own indexes.

    ``edition`` is the text in the other language, which is nothing new to read, and ``entry`` the text's
    place in a published issue.
    """
    topics = [subject for subject in text.topics.all() if not subject.hidden][:MOST_TOPICS]
    regions = [subject for subject in text.regions.all() if not subject.hidden][:MOST_REGIONS]
    authors = [byline.expert_id for byline in text.authors if byline.expert_id]
    values: dict[str, Any] = {
        **({"place": (entry.publication_id, entry.position, entry.pk)} if entry else {}),
        **({"authors": authors} if authors else {}),
        **({"topics": tuple(subject.pk for subject in topics)} if topics else {}),
        **({"regions": tuple(subject.pk for subject in regions)} if regions else {}),
    }
    if not values:
        return ReadingOn(None, None, [])
    known = [each.pk for each in (text, edition) if each is not None]
    found: dict[str, list[Article]] = {}
    for article in _together(text.language, known=known, now=timezone.now(), **values):
        found.setdefault(article.because, []).append(article)
    before, after = (found.get(side, [None])[0] for side in ("before", "after"))
    reasons = [
        ("authors", None),
        *((f"topic {number}", subject) for number, subject in enumerate(topics)),
        *((f"region {number}", subject) for number, subject in enumerate(regions)),
    ]
    return ReadingOn(before, after, list(_groups(reasons, found)))


@Prepared
def _together(language: str, known: list[int], now: datetime.datetime, **values: Any) -> QuerySet:
    """Everything that may be shown, each article as often as there are reasons for it."""
    first, *others = _looks(language, known, now, **values)
    return first.union(*others, all=True)


def _looks(
    language: str,
    known: list[int],
    now: datetime.datetime,
    place: tuple[int, ...] = (),
    authors: Iterable[int] = (),
    topics: tuple[int, ...] = (),
    regions: tuple[int, ...] = (),
) -> Iterator[QuerySet]:
    readable = Article.objects.for_readers_in(language, now).exclude(pk__in=known)
    if place:
        for because, side in _beside(*place).items():
            yield _look(readable.filter(side).order_by(*_along(because)).values("pk")[:1], because)
    wanted = Exists(readable.filter(pk=OuterRef("article")))
    if authors:
        theirs = Byline.objects.filter(expert__in=authors)
        last = theirs.order_by("-article_id").values("pk")[:LOOKED_THROUGH]
        newest = readable.newest_first().values("pk")[:LOOKED_THROUGH]
        for few in (Q(pk__in=last), Q(article__in=newest)):
            chosen = theirs.filter(wanted, few, contribution=Byline.Contribution.AUTHOR).order_by(
                "-article__language", "-article__date", "-article__publish_at", "-article_id"
            )
            yield _look(chosen.values("article")[:LOOKED_AT], "authors")
    for what, filing, subjects in (("topic", ArticleTopic, topics), ("region", ArticleRegion, regions)):
        for number, subject in enumerate(subjects):
            for edition in {ENGLISH, language}:
                rows = filing.objects.filter(wanted, subject=subject, language=edition)  # type: ignore[attr-defined]
                newest = rows.order_by("-date", "-article__publish_at", "-article_id")
                yield _look(newest.values("article")[:LOOKED_AT], f"{what} {number}")


def _beside(publication: int, position: int, entry: int) -> dict[str, Q]:
    """What stands before and after an entry in its issue."""
    issue, here = Q(entry__publication=publication), Q(entry__position=position)
    return {
        "before": issue & (Q(entry__position__lt=position) | here & Q(entry_id__lt=entry)),
        "after": issue & (Q(entry__position__gt=position) | here & Q(entry_id__gt=entry)),
    }


def _along(because: str) -> Iterable[Any]:
    """The order in which the nearest on that side comes first."""
    return [F(name).desc() if because == "before" else F(name) for name in ("entry__position", "entry_id")]


def _look(keys: QuerySet, because: str) -> QuerySet:
    """The articles with these keys as lines, each with the reason why it is shown."""
    rows = Article.objects.filter(pk__in=keys).annotate(because=Value(because, CharField())).order_by()
    return rows.only(*Article.objects.all().AS_A_LINE)


def _groups(reasons: Iterable[tuple[str, Any]], found: dict[str, list[Article]]) -> Iterator[Group]:
    """The articles by what they share, the newest first, each under the first of its reasons."""
    shown: set[int] = set()
    for because, subject in reasons:
        newest = sorted(
            {article.pk: article for article in found.get(because, [])}.values(), key=_newness, reverse=True
        )
        chosen = [article for article in newest if article.pk not in shown][: min(EACH, MOST - len(shown))]
        shown.update(article.pk for article in chosen)
        if chosen:
            yield Group(subject, chosen)


def _newness(article: Article) -> tuple[Any, ...]:
    return article.language, str(article.date or ""), article.publish_at, article.pk
