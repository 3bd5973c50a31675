"""The home page's admin: what is pinned, and beside it what stands there at this moment and why."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from charhar.front import HOLDS, Front, compose
from charhar.models import HomeSlot
from charhar.publishing.admin_rows import VisibleTexts
from charhar.publishing.languages import LANGUAGES, with_prefix
from charhar.publishing.moments import moment_said
from charhar.publishing.version import current_version
from charhar.taxonomy.admin_seen import SeenAdmin


def fronts(request: HttpRequest) -> dict[str, Front]:
    """The front page of each language as readers see it; made once a request, in at most thirteen queries."""
    if not hasattr(request, "_fronts"):
        current_version()  # by which lists know what the clock has brought since
        request._fronts = {code: compose(code) for code, _name in LANGUAGES}  # type: ignore[attr-defined]
    return request._fronts  # type: ignore[attr-defined]


def overview(request: HttpRequest) -> list[dict[str, Any]]:
    """For each language its places with the texts that stand there now."""
    return [
        {"name": name, "url": with_prefix("/", code), "places": _places(code, fronts(request)[code])}
        for code, name in LANGUAGES
    ]


def _places(language: str, front: Front) -> list[dict[str, Any]]:
    add = reverse("admin:charhar_homeslot_add")
    return [
        {
            "name": HomeSlot.Place(place).label,
            "holds": holds,
            "pin": f"{add}?{urlencode({'language': language, 'place': place})}",
            "texts": [(text, text.pk in front.pinned) for text in front.places[place]],
        }
        for place, holds in HOLDS.items()
    ]


@admin.register(HomeSlot)
class HomeSlotAdmin(SeenAdmin, VisibleTexts, admin.ModelAdmin):
    """What is pinned to the home page, by language and place."""

    autocomplete_fields = ["article"]
    list_display = ["article", "language", "place", "position", "show_from", "show_until"]
    list_editable = ["position"]
    list_filter = ["language", "place"]
    list_select_related = ["article"]
    search_fields = ["article__title"]
    ordering = ["language", "place", "position", "pk"]
    change_list_template = "admin/charhar/homeslot/change_list.html"
    change_form_template = "admin/charhar/homeslot/change_form.html"
    fieldsets = [
        (
            None,
            {
                "fields": [("language", "place", "position"), "article"],
                "description": gettext_lazy(
                    "A pinned text stands where you put it and in no other place; of several in one place,"
                    " the one with the lowest position first. While it is not public, the newest text stands"
                    " there instead."
                ),
            },
        ),
        (
            gettext_lazy("For a time"),
            {
                "fields": [("show_from", "show_until")],
                "description": gettext_lazy(
                    "Beijing time (UTC+8). Empty: from now on, until it is taken away."
                ),
            },
        ),
    ]

    def get_list_display(self, request: HttpRequest) -> Any:
        @admin.display(description=_("now"))
        def now(obj: HomeSlot) -> str:
            return standing(obj, fronts(request)[obj.language])

        return [*self.list_display, now]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"front": overview(request), **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        return super().render_change_form(request, {**context, "front": overview(request)}, *args, **kwargs)


def standing(slot: HomeSlot, front: Front) -> str:
    """Whether a pinned text stands where it was put, and if not, why."""
    now = timezone.now()
    if slot.show_until and slot.show_until <= now:
        return _("Over")
    if not slot.article.is_published:
        return _("The text is not public")
    if slot.show_from and slot.show_from > now:
        return _("From %s") % moment_said(slot.show_from)
    if front.pinned.get(slot.article_id) == slot.place:
        return format_html("<strong>{}</strong>", _("On the home page"))
    return _("No room: another stands before it")
