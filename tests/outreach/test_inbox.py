"""The inbox: who is told, every move and its refusal, answers that are sent once, and what the list costs."""

import datetime
import time

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from charhar.contacts.held import everything_held
from charhar.contacts.models import OutgoingMail, Person, Suppression, TimelineEvent
from charhar.outreach import inbox, replies
from charhar.outreach.inbox import MOVES, Move
from charhar.outreach.models import ContactMessage, Reply, ReplyTemplate, Route
from charhar.outreach.response_times import response_times
from charhar.pages.models import SiteSettings
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
State = ContactMessage.State
QUERIES_OF_THE_LIST = 8
KEY = "0" * 32


def make_message(state=State.NEW, *, email="ann@example.org", number=0, **fields):
    person = Person.objects.meet(email, name="Ann Lee")
    waiting = None if state in {State.ANSWERED, State.SPAM} else timezone.now()
    return ContactMessage.objects.create(
        person=person, name="Ann Lee", email=email, message="May I ask?\nThank you.", state=state,
        waiting_since=waiting, day=timezone.localdate(), digest=f"{email}{number}", **fields,
    )  # fmt: skip


@pytest.fixture
def secretary():
    return UserFactory(
        is_superuser=True, username="secretary", first_name="Wen", last_name="Suyin", email="wen@example.org"
    )


@pytest.fixture
def send(client, secretary, django_capture_on_commit_callbacks):
    client.force_login(secretary)

    def post(message, do, **fields):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(page(message), {"do": do, **fields})

    return post


def page(message):
    return reverse("admin:outreach_contactmessage_change", args=[message.pk])


def do_move(move, message, by):
    """Make a move the way the site does."""
    verbs = {
        Move.ASSIGN: lambda: inbox.assign(message, by, by=by),
        Move.RELEASE: lambda: inbox.release(message, by=by),
        Move.ANSWER: lambda: replies.answer(message, "Yes.", by=by, key=KEY, seen=0),
        Move.SETTLE: lambda: inbox.settle(message, by=by),
        Move.REOPEN: lambda: inbox.reopen(message, by=by),
        Move.SPAM: lambda: inbox.mark_spam(message, by=by),
        Move.TAKE_BACK: lambda: inbox.take_back(message, by=by),
        Move.HEAR: lambda: replies.hear(message, text="Still there?", sender="x", reference="<a@b>"),
    }
    return verbs[move]()


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", State)
def test_every_move_leads_where_the_table_says_and_the_rest_is_refused(state, move, secretary):
    message = make_message(state)
    if (move, state) in MOVES:
        do_move(move, message, secretary)
        message.refresh_from_db()
        assert message.state == MOVES[move, state]
        assert (message.waiting_since is not None) == message.is_waiting
    else:
        with pytest.raises(ValidationError):
            do_move(move, message, secretary)
        message.refresh_from_db()
        assert (message.state, Reply.objects.count()) == (state, 0)


@pytest.mark.parametrize("move", Move)
def test_nothing_is_done_with_a_message_whose_person_was_erased(move, secretary):
    message = make_message(State.ASSIGNED)
    message.person.delete()
    with pytest.raises(ValidationError):
        do_move(move, message, secretary)
    assert ContactMessage.objects.waiting().count() == 0


def test_waiting_is_one_truth_for_rows_and_queries():
    rows = [make_message(state, number=number) for number, state in enumerate(State)]
    assert {row.pk for row in rows if row.is_waiting} == {m.pk for m in ContactMessage.objects.waiting()}


def test_what_waits_again_goes_back_to_whom_it_was_assigned_to(secretary):
    message = make_message()
    inbox.assign(message, secretary, by=secretary)
    inbox.settle(message, by=secretary)
    replies.hear(message, text="One more thing", sender="x", reference="<a@b>")
    message.refresh_from_db()
    assert (message.state, message.assigned_to) == (State.ASSIGNED, secretary)
    assert message.waiting_since > message.answered_at


def test_erasure_keeps_the_totals_and_not_a_word(send):
    message = make_message()
    send(message, "answer", text="Private answer", key=KEY, seen="0")
    person = Person.objects.get()
    for held in everything_held():
        if held.model in {Reply, ContactMessage}:
            held.rows(person).update(**held.on_erasure)
    person.delete()
    message.refresh_from_db()
    assert (message.subject, message.state, message.name, message.email, message.message) == (
        "general", "answered", "", "", "",
    )  # fmt: skip
    assert message.answered_at is not None
    assert Reply.objects.get().text == ""
    assert response_times()["all"]["came"] == 1


def test_a_subject_goes_to_whom_it_is_routed_and_else_to_the_sites_address(
    client, secretary, django_capture_on_commit_callbacks
):
    SiteSettings(email="office@example.org").save()
    route = Route.objects.create(subject="media", address="press@example.org")
    gone = UserFactory(email="gone@example.org", is_active=False)
    route.accounts.set([secretary, gone, UserFactory(email="")])
    sent = {"name": "Ann", "email": "ann@example.org", "message": "Hello"}
    for subject, told in (
        ("media", ["press@example.org", "wen@example.org"]), ("events", ["office@example.org"])
    ):  # fmt: skip
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/about/contact/", {**sent, "subject": subject})
        assert [each.to[0] for each in mail.outbox] == [*told, "ann@example.org"]


def test_no_mailbox_gets_more_than_three_acknowledgements_a_day_nor_one_that_objected(
    client, django_capture_on_commit_callbacks
):
    Suppression.objects.add_address("bo@example.org", Suppression.Reason.COMPLAINT)
    with django_capture_on_commit_callbacks(execute=True):
        for number in range(5):
            sent = {"subject": "media", "name": "Buy at spam.example", "message": f"Hello {number}"}
            client.post("/about/contact/", {**sent, "email": "ANN@example.org"})
            client.post("/about/contact/", {**sent, "email": "bo@example.org"}, REMOTE_ADDR="203.0.113.7")
    received = OutgoingMail.objects.filter(purpose="received")
    assert [each.to for each in received] == ["ANN@example.org"] * 3
    assert not any("spam.example" in each.text + each.subject for each in received)


def test_assigning_tells_the_colleague_by_a_link_alone_and_once(send, secretary):
    other = UserFactory(is_superuser=True, email="other@example.org")
    message = make_message()
    for _ in range(2):
        send(message, "assign", to=other.pk)
    [letter] = mail.outbox
    assert (letter.to, page(message) in letter.body) == (["other@example.org"], True)
    assert "Ann" not in letter.body
    assert "May I ask" not in letter.body
    assert TimelineEvent.objects.filter(kind="assigned").count() == 1
    send(message, "mine")
    message.refresh_from_db()
    assert message.assigned_to == secretary
    assert len(mail.outbox) == 1


def test_only_who_may_work_on_messages_can_be_assigned_one(send):
    message = make_message()
    response = send(message, "assign", to=UserFactory(roles=["Editors"]).pk)
    assert response.status_code == 422
    message.refresh_from_db()
    assert message.state == State.NEW


def test_an_answer_goes_out_in_its_frame_and_in_its_thread(send, settings):
    settings.INBOX_ADDRESS = "answers@example.org"
    message = make_message()
    message.acknowledgement = OutgoingMail.objects.create(to=message.email, sender="x", purpose="received")
    message.save()
    response = send(message, "answer", text="Yes, on Thursday.", key=KEY, seen="0")
    assert (response.status_code, response["Location"]) == (302, page(message))
    [letter] = mail.outbox
    assert letter.to == ["ann@example.org"]
    assert letter.subject == "Re: your message to The Charhar Institute (General question)"
    assert letter.body.startswith("Yes, on Thursday.\n\nWen Suyin\nThe Charhar Institute\n\nOn ")
    assert letter.body.endswith(" you wrote:\n> May I ask?\n> Thank you.\n")
    headers = letter.extra_headers
    first = message.acknowledgement.message_id
    assert (headers["In-Reply-To"], headers["References"], headers["Auto-Submitted"]) == (first, first, "no")
    assert headers["Reply-To"].startswith(f"answers+m{message.pk}.")
    message.refresh_from_db()
    assert (message.state, message.waiting_since, message.answered_at is None) == ("answered", None, False)
    reply = Reply.objects.get()
    assert (reply.reference, reply.mail.state) == (headers["Message-ID"], "sent")
    replies.hear(message, text="Thanks!", sender="Ann", reference="<their@id>")
    send(message, "answer", text="Welcome.", key="1" * 32, seen=str(replies.last_seen(message)))
    headers = mail.outbox[-1].extra_headers
    assert headers["In-Reply-To"] == "<their@id>"
    assert headers["References"] == f"{first} {reply.reference} <their@id>"


def test_a_double_click_sends_one_answer(send):
    message = make_message()
    fields = {"text": "Yes.", "key": KEY, "seen": "0"}
    answers = {send(message, "answer", **fields)["Location"] for _ in range(3)}
    assert (answers, len(mail.outbox), Reply.objects.count()) == ({page(message)}, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_ten_answers_from_one_form_at_once_are_one_letter(at_once, secretary):
    message = make_message()
    at_once(10, lambda: replies.answer(message, "Yes.", by=secretary, key=KEY, seen=0))
    assert (Reply.objects.count(), OutgoingMail.objects.count(), len(mail.outbox)) == (1, 1, 1)


@pytest.mark.parametrize("text", ["", "  \n", "x" * 50_001, "bell\x07"])
def test_errors_keep_the_answer_and_send_nothing(send, text):
    message = make_message()
    response = send(message, "answer", text=text, key=KEY, seen="0")
    assert response.status_code == 422
    shown = response.content.decode()
    assert 'id="answer_text_error"' in shown
    assert text.strip("\x07 \n")[:50_001] in shown
    assert f'value="{KEY}"' in shown
    assert mail.outbox == []


def test_who_answers_after_a_colleague_is_told_and_loses_nothing(send):
    message = make_message()
    send(message, "answer", text="First.", key="1" * 32, seen="0")
    response = send(message, "answer", text="Second, typed long ago.", key=KEY, seen="0")
    shown = response.content.decode()
    assert response.status_code == 422
    assert "The thread has gone on since you opened it." in shown
    assert "Second, typed long ago." in shown
    assert len(mail.outbox) == 1
    seen = response.context["answer"]["seen"].value()
    assert send(message, "answer", text="Second.", key=KEY, seen=seen).status_code == 302
    assert len(mail.outbox) == 2


def test_a_template_is_inserted_beneath_what_was_typed_in_the_messages_language(send):
    template = ReplyTemplate.objects.create(name="Visits", text_en="Come by.", text_zh="欢迎来访。")
    message = make_message(language="zh-hans")
    response = send(message, "insert", text="您好：", template=template.pk, key=KEY, seen="0")
    assert response.status_code == 200
    assert response.context["answer"]["text"].value() == "您好：\n\n欢迎来访。"
    assert mail.outbox == []
    send(message, "answer", text="您好：\n\n欢迎来访。", key=KEY, seen="0")
    assert mail.outbox[0].subject == "回复：您给察哈尔学会的留言（一般咨询）"


def test_an_illegal_button_is_409_and_says_why(send):
    message = make_message(State.SPAM)
    response = send(message, "settle")
    assert response.status_code == 409
    assert "is not possible: the message is spam." in response.content.decode()
    assert send(message, "nonsense").status_code == 404


def test_who_may_only_look_can_not_act(client):
    from django.contrib.auth.models import Permission

    user = UserFactory()
    user.user_permissions.set(Permission.objects.filter(codename="view_contactmessage"))
    client.force_login(user)
    message = make_message()
    shown = client.get(page(message)).content.decode()
    assert "May I ask?" in shown
    assert 'name="do"' not in shown
    for do in ("answer", "assign", "mine", "spam", "settle", "note"):
        assert client.post(page(message), {"do": do}).status_code == 403
    client.force_login(UserFactory(roles=["Editors"]))
    for path in (page(message), reverse("admin:outreach_contactmessage_times")):
        assert client.get(path).status_code == 403


def test_spam_is_marked_in_bulk_taken_back_and_only_suggested_for_later_messages(send, client):
    message, answered = make_message(), make_message(State.ANSWERED, number=1)
    listed = reverse("admin:outreach_contactmessage_changelist")
    chosen = {"_selected_action": [message.pk, answered.pk]}
    said = client.post(listed, {"action": "mark_spam", **chosen}, follow=True).content.decode()
    assert "1 message marked." in said
    assert "is not possible: the message is answered." in said
    later = make_message(number=2)
    assert "another message of this sender is marked so" in client.get(page(later)).content.decode()
    assert [m.pk for m in client.get(f"{listed}?suspected=yes").context["cl"].result_list] == [
        later.pk, answered.pk
    ]  # fmt: skip
    assert message.pk not in [m.pk for m in client.get(listed).context["cl"].result_list]
    client.post(f"{listed}?waiting=all", {"action": "take_back_spam", "_selected_action": [message.pk]})
    message.refresh_from_db()
    assert (message.state, message.waiting_since) == (State.NEW, message.created_at)


def test_the_search_finds_sender_text_and_replies(send, client):
    message, _other = make_message(), make_message(email="bo@example.net")
    send(message, "answer", text="The bridge opens on Thursday.", key=KEY, seen="0")
    listed = reverse("admin:outreach_contactmessage_changelist")
    for words in ("bridge thursday", "ann@example.org"):
        assert [m.pk for m in client.get(listed, {"q": words}).context["cl"].result_list] == [message.pk]
    assert list(client.get(listed, {"q": "bridge friday"}).context["cl"].result_list) == []


def test_the_list_filters_what_waits_for_me_and_the_page_links_the_same_person(send, client, secretary):
    mine, new, others = (make_message(number=number) for number in range(3))
    inbox.assign(mine, secretary, by=secretary)
    inbox.assign(others, UserFactory(is_superuser=True), by=secretary)
    listed = reverse("admin:outreach_contactmessage_changelist")

    def keys(waiting):
        return {m.pk for m in client.get(listed, {"waiting": waiting}).context["cl"].result_list}

    assert keys("me") == {mine.pk, new.pk}
    assert keys("mine") == {mine.pk}
    assert keys("anybody") == {mine.pk, new.pk, others.pk}
    shown = client.get(page(mine)).content.decode()
    for row in (new, others):
        assert f'href="{page(row)}"' in shown
    assert reverse("admin:contacts_person_change", args=[mine.person_id]) in shown


def test_notes_stand_on_the_timeline(send):
    message = make_message()
    send(message, "note", note="Call her <before> noon.")
    event = TimelineEvent.objects.get(kind="note")
    assert (event.person, event.about, event.text) == (message.person, message, "Call her <before> noon.")
    assert send(message, "note", note="").status_code == 422


def test_response_times_are_medians_by_subject_and_month(client, secretary):
    now = timezone.now().replace(day=15)
    for number, (subject, hours) in enumerate([("media", 1), ("media", 3), ("media", None), ("events", 10)]):
        created = now - datetime.timedelta(days=1)
        answered = created + datetime.timedelta(hours=hours) if hours else None
        make_message(number=number, subject=subject, created_at=created, answered_at=answered)
    make_message(State.SPAM, number=9)
    times = response_times(now)
    assert times["all"] == {"came": 4, "answered": 3, "median": 3.0}
    assert [(str(label), row["median"]) for label, row in times["subjects"]] == [
        ("Media enquiry", 2.0), ("Events and cooperation", 10.0),
    ]  # fmt: skip
    [(month, cells)] = times["months"]
    assert (month, [cell["median"] for cell in cells]) == (now.strftime("%Y-%m"), [2.0, 10.0, 3.0])
    client.force_login(secretary)
    assert client.get(reverse("admin:outreach_contactmessage_times")).status_code == 200


@pytest.mark.parametrize("number", [1, 100])
def test_the_list_costs_the_same_however_long_it_is(client, secretary, number, django_assert_num_queries):
    for each in range(number):
        message = make_message(email=f"ann{each}@example.org")
        ContactMessage.objects.filter(pk=message.pk).update(assigned_to=secretary, state=State.ASSIGNED)
    client.force_login(secretary)
    listed = reverse("admin:outreach_contactmessage_changelist")
    client.get(listed)
    with django_assert_num_queries(QUERIES_OF_THE_LIST):
        client.get(listed)


MANY = 100_000
# Of one view of the list, in seconds: far more than it takes, far less than a scan for each row would.
PATIENCE = 5


@pytest.fixture
def many(secretary):
    """A hundred thousand messages of two thousand people over some years, some spam, some waiting."""
    people = Person.objects.bulk_create(
        [Person(email=f"p{n}@example.org", email_key=f"p{n}@example.org", name=f"P {n}") for n in range(2000)]
    )
    states = [State.NEW, State.ASSIGNED, State.SPAM, *[State.ANSWERED] * 17]
    now = timezone.now()

    def rows():
        for n in range(MANY):
            state, person = states[n % 20], people[n * 7 % 2000]
            at = now - datetime.timedelta(minutes=20 * n)
            yield ContactMessage(
                person=person, name=person.name, email=person.email, message=f"Message {n} about a bridge. " * 8,
                subject=list(ContactMessage.Subject)[n % 8], state=state, created_at=at, day=at.date(),
                assigned_to=secretary if state == State.ASSIGNED else None, digest=str(n),
                waiting_since=at if state in ContactMessage.WAITING else None,
            )  # fmt: skip

    ContactMessage.objects.bulk_create(rows(), batch_size=2000)
    replies_of = ContactMessage.objects.filter(state=State.ANSWERED).values_list("pk", flat=True)[:20_000]
    Reply.objects.bulk_create(
        [Reply(message_id=pk, direction="out", text=f"Answer to {pk}.") for pk in replies_of], batch_size=2000
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


@pytest.mark.long
def test_the_list_of_a_hundred_thousand_messages_is_as_cheap(client, many, secretary):
    client.force_login(secretary)
    listed = reverse("admin:outreach_contactmessage_changelist")
    client.get(listed)
    found = {}
    for query in (
        "", "p=500", "waiting=me", "waiting=mine", "waiting=anybody", "waiting=all", "state__exact=spam",
        "suspected=yes", "subject__exact=media", "q=bridge", "q=P+1999", "o=-6", "created_at__year=2026",
    ):  # fmt: skip
        started = time.monotonic()
        with CaptureQueriesContext(connection) as asked:
            response = client.get(f"{listed}?{query}")
        seconds = time.monotonic() - started
        assert response.status_code == 200, query
        found[query] = (len(asked), round(seconds, 2))
    assert found[""][0] == QUERIES_OF_THE_LIST
    assert {query: cost for query, cost in found.items() if cost[0] > 12 or cost[1] > PATIENCE} == {}
