"""What is one visitor's own, as a page behind a link in a mail: no cache and no search engine keeps it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from .guard import require_own_page

Answering = Callable[..., HttpResponseBase]


def private(view: Answering, *, referrer: str = "same-origin") -> Answering:
    """Every answer of the view, refusals too, is for this one visitor; ``referrer`` as in Referrer-Policy."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        response.headers["Referrer-Policy"] = referrer
        return response

    return answer


class Private(View):
    """A private page without Django's form token; a POST has to come from a page of this site."""

    referrer = "same-origin"
    # Not where a mail program posts by itself, or where the address is the secret that a token would be.
    own_page_only = True

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """The view as a private one, whatever ``dispatch`` a subclass has."""
        view = super().as_view(**initkwargs)

        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if cls.own_page_only and request.method == "POST":
                require_own_page(request)
            return view(request, *args, **kwargs)

        return csrf_exempt(private(answer, referrer=cls.referrer))
