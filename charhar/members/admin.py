"""Plans, and the rest of what the secretariat works with."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from charhar.taxonomy.admin_seen import SeenAdmin

from . import admin_applications, admin_memberships  # noqa: F401  register their models
from .models import Plan


@admin.register(Plan)
class PlanAdmin(SeenAdmin):
    """The kinds of membership."""

    list_display = [
        "name_en",
        "name_zh",
        "kind",
        "fee_label",
        "term_label",
        "position",
        "hidden",
        "applications",
    ]
    list_editable = ["position", "hidden"]
    list_filter = ["kind", "hidden"]
    search_fields = ["name_en", "name_zh"]
    ordering = ["position", "pk"]  # which the counting below would lose

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(number_of_applications=Count("applications"))

    @admin.display(description=_("applications"), ordering="number_of_applications")
    def applications(self, plan: Any) -> int:
        return plan.number_of_applications
