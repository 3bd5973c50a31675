"""The queue of applications: read as they were written, assigned, asked back, accepted, declined."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect

from charhar.contacts.admin_timeline import TimelineAdmin
from charhar.contacts.export import csv_response
from charhar.contacts.fields import ParagraphsField

from . import applications
from .admin_letters import LetterForm
from .letters import absolute, day_words, of_applicant, of_member
from .memberships import Refused, last_day
from .models import Application, today
from .views import answer_token

State = Application.State


class AskForm(LetterForm):
    """What the applicant is asked, and the letter with it."""

    code = "application-asked"
    send_letter = None  # type: ignore[assignment]  # the question is in the letter
    question = ParagraphsField(
        label=_("What do you ask?"), max_length=5000, widget=forms.Textarea(attrs={"rows": 4, "cols": 80})
    )


class DeclineForm(LetterForm):
    """Why the application is declined, and the letter with it."""

    code = "application-declined"
    reason = ParagraphsField(
        label=_("Reason"), max_length=5000, widget=forms.Textarea(attrs={"rows": 4, "cols": 80})
    )


class AcceptForm(LetterForm):
    """The welcome."""

    code = "application-accepted"
    send_letter = None  # type: ignore[assignment]  # who is accepted hears of it


class AssignForm(forms.Form):
    """Whose business an application is."""

    to: Any = forms.ModelChoiceField(
        label=_("Assigned to"), queryset=None, required=False, empty_label=_("nobody")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = applications.assignable()  # type: ignore[attr-defined]


FORMS: dict[str, tuple[Any, type[LetterForm]]] = {
    State.ASKED: (_("Ask back"), AskForm),
    State.ACCEPTED: (_("Accept"), AcceptForm),
    State.DECLINED: (_("Decline"), DeclineForm),
}
PLAIN: dict[str, Any] = {State.REVIEW: _("Take up"), State.WITHDRAWN: _("Withdraw, as the applicant asked")}


class MineFilter(admin.SimpleListFilter):
    """Applications by whose business they are."""

    title = _("assigned")
    parameter_name = "assigned"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("me", _("to me")), ("nobody", _("to nobody"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "me":
            return queryset.filter(assigned_to=request.user)
        return queryset.filter(assigned_to=None) if self.value() == "nobody" else queryset


@admin.register(Application)
class ApplicationAdmin(TimelineAdmin):
    """The queue: what was written is read, its state changes by steps."""

    change_form_template = "admin/members/application.html"
    list_display = [
        "created_at", "name", "email", "plan", "organisation", "country", "language", "state", "assigned_to",
    ]  # fmt: skip
    list_display_links = ["created_at", "name"]
    list_filter = ["state", MineFilter, "plan", "language"]
    search_fields = ["name", "email", "organisation", "country", "statement"]
    date_hierarchy = "created_at"
    list_select_related = ["plan", "assigned_to"]
    show_full_result_count = False
    fields = [
        "state", "assigned_to", "created_at", "plan", "name", "email", "organisation", "country", "statement",
        "exchange", "language", "person", "consent_text", "reason", "decided_at",
    ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    actions = ["export"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @admin.display(description=_("agreed to"))
    def consent_text(self, application: Application) -> str:
        """The very words of the consent."""
        return application.consent.text if application.consent else ""

    @admin.display(description=_("asked back"))
    def exchange(self, application: Application) -> SafeString:
        """What was asked and answered."""
        rows = [(q.text, q.answer or "–") for q in application.questions.all()]
        return (
            format_html_join("", "<p><strong>{}</strong><br>{}</p>", rows) if rows else format_html("{}", "–")
        )

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

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/step/<slug:state>/", wrap(self.step_view), name="members_application_step"
            ),
            path("<path:object_id>/assign/", wrap(self.assign_view), name="members_application_assign"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more: dict[str, Any] = {"show_save": False, "show_save_and_continue": False}
        application = self.get_object(request, unquote(object_id))
        if application is not None and self.has_change_permission(request, application):
            names = {**{state: name for state, (name, _form) in FORMS.items()}, **PLAIN}
            more["steps"] = [
                {
                    "name": names[state],
                    "url": reverse("admin:members_application_step", args=[application.pk, state]),
                }
                for state in (*FORMS, *PLAIN)
                if applications.may_become(application, state)
            ]
            if application.state in applications.OPEN:
                more["assign_form"] = AssignForm(initial={"to": application.assigned_to_id})
                more["assign_url"] = reverse("admin:members_application_assign", args=[application.pk])
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def _find(self, request: HttpRequest, object_id: str) -> Application:
        application = self.get_object(request, unquote(object_id))
        if application is None:
            raise Http404
        if not self.has_change_permission(request, application):
            raise PermissionDenied
        return application

    def _back(self, application: Application) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:members_application_change", args=[application.pk]))

    @method_decorator(csrf_protect)
    def assign_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make it somebody's business."""
        application = self._find(request, object_id)
        form = AssignForm(request.POST)
        if request.method == "POST" and form.is_valid():
            try:
                applications.assign(application, form.cleaned_data["to"], by=request.user)
            except Refused as refused:
                self.message_user(request, refused.message, messages.ERROR)
        return self._back(application)

    @method_decorator(csrf_protect)
    def step_view(self, request: HttpRequest, object_id: str, state: str) -> HttpResponse:
        """One step: asked for, with the letter that goes with it shown, and then taken."""
        application = self._find(request, object_id)
        if state not in FORMS and state not in PLAIN:
            raise Http404
        if not applications.may_become(application, state):
            self.message_user(
                request,
                _("This application is “%(state)s” now; that can not be done any more.")
                % {"state": application.get_state_display()},
                messages.WARNING,
            )
            return self._back(application)
        title = FORMS[state][0] if state in FORMS else PLAIN[state]
        form = self._form(application, state, request.POST if request.method == "POST" else None)
        preview = None
        if request.method == "POST" and (form is None or form.is_valid()):
            if form is not None and "_preview" in request.POST:
                preview = form.preview()
            else:
                try:
                    self._take(application, state, form, request.user)
                except Refused as refused:
                    self.message_user(request, refused.message, messages.ERROR)
                else:
                    self.message_user(request, _("Done: %(step)s.") % {"step": title}, messages.SUCCESS)
                return self._back(application)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "about": application,
            "back": reverse("admin:members_application_change", args=[application.pk]),
            "form": form,
            "preview": preview,
            "preview_to": application.email,
        }
        return TemplateResponse(request, "admin/members/step.html", context)

    def _form(self, application: Application, state: str, data: Any) -> LetterForm | None:
        if state not in FORMS:
            return None
        plan: Any = application.plan
        ends = last_day(today(), plan.term_months) if plan and plan.term_months else None
        later: dict[str, Any] = {
            State.ASKED: {"question": "…", "link": "https://…"},
            State.DECLINED: {"reason": "…"},
            State.ACCEPTED: {"number": f"CH-{today().year}-…"},
        }[State(state)]
        known = of_applicant(application)
        if state == State.ACCEPTED and plan:
            with translation.override(application.language):
                known |= {
                    "until": day_words(ends, application.language),
                    "fee": plan.fee_label,
                    "payment": plan.payment,
                    "link": absolute("member-sign-in", application.language),
                }
        return FORMS[state][1](data, language=application.language, known=known, later=later)

    def _take(self, application: Application, state: str, form: Any, by: Any) -> None:
        language = application.language
        if state == State.ASKED:
            asked = form.cleaned_data["question"]

            def question(row: Any) -> Any:
                link = absolute("membership-answer", language, answer_token(row))
                return form.letter({"question": asked, "link": link})

            applications.ask(application, asked, question, by=by)
        elif state == State.ACCEPTED:
            applications.accept(application, lambda m: form.letter(of_member(m, language)), by=by)
        elif state == State.DECLINED:
            reason = form.cleaned_data["reason"]
            letter = form.letter({"reason": reason}) if form.cleaned_data["send_letter"] else None
            applications.decline(application, reason, letter, by=by)
        elif state == State.REVIEW:
            applications.review(application, by=by)
        else:
            applications.withdraw(application, by=by)
