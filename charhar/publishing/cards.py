"""The card of a text without a picture, and the address that it is fetched from."""

import hashlib
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from charhar.library.cards import CARD_SIZE, draw_card
from charhar.library.templatetags.pictures import SocialCard

from .head import absolute
from .kinds import kinds_by_name
from .languages import without_prefix

DRAWN_FOR = 86_400  # seconds that a drawn card is kept here; elsewhere no longer than a page, since texts go
LOOK = 1  # raise it when cards are drawn differently: they then get other addresses


def words_on_card(text: Any) -> tuple[str, str, str]:
    """Title, label and foot of a text's card, as the language of now says them. No query."""
    label = text.get_kind_display() if hasattr(text, "get_kind_display") else ""
    date = getattr(text, "date", None)
    foot = [str(_("The Charhar Institute")), formats.date_format(date) if date else ""]
    return str(text), str(label), " · ".join(filter(None, foot))


def _digest(words: tuple[str, ...]) -> str:
    return hashlib.sha256(repr((LOOK, words)).encode()).hexdigest()[:16]


def drawn_card(text: Any) -> SocialCard:
    """The card that is drawn for a text when somebody fetches it. No query; new words are a new address."""
    words = words_on_card(text)
    path = reverse("card", args=[text._meta.model_name, text.pk, _digest(words)])
    return SocialCard(absolute(path), *CARD_SIZE, words[0])


def is_drawn(path: str) -> bool:
    """Whether the path is that of a drawn card."""
    return without_prefix(path).startswith("/cards/")


@require_safe
def card(request: HttpRequest, kind: str, pk: int, digest: str) -> HttpResponse:
    """The picture. 404 for what readers may not read, and for words that the text no longer has."""
    model = kinds_by_name().get(kind)
    text = model.objects.published().filter(pk=pk).first() if model else None
    if text is None or digest != _digest(words := words_on_card(text)):
        raise Http404(_("There is no such picture."))
    key = f"card-{digest}"
    picture = cache.get(key)
    if picture is None:
        picture = draw_card(*words)
        cache.set(key, picture, DRAWN_FOR)
    return HttpResponse(picture, content_type="image/png")
