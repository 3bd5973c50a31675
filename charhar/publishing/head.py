"""What a page says about itself in its head: title, description, canonical and alternate addresses, data."""

import datetime
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.encoding import escape_uri_path
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator

from charhar.library.cards import CARD_SIZE
from charhar.library.templatetags.pictures import SocialCard

from .languages import CHINESE, ENGLISH, language_of_path, with_prefix, without_prefix
from .listing import varied_query

HREFLANG = {ENGLISH: "en", CHINESE: "zh-Hans"}
# Within a script element these end it or begin a comment; as JSON escapes they do neither.
JSON_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def absolute(path: str) -> str:
    """The whole address of a path on this site, from settings.SITE_URL and not from the request's Host."""
    return path if path.startswith(("http://", "https://")) else settings.SITE_URL + path


def feed_of(kind: str, title: Any, slug: str) -> tuple[str, str, str]:
    """(title, RSS, Atom) of one subject's feed, as ``Head.feeds`` lists it; ``kind`` as addresses have it."""
    rss, atom = (reverse(f"feed-subject-{form}", args=[kind, slug]) for form in ("rss", "atom"))
    return str(title), rss, atom


@dataclass
class Head:
    """One page's head; ``components/head.html`` shows it."""

    title: str
    description: str = ""
    canonical: str = ""
    alternates: list[tuple[str, str]] = field(default_factory=list)
    other_language_path: str = ""
    trail: list[tuple[str, str]] = field(default_factory=list)
    image: SocialCard | None = None
    kind: str = "website"
    feeds: list[tuple[str, str, str]] = field(default_factory=list)
    noindex: bool = False
    schema: list[dict[str, Any]] = field(default_factory=list)
    published: datetime.datetime | None = None
    modified: datetime.datetime | None = None

    @property
    def card(self) -> SocialCard:
        """What a shared link shows: the page's own picture, else the institute's card."""
        return self.image or SocialCard(
            absolute(static("charhar/img/card.png")), *CARD_SIZE, "The Charhar Institute 察哈尔学会"
        )

    @property
    def feed_links(self) -> list[tuple[str, str, str]]:
        """(type, title, path) of each feed in each form; the three forms stand beside each other."""
        return [
            (f"application/{kind}", title, path)
            for title, rss, atom in self.feeds
            for kind, path in (
                ("rss+xml", rss),
                ("atom+xml", atom),
                ("feed+json", f"{rss.removesuffix('rss/')}json/"),
            )
        ]

    @property
    def schema_json(self) -> SafeString:
        """The structured data, safe within a script element."""
        graph = {"@context": "https://schema.org", "@graph": self.schema}
        text = json.dumps(graph, ensure_ascii=False, separators=(",", ":"), default=str)
        return mark_safe(text.translate(JSON_ESCAPES))  # noqa: S308  escaped one line above


def head_for(
    request: HttpRequest,
    title: Any,
    description: str = "",
    *,
    languages: Iterable[str] = (ENGLISH, CHINESE),
    edition: Any = None,
    canonical: str = "",
    trail: Iterable[tuple[Any, str]] = (),
    **more: Any,
) -> Head:
    """The head of the page at the request's address.

    ``languages`` are those that the page exists in under the same path; ``edition`` is the text in the other
    language, wherever it stands; ``canonical`` an address elsewhere; ``trail`` the pages above it, from the
    top, as (label, path). A later page or a year of a list has no counterpart, since the list may be shorter
    in the other language: the way there leads to the whole list.
    """
    varied = varied_query(request)
    whole = escape_uri_path(request.path)
    path = whole + varied
    here = language_of_path(whole)
    bare = without_prefix(whole)
    other = ENGLISH if here == CHINESE else CHINESE
    paths = {here: whole}
    if edition is not None:
        paths[other] = edition.get_absolute_url()
    elif other in languages:
        paths[other] = with_prefix(bare, other)
    alternates = []
    if len(paths) > 1 and not varied:
        alternates = [(HREFLANG[each], absolute(paths[each])) for each in (ENGLISH, CHINESE)]
        alternates.append(("x-default", absolute(paths[ENGLISH])))
    other_path = paths.get(other, with_prefix("/", other))
    request.other_language_path = other_path  # type: ignore[attr-defined]  # for the link in the kept header
    schema = list(more.pop("schema", []))
    steps = [*trail, (title, path)]
    if len(steps) > 1:
        schema.append(breadcrumbs(steps))
    return Head(
        title=str(title),
        description=Truncator(" ".join(str(description).split())).chars(300),
        canonical=canonical or absolute(path),
        alternates=alternates,
        trail=[(str(label), step) for label, step in steps[:-1]],
        other_language_path=other_path,
        schema=schema,
        **more,
    )


def breadcrumbs(steps: Iterable[tuple[Any, str]]) -> dict[str, Any]:
    """schema.org's ``BreadcrumbList`` of (label, path), from the top."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": str(label), "item": absolute(path)}
            for position, (label, path) in enumerate(steps, 1)
        ],
    }


def organisation(site: Any) -> dict[str, Any]:
    """schema.org's ``Organization`` for the institute."""
    return {
        "@type": "Organization",
        "@id": absolute("/#institute"),
        "name": site.name,
        "alternateName": site.name_zh if site.name != site.name_zh else site.name_en,
        "url": absolute("/"),
        "logo": absolute(static("charhar/img/seal.svg")),
        "foundingDate": "2009-10",
        **({"email": site.email} if site.email else {}),
        **({"telephone": site.phone} if site.phone else {}),
    }
