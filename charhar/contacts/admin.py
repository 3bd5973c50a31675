"""People, what they agreed to, and the mail that went to them. The ledgers are read, never written, here."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .models import Consent, OutgoingMail, Person, SpamWord
from .outbox import send_again


class ReadOnly:
    """Rows that the site writes and nobody changes by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ConsentInline(ReadOnly, admin.TabularInline):
    """A person's consents, with the very words."""

    model = Consent
    readonly_fields = ["purpose", "version", "text", "source", "given_at", "withdrawn_at"]
    fields = [*readonly_fields]
    extra = 0


@admin.register(Person)
class PersonAdmin(admin.ModelAdmin):
    """Who the institute deals with."""

    list_display = ["email", "name", "language", "created_at"]
    list_filter = ["language", "created_at"]
    search_fields = ["email", "name"]
    date_hierarchy = "created_at"
    readonly_fields = ["created_at"]
    inlines = [ConsentInline]


@admin.register(Consent)
class ConsentAdmin(ReadOnly, admin.ModelAdmin):
    """The ledger of consents."""

    list_display = ["person", "purpose", "version", "given_at", "withdrawn_at", "source"]
    list_filter = ["purpose", "version", ("withdrawn_at", admin.EmptyFieldListFilter)]
    search_fields = ["person__email", "person__name"]
    date_hierarchy = "given_at"
    list_select_related = ["person"]


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
