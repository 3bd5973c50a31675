"""How a reader gets at a text: by the one rule of visibility, with the right status for everything else."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import Http404, HttpRequest
from django.utils import timezone

from .models import Publishable, PublishableQuerySet
from .prepared import Prepared

Text = TypeVar("Text", bound=Publishable)


class Gone(Exception):
    """The text was withdrawn or has expired: answered with 410 and, where there is one, its reason."""

    def __init__(self, text: Publishable) -> None:
        super().__init__(str(text))
        self.text = text


def _published(texts: Callable[..., Any], *shape: Any, now: Any, **lookup: Any) -> Any:
    return texts(*shape).published(now).filter(**lookup).order_by()[:1]


published = Prepared(_published)


def for_reader(
    request: HttpRequest, texts: Callable[..., PublishableQuerySet], *shape: Any, **lookup: Any
) -> Any:
    """The text that this visitor asked for, among ``texts(*shape)``, a function and what it takes.

    Readers get published texts; staff also those they may read before publication, marked ``is_preview``.
    Raises ``Gone`` for a withdrawn or expired text and ``Http404`` for everything else. One query where the
    text is published.
    """
    for text in published(texts, *shape, now=timezone.now(), **lookup):
        return text
    text = texts(*shape).filter(**lookup).first()
    if text is None:
        raise Http404("There is no such text.")
    if text.may(request.user, "view"):
        text.is_preview = True
        request.is_preview = True  # type: ignore[attr-defined]
        return text
    if text.is_gone:
        raise Gone(text)
    raise Http404("There is no such text.")
