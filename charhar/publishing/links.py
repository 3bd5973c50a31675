"""The links in a text, and which of those to this site lead nowhere.

What leads where is asked of the table of addresses and of the URL patterns, for any number of links in a few
queries; the outside world is not asked here (``manage.py check_links --external``).
"""

import datetime
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from charhar.library.models import Document, Image

from .languages import language_of_path, with_prefix, without_prefix
from .models import Address, Publishable
from .richtext import RichTextField
from .richtext_tree import image_number, parse

IMAGE = "image:"  # what stands for a picture of the library within rich text: "image:12"
CHUNK = 500
# What the clock needs to know of a text.
CLOCK = ("state", "publish_at", "expire_at", "trashed_at", "corrects_id")
# Pages of something named in their path that has no address of its own.
WITHOUT_ADDRESS = frozenset(
    {
        "tag",
        "feed-subject-rss",
        "feed-subject-atom",
        "feed-subject-json",
        "expert-contact",
        "expert-contact-thanks",
        "newsletter",
        "publication-file",
    }
)

# What can be wrong with a link to this site.
PROBLEMS = {
    "missing": _("there is no such page"),
    "unpublished": _("the page is not published yet"),
    "gone": _("the page is withdrawn or has expired"),
    "file": _("the file is not in the library any more"),
    "image": _("the image is not in the library any more"),
}


class Link(NamedTuple):
    """One link and the field that holds it; of a row that belongs to the text ``relation.field``."""

    field: str
    url: str


class Target(NamedTuple):
    """A page or file of this site: its language, and its path as it stands in English."""

    language: str
    path: str


def links_in(model: type[models.Model], data: dict[str, Any]) -> list[Link]:
    """The links of a text from its content (``history.serialise``), each once a field. No query."""
    found = dict.fromkeys(_links_of_row(model, data["fields"]))
    for name, rows in data["inlines"].items():
        related: Any = model._meta.get_field(name).related_model
        for row in rows:
            found |= {Link(f"{name}.{link.field}", link.url): None for link in _links_of_row(related, row)}
    return [*found]


def _links_of_row(model: type[models.Model], columns: dict[str, Any]) -> Iterator[Link]:
    for field in model._meta.concrete_fields:
        value = columns.get(field.attname)
        if not value:
            continue
        if isinstance(field, RichTextField):
            for node in parse(value).elements():
                if node.tag == "a" and node.attrs.get("href"):
                    yield Link(field.name, node.attrs["href"])
                elif node.tag == "figure" and (number := image_number(node)) is not None:
                    yield Link(field.name, f"{IMAGE}{number}")
        elif isinstance(field, models.URLField):
            yield Link(field.name, value)


def target_of(url: str) -> Target | None:
    """Where on this site a link leads; None for what leads elsewhere, or within its own page."""
    if url.startswith(IMAGE):
        return Target("", url)
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in {"", "http", "https"} or not (parts.netloc or parts.path.startswith("/")):
        return None
    if parts.netloc and parts.netloc.lower() != urlsplit(settings.SITE_URL).netloc.lower():
        return None
    path = unquote(parts.path).replace("\0", "\ufffd") or "/"  # no database takes a NUL
    return Target(language_of_path(path), without_prefix(path) or "/")


def problems_of(targets: Iterable[Target], now: datetime.datetime | None = None) -> dict[Target, str]:
    """Those targets that lead nowhere, each with the key of what is wrong in ``PROBLEMS``.

    Queries: for each 500 targets one for their addresses, one for the texts and one for all else behind
    these; and one each for images and documents where there are any.
    """
    now = now or timezone.now()
    wanted = set(targets)
    images = {t for t in wanted if t.path.startswith(IMAGE)}
    files = {t for t in wanted if t.path.startswith(f"{settings.MEDIA_URL}documents/")}
    found = _without_row(images, Image, "pk", lambda t: int(t.path.removeprefix(IMAGE)), "image")
    found |= _without_row(files, Document, "file", lambda t: t.path.removeprefix(settings.MEDIA_URL), "file")
    return found | _without_page(wanted - images - files, now)


def _without_row(targets: set[Target], model: Any, field: str, value: Any, problem: str) -> dict[Target, str]:
    keys = {target: value(target) for target in targets}
    there: set[Any] = set()
    for part in _chunks([*keys.values()]):
        there |= set(model.objects.filter(**{f"{field}__in": part}).values_list(field, flat=True))
    return {target: problem for target, key in keys.items() if key not in there}


def _without_page(targets: set[Target], now: datetime.datetime) -> dict[Target, str]:
    # A link without the slash at its end is led on to the page with it.
    slashed = {t: Target(t.language, t.path if t.path.endswith("/") else f"{t.path}/") for t in targets}
    addresses: dict[Target, Address] = {}
    for part in _chunks([*{t.path for t in slashed.values()}]):
        for address in Address.objects.filter(path__in=part):
            addresses[Target(address.language, address.path)] = address
    states = _states({(a.content_type_id, a.object_id) for a in addresses.values()}, now)
    found = {}
    for target, full in slashed.items():
        held = addresses.get(full)
        problem = _unrouted(target) if held is None else states[held.content_type_id, held.object_id]
        if problem:
            found[target] = problem
    return found


def _states(things: set[tuple[int, int]], now: datetime.datetime) -> dict[tuple[int, int], str]:
    """What is wrong with each thing that an address leads to; empty where readers see it.

    For each 500 things one query for the texts among them and one for all else, whatever their kinds.
    """
    found = dict.fromkeys(things, "missing")
    for part in _chunks(sorted(things)):
        texts: list[models.QuerySet] = []
        rest: list[models.QuerySet] = []
        for kind, pairs in groupby(part, key=itemgetter(0)):
            model: Any = ContentType.objects.get_for_id(kind).model_class()
            if model is None:
                continue
            of_kind = models.Value(kind, output_field=models.BigIntegerField())
            keys = [key for _kind, key in pairs]
            if issubclass(model, Publishable):
                rows = model.versions.filter(pk__in=keys).order_by()
                texts.append(rows.values_list(of_kind, "pk", *CLOCK))
            else:
                rest.append(model._base_manager.filter(pk__in=keys).order_by().values_list(of_kind, "pk"))
        for kind, key, *columns in _together(texts):
            model = ContentType.objects.get_for_id(kind).model_class()
            text = model(**dict(zip(CLOCK, columns, strict=True)))
            gone = "gone" if text.is_gone else "unpublished"
            found[kind, key] = "" if text.is_published_at(now) else gone
        found |= dict.fromkeys(_together(rest), "")
    return found


def _together(parts: list[models.QuerySet]) -> Any:
    return parts[0].union(*parts[1:], all=True) if parts else ()


def _unrouted(target: Target) -> str:
    """Whether a path without an address leads to none of the pages that have none, as lists and tags."""
    with translation.override(target.language):
        try:
            match = resolve(with_prefix(target.path, target.language))
        except Resolver404:
            return "missing"
    named = "slug" in match.captured_kwargs and match.url_name not in WITHOUT_ADDRESS  # type: ignore[attr-defined]
    return "missing" if named else ""


def _chunks(rows: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
