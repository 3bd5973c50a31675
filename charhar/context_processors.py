"""What every page's template may use."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from charhar.navigation import Navigation
from charhar.publishing.languages import current_language


def site(request: HttpRequest) -> dict[str, Any]:
    """``navigation`` (header, foot), ``site`` (settings), ``language``, ``banner``, ``is_preview``.

    Nothing is fetched until shown.
    """
    navigation = Navigation(request)
    return {
        "navigation": navigation,
        "site": SimpleLazyObject(lambda: navigation.site),
        "language": current_language(),
        # What most requests lack: a template that looks for it on the request lists all of that first.
        "banner": getattr(request, "banner", None),
        "is_preview": getattr(request, "is_preview", False),
    }
