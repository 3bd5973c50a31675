"""Where a reader of an article may go on, and why: by the same author, on the same subject, within the issue.

The reason is said in words on the page; nothing is weighed or guessed.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value

from charhar.publishing.languages import ENGLISH
from publications.models import Entry

from .models import Article, ArticleRegion, ArticleTopic, Byline

EACH, MOST = 3, 8
MOST_TOPICS, MOST_REGIONS = 2, 1
# More of each than are shown, since one that an earlier reason has named is not named again.
LOOKED_AT = EACH + MOST


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
    looks = list(_looks(text, {each.pk for each in (text, edition) if each is not None}, entry))
    if not looks:
        return ReadingOn(None, None, [])
    found: dict[str, list[Article]] = {}
    for article in looks[0].union(*looks[1:], all=True):
        found.setdefault(article.because, []).append(article)
    before, after = (found.get(side, [None])[0] for side in ("before", "after"))
    return ReadingOn(before, after, list(_groups(text, found)))


def _subjects(text: Article) -> list[tuple[str, Any, Any]]:
    """What the text is filed under and readers may know of: a name for each, where it is filed, itself."""
    topics = [subject for subject in text.topics.all() if not subject.hidden][:MOST_TOPICS]
    regions = [subject for subject in text.regions.all() if not subject.hidden][:MOST_REGIONS]
    return [
        *((f"topic {subject.pk}", ArticleTopic, subject) for subject in topics),
        *((f"region {subject.pk}", ArticleRegion, subject) for subject in regions),
    ]


def _looks(text: Article, known: set[int], entry: Entry | None) -> Iterator[QuerySet]:
    readable = Article.objects.for_readers_in(text.language).exclude(pk__in=known)
    if entry is not None:
        for because, side in _beside(entry).items():
            yield _look(readable.filter(side).order_by(*_along(because)).values("pk")[:1], because)
    wanted = Exists(readable.filter(pk=OuterRef("article")))
    authors = [byline.expert_id for byline in text.authors if byline.expert_id]
    if authors:
        theirs = Byline.objects.filter(
            wanted, expert__in=authors, contribution=Byline.Contribution.AUTHOR
        ).order_by("-article__language", "-article__date", "-article__publish_at", "-article_id")
        yield _look(theirs.values("article")[:LOOKED_AT], "authors")
    for because, filing, subject in _subjects(text):
        for language in {ENGLISH, text.language}:
            rows = filing.objects.filter(wanted, subject=subject, language=language)
            newest = rows.order_by("-date", "-article__publish_at", "-article_id")
            yield _look(newest.values("article")[:LOOKED_AT], because)


def _beside(entry: Entry) -> dict[str, Q]:
    """What stands before and after an entry in its issue."""
    issue = Q(entry__publication=entry.publication_id)
    here = Q(entry__position=entry.position)
    return {
        "before": issue & (Q(entry__position__lt=entry.position) | here & Q(entry_id__lt=entry.pk)),
        "after": issue & (Q(entry__position__gt=entry.position) | here & Q(entry_id__gt=entry.pk)),
    }


def _along(because: str) -> Iterable[Any]:
    """The order in which the nearest on that side comes first."""
    return [F(name).desc() if because == "before" else F(name) for name in ("entry__position", "entry_id")]


def _look(keys: QuerySet, because: str) -> QuerySet:
    """The articles with these keys as lines, each with the reason why it is shown."""
    rows = Article.objects.filter(pk__in=keys).annotate(because=Value(because, CharField())).order_by()
    return rows.only(*Article.objects.all().AS_A_LINE)


def _groups(text: Article, found: dict[str, list[Article]]) -> Iterator[Group]:
    """The articles by what they share, the newest first, each under the first of its reasons."""
    shown: set[int] = set()
    reasons = [("authors", None), *((because, subject) for because, _filing, subject in _subjects(text))]
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
