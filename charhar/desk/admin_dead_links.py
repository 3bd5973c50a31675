"""The list of links in published texts, with what is wrong with those that lead nowhere."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from charhar.contacts.admin import ReadOnly
from charhar.publishing.admin_moves import short
from charhar.publishing.models import Action

from .about import about_permitted, link_to_text, may_with_any
from .dead_links import problem_in_words
from .models import TextLink


class LinkFilter(admin.SimpleListFilter):
    """Links by whether they lead somewhere."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("broken", _("broken")), ("here", _("to this site")), ("elsewhere", _("to other sites"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        conditions = {"broken": ~Q(problem=""), "here": ~Q(path=""), "elsewhere": Q(path="")}
        return queryset.filter(conditions.get(self.value() or "", Q()))


@admin.register(TextLink)
class TextLinkAdmin(ReadOnly, admin.ModelAdmin):
    """For those who change texts: the links in the texts that they may read before publication."""

    change_list_template = "admin/desk/silent_list.html"
    list_display = ["about", "field", "link", "wrong", "since", "checked"]
    list_display_links = None
    list_filter = [LinkFilter]
    search_fields = ["url"]
    ordering = ["-broken_since", "-pk"]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_with_any(request.user, Action.CHANGE)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> Any:
        mine = about_permitted(request.user, Action.VIEW)
        return super().get_queryset(request).filter(mine).prefetch_related("text")

    @admin.display(description=_("text"))
    def about(self, obj: TextLink) -> SafeString | str:
        """The text, with the way to its form."""
        return link_to_text(obj)

    @admin.display(description=_("address"))
    def link(self, obj: TextLink) -> SafeString | str:
        """The link itself, to try; a picture of the library has no address of its own."""
        if obj.language == "" and obj.path:
            return obj.url
        return format_html('<a href="{}" rel="noreferrer">{}</a>', obj.url, obj.url)

    @admin.display(description=_("what is wrong"), ordering="problem")
    def wrong(self, obj: TextLink) -> str:
        """In words."""
        return problem_in_words(obj.problem) if obj.problem else ""

    @admin.display(description=_("since"), ordering="broken_since")
    def since(self, obj: TextLink) -> str:
        """Since when it was found broken, in Beijing time."""
        return short(obj.broken_since) if obj.broken_since else ""

    @admin.display(description=_("checked"), ordering="checked_at")
    def checked(self, obj: TextLink) -> str:
        """When another site was last asked; those to this site are always asked."""
        return short(obj.checked_at) if obj.checked_at else ""
