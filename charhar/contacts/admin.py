"""People, what they agreed to, and the mail that went to them. The ledgers are read, never written, here."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from . import admin_wordings  # noqa: F401  registers the wordings
from .admin_merging import MergingAdmin
from .admin_privacy import PrivacyAdmin, ReadOnly
from .admin_timeline import TimelineAdmin
from .export import csv_response
from .models import Consent, OutgoingMail, Person, RetentionRun, SpamWord, TimelineEvent
from .outbox import send_again
from .retention import every_rule


class ConsentInline(ReadOnly, admin.TabularInline):
    """A person's consents, with the very words."""

    model = Consent
    readonly_fields = ["purpose", "version", "text", "source", "given_at", "withdrawn_at"]
    fields = [*readonly_fields]
    extra = 0


@admin.register(Person)
class PersonAdmin(MergingAdmin, PrivacyAdmin, TimelineAdmin):
    """Who the institute deals with; with the ways to a person's whole data, and to their end."""

    change_form_template = "admin/contacts/person/change_form.html"
    actions: Any = ["merge_two", "erase_chosen"]
    change_list_template = "admin/contacts/people.html"
    list_display = ["email", "name", "organisation", "country", "language", "created_at"]
    list_filter = ["language", "created_at"]
    search_fields = ["email", "name", "organisation"]
    show_full_result_count = False
    date_hierarchy = "created_at"
    readonly_fields = ["created_at"]
    inlines = [ConsentInline]


@admin.register(Consent)
class ConsentAdmin(ReadOnly, admin.ModelAdmin):
    """The ledger of consents."""

    list_display = ["person", "purpose", "version", "given_at", "withdrawn_at", "source"]
    list_filter = ["purpose", "version", "source", ("withdrawn_at", admin.EmptyFieldListFilter)]
    search_fields = ["person__email", "person__name"]
    date_hierarchy = "given_at"
    list_select_related = ["person"]
    show_full_result_count = False
    actions = ["export"]

    @admin.action(description=_("Download as CSV"), permissions=["view"])
    def export(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        """The chosen rows of the ledger, with the words that were agreed to."""
        rows = (
            [c.person.email, c.get_purpose_display(), c.version, _moment(c.given_at), _moment(c.withdrawn_at),
             c.source, c.text]
            for c in queryset.select_related("person").iterator()
        )  # fmt: skip
        headings = [
            _("e-mail"), _("purpose"), _("version of the text"), _("given"), _("withdrawn"), _("given at"),
            _("text"),
        ]  # fmt: skip
        return csv_response("consents", headings, rows)


def _moment(at: Any) -> str:
    return "" if at is None else timezone.localtime(at).isoformat(timespec="minutes")


@admin.register(TimelineEvent)
class TimelineEventAdmin(ReadOnly, admin.ModelAdmin):
    """What happened with people, and who looked at whose data."""

    list_display = ["at", "kind", "person", "about_kind", "by", "text"]
    list_filter = ["kind", ("by", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["person__email", "person__name", "by__username"]
    date_hierarchy = "at"
    list_select_related = ["person", "by", "about_type"]
    fields = ["at", "kind", "person", "about_kind", "by", "text"]
    show_full_result_count = False

    @admin.display(description=_("page"))
    def about_kind(self, event: TimelineEvent) -> str:
        """Which kind of row it is about."""
        return event.about_type.name if event.about_type else ""


@admin.register(OutgoingMail)
class OutgoingMailAdmin(ReadOnly, admin.ModelAdmin):
    """The mail that went out, waits, or could not be sent."""

    list_display = ["to", "subject", "purpose", "state", "attempts", "created_at", "sent_at"]
    list_filter = ["state", "purpose"]
    search_fields = ["to", "subject", "message_id"]
    date_hierarchy = "created_at"
    fields = [
        "to", "sender", "subject", "purpose", "mailing", "state", "attempts", "error", "created_at",
        "tried_at", "next_try_at", "give_up_at", "sent_at", "message_id", "headers",
    ]  # fmt: skip
    actions = ["try_again"]

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whether this person may decide that a message goes out again."""
        return request.user.has_perm("contacts.change_outgoingmail")

    @admin.action(description=_("Send again (failed, or fate unknown)"), permissions=["resend"])
    def try_again(self, request: HttpRequest, queryset: Any) -> None:
        count = sum(send_again(mail) for mail in queryset)
        text = ngettext(
            "%(count)d message will be sent again.", "%(count)d messages will be sent again.", count
        )
        self.message_user(request, text % {"count": count}, messages.SUCCESS if count else messages.WARNING)


@admin.register(SpamWord)
class SpamWordAdmin(admin.ModelAdmin):
    """Words known from spam."""

    list_display = ["word", "added_at"]
    search_fields = ["word"]


@admin.register(RetentionRun)
class RetentionRunAdmin(ReadOnly, admin.ModelAdmin):
    """The rules of what is forgotten when, and that they are kept to day by day."""

    change_list_template = "admin/contacts/retention.html"
    list_display = ["day", "began_at", "ended_at", "rows"]
    fields = ["day", "began_at", "ended_at", "counts"]

    @admin.display(description=_("rows"))
    def rows(self, run: RetentionRun) -> int:
        """How many rows all rules took together."""
        return sum(run.counts.values())

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list of days below the table of rules, with what each rule took last. One query more."""
        last = RetentionRun.objects.exclude(ended_at=None).first()
        counts = last.counts if last else {}
        rules = [{"rule": rule, "last": counts.get(rule.code)} for rule in every_rule()]
        more = {"rules": rules, "title": capfirst(str(self.opts.verbose_name_plural))}
        return super().changelist_view(request, {**more, **(extra_context or {})})
