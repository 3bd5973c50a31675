"""The calendar and the queue in a real browser: by mouse, by keyboard, without scripts, and before axe."""

import datetime
import functools
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone
from playwright.sync_api import expect

from articles.models import Article
from charhar.desk.models import CalendarFeed
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from tests.browser.house import LONG_TITLE, administrator
from tests.browser.test_axe import in_every_look
from tests.factories import ArticleFactory

pytestmark = pytest.mark.browser
BEIJING = ZoneInfo("Asia/Shanghai")
ONE_DAY = datetime.timedelta(days=1)


def monday():
    """The Monday after next: in the same week and, whenever the test runs, to come."""
    today = timezone.localdate()
    return today + (14 - today.weekday()) * ONE_DAY


def at(day, hour=9):
    return datetime.datetime.combine(day, datetime.time(hour), tzinfo=BEIJING)


def scheduled(day, **fields):
    text = ArticleFactory(
        **{"title": "On bridges", "kind": Article.Kind.NEWS, "publish_at": at(day), **fields}
    )
    workflow.record(text, user=None, action="save")
    return text


def now(text):
    text.refresh_from_db(from_queryset=type(text).versions)
    return text


def month(day):
    return f"/admin/desk/calendar/?month={day:%Y-%m}"


def week(day):
    year, number, _day = day.isocalendar()
    return f"/admin/desk/calendar/?week={year}-W{number:02}"


def told(page):
    page.wait_for_selector(".messagelist")
    return page.inner_text(".messagelist")


def test_dragged_to_another_day_it_keeps_its_hour_and_comes_back_by_undo(browse):
    first = monday()
    text = scheduled(first)
    page = browse(month(first), user=administrator())
    cell = f"td[data-day='{first + 2 * ONE_DAY}']"
    page.drag_and_drop(f"#plan-article-{text.pk}-publish", cell)
    assert "“On bridges” is moved from" in told(page)
    assert page.locator(f"{cell} .planned", has_text="On bridges").count() == 1
    assert now(text).publish_at == at(first + 2 * ONE_DAY)
    page.click("text=Undo")
    page.wait_for_selector(f"td[data-day='{first}'] .planned")
    assert now(text).publish_at == at(first)


def test_dragged_onto_a_day_that_has_passed_it_stays(browse):
    noon = at(timezone.localdate().replace(day=15), 12)
    with time_machine.travel(noon, tick=False):
        text = scheduled(noon.date() + ONE_DAY)
        page = browse(month(noon), user=administrator())
        page.drag_and_drop(f"#plan-article-{text.pk}-publish", f"td[data-day='{noon.date() - ONE_DAY}']")
        assert page.locator(".messagelist").count() == 0
        assert now(text).publish_at == at(noon.date() + ONE_DAY)


@pytest.mark.parametrize("view", [month, week])
def test_carried_by_the_arrow_keys(browse, view):
    first = monday()
    text = scheduled(first)
    page = browse(view(first), user=administrator())
    summary = page.locator(f"#plan-article-{text.pk}-publish summary")
    summary.focus()
    page.keyboard.press("Enter")
    said = "Arrow keys choose a day, Enter moves it there, Escape leaves it where it is."
    says = page.locator("#plan-says")
    expect(says).to_have_text(said)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    day = first + 2 * ONE_DAY
    assert says.inner_text() == f"{day:%A, %B} {day.day}, {day.year}, 09:00."
    assert page.locator(f"[data-day='{day}'].target").count() == 1
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    assert "is moved from" in told(page)
    assert now(text).publish_at == at(first + ONE_DAY)
    # One can go on from there: the focus is where the text stands now.
    assert page.evaluate("document.activeElement.closest('.planned').id") == f"plan-article-{text.pk}-publish"
    expect(page.locator("#plan-says")).to_contain_text("is moved from")


def test_escape_leaves_it_where_it_is(browse):
    first = monday()
    text = scheduled(first)
    page = browse(month(first), user=administrator())
    page.focus(f"#plan-article-{text.pk}-publish summary")
    for key in ("Enter", "ArrowDown", "Escape"):
        page.keyboard.press(key)
    assert page.inner_text("#plan-says") == "It stays where it is."
    assert page.locator(".target").count() == 0
    assert not page.locator("details.planned-move[open]").count()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.input_value(f"#plan-article-{text.pk}-publish input[name=at]") == f"{first}T09:00"
    assert now(text).publish_at == at(first)


def test_arrow_keys_go_from_day_to_day(browse):
    first = monday()
    scheduled(first)
    page = browse(month(first), user=administrator())
    middle = first.replace(day=10)
    page.focus(f"td[data-day='{middle}'] a.day")
    for key, day in [
        ("ArrowRight", middle + ONE_DAY),
        ("ArrowDown", middle + 8 * ONE_DAY),
        ("ArrowLeft", middle + 7 * ONE_DAY),
        ("ArrowUp", middle),
    ]:
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.closest('td').dataset.day") == str(day)


@pytest.mark.parametrize("width", [1280, 390])
def test_without_scripts_the_form_moves_it(browse, width):
    first = monday()
    text = scheduled(first)
    user = administrator()
    for path, hour in ((month(first), 10), (week(first), 11), ("/admin/desk/queue/", 12)):
        page = browse(path, user=user, scripts=False, width=width)
        entry = page.locator(f"#plan-article-{text.pk}-publish")
        entry.locator("summary").click()
        entry.locator("input[name=at]").fill(f"{first}T{hour}:00")
        entry.locator("button", has_text="Move").click()
        assert "is moved from" in told(page)
        assert now(text).publish_at == at(first, hour)


def test_what_somebody_else_moved_is_said_and_left(browse):
    first = monday()
    text = scheduled(first)
    page = browse(month(first), user=administrator())
    workflow.publish(text, at=at(first, 15))
    page.drag_and_drop(f"#plan-article-{text.pk}-publish", f"td[data-day='{first + ONE_DAY}']")
    page.wait_for_selector("h1:has-text('Not moved')")
    assert "saved or moved “On bridges” after this page was made" in page.inner_text("#content")
    assert now(text).publish_at == at(first, 15)


@pytest.mark.long
def test_axe_finds_nothing(house, browse, axe):
    first = monday()
    text = scheduled(first, title=LONG_TITLE)
    scheduled(first, title="小镇的日历", language="zh-hans", expire_at=at(first + ONE_DAY))
    for hour in range(10, 17):
        scheduled(first, publish_at=at(first, hour))
    copy = open_copy(house)
    publish_copy(copy, at=at(first, 8))
    Article.versions.filter(pk=copy.pk).update(failure="The slug is taken.")
    ArticleFactory(title="Begun", draft=True)
    ArticleFactory(title="Waits", review=True)
    user = administrator()
    CalendarFeed.objects.create(user=user)
    browse = functools.partial(browse, policy=False, user=user)
    move = f"/admin/desk/calendar/move/?kind=article&pk={text.pk}&what=publish"
    for path in (month(first), week(first), "/admin/desk/queue/", "/admin/desk/calendar/address/", move):
        page = browse(path)
        assert in_every_look(page, axe) == {}, path
        for details in page.locator("details.planned-move").all()[:1]:
            details.locator("summary").click()
            assert in_every_look(page, axe) == {}, f"{path}, form open"
        page.set_viewport_size({"width": 390, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
