"""What the editor asks the server: which pictures there are, and what a pasted text is in our vocabulary."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from charhar.library.models import Image

from .richtext import clean

PAGE = 24
THUMBNAIL = 320


def _refusal(request: HttpRequest, permission: str = "") -> HttpResponse | None:
    """403 for whoever is no staff or lacks the permission; the editor shows the sentence."""
    user = request.user
    if user.is_active and user.is_staff and (not permission or user.has_perm(permission)):
        return None
    return JsonResponse({"error": _("You are not signed in, or may not see the library.")}, status=403)


@never_cache
@require_GET
def images(request: HttpRequest) -> HttpResponse:
    """Pictures of the library, the newest first: ``?q=`` searches, ``?page=`` turns, ``?ids=1,2`` names them.

    For staff who may see images; others get 403. Two queries, one with ``ids``.
    """
    refused = _refusal(request, "library.view_image")
    if refused:
        return refused
    wanted = request.GET.get("ids")
    if wanted is not None:
        numbers = [int(number) for number in wanted.split(",") if number.isascii() and number.isdigit()][:100]
        found = Image.objects.filter(pk__in=[n for n in numbers if n < 2**63])
        return JsonResponse({"images": [_described(image) for image in found], "more": False})
    rows = Image.objects.order_by("-created_at", "-pk")
    for word in request.GET.get("q", "").split()[:8]:
        rows = rows.filter(
            Q(title__icontains=word)
            | Q(alt_en__icontains=word)
            | Q(alt_zh__icontains=word)
            | Q(credit__icontains=word)
        )
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    may_add = request.user.has_perm("library.add_image")
    return JsonResponse(
        {
            "images": [_described(image) for image in page],
            "more": page.has_next(),
            "add": reverse("admin:library_image_add") if may_add else "",
        }
    )


def _described(image: Image) -> dict[str, Any]:
    thumbnail = image.rendition(THUMBNAIL)
    return {
        "id": image.pk,
        "title": image.title,
        "alt": image.alt_en or image.alt_zh,
        "credit": image.credit,
        "thumbnail": thumbnail.url,
        "width": thumbnail.width,
        "height": thumbnail.height,
    }


@never_cache
@require_POST
def cleaned(request: HttpRequest) -> HttpResponse:
    """What the sanitiser makes of a pasted text, for staff. No query beyond the session's."""
    refused = _refusal(request)
    if refused:
        return refused
    return JsonResponse(
        {"html": clean(request.POST.get("html", ""), small=request.POST.get("small") == "true")}
    )
