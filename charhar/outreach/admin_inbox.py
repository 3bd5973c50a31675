"""The inbox in the admin: the list, what is done with many at once, and what staff keep for it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from charhar.contacts.admin import ReadOnly
from charhar.contacts.export import csv_response

from . import inbox
from .correspondence import ContactMessage, ReceivedMail, Reply, ReplyTemplate, Route
from .inbox_page import MessagePage
from .response_times import response_times


class WaitingFilter(admin.SimpleListFilter):
    """Messages by whom they wait for; spam is shown only where it is asked for."""

    title = _("waiting for")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("me", _("me: new, or assigned to me")),
            ("mine", _("assigned to me")),
            ("anybody", _("anybody")),
            ("all", _("everything, spam too")),
        ]

    def choices(self, changelist: Any) -> Any:
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("All but spam")}
        yield from rest

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "me":
            return queryset.for_me(request.user)
        if self.value() == "mine":
            return queryset.waiting().filter(assigned_to=request.user)
        if self.value() == "anybody":
            return queryset.waiting()
        if self.value() == "all" or "state__exact" in request.GET:
            return queryset
        return queryset.exclude(state=ContactMessage.State.SPAM)


class SuspectedFilter(admin.SimpleListFilter):
    """Messages of people who have sent spam before."""

    title = _("perhaps spam")
    parameter_name = "suspected"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("other messages of the sender are spam"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.suspected() if self.value() == "yes" else queryset


class InboxList(ChangeList):
    """The list; whether a message is perhaps spam is asked of those that the page shows, by one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        shown = list(self.result_list)
        keys = [message.pk for message in shown]
        suspected = set(ContactMessage.objects.filter(pk__in=keys).suspected().values_list("pk", flat=True))
        for message in shown:
            message.is_suspected = message.pk in suspected  # type: ignore[attr-defined]
        self.result_list = shown  # type: ignore[assignment]


@admin.register(ContactMessage)
class ContactMessageAdmin(MessagePage, admin.ModelAdmin):
    """The inbox."""

    change_list_template = "admin/outreach/inbox.html"
    list_display = ["created_at", "name", "subject", "state", "assigned_to", "waits", "suspicion", "language"]
    list_display_links = ["created_at", "name"]
    list_filter = [WaitingFilter, "state", "subject", SuspectedFilter, "language"]
    search_fields = ["name", "email", "organisation", "message"]
    search_help_text = _("Sender, text and answers")
    date_hierarchy = "created_at"
    show_full_result_count = False
    list_select_related = ["assigned_to"]
    actions = ["mark_spam", "take_back_spam", "mark_answered", "assign_to_me", "export"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return InboxList

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """As usual; and by words of the thread, each of which must stand in one of its letters."""
        found, duplicates = super().get_search_results(request, queryset, search_term)
        words = search_term.split()
        if words:
            every = Q(*(Q(text__icontains=word) | Q(sender__icontains=word) for word in words))
            found = found | queryset.filter(pk__in=Reply.objects.filter(every).order_by().values("message"))
        return found, duplicates

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        times = self.admin_site.admin_view(self.times_view)
        return [path("times/", times, name="outreach_contactmessage_times"), *super().get_urls()]

    @admin.display(description=_("waiting"), ordering="waiting_since")
    def waits(self, message: ContactMessage) -> str:
        return timesince(message.waiting_since, depth=1) if message.waiting_since else ""

    @admin.display(description=_("perhaps spam"))
    def suspicion(self, message: Any) -> Any:
        return _("perhaps") if message.is_suspected else ""

    def times_view(self, request: HttpRequest) -> HttpResponse:
        """How long people wait for their first answer."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("Response times"),
            "opts": self.opts,
            **response_times(),
        }
        return TemplateResponse(request, "admin/outreach/times.html", context)

    @admin.action(description=_("Mark as spam"), permissions=["change"])
    def mark_spam(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset, lambda message: inbox.mark_spam(message, by=request.user))

    @admin.action(description=_("Take back from the spam"), permissions=["change"])
    def take_back_spam(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset, lambda message: inbox.take_back(message, by=request.user))

    @admin.action(description=_("Mark as answered"), permissions=["change"])
    def mark_answered(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset, lambda message: inbox.settle(message, by=request.user))

    @admin.action(description=_("Assign to me"), permissions=["change"])
    def assign_to_me(self, request: HttpRequest, queryset: Any) -> None:
        self._each(request, queryset, lambda message: inbox.assign(message, request.user, by=request.user))

    def _each(self, request: HttpRequest, queryset: Any, move: Any) -> None:
        done, refused = 0, []
        for message in queryset:
            try:
                move(message)
                done += 1
            except ValidationError as error:
                refused.append(f"{message}: {' '.join(error.messages)}")
        text = ngettext("%(count)d message marked.", "%(count)d messages marked.", done) % {"count": done}
        self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)
        for line in refused[:10]:
            self.message_user(request, line, messages.WARNING)

    @admin.action(description=_("Download as CSV"), permissions=["view"])
    def export(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        rows = (
            [timezone.localtime(m.created_at).isoformat(timespec="minutes"), m.get_subject_display(), m.name,
             m.email, m.organisation, m.page, m.message, m.language, m.get_state_display()]
            for m in queryset.iterator()
        )  # fmt: skip
        headings = [
            _("received"), _("subject"), _("name"), _("e-mail"), _("organisation"), _("page it is about"),
            _("message"), _("language"), _("state"),
        ]  # fmt: skip
        return csv_response("messages", headings, rows)


@admin.register(Route)
class RouteAdmin(admin.ModelAdmin):
    """Who is told of which subject."""

    list_display = ["subject", "people", "address"]
    filter_horizontal = ["accounts"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("accounts")

    @admin.display(description=_("accounts"))
    def people(self, route: Route) -> str:
        return ", ".join(str(account) for account in route.accounts.all())


@admin.register(ReplyTemplate)
class ReplyTemplateAdmin(admin.ModelAdmin):
    """What staff often answer."""

    list_display = ["name", "hidden"]
    list_filter = ["hidden"]
    search_fields = ["name", "text_en", "text_zh"]


@admin.register(ReceivedMail)
class ReceivedMailAdmin(ReadOnly, admin.ModelAdmin):
    """What was read from the mailbox, and what it was."""

    list_display = ["at", "kind", "status", "mail"]
    list_filter = ["kind"]
    list_select_related = ["mail"]
    date_hierarchy = "at"
    show_full_result_count = False
