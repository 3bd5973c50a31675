"""Newsletters at the desk: composed, looked at, tried, sent to a number shown before, and watched."""

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_exempt, csp_update
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.clickjacking import xframe_options_sameorigin

from articles.models import Article
from charhar.contacts.models import OutgoingMail, Suppression
from charhar.publishing.moments import moment_said
from charhar.taxonomy.admin_seen import SeenAdmin
from publications.models import Publication

from . import newsletters
from .models import Newsletter, NewsletterItem

FOUND = 30
# The letter's own styles are meant to stand in it; nothing else of it may do anything: no script, no form.
LETTERS_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self' {site}; frame-ancestors 'self'"
)


class NewsletterItemInline(admin.TabularInline):
    """The texts in their order: by number, without JavaScript."""

    model = NewsletterItem
    fields = ["position", "shown", "words"]
    readonly_fields = ["shown"]
    extra = 0
    formfield_overrides = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 2})}}

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("article", "publication__series")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    @admin.display(description=gettext_lazy("text"))
    def shown(self, item: NewsletterItem) -> str:
        if item.left_out:
            note = _("was not public when sending began: left out")
        elif item.text.is_published:
            note = ""
        else:
            note = _("not public now: would be left out")
        return format_html("{} <strong>{}</strong>", item.text, note)


class ScheduleForm(forms.Form):
    """When to send, to the minute, in Beijing's time."""

    at = forms.SplitDateTimeField(label=gettext_lazy("Begin"), required=False, widget=AdminSplitDateTime)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        both: Any = self.fields["at"].widget
        for widget, name in zip(both.widgets, (_("Begin, date"), _("Begin, time")), strict=True):
            widget.attrs["aria-label"] = name


@admin.register(Newsletter)
class NewsletterAdmin(SeenAdmin):
    """Newsletters, from draft to sent. Only a draft's words can be changed."""

    list_display = ["title", "language", "state", "subject", "send_at", "begun_at"]
    list_filter = ["state", "language", "internal"]
    search_fields = ["title", "subject"]
    filter_horizontal = ["topics", "regions", "series", "experts"]
    inlines = [NewsletterItemInline]
    change_form_template = "admin/outreach/newsletter/change_form.html"
    fieldsets = [
        (None, {"fields": ["language", "title", "slug", "subject", "preheader", "introduction"]}),
        (
            gettext_lazy("To whom"),
            {
                "fields": [
                    "every_language", "topics", "regions", "series", "experts", "members", "country",
                    "internal", "per_minute",
                ],
                "description": gettext_lazy(
                    "To everybody who is subscribed in its language; with topics, regions, series or experts"
                    " to those who follow any of them, or everything."
                ),
            },
        ),
    ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None or obj.is_draft:
            return []
        return [name for _heading, options in self.fieldsets for name in options["fields"]]  # type: ignore[union-attr]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_draft)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)  # would also take what has been sent
        return actions

    def save_model(self, request: HttpRequest, obj: Newsletter, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Any) -> URLPattern:
            return path(
                f"<int:pk>/{name}/",
                self.admin_site.admin_view(view),
                name=f"outreach_newsletter_{name.replace('/', '_')}",
            )

        return [
            page("preview", self.preview_view),
            page("letter", self.letter_view),
            page("texts", self.texts_view),
            page("send", self.send_view),
            page("progress", self.progress_view),
            page("move", self.move_view),
            page("test", self.test_view),
            *super().get_urls(),
        ]

    def view_on_site(self, obj: Newsletter) -> str | None:  # type: ignore[override]
        return obj.get_absolute_url() if obj.begun_at and not obj.internal else None

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj = context.get("original")
        if obj is not None:
            context["refusal"] = newsletters.REFUSALS.get(obj.report, "")
            context["counts"] = _counts(obj)
        return super().render_change_form(request, context, *args, **kwargs)

    # -- Pages of one newsletter --

    def _one(self, request: HttpRequest, pk: int, *, change: bool = False) -> Newsletter:
        newsletter = Newsletter.objects.select_related("mailing").filter(pk=pk).first()
        if newsletter is None:
            raise Http404("There is no such newsletter.")
        may = self.has_change_permission if change else self.has_view_permission
        if not may(request, newsletter):
            raise PermissionDenied
        return newsletter

    def _page(
        self,
        request: HttpRequest,
        newsletter: Newsletter,
        name: str,
        title: str,
        status: int = 200,
        **more: Any,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request), "opts": self.opts, "newsletter": newsletter,
            "title": title, "back": newsletter.admin_url(), **more,
        }  # fmt: skip
        return render(request, f"admin/outreach/newsletter/{name}.html", context, status=status)

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The letter as it would go out now: framed as HTML, and as plain text."""
        newsletter = self._one(request, pk)
        letter, left_out = newsletters.preview(newsletter)
        return self._page(request, newsletter, "preview", _("Preview"), letter=letter, left_out=left_out)

    @method_decorator([csp_exempt(), xframe_options_sameorigin])
    def letter_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The HTML of the letter itself, under a policy of its own."""
        letter, _left_out = newsletters.preview(self._one(request, pk))
        response = HttpResponse(letter.html)
        response.headers["Content-Security-Policy"] = LETTERS_POLICY.format(site=settings.SITE_URL)
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def texts_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Published texts by their titles, to be chosen; or all that is new since the last newsletter."""
        newsletter = self._one(request, pk, change=True)
        query = request.GET.get("q", "").strip()[:100]
        if request.method == "POST" and newsletter.is_draft:
            if "fill" in request.POST:
                number = newsletters.add_texts(newsletter, newsletters.new_since_last(newsletter))
            else:
                number = newsletters.add_texts(newsletter, _named(request.POST.getlist("text")))
            said = ngettext("%(count)d text added.", "%(count)d texts added.", number) % {"count": number}
            messages.success(request, said)
            return redirect(newsletter.admin_url())
        found: list[Any] = []
        for model in (Article, Publication):
            rows: Any = model.objects.published()
            rows = rows.filter(title__icontains=query) if query else rows.filter(language=newsletter.language)
            found += rows.order_by("-publish_at", "-pk")[:FOUND]
        found.sort(key=lambda text: text.publish_at, reverse=True)
        texts = [(f"{text._meta.model_name}-{text.pk}", text) for text in found[:FOUND]]
        return self._page(request, newsletter, "texts", _("Choose texts"), texts=texts, query=query)

    def send_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Number of recipients and time, to be confirmed."""
        newsletter = self._one(request, pk, change=True)
        form = ScheduleForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            at = form.cleaned_data["at"] or timezone.now()
            try:
                newsletters.schedule(newsletter, at)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                said = _("“%(title)s” begins at %(moment)s.")
                messages.success(request, said % {"title": newsletter, "moment": moment_said(at)})
                return redirect(newsletter.admin_url())
        emails = list(newsletters.recipients(newsletter).values_list("person__email", flat=True))
        _letter, left_out = newsletters.preview(newsletter)
        more = {
            "form": form, "number": len(emails), "suppressed": len(Suppression.objects.among(emails)),
            "left_out": left_out,
        }  # fmt: skip
        status = 422 if form.errors else 200
        return self._page(request, newsletter, "send", _("Send"), status, **more)

    def move_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One of the moves that a person decides, by POST."""
        newsletter = self._one(request, pk, change=True)
        moves: dict[str, Any] = {
            "unschedule": newsletters.unschedule, "pause": newsletters.pause, "resume": newsletters.resume,
            "cancel": newsletters.cancel,
        }  # fmt: skip
        move = next((moves[name] for name in moves if name in request.POST), None)
        if request.method != "POST" or move is None:
            raise Http404("There is no such move.")
        try:
            move(newsletter)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        return redirect(newsletter.admin_url())

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the letter to whoever asks, by POST."""
        newsletter = self._one(request, pk, change=True)
        to = getattr(request.user, "email", "")
        if request.method != "POST":
            raise Http404("A test is sent by its button.")
        if to:
            newsletters.send_test(newsletter, to)
            messages.success(request, _("A test is on its way to %s.") % to)
        else:
            messages.error(request, _("Your account has no e-mail address."))
        return redirect(newsletter.admin_url())

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How many recipients are in each of the five states, and the messages to be decided on."""
        newsletter = self._one(request, pk)
        uncertain = None
        if newsletter.mailing is not None:
            uncertain = (
                reverse("admin:contacts_outgoingmail_changelist")
                + f"?state__exact=uncertain&mailing__id__exact={newsletter.mailing_id}"
            )
        return self._page(
            request, newsletter, "progress", _("Progress"), counts=_counts(newsletter), uncertain=uncertain
        )


def _counts(newsletter: Newsletter) -> list[tuple[str, int]]:
    if newsletter.mailing is None:
        return []
    found = newsletter.mailing.counts()
    return [(str(OutgoingMail.State(state).label), number) for state, number in found.items()]


def _named(names: list[str]) -> list[Any]:
    """The published texts that stand under names such as ``article-7``, in the order of the names."""
    models: dict[str, Any] = {"article": Article, "publication": Publication}
    texts = []
    for name in names[:FOUND]:
        kind, _dash, key = name.partition("-")
        if kind in models and key.isdigit():
            texts += models[kind].objects.published().filter(pk=int(key))
    return texts
