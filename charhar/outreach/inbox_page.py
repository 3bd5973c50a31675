"""A message's page in the admin: the thread, the answer, the notes, and what else is known of its person."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from charhar.contacts.held import everything_held
from charhar.contacts.models import OutgoingMail, Person, Suppression, TimelineEvent

from . import inbox, replies
from .correspondence import ContactMessage, Reply
from .inbox import Move
from .inbox_forms import AnswerForm, AssignForm, NoteForm

EVENTS_SHOWN = 30
ROWS_SHOWN = 5


class MessagePage(admin.ModelAdmin):
    """The page that a message opens as; each button is a form of its own, and errors keep what was typed."""

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page; a post does what its button says, once, and leads back to it."""
        message = self.get_object(request, object_id)
        if message is None:
            raise Http404
        if not self.has_view_or_change_permission(request, message):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, message)
        if not self.has_change_permission(request, message):
            raise PermissionDenied
        do = getattr(self, f"_do_{request.POST.get('do', '')}", None)
        if do is None:
            raise Http404
        return do(request, message)

    # -- What the buttons do ------------------------------------------------------------------------

    def _do_answer(self, request: HttpRequest, message: Any) -> HttpResponse:
        form = AnswerForm(request.POST, message=message)
        if form.is_valid():
            data = form.cleaned_data
            try:
                replies.answer(message, data["text"], by=request.user, key=data["key"], seen=data["seen"])
            except replies.Overtaken as error:
                form.add_error(None, error)
                # Sent again, it is sent with knowledge of what is shown now.
                typed = request.POST.copy()
                typed["seen"] = str(replies.last_seen(message))
                form.data = typed
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return self._back(request, message, _("The answer is on its way."))
        return self._page(request, message, answer=form)

    def _do_insert(self, request: HttpRequest, message: Any) -> HttpResponse:
        """The page with a template's text beneath what was typed; nothing is sent."""
        typed = AnswerForm(request.POST, message=message)
        form = AnswerForm(message=message, text=typed.with_template(message.language))
        return self._page(request, message, answer=form, status=200)

    def _do_assign(self, request: HttpRequest, message: Any) -> HttpResponse:
        form = AssignForm(request.POST, message=message)
        if not form.is_valid():
            return self._page(request, message, assign=form)
        return self._move(request, message, inbox.assign, form.cleaned_data["to"])

    def _do_mine(self, request: HttpRequest, message: Any) -> HttpResponse:
        return self._move(request, message, inbox.assign, request.user)

    def _do_release(self, request: HttpRequest, message: Any) -> HttpResponse:
        return self._move(request, message, inbox.release)

    def _do_settle(self, request: HttpRequest, message: Any) -> HttpResponse:
        return self._move(request, message, inbox.settle)

    def _do_reopen(self, request: HttpRequest, message: Any) -> HttpResponse:
        return self._move(request, message, inbox.reopen)

    def _do_spam(self, request: HttpRequest, message: Any) -> HttpResponse:
        return self._move(request, message, inbox.mark_spam)

    def _do_take_back(self, request: HttpRequest, message: Any) -> HttpResponse:
        return self._move(request, message, inbox.take_back)

    def _do_note(self, request: HttpRequest, message: Any) -> HttpResponse:
        form = NoteForm(request.POST)
        if not form.is_valid():
            return self._page(request, message, note=form)
        inbox.note(message, TimelineEvent.Kind.NOTE, by=request.user, text=form.cleaned_data["note"])
        return self._back(request, message, _("The note is kept."))

    def _move(self, request: HttpRequest, message: Any, move: Any, *args: Any) -> HttpResponse:
        try:
            move(message, *args, by=request.user)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return self._page(request, message, status=409)
        return self._back(request, message, _("Done: %s") % message.get_state_display())

    def _back(self, request: HttpRequest, message: Any, text: Any) -> HttpResponse:
        self.message_user(request, text, messages.SUCCESS)
        return redirect("admin:outreach_contactmessage_change", message.pk)

    # -- What the page shows ------------------------------------------------------------------------

    def _page(
        self,
        request: HttpRequest,
        message: Any,
        *,
        answer: AnswerForm | None = None,
        assign: AssignForm | None = None,
        note: NoteForm | None = None,
        status: int | None = None,
    ) -> HttpResponse:
        wrong = any(form is not None for form in (answer, assign, note))
        may = self.has_change_permission(request, message)
        message.refresh_from_db()
        moves = inbox.possible(message) if may else set()
        context = {
            **self.admin_site.each_context(request),
            "title": message.get_subject_display(),
            "subtitle": message.name or _("erased"),
            "opts": self.opts,
            "do": {name: name for name in ("answer", "insert", "assign", "mine", "note")},
            "message": message,
            "original": message,
            "thread": [_letter(reply) for reply in message.replies.select_related("by", "mail")],
            "events": _events(message),
            "moves": {move.value for move in moves},
            "buttons": [
                (move.value, move.label)
                for move in (Move.SETTLE, Move.REOPEN, Move.SPAM, Move.TAKE_BACK, Move.RELEASE)
                if move in moves
            ],
            "answer": (answer or AnswerForm(message=message)) if Move.ANSWER in moves else None,
            "assign": (assign or AssignForm(message=message)) if Move.ASSIGN in moves else None,
            "note": (note or NoteForm()) if may and message.person_id else None,
            "is_suppressed": bool(message.email and Suppression.objects.among([message.email])),
            "is_suspected": message.state != ContactMessage.State.SPAM and _has_sent_spam(message),
            "others": _others(request, message),
            "may_delete": self.has_delete_permission(request, message),
            "may_see_mail": request.user.has_perm("contacts.view_outgoingmail"),
        }
        template = "admin/outreach/message.html"
        return TemplateResponse(request, template, context, status=status or (422 if wrong else 200))


def _letter(reply: Reply) -> dict[str, Any]:
    """A reply as the thread shows it: what it says, what it quotes at its end, what became of it."""
    lines = reply.text.rstrip().split("\n")
    end = len(lines)
    while end and (lines[end - 1].startswith(">") or not lines[end - 1].strip()):
        end -= 1
    mail = reply.mail
    lost = mail is not None and mail.state in {OutgoingMail.State.FAILED, OutgoingMail.State.UNCERTAIN}
    return {
        "reply": reply,
        "said": "\n".join(lines[:end]),
        "quoted": "\n".join(lines[end:]).strip(),
        "is_lost": lost,
    }


def _events(message: ContactMessage) -> list[TimelineEvent]:
    if message.person is None:
        return []
    return list(message.person.timeline.select_related("by", "about_type")[:EVENTS_SHOWN])


def _has_sent_spam(message: ContactMessage) -> bool:
    others = ContactMessage.objects.filter(person=message.person, state=ContactMessage.State.SPAM)
    return message.person_id is not None and others.exclude(pk=message.pk).exists()


def _others(request: HttpRequest, message: ContactMessage) -> list[dict[str, Any]]:
    """What else is known of the person, as far as this account may see it: a query for each kind of row."""
    if message.person is None:
        return []
    found = [_kind(request, Person, Person.objects.filter(pk=message.person.pk))]
    for held in everything_held():
        if held.model._meta.app_label != "contacts":
            rows = held.rows(message.person)
            if held.model is ContactMessage:
                rows = rows.exclude(pk=message.pk)
            found.append(_kind(request, held.model, rows))
    return [each for each in found if each["rows"]]


def _kind(request: HttpRequest, model: Any, rows: Any) -> dict[str, Any]:
    opts = model._meta
    shown = []
    if request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
        try:
            shown = [
                (str(row), reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk]))
                for row in rows.order_by("-pk")[:ROWS_SHOWN]
            ]
        except NoReverseMatch:
            shown = []
    return {"name": opts.verbose_name_plural, "rows": shown}
