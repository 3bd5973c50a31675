"""Moving what is planned, by whoever may; and who reaches which address of the plan at all."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from lxml import html

from articles.models import Article
from charhar.desk import rescheduling
from charhar.desk.models import CalendarFeed
from charhar.desk.rescheduling import Overtaken
from charhar.desk.views_feed import feed_address
from charhar.publishing import checklist, workflow
from charhar.publishing.copies import apply_due, open_copy, publish_copy
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import State
from tests.factories import ArticleFactory, ExpertFactory, PageFactory, PublicationFactory, UserFactory

pytestmark = pytest.mark.django_db
CALENDAR, QUEUE, MOVE = "/admin/desk/calendar/", "/admin/desk/queue/", "/admin/desk/calendar/move/"
BEIJING = ZoneInfo("Asia/Shanghai")
NOON = datetime.datetime(2027, 3, 10, 12, tzinfo=BEIJING)


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def editor(client):
    person = UserFactory(username="editor", roles=["Editors"])
    client.force_login(person)
    return person


def beijing(*parts):
    return datetime.datetime(*parts, tzinfo=BEIJING)


# What the checklist asks of each kind; the institute's own news needs no name.
READY = {
    ArticleFactory: {"kind": Article.Kind.NEWS},
    PublicationFactory: {"standfirst": "What it is about.", "series__kind": "quarterly"},
}


def scheduled(factory=ArticleFactory, **fields):
    text = factory(**{"publish_at": beijing(2027, 3, 12, 9), **READY.get(factory, {}), **fields})
    workflow.record(text, user=None, action="save")
    return text


def live(**fields):
    return scheduled(**{"publish_at": beijing(2026, 1, 1), **fields})


def correction(note="What was wrong.", **fields):
    copy = open_copy(live(**fields))
    publish_copy(copy, at=beijing(2027, 3, 12, 9), note=note)
    return now(copy)


def now(text):
    text.refresh_from_db(from_queryset=type(text).versions)
    return text


def post(client, text, at, what="publish", **changes):
    data = {"kind": text._meta.model_name, "pk": text.pk, "what": what, "version": text.version}
    return client.post(MOVE, {**data, "at": at, "next": f"{CALENDAR}?month=2027-03", **changes})


def words(response):
    return " ".join(" ".join(html.fromstring(response.content.decode()).itertext()).split())


# -- Moving -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("factory", [ArticleFactory, PublicationFactory, ExpertFactory, PageFactory])
def test_a_scheduled_text_moves_and_its_history_says_so(client, editor, factory):
    text = scheduled(factory)
    response = post(client, text, "2027-03-20T18:30")
    assert response.status_code == 302
    assert response.headers["Location"] == (
        f"{CALENDAR}?month=2027-03#plan-{text._meta.model_name}-{text.pk}-publish"
    )
    before = text.version
    assert now(text).publish_at == beijing(2027, 3, 20, 18, 30)
    assert text.is_scheduled
    assert text.version == before + 1
    last = snapshots_of(text).first()
    assert (last.action, last.user) == ("publish", editor)


def test_the_date_shown_follows_where_it_followed_before(client, editor):
    text = scheduled(date=datetime.date(2027, 3, 12))
    post(client, text, "2027-03-31T23:59")
    assert now(text).date == datetime.date(2027, 3, 31)


def test_a_correction_moves_with_its_note(client, editor):
    copy = correction(note="The river is longer.")
    post(client, copy, "2027-03-20T18:30")
    assert now(copy).publish_at == beijing(2027, 3, 20, 18, 30)
    assert (copy.correction_note, copy.state, copy.failure) == ("The river is longer.", State.PUBLISHED, "")
    with time_machine.travel(beijing(2027, 3, 20, 18, 30), tick=False):
        assert apply_due() == (1, 0)
        text = Article.objects.get()
    assert [note for _day, note in text.correction_notes] == ["The river is longer."]


def test_a_failed_correction_is_tried_again_at_the_new_moment(client, editor):
    copy = correction()
    Article.versions.filter(pk=copy.pk).update(publish_at=beijing(2027, 3, 9, 9), failure="Why not.")
    post(client, now(copy), "2027-03-11T09:00")
    assert (now(copy).failure, copy.publish_at) == ("", beijing(2027, 3, 11, 9))


def test_an_expiry_moves_for_whoever_may_change_the_text(client, editor):
    text = live(expire_at=beijing(2027, 3, 20))
    post(client, text, "2027-03-25T00:00", "expire")
    assert now(text).expire_at == beijing(2027, 3, 25)
    assert snapshots_of(text).first().action == "save"
    assert text.is_published


def test_a_text_does_not_expire_before_it_appears(client, editor):
    text = scheduled(expire_at=beijing(2027, 3, 20))
    response = post(client, text, "2027-03-12T09:00", "expire")
    assert response.status_code == 409
    assert "A text can not expire before it is published." in words(response)
    response = post(client, text, "2027-03-20T00:00")
    assert response.status_code == 409
    assert "The text would expire before it is published." in words(response)
    assert (now(text).publish_at, text.expire_at) == (beijing(2027, 3, 12, 9), beijing(2027, 3, 20))


@pytest.mark.parametrize("what", ["publish", "expire"])
@pytest.mark.parametrize("at", ["2027-03-10T12:00", "2027-03-10T11:59", "1999-01-01T00:00"])
def test_a_past_moment_is_refused_and_stays_in_the_form(client, editor, what, at):
    text = scheduled(expire_at=beijing(2027, 3, 20))
    response = post(client, text, at, what)
    assert response.status_code == 400
    assert "has passed. Nothing was moved; choose a moment to come." in words(response)
    page = html.fromstring(response.content.decode())
    assert page.xpath("//input[@name='at']/@value") == [at]
    assert (now(text).publish_at, text.expire_at) == (beijing(2027, 3, 12, 9), beijing(2027, 3, 20))


@pytest.mark.parametrize(
    "wrong", [{"at": ""}, {"at": "soon"}, {"version": ""}, {"version": "x"}, {"at": "2027-02-30T10:00"}]
)
def test_a_form_that_makes_no_sense_changes_nothing(client, editor, wrong):
    text = scheduled()
    response = post(client, text, **{"at": "2027-03-20T18:30", **wrong})
    assert response.status_code == 400
    assert 'class="errornote"' in response.content.decode()
    assert now(text).publish_at == beijing(2027, 3, 12, 9)


@pytest.mark.parametrize(
    "wrong", [{"pk": "0"}, {"pk": "x"}, {"pk": "9" * 30}, {"pk": "٣"}, {"kind": "user"}, {"kind": ""}]
)
def test_what_is_not_there_is_not_found(client, editor, wrong):
    assert post(client, scheduled(), "2027-03-20T18:30", **wrong).status_code == 404


def test_somebody_elses_move_is_not_undone_silently(client, editor):
    text = scheduled(title="Two want it")
    seen = text.version
    workflow.publish(
        text, UserFactory(first_name="Ada", last_name="Other", roles=["Editors"]), at=beijing(2027, 3, 15, 8)
    )
    response = post(client, text, "2027-03-20T18:30", version=seen)
    assert response.status_code == 409
    assert "Ada Other saved or moved “Two want it” after this page was made. Nothing was changed." in words(
        response
    )
    assert "It is set for March 15, 2027, 08:00 (Beijing time, UTC+8)." in words(response)
    assert now(text).publish_at == beijing(2027, 3, 15, 8)
    # The form that comes back knows the text as it is now: a person decides.
    page = html.fromstring(response.content.decode())
    form = page.xpath("//form[@class='plan-again']")[0]
    assert dict(form.form_values())["at"] == "2027-03-20T18:30"
    client.post(form.action, dict(form.form_values()))
    assert now(text).publish_at == beijing(2027, 3, 20, 18, 30)


def test_what_went_public_meanwhile_is_not_taken_back(client, editor):
    text = scheduled()
    with time_machine.travel(beijing(2027, 3, 12, 9), tick=False):
        response = post(client, text, "2027-03-20T18:30")
    assert response.status_code == 409
    assert "It is not scheduled any more. Nothing was moved." in words(response)
    assert now(text).publish_at == beijing(2027, 3, 12, 9)


def test_a_correction_whose_hour_came_goes_public_instead_of_moving(client, editor):
    copy = correction(title="Put right")
    with time_machine.travel(beijing(2027, 3, 12, 9), tick=False):
        response = post(client, copy, "2027-03-20T18:30")
        assert response.status_code == 404  # the copy is closed
    assert now(copy).trashed_at is not None
    assert Article.objects.get().corrections[0]["note"] == "What was wrong."


def test_an_outdated_correction_stays_and_says_why(client, editor):
    copy = correction()
    text = copy.corrects
    Article.objects.filter(pk=text.pk).update(title="Another")
    text = now(text)
    workflow.record(text, user=None, action="save")
    response = post(client, copy, "2027-03-20T18:30")
    assert response.status_code == 409
    assert "The live text has moved on since this working copy was begun" in words(response)
    assert now(copy).publish_at == beijing(2027, 3, 12, 9)


def test_the_checklist_holds_and_only_who_may_overrides_it(client, monkeypatch):
    text = scheduled(title="Unready")
    monkeypatch.setattr(
        checklist,
        "_checks",
        [(Article, lambda text, occasion: [checklist.Finding("byline", "must", "There is no byline.")])],
    )
    client.force_login(UserFactory(roles=["Editors"]))
    response = post(client, text, "2027-03-20T18:30")
    assert response.status_code == 409
    assert "There is no byline. Nothing was moved. Mend the text first, then move it." in words(response)
    assert b'name="override"' not in response.content
    assert post(client, text, "2027-03-20T18:30", override="I want to").status_code == 409
    client.force_login(UserFactory(roles=["Administrators"]))
    assert b'name="override"' in post(client, text, "2027-03-20T18:30").content
    assert now(text).publish_at == beijing(2027, 3, 12, 9)
    assert post(client, text, "2027-03-20T18:30", override="It was agreed.").status_code == 302
    assert "It was agreed." in snapshots_of(text).first().note
    assert now(text).publish_at == beijing(2027, 3, 20, 18, 30)


def test_the_message_says_from_when_to_when_and_takes_it_back(client, editor):
    text = scheduled(title="Bridges & <towns>")
    response = client.get(post(client, text, "2027-03-20T18:30").headers["Location"])
    assert (
        "“Bridges & <towns>” is moved from March 12, 2027, 09:00 (Beijing time, UTC+8) to March 20, 2027, 18:30"
        " (Beijing time, UTC+8). Show that week Undo"
    ) in words(response)
    page = html.fromstring(response.content.decode())
    form = page.xpath("//form[@class='plan-undo']")[0]
    back = client.post(form.action, dict(form.form_values()))
    assert back.status_code == 302
    assert now(text).publish_at == beijing(2027, 3, 12, 9)
    # Pressed once more it meets a newer version.
    assert client.post(form.action, dict(form.form_values())).status_code == 409


def test_undo_keeps_the_second(client, editor):
    text = scheduled(publish_at=beijing(2027, 3, 12, 9, 0, 42))
    response = client.get(post(client, text, "2027-03-20T18:30").headers["Location"])
    form = html.fromstring(response.content.decode()).xpath("//form[@class='plan-undo']")[0]
    client.post(form.action, dict(form.form_values()))
    assert now(text).publish_at == beijing(2027, 3, 12, 9, 0, 42)


def test_nothing_takes_back_what_had_failed(client, editor):
    copy = correction()
    Article.versions.filter(pk=copy.pk).update(publish_at=beijing(2027, 3, 9, 9), failure="Why not.")
    response = client.get(post(client, now(copy), "2027-03-11T09:00").headers["Location"])
    assert b"plan-undo" not in response.content


@pytest.mark.parametrize(
    ("given", "leads"),
    [
        (f"{QUEUE}?mine=1", f"{QUEUE}?mine=1"),
        ("https://evil.example/", CALENDAR),
        ("//evil.example/", CALENDAR),
        ("/admin/logout/", CALENDAR),
        (f"{CALENDAR}../../logout/", CALENDAR),
        ("", CALENDAR),
    ],
)
def test_one_is_led_back_into_the_plan_only(client, editor, given, leads):
    text = scheduled()
    response = post(client, text, "2027-03-20T18:30", next=given)
    assert response.headers["Location"] == f"{leads}#plan-article-{text.pk}-publish"


def test_whoever_had_to_sign_in_between_finds_the_form(client):
    text = scheduled()
    response = post(client, text, "2027-03-20T18:30")
    assert response.headers["Location"] == f"/admin/login/?next={MOVE}"
    client.force_login(UserFactory(roles=["Editors"]))
    assert client.get(MOVE).status_code == 404
    response = client.get(f"{MOVE}?kind=article&pk={text.pk}&what=publish")
    assert html.fromstring(response.content.decode()).xpath("//input[@name='at']/@value") == [
        "2027-03-12T09:00"
    ]


def test_two_who_move_at_once_do_not_both_win(at_once):
    with time_machine.travel(NOON):
        text, people = scheduled(), [UserFactory(roles=["Editors"]) for _ in range(2)]
        goals = [beijing(2027, 3, 20), beijing(2027, 3, 21)]
        waiting = list(zip(people, goals, strict=True))
        version = text.version

        def do():
            person, goal = waiting.pop()
            try:
                rescheduling.move(person, Article.versions.get(pk=text.pk), "publish", goal, version)
            except Overtaken:
                return None
            return goal

        won = [goal for goal in at_once(2, do) if goal]
        assert len(won) == 1
        assert now(text).publish_at == won[0]


def test_only_what_is_scheduled_moves(editor):
    for traits in ({"draft": True}, {"review": True}, {"withdrawn": True}, {}):
        text = ArticleFactory(**traits)
        with pytest.raises(ValidationError):
            rescheduling.move(editor, text, "publish", beijing(2027, 3, 20), text.version)
        with pytest.raises(ValidationError):
            rescheduling.move(editor, text, "expire", beijing(2027, 3, 20), text.version)
        with pytest.raises(ValidationError):
            rescheduling.take_off(editor, text, text.version)


# -- Who reaches what -------------------------------------------------------------------------------

ROLES = ["Authors", "Fellows", "Editors", "Secretariat", "Administrators", "no role", "reader", "nobody"]
STATES = ["draft", "review", "scheduled", "expiring", "published", "correction", "failed"]
PAGES = {
    "calendar": "/admin/desk/calendar/",
    "week": "/admin/desk/calendar/?week=2027-W10",
    "queue": "/admin/desk/queue/",
    "csv": "/admin/desk/queue.csv",
    "address": "/admin/desk/calendar/address/",
}
SEES, OUT, SIGN_IN = 200, 403, 302
BY_ROLE = {
    "Authors": SEES, "Fellows": SEES, "Editors": SEES, "Administrators": SEES,
    "Secretariat": OUT, "no role": OUT, "reader": SIGN_IN, "nobody": SIGN_IN,
}  # fmt: skip
EXPECTED_PAGES = {(role, page): status for role, status in BY_ROLE.items() for page in PAGES}
# The person's own feed, and by POST the address anew.
EXPECTED_FEED = {(role, "feed"): 200 if status == SEES else 404 for role, status in BY_ROLE.items()}
EXPECTED_RENEW = {(role, "renew"): 302 if status == SEES else status for role, status in BY_ROLE.items()}
MOVES = {"scheduled": "publish", "correction": "publish", "failed": "publish", "expiring": "expire"}


def expected_post(role, owns, state, endpoint):
    """What a well-formed POST answers: 302 done, 409 nothing to do, 403 not allowed, 404 not there."""
    if BY_ROLE[role] != SEES:
        return "sign in" if BY_ROLE[role] == SIGN_IN else 403
    if role in ("Editors", "Administrators"):
        if endpoint == "unschedule":
            return 302
        return 302 if MOVES.get(state) == endpoint else 409
    if not owns:
        return 404
    if endpoint == "unschedule":
        return 403 if state in ("correction", "failed") else 302
    return 403 if MOVES.get(state) == endpoint else 409


EXPECTED_POSTS = {
    (role, owns, state, endpoint): expected_post(role, owns, state, endpoint)
    for role in ROLES
    for owns in (True, False)
    for state in STATES
    for endpoint in ("publish", "expire", "unschedule")
}
EXPECTED = {**EXPECTED_PAGES, **EXPECTED_FEED, **EXPECTED_RENEW, **EXPECTED_POSTS}


def person_of(role):
    if role == "nobody":
        return None
    return UserFactory(roles=[role] if role[0].isupper() else [], is_staff=role != "reader")


def in_state(state, owner):
    if state == "scheduled":
        return scheduled(created_by=owner)
    if state == "expiring":
        return live(expire_at=beijing(2027, 3, 20), created_by=owner)
    if state == "published":
        return live(created_by=owner)
    if state in ("correction", "failed"):
        copy = correction(created_by=owner)
        if state == "failed":
            Article.versions.filter(pk=copy.pk).update(publish_at=beijing(2027, 3, 9), failure="Why not.")
        return now(copy)
    return scheduled(**{state: True}, publish_at=None, created_by=owner)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_reaches_exactly_what_the_table_says(client, role):
    person = person_of(role)
    if person is not None:
        client.force_login(person)
    for name, url in PAGES.items():
        assert client.get(url).status_code == EXPECTED_PAGES[role, name], name
    assert client.post(PAGES["address"], {"renew": ""}).status_code == EXPECTED_RENEW[role, "renew"]
    if person is not None:
        feed, _made = CalendarFeed.objects.get_or_create(user=person)
        client.logout()
        assert client.get(feed_address(feed)).status_code == EXPECTED_FEED[role, "feed"]


@pytest.mark.matrix
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("owns", [True, False])
def test_each_role_moves_exactly_what_the_table_says(client, role, owns):
    person, other = person_of(role), UserFactory()
    if person is not None:
        client.force_login(person)
    for state in STATES:
        changed = True
        for endpoint in ("publish", "expire", "unschedule"):
            if changed:
                text = in_state(state, person if owns else other)
            was = (text.publish_at, text.expire_at, text.state, text.version)
            if endpoint == "unschedule":
                data = {"kind": "article", "pk": text.pk, "version": text.version}
                response = client.post(reverse("desk-unschedule"), data)
            else:
                response = post(client, text, "2027-03-25T10:00", endpoint)
            found = response.status_code
            if response.status_code == 302 and "/login/" in response.headers["Location"]:
                found = "sign in"
            assert found == EXPECTED_POSTS[role, owns, state, endpoint], (state, endpoint)
            changed = (now(text).publish_at, text.expire_at, text.state, text.version) != was
            done = found == 302 and (endpoint != "unschedule" or state in ("correction", "failed"))
            assert changed == done, (state, endpoint)


@pytest.mark.parametrize("url", [MOVE, "/admin/desk/calendar/unschedule/", "/admin/desk/calendar/address/"])
def test_a_form_needs_its_token(url):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory(roles=["Editors"]))
    text = scheduled()
    data = {
        "kind": "article",
        "pk": text.pk,
        "what": "publish",
        "version": text.version,
        "at": "2027-03-25T10:00",
    }
    assert client.post(url, data).status_code == 403
    assert now(text).publish_at == beijing(2027, 3, 12, 9)
    assert not CalendarFeed.objects.exists()


def test_reading_the_way_to_unschedule_does_nothing(client, editor):
    assert client.get("/admin/desk/calendar/unschedule/").status_code == 405
