"""The plan as an iCalendar feed at a private address, read back with a library that did not write it."""

import datetime
import re
from zoneinfo import ZoneInfo

import icalendar
import pytest
import time_machine
from django.contrib.contenttypes.models import ContentType
from hypothesis import given
from hypothesis import strategies as st

from articles.models import Article
from charhar.desk import ical
from charhar.desk.models import Assignment, CalendarFeed
from charhar.desk.planning import DUE, PUBLISH, Item, Row
from charhar.desk.views_feed import feed_address
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from tests.factories import ArticleFactory, ExpertFactory, UserFactory

BEIJING = ZoneInfo("Asia/Shanghai")
NOON = datetime.datetime(2027, 3, 10, 12, tzinfo=BEIJING)
ADDRESS = "/admin/desk/calendar/address/"


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def editor(db):
    return UserFactory(username="editor", first_name="Edith", last_name="Or", roles=["Editors"])


@pytest.fixture
def address(editor):
    return feed_address(CalendarFeed.objects.create(user=editor))


def beijing(*parts):
    return datetime.datetime(*parts, tzinfo=BEIJING)


def events(response):
    assert response.status_code == 200
    return {
        str(event["SUMMARY"]): event
        for event in icalendar.Calendar.from_ical(response.content).walk("VEVENT")
    }


def correction(**fields):
    text = ArticleFactory(publish_at=beijing(2026, 1, 1), **fields)
    workflow.record(text, user=None, action="save")
    copy = open_copy(text)
    publish_copy(copy, at=beijing(2027, 3, 15, 10), note="x")
    return copy


# -- What it says -----------------------------------------------------------------------------------


def test_the_feed_holds_what_is_dated_from_a_month_ago_on(client, address, editor):
    ArticleFactory(title="To come", publish_at=beijing(2027, 3, 12, 9))
    ArticleFactory(title="Far off", publish_at=beijing(2031, 3, 12, 9))
    ArticleFactory(title="Just out", publish_at=beijing(2027, 2, 7, 0))
    ArticleFactory(title="Long out", publish_at=beijing(2027, 2, 6, 23, 59))
    ArticleFactory(title="Ends", publish_at=beijing(2026, 1, 1), expire_at=beijing(2027, 4, 1))
    correction(title="Put right")
    failed = correction(title="Went wrong")
    Article.versions.filter(pk=failed.pk).update(publish_at=beijing(2026, 12, 1), failure="No title.")
    draft = ArticleFactory(title="Wanted", draft=True, assigned_to=editor)
    kind = ContentType.objects.get_for_model(draft)
    Assignment.objects.create(
        content_type=kind, object_id=draft.pk, to=editor, due=datetime.date(2027, 3, 11)
    )
    ArticleFactory(title="Undated", draft=True)
    found = events(client.get(address))
    assert list(found) == [
        "Correction failed: Went wrong",
        "Published: Just out",
        "Due: Wanted",
        "Scheduled: To come",
        "Correction scheduled: Put right",
        "Expires: Ends",
        "Scheduled: Far off",
    ]
    event = found["Scheduled: To come"]
    text = Article.objects.get(title="To come")
    assert event["DTSTART"].dt == datetime.datetime(2027, 3, 12, 1, tzinfo=datetime.UTC)
    assert event["DTEND"].dt - event["DTSTART"].dt == datetime.timedelta(minutes=15)
    assert event["UID"] == f"article-{text.pk}-publish@127.0.0.1"
    assert event["URL"] == f"http://127.0.0.1:8000/admin/articles/article/{text.pk}/change/"
    assert event["DESCRIPTION"] == "Article, English"
    assert event["LAST-MODIFIED"].dt == text.updated_at
    assert found["Due: Wanted"]["DTSTART"].dt == datetime.date(2027, 3, 11)
    assert found["Due: Wanted"]["DTEND"].dt == datetime.date(2027, 3, 12)
    assert found["Due: Wanted"]["DESCRIPTION"] == "Article, English\nAssigned to Edith Or"
    assert found["Correction failed: Went wrong"]["DESCRIPTION"] == "Article, English\nNo title."


def test_the_calendar_itself_says_its_name_and_how_often_to_ask(client, address):
    ArticleFactory(publish_at=beijing(2027, 3, 12, 9))
    calendar = icalendar.Calendar.from_ical(client.get(address).content)
    assert calendar["VERSION"] == "2.0"
    assert calendar["X-WR-CALNAME"] == "Charhar Institute: editorial plan"
    assert calendar["X-WR-TIMEZONE"] == "Asia/Shanghai"
    assert calendar["REFRESH-INTERVAL"].dt == datetime.timedelta(hours=1)
    assert "METHOD" not in calendar
    assert {"PRODID", "CALSCALE", "X-PUBLISHED-TTL"} <= calendar.keys()


def test_an_event_keeps_its_name_and_counts_up_when_it_is_moved(client, address, editor):
    text = ArticleFactory(title="Moves", kind="news", publish_at=beijing(2027, 3, 12, 9))
    workflow.record(text, user=None, action="save")
    before = events(client.get(address))["Scheduled: Moves"]
    with time_machine.travel(NOON + datetime.timedelta(minutes=1), tick=False):
        workflow.publish(text, editor, at=beijing(2027, 3, 20, 9))
        after = events(client.get(address))["Scheduled: Moves"]
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1
    assert after["LAST-MODIFIED"].dt > before["LAST-MODIFIED"].dt
    assert after["DTSTART"].dt == beijing(2027, 3, 20, 9)


def test_the_answer_is_private_and_asked_for_again_only_when_it_changed(client, address):
    text = ArticleFactory(publish_at=beijing(2027, 3, 12, 9))
    response = client.get(address)
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert response.headers["Cache-Control"] == "private, no-cache"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert not response.cookies
    again = client.get(address, headers={"if-none-match": response.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == "private, no-cache"
    with time_machine.travel(NOON + datetime.timedelta(minutes=5), tick=False):
        assert client.get(address, headers={"if-none-match": response.headers["ETag"]}).status_code == 304
        workflow.publish(text, at=beijing(2027, 3, 13))
    assert client.get(address, headers={"if-none-match": response.headers["ETag"]}).status_code == 200
    assert client.head(address).content == b""
    assert client.post(address).status_code == 405


# -- The private address ----------------------------------------------------------------------------


def test_each_address_is_one_persons_and_no_other_opens(client, address, editor):
    other = UserFactory(roles=["Authors"])
    theirs = feed_address(CalendarFeed.objects.create(user=other))
    ArticleFactory(title="Of the editor", publish_at=beijing(2027, 3, 12, 9))
    assert list(events(client.get(address))) == ["Scheduled: Of the editor"]
    assert list(events(client.get(theirs))) == []
    token, foreign = (url.removeprefix("/calendar/").removesuffix(".ics") for url in (address, theirs))
    nonce, signature = token.split(".")
    assert len(nonce) >= 22, "128 random bits"
    wrong = [
        nonce,
        f"{nonce}.",
        f".{signature}",
        f"{nonce}.{foreign.split('.')[1]}",
        f"{foreign.split('.')[0]}.{signature}",
        token[:-1],
        f"{token}x",
        str(editor.pk),
        "%00",
        "é",
    ]
    assert {client.get(f"/calendar/{bad}.ics").status_code for bad in wrong} == {404}


def test_rights_are_asked_on_each_fetch(client, address, editor):
    ArticleFactory(title="Seen", publish_at=beijing(2027, 3, 12, 9))
    assert list(events(client.get(address))) == ["Scheduled: Seen"]
    editor.groups.clear()
    assert client.get(address).status_code == 404
    from django.contrib.auth.models import Group

    editor.groups.add(Group.objects.get(name="Authors"))
    assert list(events(client.get(address))) == []
    editor.is_superuser = True
    editor.save()
    assert list(events(client.get(address))) == ["Scheduled: Seen"]
    for gone in ("is_active", "is_staff"):
        setattr(editor, gone, False)
        editor.save()
        assert client.get(address).status_code == 404
        setattr(editor, gone, True)
    editor.delete()
    assert client.get(address).status_code == 404


def test_a_new_address_ends_the_old_and_none_is_left_after_the_end(client, editor):
    client.force_login(editor)
    assert b"feed-address" not in client.get(ADDRESS).content
    assert not CalendarFeed.objects.exists()
    urls = []
    for _time in range(2):
        client.post(ADDRESS, {"renew": ""})
        urls.append(
            re.search(r'value="http://testserver(/calendar/[^"]+)"', client.get(ADDRESS).content.decode())[1]
        )
    assert client.get(urls[0]).status_code == 404
    assert client.get(urls[1]).status_code == 200
    assert CalendarFeed.objects.count() == 1
    client.post(ADDRESS, {"end": ""})
    assert client.get(urls[1]).status_code == 404
    assert not CalendarFeed.objects.exists()


def test_the_page_with_the_address_is_kept_by_nobody(client, editor):
    client.force_login(editor)
    client.post(ADDRESS, {"renew": ""})
    assert "no-store" in client.get(ADDRESS).headers["Cache-Control"]


def test_what_is_due_goes_public_before_the_feed_is_made(client, address):
    correction(title="Put right")
    with time_machine.travel(beijing(2027, 3, 15, 10), tick=False):
        assert list(events(client.get(address))) == []


# -- Lines ------------------------------------------------------------------------------------------

ROW = Row(
    "article", 7, "Title", "en", "published", None, None, "", None, 3, NOON, None, "Somebody", None, True, True
)  # fmt: skip
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def made(name, **fields):
    row = ROW._replace(name=name, **fields)
    return ical.calendar([Item(row, PUBLISH, NOON, NOON.date(), "scheduled", "Scheduled")], "Plan")


@given(ANY_TEXT)
def test_no_line_is_longer_than_75_octets_and_no_character_is_torn(name):
    body = made(name)
    assert body.endswith(b"END:VCALENDAR\r\n")
    assert not set(body.replace(b"\r\n", b"")) & set(b"\r\n")
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


@given(ANY_TEXT)
def test_a_library_reads_back_what_was_written(name):
    kept = ical.CONTROLS.sub("", ical.BREAKS.sub("\n", name))
    (event,) = icalendar.Calendar.from_ical(made(name)).walk("VEVENT")
    assert str(event["SUMMARY"]) == f"Scheduled: {kept}"
    assert event["DTSTART"].dt == NOON


@given(st.text("a中é😀", max_size=400))
def test_unfolding_gives_the_line_again(line):
    assert ical.folded(line).replace(b"\r\n ", b"") == line.encode() + b"\r\n"


@given(st.datetimes(datetime.datetime(1970, 1, 1), datetime.datetime(2190, 1, 1)))
def test_any_moment_is_read_back_to_the_second(moment):
    moment = moment.replace(tzinfo=BEIJING)
    item = Item(ROW, PUBLISH, moment, moment.date(), "scheduled", "Scheduled")
    (event,) = icalendar.Calendar.from_ical(ical.calendar([item], "Plan")).walk("VEVENT")
    assert event["DTSTART"].dt == moment.replace(microsecond=0)


def test_text_is_escaped_as_the_rfc_has_it():
    assert ical.text_value("a\\b;c,d\r\ne\rf\u2028g\x00h") == "a\\\\b\\;c\\,d\\ne\\nf\\ngh"


def test_the_same_plan_gives_the_same_octets():
    item = Item(ROW, DUE, None, datetime.date(2027, 3, 31), "due", "Due")
    first = ical.calendar([item], "Plan")
    with time_machine.travel(NOON + datetime.timedelta(hours=1), tick=False):
        assert ical.calendar([item], "Plan") == first
    assert b"\r\nDTEND;VALUE=DATE:20270401\r\n" in first


def test_an_expert_stands_in_the_feed_by_name(client, address):
    ExpertFactory(display_name_en="", display_name_zh="样例", publish_at=beijing(2027, 3, 12, 9))
    (event,) = events(client.get(address)).values()
    assert (event["SUMMARY"], event["DESCRIPTION"]) == ("Scheduled: 样例", "Expert")
