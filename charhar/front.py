"""What stands on the home page: first what editors pinned, then the newest; nothing twice.

The view and the admin's overview ask the same function, so that what staff are told is what readers see.
"""

import datetime
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.utils import timezone

from articles.models import Article
from charhar.models import HomeSlot
from charhar.publishing.prepared import Prepared
from charhar.publishing.shelf import newest_of
from charhar.publishing.subjects import shown as subjects_shown
from charhar.taxonomy.models import Topic

Place = HomeSlot.Place
# How many texts each place holds, in the order in which the places choose.
HOLDS = {Place.LEAD: 1, Place.SECOND: 3, Place.NEWS: 6, Place.RESEARCH: 4}
ALL = sum(HOLDS.values())
UNDER_A_TOPIC = 2


@dataclass
class Front:
    """The texts of each place, in their order, and where those stand that somebody pinned, by their keys."""

    places: dict[str, list[Article]] = field(default_factory=dict)
    pinned: dict[int, str] = field(default_factory=dict)

    @property
    def lead(self) -> Article | None:
        """The one text that leads."""
        return next(iter(self.places[Place.LEAD]), None)

    @property
    def shown(self) -> set[int]:
        """The keys of all that stands in some place."""
        return {text.pk for texts in self.places.values() for text in texts}


@Prepared
def pinned_places(language: str, now: datetime.datetime) -> Any:
    """Which texts are pinned where, as (place, key)."""
    return HomeSlot.objects.standing(now).filter(language=language).values_list("place", "article")


@Prepared
def pinned_texts(keys: list[int], now: datetime.datetime) -> Any:
    """Those of some texts that readers see."""
    return Article.objects.published(now).for_list().filter(pk__in=keys).order_by()


@Prepared
def newest_research(language: str, count: int, now: datetime.datetime) -> Any:
    """The newest of all but news, as rows of lists."""
    newest = newest_of("article", "research", [0], language, count)
    return Article.objects.published(now).filter(newest).newest_first().for_list()[:count]


@Prepared
def newest_news(language: str, count: int, now: datetime.datetime) -> Any:
    """The newest of News & Events, as lines."""
    newest = newest_of("article", "news", [0], language, count)
    readers = Article.objects.published(now).filter(newest).newest_first()
    return readers.only(*readers.AS_A_LINE)[:count]


def compose(language: str, now: datetime.datetime | None = None) -> Front:
    """The front page of one language. At most six queries: places, pinned texts, newest, news, bylines twice.

    What is pinned and not public, and what is pinned twice, gives its place to the newest. The newest are
    those that the lists know of since ``current_version`` was last asked.
    """
    now = now or timezone.now()
    wanted = pinned_places(language, now=now)
    keys = list({key for _place, key in wanted})
    texts = {text.pk: text for text in pinned_texts(keys=keys, now=now)} if keys else {}
    newest = newest_research(language, ALL + len(texts), now=now)
    news = newest_news(language, ALL + len(texts), now=now)

    front = Front()
    for place, holds in HOLDS.items():
        can = [key for where, key in wanted if where == place and key in texts and key not in front.pinned]
        chosen = list(dict.fromkeys(can))[:holds]
        front.pinned |= dict.fromkeys(chosen, place)
        front.places[place] = [texts[key] for key in chosen]
    taken = set(front.pinned)
    for place, holds in HOLDS.items():
        free = (text for text in (news if place == Place.NEWS else newest) if text.pk not in taken)
        front.places[place] += islice(free, holds - len(front.places[place]))
        taken |= front.shown
    return front


def topics_with_newest(language: str, shown: set[int]) -> list[tuple[Topic, list[Article]]]:
    """Each topic with its newest texts, those before others that stand nowhere on the page yet. Two queries.

    A topic whose texts all stand above repeats them rather than look empty.
    """
    topics = subjects_shown(Topic)
    found = Article.objects.newest_under(
        Topic, [topic.pk for topic in topics], language, each=ALL + UNDER_A_TOPIC
    )
    seen, rows = set(shown), []
    for topic in topics:
        newest = found.get(topic.pk, [])
        fresh = [text for text in newest if text.pk not in seen]
        keep: list[Any] = [*fresh, *(text for text in newest if text.pk in seen)][:UNDER_A_TOPIC]
        rows.append((topic, [text for text in newest if text in keep]))
        seen |= {text.pk for text in keep}
    return rows
