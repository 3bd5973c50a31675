"""The admin of the institute's own pages and of what stands on every page."""

from typing import Any

from django.contrib import admin
from django.db.models import F
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from charhar.desk.admin import DeskAdmin
from charhar.desk.admin_editions import EditionFilter
from charhar.publishing.admin_filters import OwnerFilter, StatusFilter
from charhar.publishing.admin_forms import OrderedFormSet, TranslatedForm
from charhar.taxonomy.admin_seen import SeenAdmin

from .models import FollowLink, InstitutePage, SiteSettings


@admin.register(InstitutePage)
class InstitutePageAdmin(DeskAdmin):
    """The institute's pages, listed as the tree that they are."""

    form = TranslatedForm
    autocomplete_fields = ["picture", "parent", "translation_of"]
    form_select_related = ("picture", "parent", "translation_of")
    prepopulated_fields = {"slug": ["title"]}
    date_hierarchy = None
    list_display = ["in_tree", "language", "path", "position", "in_menu", "status", "changed", "on_site"]
    list_select_related = ["parent"]
    list_filter = [StatusFilter, OwnerFilter, "language", EditionFilter, "root", "in_menu"]
    search_fields = ["title", "menu_title", "slug"]
    sortable_by = ["language", "status", "changed"]
    fieldsets = [
        (_("Text"), {"fields": ["title", "language", "standfirst", "body", "picture"]}),
        (
            _("In the tree and the menu"),
            {"fields": ["root", "parent", "menu_title", ("position", "in_menu")]},
        ),
        (_("Address and translation"), {"fields": ["translation_of", "slug"]}),
    ]

    def get_ordering(self, request: HttpRequest) -> list[Any]:
        """By language, and within it each page followed by those beneath it."""
        return [
            F("language"),
            F("root"),
            Coalesce("parent__position", "position"),
            Coalesce("parent__title", "title"),
            F("parent").asc(nulls_first=True),
            F("position"),
            F("title"),
        ]

    @admin.display(description=_("title"))
    def in_tree(self, obj: Any) -> SafeString:
        """The title, set in beneath the page that it stands under."""
        return format_html('<span class="depth-{}">{}</span>', 1 if obj.parent_id else 0, obj.title)

    @admin.display(description=_("address"))
    def path(self, obj: InstitutePage) -> str:
        """Where readers find it."""
        return obj.get_absolute_url()


class FollowLinkInline(admin.TabularInline):
    """Where the institute can be followed, in order."""

    model = FollowLink
    formset = OrderedFormSet
    autocomplete_fields = ["qr_picture"]
    fields = ["position", "label", "url", "handle", "qr_picture", "in_header"]
    extra = 0


@admin.register(SiteSettings)
class SiteSettingsAdmin(SeenAdmin):
    """The one row with what stands on every page."""

    inlines = [FollowLinkInline]
    fieldsets = [
        (_("Name"), {"fields": [("name_en", "name_zh"), ("tagline_en", "tagline_zh")]}),
        (
            _("Contact"),
            {
                "fields": [
                    ("phone", "fax", "email"),
                    ("press_phone", "press_email"),
                    ("postal_en", "postal_zh"),
                ]
            },
        ),
        (
            _("Quotation in the foot"),
            {"fields": [("quotation_en", "quotation_zh"), ("quotation_by_en", "quotation_by_zh")]},
        ),
        (_("Editor's notes"), {"fields": [("disclaimer_en", "disclaimer_zh")]}),
        (
            _("Copyright and filings"),
            {"fields": [("copyright_en", "copyright_zh"), ("icp_filing", "police_filing")]},
        ),
    ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one row: go to it, or to the form that makes it."""
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        if SiteSettings.objects.filter(pk=1).exists():
            return redirect("admin:pages_sitesettings_change", 1)
        return redirect("admin:pages_sitesettings_add")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not SiteSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
