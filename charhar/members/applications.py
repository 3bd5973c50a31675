"""What may become of an application: one table, and a function for each step that is in it.

Each step locks the application, asks the table, and writes its line in the timeline and its letter in one
transaction. A step that the table does not have raises ``Refused``, whoever asks for it.
"""

from typing import Any, cast

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from charhar.contacts.letters import Letter
from charhar.contacts.models import Consent, Person, TimelineEvent
from charhar.contacts.outbox import queue

from .memberships import Refused, admit
from .models import Application, Membership, Plan, Question

State = Application.State
Kind = TimelineEvent.Kind

# From each state: which may follow. Asked may follow asked: one question more.
TRANSITIONS: dict[str, set[str]] = {
    State.STARTED: {State.NEW},
    State.NEW: {State.REVIEW, State.ASKED, State.ACCEPTED, State.DECLINED, State.WITHDRAWN},
    State.REVIEW: {State.ASKED, State.ACCEPTED, State.DECLINED, State.WITHDRAWN},
    State.ASKED: {State.REVIEW, State.ASKED, State.ACCEPTED, State.DECLINED, State.WITHDRAWN},
    State.ACCEPTED: set(),
    State.DECLINED: {State.REVIEW},
    State.WITHDRAWN: set(),
}
OPEN = (State.NEW, State.REVIEW, State.ASKED)


def may_become(application: Application, state: str) -> bool:
    """Whether the table has this step."""
    return state in TRANSITIONS[application.state]


def held(application: Application) -> Application:
    """The application as it stands now, locked until the transaction ends."""
    return (
        Application.objects.select_for_update(of=("self",))
        .select_related("person", "plan")
        .get(pk=application.pk)
    )


def move(application: Application, state: str, **fields: Any) -> None:
    """Change the state of a locked application by the table, and save it; raises ``Refused``."""
    if not may_become(application, state):
        raise Refused(
            _("An application that is “%(now)s” can not become “%(then)s”.")
            % {"now": application.get_state_display(), "then": State(state).label}
        )
    application.state = state
    for name, value in fields.items():
        setattr(application, name, value)
    application.save(update_fields=["state", *fields])


def note(application: Application, kind: str, text: str = "", by: Any = None) -> None:
    """A line in the timeline of the one who applied."""
    TimelineEvent.objects.note(application.person, kind, by=by, text=text, about=application)


def send(application: Application, data: dict[str, Any], consent: Consent, **fields: Any) -> None:
    """Make a started application a new one, with what is in it now."""
    move(
        application,
        State.NEW,
        **data,
        **fields,
        consent=consent,
        typed={},
        created_at=timezone.now(),
    )
    note(application, Kind.APPLIED, str(application.plan))


def assignable() -> QuerySet[Any]:
    """The staff who may work on applications. One query."""
    backend = "django.contrib.auth.backends.ModelBackend"
    people = get_user_model().objects.with_perm(  # type: ignore[attr-defined]
        "members.change_application", backend=backend
    )
    return people.filter(is_staff=True).order_by("username")


def assign(application: Application, to: Any, *, by: Any) -> bool:
    """Make an application somebody's business (nobody's: None); False where it is already.

    A new one is in review from then on.
    """
    with transaction.atomic():
        application = held(application)
        if application.assigned_to_id == (to.pk if to else None):
            return False
        if application.state not in OPEN:
            raise Refused(_("There is nothing left to do with this application."))
        application.assigned_to = to
        application.save(update_fields=["assigned_to"])
        if to is not None and application.state == State.NEW:
            move(application, State.REVIEW)
        note(application, Kind.ASSIGNED, (to.get_full_name() or to.get_username()) if to else "–", by)
        return True


def review(application: Application, *, by: Any) -> None:
    """Take an application up, or a declined one up again."""
    with transaction.atomic():
        application = held(application)
        was = application.get_state_display()
        move(application, State.REVIEW, decided_at=None, reason="")
        note(application, Kind.NOTE, f"{was} → {application.get_state_display()}", by)


def ask(application: Application, text: str, write: Any, *, by: Any) -> Question:
    """Ask the applicant back; ``write(question)`` gives the letter, which holds a link to the question."""
    with transaction.atomic():
        application = held(application)
        move(application, State.ASKED)
        # Whoever was asked twice answers both at once, under the last question.
        question = Question.objects.create(application=application, text=text)
        note(application, Kind.ASKED_BACK, text, by)
        _mail(application, "application-asked", write(question))
        return question


def answer(question: Question, text: str) -> bool:
    """Keep the applicant's answer; False where there is one already, or nobody waits for it any more."""
    with transaction.atomic():
        application = held(question.application)
        question = Question.objects.select_for_update().get(pk=question.pk)
        if question.answered_at is not None or application.state != State.ASKED:
            return False
        question.answer, question.answered_at = text, timezone.now()
        question.save(update_fields=["answer", "answered_at"])
        application.questions.filter(answered_at=None).update(answered_at=question.answered_at)
        move(application, State.REVIEW)
        note(application, Kind.ADDED, text)
        return True


def accept(application: Application, write: Any, *, by: Any) -> Membership:
    """Make the applicant a member; ``write(membership)`` gives the letter. Raises ``Refused`` for a member.

    What the applicant wrote fills in what is not known of the person yet.
    """
    with transaction.atomic():
        application = held(application)
        move(application, State.ACCEPTED, decided_at=timezone.now())
        person: Person = application.person
        for name in ("name", "organisation", "country"):
            if not getattr(person, name):
                setattr(person, name, getattr(application, name))
        person.language = application.language
        person.save()
        note(application, Kind.ACCEPTED, "", by)
        membership = admit(
            person,
            cast(Plan, application.plan),  # what was sent has one, by constraint
            by=by,
            country=application.country,
            application=application,
        )
        _mail(application, "application-accepted", write(membership))
        return membership


def decline(application: Application, reason: str, letter: Letter | None, *, by: Any) -> None:
    """Decline an application for a reason; without a letter, nothing is sent."""
    with transaction.atomic():
        application = held(application)
        move(application, State.DECLINED, reason=reason, decided_at=timezone.now())
        note(application, Kind.DECLINED, reason, by)
        if letter is not None:
            _mail(application, "application-declined", letter)


def withdraw(application: Application, *, by: Any = None) -> None:
    """Let an applicant take the application back."""
    with transaction.atomic():
        application = held(application)
        move(application, State.WITHDRAWN, decided_at=timezone.now())
        note(application, Kind.WITHDRAWN, "", by)


def _mail(application: Application, purpose: str, letter: Letter) -> None:
    queue(to=application.email, person=application.person, purpose=purpose, **letter._asdict())
