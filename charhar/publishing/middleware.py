"""What happens around every request: its language, its old addresses, its cache headers."""

import datetime
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control

from .languages import language_of_path
from .reading import Gone

VERSION = "charhar.content_version"


class LanguageMiddleware:
    """The address alone says which language a page is in, so that one address is one page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = language_of_path(request.path_info)
        request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class AddressMiddleware:
    """An address that once led to a text leads to it for ever; a text that is gone says so (410)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 404 or request.method not in {"GET", "HEAD"}:
            return response
        from .addresses import redirect_target

        target = redirect_target(request.path_info)
        if target is None:
            return response
        query = request.META.get("QUERY_STRING", "")
        return redirect(f"{target}?{query}" if query else target, permanent=True)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Gone):
            return render(request, "410.html", {"text": exception.text}, status=410)
        return None


class ClockMiddleware:
    """A page is made from the content as it is due now: corrections whose hour has come are published first.

    One query, whose answer ``request.content_version`` keeps for menu and foot. Media files hold no text, and
    the admin shows what is.
    """

    apart = ("/admin/", settings.MEDIA_URL)

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD"} and not request.path_info.startswith(self.apart):
            from .version import current_version

            # Without a database, what needs none still answers; the health check says so in its own words.
            with suppress(DatabaseError):
                # In the environ too: the page cache, which stands before Django, keeps the page under it.
                request.content_version = request.META[VERSION] = current_version()  # type: ignore[attr-defined]
        return self.get_response(request)


class CacheHeadersMiddleware:
    """Public pages may be kept for a second by caches in front and checked by browsers; all others never."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.has_header("Cache-Control"):
            return response
        private = (
            request.method not in {"GET", "HEAD"}
            or settings.SESSION_COOKIE_NAME in request.COOKIES
            or response.cookies
            or response.status_code >= 500
            or request.path_info.startswith("/admin/")
        )
        if private:
            response.headers["Cache-Control"] = "private, no-store"
        else:
            seconds = 0 if changes_within_a_second(request) else 1
            patch_cache_control(response, public=True, max_age=0, s_maxage=seconds, stale_if_error=86400)
        return response


def changes_within_a_second(request: HttpRequest) -> bool:
    """Whether some text appears or disappears so soon that no cache may hold a page even for a second."""
    version = getattr(request, "content_version", None)
    if version is None or version.next_change is None:
        return False
    return version.next_change - timezone.now() < datetime.timedelta(seconds=1)
