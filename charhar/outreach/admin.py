"""Messages, subscribers, vacancies and ways to give, as the secretariat works with them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.contacts.admin_bringing_in import BringingInAdmin
from charhar.contacts.csv_files import Fate
from charhar.contacts.export import csv_response
from charhar.taxonomy.admin_seen import SeenAdmin

from . import admin_inbox, admin_newsletters  # noqa: F401  (registers the inbox and newsletters)
from .bringing_in import COLUMNS, bring_in
from .models import Funding, Subscription, Vacancy, WayToGive
from .subscriptions import unsubscribe


class StandingFilter(admin.SimpleListFilter):
    """Subscriptions by what they are now."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("active", _("active")), ("waiting", _("not confirmed")), ("ended", _("ended"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "active":
            return queryset.active()
        if self.value() == "waiting":
            return queryset.filter(confirmed_at__isnull=True, unsubscribed_at__isnull=True)
        if self.value() == "ended":
            return queryset.filter(unsubscribed_at__isnull=False)
        return queryset


@admin.register(Subscription)
class SubscriptionAdmin(BringingInAdmin):
    """Who hears from the institute. Nobody is subscribed by hand: the mailbox consents, or did once."""

    change_list_template = "admin/contacts/bring_in_list.html"
    bring_in_title = _("Bring in subscribers")
    bring_in_columns = COLUMNS

    list_display = [
        "address", "name", "language", "rhythm", "active", "asked_at", "confirmed_at", "unsubscribed_at",
    ]  # fmt: skip
    list_filter = [StandingFilter, "rhythm", "language"]
    search_fields = ["person__email", "person__name"]
    date_hierarchy = "asked_at"
    list_select_related = ["person"]
    # What somebody chose is theirs: they change it over the link in their letters, or ask us to send it.
    readonly_fields = [
        "person", "language", "rhythm", "topics", "regions", "series", "experts", "asked_at", "confirmed_at",
        "paused_until", "unsubscribed_at",
    ]  # fmt: skip
    actions = ["end", "export"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_bring_in_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("outreach.add_subscription")

    def bring_in(self, content: bytes, *, dry_run: bool, by: Any) -> list[Fate]:
        return bring_in(content, dry_run=dry_run, by=by)

    @admin.display(description=_("e-mail"), ordering="person__email_key")
    def address(self, subscription: Subscription) -> str:
        return subscription.person.email

    @admin.display(description=_("name"), ordering="person__name")
    def name(self, subscription: Subscription) -> str:
        return subscription.person.name

    @admin.display(description=_("active"), boolean=True)
    def active(self, subscription: Subscription) -> bool:
        return subscription.is_active

    @admin.action(description=_("End the subscription"), permissions=["change"])
    def end(self, request: HttpRequest, queryset: Any) -> None:
        for subscription in queryset:
            unsubscribe(subscription, by=request.user)

    @admin.action(description=_("Download as CSV"), permissions=["view"])
    def export(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        rows = (
            [s.person.email, s.person.name, s.language, s.confirmed_at, s.unsubscribed_at]
            for s in queryset.select_related("person").iterator()
        )
        return csv_response(
            "subscriptions", [_("e-mail"), _("name"), _("language"), _("confirmed"), _("ended")], rows
        )


@admin.register(Vacancy)
class VacancyAdmin(SeenAdmin):
    """Posts to fill."""

    list_display = [
        "title_en",
        "title_zh",
        "place_en",
        "employment",
        "opens_at",
        "closes_at",
        "open_now",
        "hidden",
    ]
    list_filter = ["hidden"]
    search_fields = ["title_en", "title_zh", "body_en", "body_zh"]
    date_hierarchy = "opens_at"
    prepopulated_fields = {"slug": ["title_en"]}

    @admin.display(description=_("open now"), boolean=True)
    def open_now(self, vacancy: Vacancy) -> bool:
        return vacancy.is_open_at(timezone.now())


@admin.register(WayToGive)
class WayToGiveAdmin(SeenAdmin):
    """The list on the page Support Charhar."""

    list_display = ["title_en", "title_zh", "position", "hidden"]
    list_editable = ["position", "hidden"]
    list_filter = ["hidden"]
    search_fields = ["title_en", "title_zh"]


@admin.register(Funding)
class FundingAdmin(SeenAdmin):
    """Who gave how much for what: the yearly table under Support Charhar."""

    list_display = ["year", "who", "amount", "currency", "purpose_en", "hidden"]
    list_display_links = ["year", "who"]
    list_filter = ["year", "currency", "anonymous", "hidden"]
    search_fields = ["funder_en", "funder_zh", "purpose_en", "purpose_zh"]

    @admin.display(description=_("who"), ordering="funder_en")
    def who(self, funding: Funding) -> str:
        """The giver, or that it is not named."""
        return str(_("Not named")) if funding.anonymous else funding.funder
