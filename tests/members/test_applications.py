"""An application's states: every step that is in the table works, every other is refused."""

import pytest

from charhar.contacts.letters import Letter
from charhar.contacts.models import OutgoingMail, TimelineEvent
from charhar.members import applications
from charhar.members.memberships import Refused, admit
from charhar.members.models import Application, Membership, Question

pytestmark = pytest.mark.django_db
State = Application.State
LETTER = Letter("Subject", "Text\n", "<p>Text</p>")

# Written out by hand, so that a change of the table in the code has to be made here too.
ALLOWED = {
    ("started", "new"),
    ("new", "review"), ("new", "asked"), ("new", "accepted"), ("new", "declined"), ("new", "withdrawn"),
    ("review", "asked"), ("review", "accepted"), ("review", "declined"), ("review", "withdrawn"),
    ("asked", "review"), ("asked", "asked"), ("asked", "accepted"), ("asked", "declined"),
    ("asked", "withdrawn"),
    ("declined", "review"),
}  # fmt: skip
STEPS = {
    "review": lambda a, by: applications.review(a, by=by),
    "asked": lambda a, by: applications.ask(a, "Where do you study?", lambda question: LETTER, by=by),
    "accepted": lambda a, by: applications.accept(a, lambda membership: LETTER, by=by),
    "declined": lambda a, by: applications.decline(a, "Full.", LETTER, by=by),
    "withdrawn": lambda a, by: applications.withdraw(a),
}


def everything():
    """Whatever a step could have written."""
    return (
        Membership.objects.count(), Question.objects.count(), OutgoingMail.objects.count(),
        TimelineEvent.objects.count(),
    )  # fmt: skip


@pytest.mark.parametrize("to", State.values)
@pytest.mark.parametrize("start", State.values)
def test_every_pair_of_states(make_application, staff, start, to):
    application = make_application(start)
    before = everything()
    assert applications.may_become(application, to) is ((start, to) in ALLOWED)
    if to not in STEPS:
        if (start, to) not in ALLOWED:
            with pytest.raises(Refused):
                applications.move(application, to)
        return
    if (start, to) in ALLOWED:
        STEPS[to](application, staff)
        application.refresh_from_db()
        assert application.state == to
        assert everything() != before
    else:
        with pytest.raises(Refused):
            STEPS[to](application, staff)
        application.refresh_from_db()
        assert application.state == start
        assert everything() == before


def test_the_table_names_every_state():
    assert set(applications.TRANSITIONS) == set(State)
    assert {(start, to) for start, ends in applications.TRANSITIONS.items() for to in ends} == ALLOWED


def test_asked_back_the_applicant_answers_once_and_it_is_in_the_timeline(make_application, staff):
    application = make_application()
    question = applications.ask(application, "Where do you study?", lambda q: LETTER, by=staff)
    assert applications.answer(question, "In Sampleville.") is True
    assert applications.answer(question, "Elsewhere.") is False
    application.refresh_from_db()
    question.refresh_from_db()
    assert (application.state, question.answer) == ("review", "In Sampleville.")
    assert list(application.person.timeline.values_list("kind", "text")) == [
        ("added", "In Sampleville."),
        ("asked_back", "Where do you study?"),
    ]


def test_a_question_of_a_decided_application_is_not_answered_any_more(make_application, staff):
    application = make_application()
    question = applications.ask(application, "Where?", lambda q: LETTER, by=staff)
    applications.decline(application, "Full.", None, by=staff)
    assert applications.answer(question, "Here.") is False
    assert OutgoingMail.objects.get().purpose == "application-asked"


def test_accepting_makes_number_membership_and_term_and_fills_in_what_is_not_known(make_application, staff):
    application = make_application(organisation="Sample University")
    membership = applications.accept(application, lambda m: Letter(m.number, "x", ""), by=staff)
    person = application.person
    person.refresh_from_db()
    assert (person.name, person.organisation, person.country) == ("王安", "Sample University", "China")
    assert (membership.person, membership.application, membership.country) == (person, application, "China")
    assert membership.terms.count() == 1
    assert OutgoingMail.objects.get().subject == membership.number
    assert list(person.timeline.values_list("kind", flat=True)) == ["joined", "accepted"]


def test_a_member_is_not_accepted_again_and_nothing_is_half_done(make_application, person, plan, staff):
    admit(person, plan)
    application = make_application()
    before = everything()
    with pytest.raises(Refused, match="member already"):
        applications.accept(application, lambda m: LETTER, by=staff)
    application.refresh_from_db()
    assert (application.state, everything()) == ("new", before)


@pytest.mark.django_db(transaction=True)
def test_two_who_accept_at_once_make_one_member_and_one_letter(make_application, staff, at_once):
    application = make_application()

    def accept():
        try:
            return applications.accept(application, lambda m: LETTER, by=staff).number
        except Refused:
            return None

    results = at_once(5, accept)
    assert len([number for number in results if number]) == 1
    assert (Membership.objects.count(), OutgoingMail.objects.count()) == (1, 1)


def test_assigning_takes_a_new_application_up_and_says_so_once(make_application, staff):
    application = make_application()
    assert applications.assign(application, staff, by=staff) is True
    application.refresh_from_db()
    assert (application.state, application.assigned_to) == ("review", staff)
    assert applications.assign(application, staff, by=staff) is False
    assert list(application.person.timeline.values_list("kind", "text")) == [("assigned", "Sample Clerk")]
