"""What a preview answers: the page itself, its row in lists, or its card in social networks.

All three are made of the same pretended text by the site's own views, components and head.
"""

import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from charhar.publishing.cards import is_drawn
from charhar.publishing.head import head_for
from charhar.publishing.kinds import kinds_by_name
from charhar.publishing.languages import ENGLISH, current_language, with_prefix
from charhar.publishing.models import Action, Publishable
from charhar.publishing.permissions import allowed

from .pretend import Banner, Busy, CannotShow, Content, Pretended, closed, pretended

# What fits before networks cut, in letters; a Chinese one is as wide as two Latin ones.
TITLE_FITS, DESCRIPTION_FITS = 70, 200
RETRY_SECONDS = 2


class View(models.TextChoices):
    """What of the text is shown."""

    PAGE = "page", gettext_lazy("Page")
    ROW = "row", gettext_lazy("In lists")
    CARD = "card", gettext_lazy("Social card")


def preview_path(text: Publishable, language: str = "") -> str:
    """The staff's stable address of a saved text or working copy, shown as readers would see it."""
    with translation.override(ENGLISH):
        path = reverse("preview", args=[text._meta.model_name, text.pk])
    return with_prefix(path, getattr(text, "language", "") or language or current_language())


def may_preview(user: Any, text: Publishable) -> bool:
    """Whether somebody may see the text before readers do."""
    if not (user.is_active and user.is_staff):
        return False
    return text.is_published or allowed(user, Action.VIEW, text) or allowed(user, Action.CHANGE, text)


def saved(request: HttpRequest, kind: str, key: int) -> HttpResponse:
    """A saved text or working copy as readers would see it; for everybody who may not, there is nothing."""
    model = kinds_by_name().get(kind)
    text = model.versions.filter(pk=key, trashed_at__isnull=True).first() if model is not None else None
    if text is None or not may_preview(request.user, text):
        raise Http404("There is no such preview.")
    return answer(request, text, None, language=current_language(), says=_says_of(text))


def _says_of(text: Publishable) -> str:
    if text.is_copy:
        return _("The working copy as it is saved; readers still see the live text.")
    if text.is_published:
        return _("As readers see it now.")
    return _("As it is saved; only staff can see this page.")


def answer(
    request: HttpRequest, text: Publishable, content: Content | None, *, language: str, says: Any
) -> HttpResponse:
    """The text with ``content`` as ``?as=`` asks, or why it can not be shown (422) or not just now (503)."""
    view = VIEWS.get(request.GET.get("as", View.PAGE))
    if view is None:
        raise Http404("There is no such view.")
    kept: list[str] = getattr(content, "kept", [])  # filled while the text is written
    try:
        with pretended(text, content, note=text.correction_note) as shown:
            banner = Banner("admin/desk/preview_banner.html", {"says": says, "kept": kept})
            return view(shown, request, banner, language)
    except CannotShow as error:
        return _instead(request, " ".join(error.messages), 422)
    except Busy:
        response = _instead(request, _("Somebody is saving just now. Try again in a moment."), 503)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response


def _instead(request: HttpRequest, says: str, status: int) -> HttpResponse:
    request.banner = Banner("admin/desk/preview_banner.html", {"says": says})  # type: ignore[attr-defined]
    context = {"head": head_for(request, _("Preview"), languages=(), noindex=True)}
    return closed(render(request, "admin/desk/preview_bare.html", context, status=status), current_language())


def row_of(shown: Pretended, request: HttpRequest, banner: Banner, language: str) -> HttpResponse:
    """The text as lists show it: the lists' own component, ``<app>/in_list.html``."""
    text = shown.text
    objects: Any = type(text).objects
    with translation.override(text.language if text.is_translated else language):
        inner = shown.reader_request(request, text.get_absolute_url(), banner)
        rows: Any = getattr(objects, "for_list", objects.all)()
        context = {
            "item": rows.get(pk=text.pk),
            "part": f"{text._meta.app_label}/in_list.html",
            "head": head_for(inner, str(text), languages=(), noindex=True),
        }
        return closed(render(inner, "admin/desk/preview_row.html", context), current_language())


def card_of(shown: Pretended, request: HttpRequest, banner: Banner, language: str) -> HttpResponse:
    """The text as a link to it looks in a social network: what its page's Open Graph says, and no more."""
    page = shown.page(request, banner, language)
    said = said_in_head(page.content.decode())
    with translation.override(page.headers["Content-Language"]):
        inner = shown.reader_request(request, shown.text.get_absolute_url(), banner)
        # From this host, wherever the site stands: an editor may see it before the address is live.
        image = said.get("og:image", "").removeprefix(settings.SITE_URL)
        context = {
            "card": Card(
                title=said.get("og:title", ""),
                description=said.get("og:description", ""),
                # What is drawn for a text is drawn for readers alone, of what they may read.
                image="" if is_drawn(image) else image,
                alt=said.get("og:image:alt", ""),
                host=settings.SITE_URL.split("://")[-1],
            ),
            "head": head_for(inner, str(shown.text), languages=(), noindex=True),
        }
        return closed(render(inner, "admin/desk/preview_card.html", context), current_language())


VIEWS: dict[str, Callable[[Pretended, HttpRequest, Banner, str], HttpResponse]] = {
    View.PAGE: Pretended.page,
    View.ROW: row_of,
    View.CARD: card_of,
}


class Card(NamedTuple):
    """What a link in a social network shows."""

    title: str
    description: str
    image: str
    alt: str
    host: str

    @property
    def remarks(self) -> list[str]:
        """What will be cut or is missing, in words."""
        remarks = []
        if width_of(self.title) > TITLE_FITS:
            remarks.append(_("The title is long: most networks cut it."))
        if not self.description:
            remarks.append(_("There is no description: write a standfirst."))
        elif width_of(self.description) > DESCRIPTION_FITS or self.description.endswith("…"):
            remarks.append(_("The description is long: most networks cut it."))
        if not self.image:
            remarks.append(_("There is no picture: networks show the title on a plain card."))
        return remarks


def width_of(text: str) -> int:
    """How wide a line is, in Latin letters."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


class _Head(HTMLParser):
    """Collects the properties in a page's head."""

    def __init__(self) -> None:
        super().__init__()
        self.said: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "meta" and "property" in given:
            self.said.setdefault(given["property"], given.get("content") or "")


def said_in_head(page: str) -> dict[str, str]:
    """The Open Graph properties of a page, as a network's robot would read them."""
    parser = _Head()
    parser.feed(page.split("</head>")[0])
    return parser.said
