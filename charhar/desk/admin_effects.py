"""The list of side effects: what waits, what was done, what failed and a person has to decide about."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from charhar.contacts.admin import ReadOnly
from charhar.publishing.admin_moves import short
from charhar.publishing.models import Action

from . import effects
from .about import about_permitted, link_to_text, may_with_any
from .models import SideEffect


class StandingFilter(admin.SimpleListFilter):
    """Side effects by what is to be done about them."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("failed", _("failed")),
            ("waiting", _("waiting")),
            ("dropped", _("dropped or given up")),
            ("done", _("done")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        conditions = {
            "failed": Q(done_at=None) & ~Q(failure=""),
            "waiting": Q(done_at=None, failure=""),
            "dropped": Q(done_at__isnull=False) & ~Q(failure=""),
            "done": Q(done_at__isnull=False, failure=""),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


@admin.register(SideEffect)
class SideEffectAdmin(ReadOnly, admin.ModelAdmin):
    """For those who publish: each sees what follows from the texts that they may publish."""

    change_list_template = "admin/desk/silent_list.html"
    list_display = ["about", "kind", "event", "target", "due", "standing", "attempts", "decide"]
    list_display_links = None
    list_filter = [StandingFilter, "kind"]
    ordering = ["-due_at", "-pk"]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ["try_again_selected", "give_up_selected"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_with_any(request.user, Action.PUBLISH)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> Any:
        mine = about_permitted(request.user, Action.PUBLISH)
        return (
            super().get_queryset(request).filter(mine).select_related("content_type").prefetch_related("text")
        )

    def get_urls(self) -> list[URLPattern]:
        moves = {"again": effects.try_again, "give-up": effects.give_up}
        return [
            *(
                path(
                    f"<path:object_id>/{word}/",
                    self.admin_site.admin_view(self.deciding),
                    {"move": move},
                    name=f"desk_sideeffect_{word}",
                )
                for word, move in moves.items()
            ),
            *super().get_urls(),
        ]

    def deciding(self, request: HttpRequest, object_id: str, move: Any) -> HttpResponse:
        """Try one again or give it up; only by POST."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        key = unquote(object_id)
        found = self.get_queryset(request).filter(pk=int(key)) if key.isascii() and key.isdigit() else None
        if found is None or not found.exists():
            raise Http404("There is no such side effect.")
        self._decide(request, found, move)
        return redirect(f"{reverse('admin:desk_sideeffect_changelist')}?standing=failed")

    def _decide(self, request: HttpRequest, found: Any, move: Any) -> None:
        # The list joins and prefetches; an UPDATE needs the keys alone.
        rows = SideEffect.objects.filter(pk__in=list(found.order_by().values_list("pk", flat=True)))
        if not move(rows):
            self.message_user(request, _("None of them had failed; nothing was changed."), messages.WARNING)
        elif move is effects.try_again:
            self.message_user(request, _("It is tried again within a minute."), messages.SUCCESS)
        else:
            self.message_user(request, _("Given up; the reason stays in the list."), messages.SUCCESS)

    @admin.action(description=_("Try again"))
    def try_again_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Several at once."""
        self._decide(request, queryset, effects.try_again)

    @admin.action(description=_("Give up"))
    def give_up_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Several at once."""
        self._decide(request, queryset, effects.give_up)

    @admin.display(description=_("text"))
    def about(self, obj: SideEffect) -> SafeString | str:
        """The text, with the way to its form."""
        return link_to_text(obj)

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, obj: SideEffect) -> str:
        """In Beijing time."""
        return short(obj.due_at)

    @admin.display(description=_("standing"))
    def standing(self, obj: SideEffect) -> SafeString | str:
        """What became of it, with the reason where it failed."""
        if obj.done_at is not None:
            said = _("dropped") if obj.failure else _("done")
        elif obj.is_stuck:
            said = _("failed, not tried any more")
        else:
            said = _("failed, tried again") if obj.failure else _("waiting")
        return format_html('{}<br><span class="quiet">{}</span>', said, obj.failure)

    @admin.display(description=_("decide"))
    def decide(self, obj: SideEffect) -> SafeString | str:
        """The two buttons, where it failed. They stand in the list's own form."""
        if obj.done_at is not None or not obj.failure:
            return ""
        return format_html(
            '<button type="submit" class="button" formaction="{}">{}</button> '
            '<button type="submit" class="button" formaction="{}">{}</button>',
            reverse("admin:desk_sideeffect_again", args=[obj.pk]),
            _("Try again"),
            reverse("admin:desk_sideeffect_give-up", args=[obj.pk]),
            _("Give up"),
        )
