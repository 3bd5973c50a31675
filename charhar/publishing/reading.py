"""How a reader gets at a text: by the one rule of visibility, with the right status for everything else."""

from typing import Any, TypeVar

from django.http import Http404, HttpRequest

from .models import Publishable, PublishableQuerySet

Text = TypeVar("Text", bound=Publishable)


class Gone(Exception):
    """The text was withdrawn or has expired: answered with 410 and, where there is one, its reason."""

    def __init__(self, text: Publishable) -> None:
        super().__init__(str(text))
        self.text = text


def for_reader(request: HttpRequest, queryset: PublishableQuerySet, **lookup: Any) -> Any:
    """The text that this visitor asked for.

    Readers get published texts; staff also those they may read before publication, marked ``is_preview``.
    Raises ``Gone`` for a withdrawn or expired text and ``Http404`` for everything else. One query where the
    text is published.
    """
    text = queryset.published().filter(**lookup).first()
    if text is not None:
        return text
    text = queryset.filter(**lookup).first()
    if text is None:
        raise Http404("There is no such text.")
    if text.may(request.user, "view"):
        text.is_preview = True
        request.is_preview = True  # type: ignore[attr-defined]
        return text
    if text.is_gone:
        raise Gone(text)
    raise Http404("There is no such text.")
