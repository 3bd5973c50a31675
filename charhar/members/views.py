"""The page Membership: plans, application, one that was started, and the answer to what was asked back."""

from typing import Any

from django.core import signing
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from charhar.contacts.guard import GuardedForm, GuardedFormView
from charhar.contacts.models import Consent, Person
from charhar.contacts.private import Private, private
from charhar.pages.views import form_page
from charhar.publishing.head import head_for
from charhar.publishing.languages import current_language

from . import applications, started
from .forms import WORDING, AnswerForm, ApplicationForm, StartedForm
from .letters import acknowledge, tell_secretariat
from .memberships import Refused
from .models import Application, Plan, Question

ANSWER_SALT = "members.answer"


class Membership(GuardedFormView):
    """Membership: the plans, and the application for one of them, which can be saved and gone on with."""

    bucket = "application"
    form_class: type[GuardedForm] = ApplicationForm
    template_name = "members/membership.html"

    def page_context(self) -> dict[str, Any]:
        return {**form_page(self.request, "membership", _("Membership")), "plans": list(Plan.shown())}

    @property
    def is_saving(self) -> bool:
        """Whether the applicant wants to go on later."""
        return bool(self.request.POST.get("save"))

    def make_form(self, data: QueryDict | None = None) -> GuardedForm:
        """The form by which what was sent is judged: what is only saved need not be whole."""
        return StartedForm(data) if data is not None and data.get("save") else self.form_class(data)

    def keep(self, form: GuardedForm) -> None:
        """One row, one consent and one mail to each side for the same application on one day."""
        if isinstance(form, StartedForm):
            started.begin(form.cleaned_data["email"], current_language(), form.typed(), form.digest())
            return
        with transaction.atomic():
            person = hold_person(form)
            if not is_known(form):
                send(Application(person=person, state=Application.State.STARTED), form, person)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """As every guarded form; an address that has had its links for today is told so."""
        try:
            return super().post(request, *args, **kwargs)
        except started.TooMany:
            return self.refuse(
                self.make_form(request.POST),
                _(
                    "Several links have been sent to this address today. Please use one of them; what you "
                    "typed stands below."
                ),
                429,
            )

    def thanks_url(self) -> str:
        return reverse("membership-saved" if self.is_saving else "membership-thanks")


def hold_person(form: GuardedForm) -> Person:
    """Whoever the form is from, held: its holder is the only one to look for the same application."""
    data = form.cleaned_data
    person = Person.objects.meet(data["email"], name=data["name"], language=current_language())
    return Person.objects.select_for_update().get(pk=person.pk)


def is_known(form: GuardedForm) -> bool:
    """Whether the very same application came in today."""
    return Application.objects.filter(digest=form.digest(), day=timezone.localdate()).exists()


def send(application: Application, form: GuardedForm, person: Person) -> None:
    """Make a new application of what the form holds, with its consent; tell applicant and secretariat."""
    data = {name: form.cleaned_data[name] for name in form.fields if name not in {"website", "consent"}}
    application.digest, application.day = form.digest(), timezone.localdate()
    application.person, application.language = person, current_language()
    application.save()
    consent = Consent.objects.give(person, WORDING, source=reverse("membership"))
    applications.send(application, data, consent)
    acknowledge(application)
    tell_secretariat(
        "application-received",
        application.language,
        reverse("admin:members_application_change", args=[application.pk]),
        plan=application.plan,
    )


class Started(Private, Membership):
    """An application that was begun: its form with all that was typed, behind a link that the mailbox got."""

    application: Application | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Find the application; a link that was cut is 404, one that was forgotten 410."""
        try:
            self.application = started.from_token(kwargs["token"])
        except signing.BadSignature:
            return dead_link(request, 404)
        if self.application is None:
            return dead_link(request, 410)
        if self.application.state != Application.State.STARTED:
            return HttpResponseRedirect(reverse("membership-thanks"))
        return super().dispatch(request, *args, **kwargs)

    def page_context(self) -> dict[str, Any]:
        context = super().page_context()
        context["head"].noindex = True
        return {**context, "started": self.application, "action": self.request.path}

    def make_form(self, data: QueryDict | None = None) -> GuardedForm:
        if data is None and self.application is not None:
            return ApplicationForm(initial=self.application.typed)
        return super().make_form(data)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "forget" in request.POST and self.application is not None:
            started.forget(self.application)
            return HttpResponseRedirect(reverse("membership-forgotten"))
        return super().post(request, *args, **kwargs)

    def keep(self, form: GuardedForm) -> None:
        """Keep it further, or send it: then the started one becomes new, once."""
        if self.application is None:
            return
        if isinstance(form, StartedForm):
            started.keep(self.application, form.typed())
            return
        with transaction.atomic():
            person = hold_person(form)
            found = Application.objects.select_for_update(of=("self",)).filter(
                pk=self.application.pk, state=Application.State.STARTED
            )
            application = found.first()
            if application is None:
                return  # sent by the same click a moment ago
            if is_known(form):
                application.delete()
            else:
                send(application, form, person)


def answer_token(question: Question) -> str:
    """What the link to a question carries."""
    return signing.dumps(question.pk, salt=ANSWER_SALT)


class Answer(Private, GuardedFormView):
    """What the secretariat asked back, and the place for the answer; a scanner's GET answers nothing."""

    bucket = "answer"
    form_class = AnswerForm
    template_name = "members/answer.html"
    question: Question

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Find the question; one that was answered, or that nobody waits for any more, is 410."""
        try:
            pk = signing.loads(kwargs["token"], salt=ANSWER_SALT)
        except signing.BadSignature:
            return dead_link(request, 404)
        question = Question.objects.select_related("application__plan").filter(pk=pk).first()
        if question is None:
            return dead_link(request, 410)
        self.question = question
        if question.answered_at is not None or question.application.state != Application.State.ASKED:
            if request.method == "POST":
                return HttpResponseRedirect(self.thanks_url())
            return dead_link(request, 410)
        return super().dispatch(request, *args, **kwargs)

    def page_context(self) -> dict[str, Any]:
        head = head_for(self.request, _("A question about your application"), noindex=True)
        return {"head": head, "question": self.question, "application": self.question.application}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer, or take the application back."""
        if "withdraw" not in request.POST:
            return super().post(request, *args, **kwargs)
        try:
            applications.withdraw(self.question.application)
        except Refused:
            return dead_link(request, 410)
        return HttpResponseRedirect(reverse("membership-withdrawn"))

    def keep(self, form: GuardedForm) -> None:
        """One answer, and one note to whoever has the application in hand."""
        application = self.question.application
        with transaction.atomic():
            if applications.answer(self.question, form.cleaned_data["answer"]):
                tell_secretariat(
                    "application-answered",
                    application.language,
                    reverse("admin:members_application_change", args=[application.pk]),
                    to=application.assigned_to,
                    plan=application.plan,
                )

    def thanks_url(self) -> str:
        return reverse("membership-answered")


def dead_link(request: HttpRequest, status: int) -> HttpResponse:
    """A page for a link that is cut, made up, used or too old."""
    head = head_for(request, _("This link does not work any more"), noindex=True)
    return render(request, "members/link_dead.html", {"head": head}, status=status)


@require_safe
@private
def thanks(request: HttpRequest, step: str) -> HttpResponse:
    """Where a post has led: what happened, and what comes next."""
    title, text = {
        "sent": (
            _("Thank you for your application"),
            _("It has reached the secretariat. We will write to you by e-mail once it has been looked at."),
        ),
        "saved": (
            _("What you typed is saved"),
            _(
                "The link that we have sent you by e-mail opens the form with everything in it. What is not "
                "sent within fourteen days is deleted."
            ),
        ),
        "forgotten": (_("What you typed is deleted"), _("Nothing of it is kept.")),
        "answered": (
            _("Thank you for your answer"),
            _("It has been added to your application. We will write to you by e-mail."),
        ),
        "withdrawn": (
            _("Your application is withdrawn"),
            _("Nothing more will be done with it. You can apply again at any time."),
        ),
    }[step]
    context = {
        "head": head_for(request, title, noindex=True),
        "text": text,
        "back": reverse("membership"),
        "forget": "membership" if step in {"sent", "forgotten"} else "",
    }
    return render(request, "members/thanks.html", context)
