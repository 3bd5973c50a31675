"""The calendar and the queue: what stands in them, for whom, when by the clock of Beijing, in how many queries."""

import csv
import datetime
import io
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.models import Article
from charhar.desk import planning
from charhar.desk.models import Assignment, CalendarFeed
from charhar.desk.planning import Filters
from charhar.desk.views_feed import feed_address
from charhar.desk.views_planning import cell
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from charhar.publishing.kinds import kinds_by_name
from charhar.publishing.models import Action, Grant, GrantRemit, State
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    PageFactory,
    PublicationFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
CALENDAR, QUEUE, CSV = "/admin/desk/calendar/", "/admin/desk/queue/", "/admin/desk/queue.csv"
BEIJING = ZoneInfo("Asia/Shanghai")
NOON = datetime.datetime(2027, 3, 10, 12, tzinfo=BEIJING)
FACTORIES = [ArticleFactory, PublicationFactory, ExpertFactory, PageFactory]


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def editor(client):
    person = UserFactory(username="editor", first_name="Edith", last_name="Or", roles=["Editors"])
    client.force_login(person)
    return person


def beijing(*parts):
    return datetime.datetime(*parts, tzinfo=BEIJING)


def live(factory=ArticleFactory, **fields):
    text = factory(**{"publish_at": beijing(2026, 1, 1), **fields})
    workflow.record(text, user=None, action="save")
    return text


def correction(at, failure="", **fields):
    """A scheduled correction of a live text; with ``failure`` one that could not be published."""
    copy = open_copy(live(**fields))
    publish_copy(copy, at=NOON + datetime.timedelta(days=1), note="What was wrong.")
    type(copy).versions.filter(pk=copy.pk).update(publish_at=at, failure=failure)
    copy.refresh_from_db(from_queryset=type(copy).versions)
    return copy


def assign(text, to, due):
    kind = ContentType.objects.get_for_model(text)
    return Assignment.objects.create(content_type=kind, object_id=text.pk, to=to, due=due)


def words(element):
    return " ".join(element.text_content().split())


def page_of(client, url):
    response = client.get(url)
    assert response.status_code == 200, response
    return html.fromstring(response.content.decode())


def by_day(client, url):
    """Each day of a calendar that shows something: its items as (hour, title, status)."""
    found = {}
    for day in page_of(client, url).xpath("//*[@data-day]"):
        items = [
            (
                "".join(item.xpath(".//time/text()")),
                words(item.xpath("./a")[0]),
                words(item.xpath(".//*[contains(@class,'status')]")[0]),
            )
            for item in day.xpath(".//div[contains(concat(' ',@class,' '),' planned ')]")
        ]
        if items:
            found[day.get("data-day")] = items
    return found


def sections(client, url=QUEUE):
    """The queue's parts: heading -> (title, status) of each row."""
    return {
        section.xpath("./h2")[0].text_content(): [
            (words(row.xpath("./th")[0]), words(row.xpath(".//*[contains(@class,'status')]")[0]))
            for row in section.xpath(".//tbody/tr")
        ]
        for section in page_of(client, url).xpath("//section[contains(@class,'queue')]")
    }


def rows_of(client, url=CSV):
    response = client.get(url)
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(b"".join(response).decode("utf-8-sig"))))


# -- What stands where ------------------------------------------------------------------------------


def everything(editor):
    """One of everything that is dated, in every way."""
    live(title="Long public")
    ArticleFactory(title="Appears", publish_at=beijing(2027, 3, 12, 9))
    ArticleFactory(title="出版", language="zh-hans", publish_at=beijing(2027, 3, 12, 8))
    live(title="Appeared", publish_at=beijing(2027, 3, 2, 7, 30))
    live(title="Ends", expire_at=beijing(2027, 3, 20, 18))
    live(title="Ended", expire_at=beijing(2027, 3, 5, 18))
    correction(beijing(2027, 3, 15, 10), title="Put right")
    correction(beijing(2027, 3, 9, 10), failure="No title.", title="Went wrong")
    correction(beijing(2027, 3, 10, 11), title="At once")
    ExpertFactory(display_name_en="NEW Fellow", publish_at=beijing(2027, 3, 30, 6))
    PageFactory(title="A page", publish_at=beijing(2027, 3, 31, 6))
    PublicationFactory(title="A book", publish_at=beijing(2027, 4, 1, 6))
    assign(ArticleFactory(title="Wanted", draft=True), editor, datetime.date(2027, 3, 11))
    assign(ArticleFactory(title="Late", draft=True), editor, datetime.date(2027, 3, 9))
    ArticleFactory(title="Waits", review=True)
    open_copy(live(title="Being corrected"))
    ArticleFactory(title="Begun", draft=True)
    ArticleFactory(title="Trashed", publish_at=beijing(2027, 3, 12), trashed=True)
    ArticleFactory(title="Withdrawn", publish_at=beijing(2027, 3, 12), withdrawn=True)


def test_a_month_shows_everything_dated(client, editor):
    everything(editor)
    assert by_day(client, f"{CALENDAR}?month=2027-03") == {
        "2027-03-02": [("07:30", "Appeared", "Published")],
        "2027-03-05": [("18:00", "Ended", "Expired")],
        "2027-03-09": [("", "Late", "Overdue"), ("10:00", "Went wrong", "Correction failed")],
        "2027-03-10": [("11:00", "At once", "Correction due")],
        "2027-03-11": [("", "Wanted", "Due")],
        "2027-03-12": [("08:00", "出版", "Scheduled"), ("09:00", "Appears", "Scheduled")],
        "2027-03-15": [("10:00", "Put right", "Correction scheduled")],
        "2027-03-20": [("18:00", "Ends", "Expires")],
        "2027-03-30": [("06:00", "NEW Fellow", "Scheduled")],
        "2027-03-31": [("06:00", "A page", "Scheduled")],
        "2027-04-01": [("06:00", "A book", "Scheduled")],
    }
    # The third, "Late", is a draft that has no other date: only its due day stands there, once.


def test_the_queue_holds_what_went_wrong_first_then_what_comes_then_what_waits(client, editor):
    everything(editor)
    assert sections(client) == {
        "Failed or overdue": [
            ("Late", "Overdue"),
            ("Went wrong", "Correction failed"),
            ("At once", "Correction due"),
        ],
        "To come": [
            ("Wanted", "Due"),
            ("出版", "Scheduled"),
            ("Appears", "Scheduled"),
            ("Put right", "Correction scheduled"),
            ("Ends", "Expires"),
            ("NEW Fellow", "Scheduled"),
            ("A page", "Scheduled"),
            ("A book", "Scheduled"),
        ],
        "In review, without a date": [("Waits", "In review")],
        "Drafts without a date": [("Begun", "Draft"), ("Being corrected", "Working copy")],
    }


def test_the_queue_says_what_to_do_about_a_failure(client, editor):
    copy = correction(beijing(2027, 3, 9, 10), failure="The slug is taken.", title="Went wrong")
    page = page_of(client, QUEUE)
    assert "It could not be published: The slug is taken." in words(page)
    change = reverse("admin:articles_article_change", args=[copy.pk])
    assert page.xpath(f"//td[@class='queue-do']//a[@href='{change}']")
    form = page.xpath("//form[@action='/admin/desk/calendar/unschedule/']")[0]
    response = client.post(form.action, dict(form.form_values()))
    assert response.headers["Location"] == QUEUE
    copy.refresh_from_db(from_queryset=Article.versions)
    assert (copy.state, copy.publish_at, copy.failure) == (State.DRAFT, None, "")
    assert sections(client) == {"Drafts without a date": [("Went wrong", "Working copy")]}
    # Whoever had the page open as it was before changes nothing with it.
    client.post(form.action, dict(form.form_values()))
    assert "saved or moved “Went wrong” after this page was made" in words(page_of(client, QUEUE))


def test_a_text_that_is_scheduled_and_expires_stands_there_twice(client, editor):
    text = ArticleFactory(publish_at=beijing(2027, 3, 12, 9), expire_at=beijing(2027, 3, 14, 9))
    assert by_day(client, f"{CALENDAR}?week=2027-W10") == {
        "2027-03-12": [("09:00", text.title, "Scheduled")],
        "2027-03-14": [("09:00", text.title, "Expires")],
    }


def test_long_days_lead_to_their_week(client, editor):
    for hour in range(9):
        ArticleFactory(publish_at=beijing(2027, 3, 12, 10 + hour))
    page = page_of(client, f"{CALENDAR}?month=2027-03&language=en")
    more = page.xpath("//td[@data-day='2027-03-12']/a[@class='day-more']")[0]
    assert words(more) == "+5 more, March 12"
    assert more.get("href") == "?language=en&week=2027-W10#day-2027-03-12"
    assert len(by_day(client, f"{CALENDAR}?week=2027-W10")["2027-03-12"]) == 9


def test_one_more_than_fits_is_shown_rather_than_counted(client, editor):
    for hour in range(5):
        ArticleFactory(publish_at=beijing(2027, 3, 12, 10 + hour))
    assert len(by_day(client, f"{CALENDAR}?month=2027-03")["2027-03-12"]) == 5


def test_an_empty_plan_says_so(client, editor):
    assert "Nothing that you may see is dated in this month." in words(page_of(client, CALENDAR))
    assert "Nothing that you may see is dated in this week." in words(
        page_of(client, f"{CALENDAR}?week=2027-W10")
    )
    assert "The queue is empty" in words(page_of(client, QUEUE))


def test_undated_drafts_are_paged_the_latest_first(client, editor):
    texts = [(ArticleFactory, PublicationFactory)[n % 2](title=f"Draft {n}", draft=True) for n in range(120)]
    for number, text in enumerate(texts):
        type(text).objects.filter(pk=text.pk).update(updated_at=NOON + datetime.timedelta(seconds=number))
    shown = []
    for page in (1, 2, 3):
        part = sections(client, f"{QUEUE}?page={page}")["Drafts without a date"]
        shown += [title for title, _status in part]
    assert shown == [f"Draft {n}" for n in reversed(range(120))]
    links = page_of(client, f"{QUEUE}?page=2&mine=0").xpath("//p[@class='plan-pages']/a/@href")
    assert links == ["?page=1", "?page=3"]
    assert not page_of(client, f"{QUEUE}?page=3").xpath("//a[@rel='next']")
    assert len(rows_of(client)) == 120


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999", "٣", ""])
def test_a_page_that_makes_no_sense_is_the_first(client, editor, page):
    ArticleFactory(title="Begun", draft=True)
    assert sections(client, f"{QUEUE}?page={page}") == {"Drafts without a date": [("Begun", "Draft")]}


# -- The clock of Beijing ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "day", "hour"),
    [
        (datetime.datetime(2027, 3, 31, 15, 59, tzinfo=datetime.UTC), "2027-03-31", "23:59"),
        (datetime.datetime(2027, 3, 31, 16, 0, tzinfo=datetime.UTC), "2027-04-01", "00:00"),
        (datetime.datetime(2027, 12, 31, 16, 0, tzinfo=datetime.UTC), "2028-01-01", "00:00"),
        (datetime.datetime(2028, 2, 29, 1, 0, tzinfo=datetime.UTC), "2028-02-29", "09:00"),
        # In these nights Berlin and New York put their clocks on; nobody in Beijing does.
        (datetime.datetime(2027, 3, 28, 1, 30, tzinfo=datetime.UTC), "2027-03-28", "09:30"),
        (datetime.datetime(2027, 3, 14, 7, 30, tzinfo=datetime.UTC), "2027-03-14", "15:30"),
    ],
)
def test_a_moment_stands_on_its_day_in_beijing(client, editor, moment, day, hour):
    text = ArticleFactory(publish_at=moment)
    expected = {day: [(hour, text.title, "Scheduled")]}
    assert by_day(client, f"{CALENDAR}?month={day[:7]}") == expected
    year, week, _day = datetime.date.fromisoformat(day).isocalendar()
    assert by_day(client, f"{CALENDAR}?week={year}-W{week:02}") == expected
    assert rows_of(client)[0]["When"] == f"{day}T{hour}:00+08:00"


def test_weeks_begin_on_monday_and_the_grid_is_whole_weeks(client, editor):
    page = page_of(client, f"{CALENDAR}?month=2027-03")
    days = page.xpath("//table[@class='month']//td/@data-day")
    assert (days[0], days[-1], len(days)) == ("2027-03-01", "2027-04-04", 35)
    assert page.xpath("//thead//abbr/@title")[0] == "Monday"
    page = page_of(client, f"{CALENDAR}?month=2027-05")
    days = page.xpath("//table[@class='month']//td/@data-day")
    assert (days[0], days[-1], len(days)) == ("2027-04-26", "2027-06-06", 42)
    outside = page.xpath("//td[contains(@class,'outside')]/@data-day")
    assert (outside[0], len(outside)) == ("2027-04-26", 11)


def test_today_is_marked_once(client, editor):
    for url in (CALENDAR, f"{CALENDAR}?week=2027-W10"):
        assert page_of(client, url).xpath(
            "//*[@aria-current='date']/ancestor-or-self::*[@data-day]/@data-day"
        ) == ["2027-03-10"]
    with time_machine.travel(beijing(2027, 3, 11, 0, 0), tick=False):
        marked = page_of(client, CALENDAR).xpath("//td[contains(@class,'today')]/@data-day")
    assert marked == ["2027-03-11"]


@pytest.mark.parametrize(
    ("query", "subtitle", "before", "after"),
    [
        ("", "March 2027", "?month=2027-02", "?month=2027-04"),
        ("month=2027-12", "December 2027", "?month=2027-11", "?month=2028-01"),
        ("week=2026-W53", "Week 53 of 2026: December 28, 2026 to January 3, 2027", "?week=2026-W52", "?week=2027-W01"),
        ("week=2020-W53", "Week 53 of 2020: December 28, 2020 to January 3, 2021", "?week=2020-W52", "?week=2021-W01"),
        ("week=2027-W01", "Week 1 of 2027: January 4, 2027 to January 10, 2027", "?week=2026-W53", "?week=2027-W02"),
        # There is no such week or month: today's.
        ("week=2027-W53", "March 2027", "?month=2027-02", "?month=2027-04"),
        ("week=2027-9", "March 2027", "?month=2027-02", "?month=2027-04"),
        ("month=2027-13", "March 2027", "?month=2027-02", "?month=2027-04"),
        ("month=0001-01", "March 2027", "?month=2027-02", "?month=2027-04"),
        ("month=9999-12", "March 2027", "?month=2027-02", "?month=2027-04"),
        ("month=99999999999999999999-1", "March 2027", "?month=2027-02", "?month=2027-04"),
        ("month=../../x", "March 2027", "?month=2027-02", "?month=2027-04"),
    ],
)  # fmt: skip
def test_the_way_on_and_back(client, editor, query, subtitle, before, after):
    page = page_of(client, f"{CALENDAR}?{query}")
    assert page.xpath("//div[@id='content']/h2")[0].text_content() == subtitle
    assert page.xpath("//nav[@class='plan-steps']/a[@rel]/@href") == [before, after]


# -- Filters and the table --------------------------------------------------------------------------


@pytest.fixture
def mixed(editor):
    ArticleFactory(title="English", publish_at=beijing(2027, 3, 12, 9), created_by=editor)
    ArticleFactory(title="中文", language="zh-hans", publish_at=beijing(2027, 3, 12, 10))
    ExpertFactory(display_name_en="Both", publish_at=beijing(2027, 3, 12, 11))
    PublicationFactory(title="Book", publish_at=beijing(2027, 3, 12, 12), assigned_to=editor)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["English", "中文", "Both", "Book"]),
        ("language=en", ["English", "Both", "Book"]),
        ("language=zh-hans", ["中文", "Both"]),
        ("kind=article", ["English", "中文"]),
        ("kind=expert", ["Both"]),
        ("mine=1", ["English", "Book"]),
        ("mine=1&kind=publication&language=en", ["Book"]),
        ("language=fr&kind=user&mine=yes", ["English", "中文", "Both", "Book"]),
    ],
)
def test_the_filters_hold_in_every_view(client, mixed, editor, query, expected):
    assert [row["Title"] for row in rows_of(client, f"{CSV}?{query}")] == expected
    assert [title for title, _s in sections(client, f"{QUEUE}?{query}").get("To come", [])] == expected
    for place in ("month=2027-03", "week=2027-W10"):
        shown = by_day(client, f"{CALENDAR}?{place}&{query}").get("2027-03-12", [])
        assert [title for _hour, title, _status in shown] == expected
    feed = CalendarFeed.objects.create(user=editor)
    body = client.get(f"{feed_address(feed)}?{query}").content.decode()
    assert [line.partition(": ")[2] for line in body.splitlines() if line.startswith("SUMMARY")] == expected


def test_the_filters_stay_on_every_way(client, mixed):
    page = page_of(client, f"{CALENDAR}?month=2027-03&language=en&mine=1")
    for link in page.xpath("//nav[@class='plan-steps']/a/@href"):
        assert link.endswith("language=en&mine=1")
    assert "/admin/desk/queue/?language=en&mine=1" in page.xpath("//p[@class='plan-ways']/a/@href")
    assert page.xpath("//select[@name='language']/option[@selected]/@value") == ["en"]
    assert page.xpath("//form[@class='plan-filters']/input[@name='month']/@value") == ["2027-03"]
    page = page_of(client, f"{QUEUE}?kind=article")
    assert f"{CSV}?kind=article" in page.xpath("//p[@class='plan-ways']/a/@href")


def test_the_table_is_whole_and_made_for_spreadsheets(client, editor):
    text = ArticleFactory(title='=HYPERLINK("x","y")', publish_at=beijing(2027, 3, 12, 9), created_by=editor)
    response = client.get(CSV)
    body = b"".join(response)
    assert response.streaming
    assert body.startswith(b"\xef\xbb\xbfWhen,Status,Kind,Language,Title,Owner,")
    assert response.headers["Content-Disposition"] == 'attachment; filename="queue-2027-03-10.csv"'
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    assert rows_of(client) == [
        {
            "When": "2027-03-12T09:00:00+08:00",
            "Status": "Scheduled",
            "Kind": "Article",
            "Language": "en",
            "Title": '\'=HYPERLINK("x","y")',
            "Owner": "Edith Or",
            "Assigned to": "",
            "Failure": "",
            "Last changed": "2027-03-10T12:00:00+08:00",
            "Version": str(text.version),
        }
    ]


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_taken_for_a_formula(sign):
    assert cell(f"{sign}1+1") == f"'{sign}1+1"
    assert cell("1+1") == "1+1"


# -- Who sees what ----------------------------------------------------------------------------------


def test_drafts_of_others_are_in_nobodys_plan_who_may_not_read_them(client):
    author, other = UserFactory(roles=["Authors"]), UserFactory(roles=["Authors"])
    secrets = [factory(draft=True, created_by=other) for factory in FACTORIES]
    secrets += [factory(review=True, created_by=other) for factory in FACTORIES]
    secrets += [factory(publish_at=beijing(2027, 3, 12, 9), created_by=other) for factory in FACTORIES]
    secrets += [live(factory, expire_at=beijing(2027, 3, 13), created_by=other) for factory in FACTORIES]
    secrets += [correction(beijing(2027, 3, 14), created_by=other)]
    secrets += [correction(beijing(2027, 3, 9), failure="A secret reason", created_by=other)]
    assign(secrets[0], other, datetime.date(2027, 3, 11))
    own = ArticleFactory(title="My own", publish_at=beijing(2027, 3, 12, 9), created_by=author)
    client.force_login(author)
    feed = CalendarFeed.objects.create(user=author)
    for url in (
        f"{CALENDAR}?month=2027-03", f"{CALENDAR}?week=2027-W10", QUEUE, CSV, feed_address(feed),
    ):  # fmt: skip
        response = client.get(url)
        body = (b"".join(response) if response.streaming else response.content).decode()
        assert own.title in body, url
        assert not [str(text) for text in secrets if str(text) in body], url
        assert "A secret reason" not in body


def test_a_working_copy_shows_to_whoever_may_read_it(client):
    author = UserFactory(roles=["Authors"])
    correction(beijing(2027, 3, 14, 9), title="Mine put right", created_by=author)
    client.force_login(author)
    page = page_of(client, f"{CALENDAR}?month=2027-03")
    assert by_day(client, f"{CALENDAR}?month=2027-03") == {
        "2027-03-14": [("09:00", "Mine put right", "Correction scheduled")]
    }
    assert not page.xpath("//*[@class='planned-move']"), "an author may not publish"


def test_a_remit_limits_the_plan_and_what_moves(client):
    role = Group.objects.create(name="Energy desk")
    energy, other = TopicFactory(), TopicFactory()
    for action in (Action.VIEW, Action.PUBLISH):
        grant = Grant.objects.create(role=role, action=action)
        if action == Action.PUBLISH:
            kind = ContentType.objects.get_for_model(energy)
            GrantRemit.objects.create(grant=grant, content_type=kind, object_id=energy.pk)
    client.force_login(UserFactory(roles=["Energy desk"]))
    for topic in (energy, other):
        ArticleFactory(title=topic.name_en, publish_at=beijing(2027, 3, 12, 9), topics=[topic])
    page = page_of(client, f"{CALENDAR}?month=2027-03")
    movable = page.xpath("//div[contains(@class,'planned ') and .//details]/a")
    assert [words(link) for link in movable] == [energy.name_en]
    assert len(by_day(client, f"{CALENDAR}?month=2027-03")["2027-03-12"]) == 2


@pytest.mark.parametrize("role", ["Authors", "Fellows", "Editors", "Administrators"])
def test_the_plan_says_who_may_move_as_the_texts_themselves_do(role):
    """The one query's answer is the rule of permissions.py, for live texts, copies and expiries."""
    person, other = UserFactory(roles=[role]), UserFactory()
    for owner in (person, other):
        for factory in FACTORIES:
            factory(publish_at=beijing(2027, 3, 12, 9), expire_at=beijing(2027, 3, 13), created_by=owner)
            live(factory, expire_at=beijing(2027, 3, 14), created_by=owner)
        correction(beijing(2027, 3, 15), created_by=owner)
    items = planning.between(person, datetime.date(2027, 3, 1), datetime.date(2027, 4, 1), Filters())
    assert items
    for item in items:
        text = kinds_by_name()[item.row.kind].versions.select_related("corrects").get(pk=item.row.pk)
        action = Action.CHANGE if item.what == planning.EXPIRE else Action.PUBLISH
        assert item.movable == (text.corrects or text).may(person, action), item


# -- The figure -------------------------------------------------------------------------------------


def populate(count, owner):
    """``count`` dated things of every kind and language, with hours in this month; drafts besides."""
    for number in range(count):
        moment = beijing(2027, 3, 11 + number % 20, number % 24)
        which = number % 8
        if which == 0:
            PublicationFactory(publish_at=moment, created_by=owner)
        elif which == 1:
            ExpertFactory(publish_at=moment)
        elif which == 2:
            PageFactory(publish_at=moment)
        elif which == 3:
            correction(moment, created_by=owner)
        elif which == 4:
            live(expire_at=moment, created_by=owner)
        elif which == 5:
            assign(ArticleFactory(draft=True, assigned_to=owner), owner, moment.date())
        else:
            language = "zh-hans" if which == 6 else "en"
            ArticleFactory(publish_at=moment, created_by=owner, language=language)
    for factory in FACTORIES:
        factory(draft=True, created_by=owner)


@pytest.mark.matrix
def test_five_hundred_items_take_at_most_eight_queries(client, editor):
    feed = CalendarFeed.objects.create(user=editor)
    urls = [f"{CALENDAR}?month=2027-03", f"{CALENDAR}?week=2027-W11", QUEUE, CSV, feed_address(feed)]
    populate(500, editor)
    for url in urls:
        client.get(url)  # what a process asks once: kinds of content
    found, shown = [], []
    for url in urls:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
            body = b"".join(response) if response.streaming else response.content
        found.append(len(queries))
        shown.append(len(re.findall(rb'id="plan-\w+-\d|BEGIN:VEVENT|\n2027-03-', body)))
    assert found == [7, 7, 7, 5, 5]
    assert (
        shown[0]
        + sum(int(more) for more in re.findall(r">\+(\d+) more", client.get(urls[0]).content.decode()))
        == 500
    )
    assert shown[1:] == [175, 504, 500, 500]


def test_the_number_of_queries_does_not_grow(client, editor):
    def count(url):
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
            list(response)
        return len(queries)

    few = [count(url) for url in (CALENDAR, QUEUE, CSV)]
    populate(40, editor)
    assert [count(url) for url in (CALENDAR, QUEUE, CSV)] == few
    assert timezone.localdate() == NOON.date()
