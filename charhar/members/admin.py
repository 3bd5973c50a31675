"""Plans and applications, as the secretariat works with them."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.contacts.export import csv_response
from charhar.taxonomy.admin_seen import SeenAdmin

from .models import Application, Plan


@admin.register(Plan)
class PlanAdmin(SeenAdmin):
    """The kinds of membership."""

    list_display = ["name_en", "name_zh", "fee_label", "term_label", "position", "hidden", "applications"]
    list_editable = ["position", "hidden"]
    list_filter = ["hidden"]
    search_fields = ["name_en", "name_zh"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(number_of_applications=Count("applications"))

    @admin.display(description=_("applications"), ordering="number_of_applications")
    def applications(self, plan: Any) -> int:
        return plan.number_of_applications


@admin.register(Application)
class ApplicationAdmin(admin.ModelAdmin):
    """The queue: what was written is read, only its state is changed."""

    list_display = ["created_at", "name", "email", "plan", "organisation", "country", "language", "state"]
    list_display_links = ["created_at", "name"]
    list_filter = ["state", "plan", "language"]
    search_fields = ["name", "email", "organisation", "country", "statement"]
    date_hierarchy = "created_at"
    list_select_related = ["plan"]
    readonly_fields = [
        "created_at", "plan", "name", "email", "organisation", "country", "statement", "language", "person",
        "consent_text",
    ]  # fmt: skip
    fields = ["state", *readonly_fields]
    actions = ["export"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("agreed to"))
    def consent_text(self, application: Application) -> str:
        return application.consent.text if application.consent else ""

    @admin.action(description=_("Download as CSV"), permissions=["view"])
    def export(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        rows = (
            [timezone.localtime(a.created_at).isoformat(timespec="minutes"), a.plan, a.name, a.email,
             a.organisation, a.country, a.statement, a.language, a.get_state_display()]
            for a in queryset.select_related("plan").iterator()
        )  # fmt: skip
        headings = [
            _("received"), _("plan"), _("name"), _("e-mail"), _("organisation"), _("country or region"),
            _("statement"), _("language"), _("state"),
        ]  # fmt: skip
        return csv_response("applications", headings, rows)
