"""Feeds: the newest thirty by publication, of all or one subject: RSS 2.0, Atom (RFC 4287), JSON Feed 1.1."""

import datetime
import json
import re
from typing import IO, Any

from django.contrib.syndication.views import Feed
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, SyndicationFeed
from django.utils.translation import gettext as _
from taggit.models import Tag

from charhar.publishing.head import absolute
from charhar.publishing.languages import current_language
from charhar.publishing.shelf import newest_of
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Publication, Series

from .models import Article, NewsSection

NEWEST = 30
# XML knows none of these, and one of them, pasted with a title, would break the whole feed.
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
Text = Article | Publication
SUBJECTS: dict[str, Any] = {
    "topic": Topic.objects,
    "region": Region.objects,
    "section": NewsSection.objects,
    "expert": Expert.objects,
    "series": Series.objects,
    "tag": Tag.objects,
}


def xml_text(words: Any) -> str:
    """The words without the characters that XML can not hold."""
    return CONTROLS.sub("", str(words))


class JsonFeed(SyndicationFeed):
    """JSON Feed 1.1 (jsonfeed.org), written by Django's feed views like the forms it knows."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, outfile: IO[bytes], encoding: str) -> None:
        """The whole feed as one JSON document."""
        document = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.feed["title"],
            "home_page_url": self.feed["link"],
            "feed_url": self.feed["feed_url"],
            "description": self.feed["description"],
            "language": self.feed["language"],
            "items": [self.item(item) for item in self.items],
        }
        outfile.write(json.dumps(document, ensure_ascii=False).encode(encoding))

    @staticmethod
    def item(item: dict[str, Any]) -> dict[str, Any]:
        """One text; ``content_text`` is what the other forms carry too, its standfirst."""
        return {
            "id": item["link"],
            "url": item["link"],
            "title": item["title"],
            "content_text": item["description"],
            **({"date_published": item["pubdate"].isoformat()} if item["pubdate"] else {}),
            **({"date_modified": item["updateddate"].isoformat()} if item["updateddate"] else {}),
            **({"authors": [{"name": item["author_name"]}]} if item["author_name"] else {}),
            **({"tags": list(item["categories"])} if item["categories"] else {}),
        }


class Everything(Feed):
    """Everything that the institute publishes in the address's language, as RSS. Two queries."""

    def get_object(self, request: HttpRequest) -> Any:
        self.path = request.path
        return None

    def title(self, subject: Any) -> str:
        return str(_("The Charhar Institute"))

    def description(self, subject: Any) -> str:
        return str(_("Commentary, research, interviews and news."))

    def link(self, subject: Any) -> str:
        return absolute(reverse("home"))

    def feed_url(self, subject: Any) -> str:
        return absolute(self.path)

    def feed_guid(self, subject: Any) -> str:
        return absolute(self.path)

    def items(self, subject: Any) -> Any:
        return self.rows(subject).prefetch_related("topics").order_by("-publish_at", "-pk")[:NEWEST]

    def rows(self, subject: Any) -> Any:
        """What readers may read of this feed's subject; here all articles."""
        return Article.objects.for_readers_in(current_language()).for_list()

    def item_title(self, text: Text) -> str:
        return xml_text(text.title)

    def item_description(self, text: Text) -> str:
        return xml_text(text.standfirst)

    def item_link(self, text: Text) -> str:
        return absolute(text.get_absolute_url())

    def item_author_name(self, text: Text) -> str:
        people: Any = text.bylines if isinstance(text, Article) else text.contributors
        return xml_text(", ".join(person.name for person in people.all()))

    def item_pubdate(self, text: Text) -> datetime.datetime | None:
        return text.publish_at

    def item_updateddate(self, text: Text) -> datetime.datetime | None:
        return text.modified_for_readers

    def item_categories(self, text: Text) -> list[str]:
        return [xml_text(topic.name) for topic in text.topics.all() if not topic.hidden]


class EverythingAtom(Everything):
    """The same as Atom."""

    feed_type = Atom1Feed
    subtitle = Everything.description


class EverythingJson(Everything):
    """The same as JSON Feed."""

    feed_type = JsonFeed


class Subject(Everything):
    """One topic, region, news section, expert, tag or series, as RSS. At most five queries."""

    def get_object(self, request: HttpRequest, kind: str, slug: str) -> Any:  # type: ignore[override]
        self.path = request.path
        rows = SUBJECTS.get(kind)
        if rows is None:
            raise Http404(_("There is no such feed."))
        subject = get_object_or_404(rows.published() if kind == "expert" else rows, slug=slug)
        if kind == "tag" and not self.rows(subject).exists():
            raise Http404(_("Nothing carries this tag."))
        return subject

    def title(self, subject: Any) -> str:
        return xml_text(f"{subject} | {_('The Charhar Institute')}")

    def link(self, subject: Any) -> str:
        is_tag = isinstance(subject, Tag)
        return absolute(reverse("tag", args=[subject.slug]) if is_tag else subject.get_absolute_url())

    def description(self, subject: Any) -> str:
        return xml_text(getattr(subject, "standfirst", "")) or self.title(subject)

    def rows(self, subject: Any) -> Any:
        model, what = (Publication, "publication") if isinstance(subject, Series) else (Article, "article")
        under = next(under for under, rows in SUBJECTS.items() if isinstance(subject, rows.model))
        last = ("-publish_at", "-text")
        newest = newest_of(what, under, [subject.pk], current_language(), NEWEST, by=last)
        return model.objects.published().filter(newest).for_list()


class SubjectAtom(Subject):
    """The same as Atom."""

    feed_type = Atom1Feed
    subtitle = Subject.description


class SubjectJson(Subject):
    """The same as JSON Feed."""

    feed_type = JsonFeed
