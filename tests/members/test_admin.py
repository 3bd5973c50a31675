"""The secretariat's pages: the queue, the roster, each step once, the letter shown before it goes."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from charhar.contacts.models import OutgoingMail, Person, TimelineEvent
from charhar.members import memberships
from charhar.members.models import Application, Membership, Payment, Plan, Question, Term
from tests.factories import UserFactory
from tests.members.test_started import path_in

pytestmark = pytest.mark.django_db
ROSTER = "/admin/members/membership/"


@pytest.fixture
def desk(client, staff):
    client.force_login(staff)
    return client


def step(row, name):
    kind = "application" if isinstance(row, Application) else "membership"
    return reverse(f"admin:members_{kind}_step", args=[row.pk, name])


def words(response):
    form = response.context["form"]
    return {name: form[name].value() for name in ("subject", "text")}


# -- Applications -------------------------------------------------------------------------------------


def test_asking_back_shows_the_letter_and_the_answer_comes_to_the_application(
    desk, client, make_application, often
):
    application = make_application()
    page = step(application, "asked")
    letter = words(desk.get(page))
    assert "{question}" in letter["text"]
    assert "王安" in letter["text"]
    asked = {**letter, "text": letter["text"] + "Greetings.\n", "question": "Where do you study?"}
    preview = desk.post(page, {**asked, "_preview": "yes"}).content.decode()
    assert "Where do you study?" in preview
    assert OutgoingMail.objects.count() == 0
    desk.post(page, asked)
    desk.post(page, asked)
    mail = OutgoingMail.objects.first()
    assert "Greetings." in mail.text
    link = path_in(mail)
    for _time in often:
        assert client.get(link).status_code == client.head(link).status_code == 200
    assert Question.objects.filter(answered_at=None).exists()
    assert client.post(link, {"answer": ""}).status_code == 422
    for _click in range(2):
        response = client.post(link, {"answer": "In Sampleville."})
        assert response["Location"] == "/about/membership/answered/"
    application.refresh_from_db()
    assert application.state == "review"
    page = desk.get(reverse("admin:members_application_change", args=[application.pk])).content.decode()
    assert page.count("In Sampleville.") == 2  # with the application, and in the timeline
    assert OutgoingMail.objects.filter(purpose="notice").count() == 1


def test_accepting_sends_what_was_changed_with_the_real_number(desk, make_application):
    application = make_application()
    page = step(application, "accepted")
    letter = words(desk.get(page))
    assert "CNY 1,200" in letter["text"]
    for _click in range(2):
        desk.post(page, {**letter, "text": "Dear you, {number}"})
    membership = Membership.objects.get()
    [mail] = OutgoingMail.objects.all()
    assert (mail.subject, mail.text) == (
        f"Welcome as a member: {membership.number}", f"Dear you, {membership.number}\n",
    )  # fmt: skip


def test_an_unknown_mark_stops_the_letter_and_loses_nothing(desk, make_application):
    application = make_application()
    response = desk.post(
        step(application, "declined"),
        {"subject": "x", "text": "{nonsense}", "reason": "Full.", "send_letter": "on"},
    )
    assert list(response.context["form"].errors) == ["text"]
    assert "Full." in response.content.decode()
    assert (OutgoingMail.objects.count(), Application.objects.get().state) == (0, "new")


def test_declining_needs_a_reason_and_may_be_silent(desk, make_application):
    application = make_application()
    page = step(application, "declined")
    assert desk.post(page, {"subject": "x", "text": "y", "reason": ""}).status_code == 200
    assert desk.post(page, {"subject": "x", "text": "y", "reason": "A robot."}).status_code == 302
    application.refresh_from_db()
    assert (application.state, application.reason, OutgoingMail.objects.count()) == (
        "declined",
        "A robot.",
        0,
    )


def test_assigning_and_notes(desk, staff, make_application):
    application = make_application()
    desk.post(reverse("admin:members_application_assign", args=[application.pk]), {"to": staff.pk})
    note = reverse("admin:members_application_note", args=[application.pk])
    for _click in range(2):
        desk.post(note, {"text": "Met in Sampleville."})
    application.refresh_from_db()
    assert (application.assigned_to, application.state) == (staff, "review")
    assert TimelineEvent.objects.filter(kind="note", text="Met in Sampleville.").count() == 1
    assert (
        "Met in Sampleville."
        in desk.get(reverse("admin:contacts_person_change", args=[application.person_id])).content.decode()
    )


def test_only_those_who_may_change_applications_are_offered(desk, staff, make_application):
    application = make_application()
    secretary = UserFactory(roles=["Secretariat"])
    others = [UserFactory(roles=["Editors"]), UserFactory(roles=["Secretariat"], is_active=False),
              UserFactory(is_superuser=True, is_staff=False)]  # fmt: skip
    page = desk.get(reverse("admin:members_application_change", args=[application.pk]))
    assert set(page.context["assign_form"].fields["to"].queryset) == {staff, secretary}
    url = reverse("admin:members_application_assign", args=[application.pk])
    for other in others:
        desk.post(url, {"to": other.pk})
    application.refresh_from_db()
    assert (application.assigned_to, application.state) == (None, "new")


def test_a_step_that_the_table_does_not_have_is_refused_in_words(desk, make_application):
    application = make_application(Application.State.WITHDRAWN)
    response = desk.post(step(application, "accepted"), {"subject": "x", "text": "y"}, follow=True)
    assert "can not be done any more" in response.content.decode()
    assert Membership.objects.count() == 0


# -- Memberships --------------------------------------------------------------------------------------


def test_a_payment_is_recorded_once_told_once_and_taken_back_with_a_reason(desk, membership):
    data = {"term": membership.terms.get().pk, "amount": "1200", "currency": "CNY", "method": "transfer",
            "received_on": f"{memberships.today()}", "reference": "T-1", "tell": "on"}  # fmt: skip
    for _click in range(2):
        assert desk.post(step(membership, "pay"), data).status_code == 302
    payment = Payment.objects.get()
    assert OutgoingMail.objects.get().subject == "Your payment has come in"
    page = reverse("admin:members_membership_take_back", args=[membership.pk, payment.pk])
    assert desk.post(page, {"because": ""}).status_code == 200
    assert desk.post(page, {"because": "Another member's."}).status_code == 302
    payment.refresh_from_db()
    assert payment.taken_back_because == "Another member's."
    assert desk.post(f"/admin/members/payment/{payment.pk}/delete/", {"post": "yes"}).status_code == 403
    for field, value in [
        ("amount", "0"),
        ("amount", "-1"),
        ("received_on", "2999-01-01"),
        ("received_on", "x"),
    ]:
        response = desk.post(step(membership, "pay"), {**data, field: value})
        assert list(response.context["form"].errors) == [field]


def test_renewed_by_a_double_click_it_is_renewed_once(desk, membership):
    data = {"plan": membership.plan_id, "after": f"{membership.runs_until}", "tell": "on"}
    for _click in range(2):
        desk.post(step(membership, "renew"), data)
    assert membership.terms.count() == 2
    assert OutgoingMail.objects.get().purpose == "membership-renewed"


def test_the_dead_are_written_to_no_more(desk, membership):
    desk.post(
        step(membership, "end"), {"ending": "died", "on": f"{memberships.today()}", "text": "", "tell": "on"}
    )
    membership.refresh_from_db()
    assert (membership.ending, OutgoingMail.objects.count()) == ("died", 0)


def test_somebody_is_made_a_member_without_the_form(desk, honorary):
    data = {"email": "guest@example.org", "name": "A Guest", "country": "China", "language": "en",
            "plan": honorary.pk, "consent": "Letter of 5 March."}  # fmt: skip
    assert desk.post(f"{ROSTER}add/", data).status_code == 302
    assert Membership.objects.get().standing == "without_end"
    assert Person.objects.get().consents.get().source == "Letter of 5 March."
    assert "member already" in desk.post(f"{ROSTER}add/", data).content.decode()
    assert Membership.objects.count() == 1


def test_the_roster_is_filtered_and_searched(desk, membership, student):
    other = memberships.admit(Person.objects.meet("bo@example.org", name="Bo"), student, country="France")
    memberships.record_payment(other.terms.get(), 200, "CNY", memberships.today())
    for query, found in {
        "standing=members": 2, "standing=active": 2, "standing=ended": 0, f"plan__id__exact={student.pk}": 1,
        "country=France": 1, "paid=yes": 1, "paid=no": 1, "person__language=en": 2, "q=Bo": 1,
        f"q={membership.number}": 1,
    }.items():  # fmt: skip
        response = desk.get(f"{ROSTER}?{query}")
        assert response.status_code == 200, query
        assert response.context["cl"].result_count == found, query


@pytest.mark.parametrize("action", ["as_csv", "as_xlsx"])
def test_the_roster_is_taken_away_without_formulas(desk, membership, action):
    Person.objects.update(name="=cmd()", organisation="+1")
    response = desk.post(ROSTER, {"action": action, "_selected_action": [membership.pk]})
    assert "no-store" in response["Cache-Control"]
    if action == "as_csv":
        [_head, row] = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
        assert row[:4] == [membership.number, "'=cmd()", "ann@example.org", "'+1"]
    else:
        import zipfile

        book = zipfile.ZipFile(io.BytesIO(response.content))
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
        assert b"=cmd()" in book.read("xl/sharedStrings.xml")


def test_figures_by_plan_month_and_country(desk, membership, student, django_assert_max_num_queries):
    memberships.end(memberships.admit(Person.objects.meet("bo@example.org"), student, country="France"))
    memberships.record_payment(membership.terms.get(), 1200, "CNY", memberships.today())
    with django_assert_max_num_queries(12):
        response = desk.get(f"{ROSTER}figures/")
    context = response.context
    assert [(str(r["plan"]), r["counts"], r["all"]) for r in context["by_plan"]] == [
        ("Individual", [1, 0, 0, 0, 0], 1), ("Student", [0, 0, 0, 0, 1], 1),
    ]  # fmt: skip
    assert context["by_month"][0][1:] == (2, 1, ["CNY 1,200.00"])
    assert [(r["country"], r["number"]) for r in context["by_country"]] == [("", 1)]


def many(count, plan):
    people = Person.objects.bulk_create(
        (
            Person(email=f"m{n}@example.org", email_key=f"m{n}@example.org", name=f"Member {n}")
            for n in range(count)
        ),
        batch_size=2000,
    )
    day = memberships.today()
    rows = Membership.objects.bulk_create(
        (
            Membership(number=f"M-{n}", person=person, plan=plan, country=f"Country {n % 50}", joined_on=day,
                       runs_until=day, grace_until=day)
            for n, person in enumerate(people)
        ),
        batch_size=2000,
    )  # fmt: skip
    Term.objects.bulk_create(
        (Term(membership=row, plan=plan, starts_on=day, ends_on=day, fee=1) for row in rows), batch_size=2000
    )


@pytest.mark.parametrize("count", [100, pytest.param(100_000, marks=pytest.mark.long)])
@pytest.mark.timeout(600)
def test_the_roster_costs_at_most_twelve_queries(desk, plan, count):
    many(count, plan)
    for address in (ROSTER, f"{ROSTER}?standing=active", f"{ROSTER}?q=Member+7", f"{ROSTER}?paid=no",
                    f"{ROSTER}figures/", "/admin/members/application/", "/admin/members/payment/"):  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(address).status_code == 200
        assert len(captured) <= 12, (address, len(captured))


def test_an_outsider_and_an_editor_see_no_page(client, membership, make_application):
    from tests.factories import UserFactory

    application = make_application(email="bo@example.org")
    pages = [f"{ROSTER}figures/", f"{ROSTER}import/", f"{ROSTER}add/", step(membership, "pay"),
             step(application, "asked"), "/admin/members/payment/", "/admin/contacts/person/duplicates/"]  # fmt: skip
    for page in pages:
        assert client.get(page).status_code == 302
    client.force_login(UserFactory(roles=["Editors"]))
    for page in pages:
        assert client.get(page).status_code == 403, page


def test_a_plan_with_nonsense_days_is_refused_beside_the_field(desk):
    response = desk.post("/admin/members/plan/add/", {
        "name_en": "x", "kind": "student", "currency": "CNY", "position": "0", "grace_days": "30",
        "reminder_days": "30, soon",
    })  # fmt: skip
    assert list(response.context["adminform"].form.errors) == ["reminder_days"]
    assert Plan.objects.count() == 0
