"""The secretariat's and the members' pages: axe, HTML and policy find nothing, and nothing scrolls sideways."""

import pytest

from charhar.members.sign_in import COOKIE
from tests.browser.house import administrator
from tests.browser.secretariat import (
    OWN,
    admin_pages,
    build_roster,
    cookie_of,
    enter,
    linked_pages,
    member,
)
from tests.browser.test_axe import in_every_look
from tests.browser.test_hosts import sideways
from tests.browser.test_html import errors, save

pytestmark = pytest.mark.browser


@pytest.fixture
def roster(house, shelf):
    """The house with the sample roster in it."""
    if not shelf.bring("roster"):
        build_roster()
        shelf.keep("roster")


def test_the_pages_of_a_member(roster, browse, axe, live_server):
    found, pages = {}, {**OWN, **linked_pages()}
    for policy in (True, False):
        page = browse("/membership/sign-in/", policy=policy)
        enter(page, live_server.url, member())
        for name, path in pages.items():
            page.goto(live_server.url + path, wait_until="load")
            assert page.locator("h1").count() == 1, name
            complaints = sideways(page) if policy else in_every_look(page, axe)
            if complaints:
                found[name] = complaints
    assert found == {}


def test_the_pages_of_the_secretariat(roster, browse, axe, live_server):
    secretary, found = administrator(), {}
    for policy in (True, False):
        page = browse("/admin/", user=secretary, policy=policy)
        for name, path in admin_pages().items():
            assert page.goto(live_server.url + path, wait_until="load").status == 200, name
            complaints = sideways(page) if policy else in_every_look(page, axe)
            if complaints:
                found[name] = complaints
    assert found == {}


def test_every_page_of_a_member_is_valid(roster, client, vnu, tmp_path):
    paths = {**OWN, **linked_pages()}
    client.cookies[COOKIE] = cookie_of(member())
    pages = {path: client.get(path) for path in ["/about/membership/", *paths.values()]}
    assert {path: page.status_code for path, page in pages.items() if page.status_code != 200} == {}
    save(pages, tmp_path / "pages")
    assert errors(vnu, tmp_path / "pages") == {}
