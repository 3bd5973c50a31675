"""Pictures in templates: ``{% load pictures %}{% picture article.lead_image sizes="…" ratio="3:2" %}``."""

from functools import lru_cache
from typing import NamedTuple

from django import template
from django.conf import settings
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join

from charhar.library.models import Image
from charhar.library.renditions import CONTENT_TYPES, CROPS, Entry, needed_width

register = template.Library()

SRC_WIDTH = 640  # what a browser without srcset gets, at least
needed = lru_cache(maxsize=64)(needed_width)


class SocialCard(NamedTuple):
    """A picture for a link in a social network; ``url`` is absolute."""

    url: str
    width: int
    height: int
    alt: str


def social_card(image: Image | None) -> SocialCard | None:
    """The picture that a shared link shows, or None without an image. No query."""
    if image is None:
        return None
    url, width, height = image.card()
    return SocialCard(settings.SITE_URL + url if url.startswith("/") else url, width, height, image.alt)


@register.simple_tag
def picture(
    image: Image | None,
    sizes: str = "100vw",
    loading: str = "lazy",
    alt: str | None = None,
    ratio: str = "",
    fetchpriority: str = "auto",
    **attributes: str,
) -> str:
    """An image in AVIF, WebP and a type that every browser knows, in the widths that ``sizes`` calls for.

    ``ratio`` (3:2, 4:5 or 1:1) asks for the crop around the focal point; ``alt`` replaces the image's own,
    and ``alt=""`` makes it decoration here; ``class`` is the only other attribute. Without an image, nothing.
    No query.
    """
    if image is None:
        return ""
    if ratio and ratio not in CROPS:
        raise template.TemplateSyntaxError(f"picture knows no ratio {ratio!r}; it has {', '.join(CROPS)}.")
    if attributes.keys() - {"class"}:
        raise template.TemplateSyntaxError(f"picture does not know {', '.join(attributes)}.")
    base = image.file.url.rsplit("/", 1)[0]
    entries = _wanted(image.entries_for(ratio), needed(sizes))
    several = len(entries) > 1

    def srcset(kind: str) -> str:
        return ", ".join(
            f"{base}/{e['stem']}.{kind} {e['width']}w" if several else f"{base}/{e['stem']}.{kind}"
            for e in entries
        )

    *modern, fallback = entries[0]["types"] if entries else [""]
    sources = format_html_join(
        "",
        "<source{}>",
        (
            [
                flatatt(
                    {"type": CONTENT_TYPES[kind], "srcset": srcset(kind), "sizes": sizes if several else None}
                )
            ]
            for kind in modern
        ),
    )
    attrs = {
        "class": attributes.get("class") or None,
        "src": image.rendition(min(SRC_WIDTH, needed(sizes)), ratio).url,
        "srcset": srcset(fallback) if several else None,
        "sizes": sizes if several else None,
        "width": entries[-1]["width"] if entries else image.width,
        "height": entries[-1]["height"] if entries else image.height,
        "alt": image.alt if alt is None else alt,
        "loading": loading if loading == "lazy" else None,
        "fetchpriority": fetchpriority if fetchpriority in {"high", "low"} else None,
        "decoding": "async",
    }
    return format_html("<picture>{}<img{}></picture>", sources, flatatt(attrs))


def _wanted(entries: list[Entry], least: float) -> list[Entry]:
    """The renditions up to the first that is wide enough: larger ones would only make the page longer."""
    enough = next((n for n, entry in enumerate(entries, 1) if entry["width"] >= least), len(entries))
    return entries[:enough]
