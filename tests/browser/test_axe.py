"""axe finds nothing against WCAG 2.2 AA, wide and narrow, light and dark, menu shut and open.

Two looks differ in everything at once; with ``EVERY_LOOK=1``, as in `.ci/run long`, each width in each of the colours.
"""

import functools
import itertools
import os

import pytest
from django.urls import reverse

from charhar.contacts.models import Consent, Person, Wording
from charhar.demo.inbox import load_inbox
from charhar.members.models import Plan
from charhar.outreach.models import ContactMessage
from charhar.publishing.copies import open_copy
from tests.browser.house import PATHS, administrator, fill_in_like_a_robot

pytestmark = pytest.mark.browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = [(1280, "light"), (320, "dark")]
if os.environ.get("EVERY_LOOK"):
    LOOKS = list(itertools.product((320, 768, 1280), ("light", "dark", "forced")))


@pytest.fixture
def browse(browse):
    """axe measures with inline styles of its own; test_hosts.py opens the same pages under their policy."""
    return functools.partial(browse, policy=False)


def violations(page, axe):
    """What axe finds on the page as it stands: rule, weight and the first elements."""
    if not page.evaluate("'axe' in window"):  # half a megabyte to read
        page.evaluate(axe)
    result = page.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}, resultTypes: ['violations']})",
        RULES,
    )
    assert result["passes"], "axe looked at nothing"
    return [
        f"{found['id']} ({found['impact']}): {node['html'][:200]} {node['failureSummary'][:300]}"
        for found in result["violations"]
        for node in found["nodes"][:3]
    ]


def in_every_look(page, axe):
    """The violations in each width and theme, without loading the page again."""
    found = {}
    for width, theme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(
            color_scheme="dark" if theme == "dark" else "light",
            forced_colors="active" if theme == "forced" else "none",
        )
        found[f"{width}, {theme}"] = violations(page, axe)
    return {look: complaints for look, complaints in found.items() if complaints}


@pytest.mark.parametrize("name", PATHS)
def test_public_page(name, house, browse, axe):
    assert in_every_look(browse(PATHS[name]), axe) == {}


def test_page_that_is_not_there(house, browse, axe):
    assert in_every_look(browse("/articles/never-written/", status=404), axe) == {}


def test_open_menus(house, browse, axe):
    page = browse("/")
    page.evaluate("document.querySelectorAll('header details').forEach(menu => { menu.open = true })")
    assert in_every_look(page, axe) == {}


def test_form_with_errors(house, browse, axe):
    page = browse("/about/contact/")
    page.evaluate("document.querySelectorAll('main form').forEach(form => { form.noValidate = true })")
    page.click("main form.form button")
    assert in_every_look(page, axe) == {}


def test_sign_in(house, browse, axe):
    assert in_every_look(browse("/admin/login/"), axe) == {}


@pytest.mark.parametrize(
    "path",
    [
        "/admin/",
        "/admin/articles/article/",
        "/admin/articles/article/add/",
        "/admin/articles/article/{}/change/",
    ],
)
def test_admin_page(path, house, browse, axe):
    page = browse(path.format(house.pk), user=administrator())
    assert in_every_look(page, axe) == {}


def test_a_working_copy(house, browse, axe):
    copy, editor = open_copy(house), administrator()
    page = browse(f"/admin/articles/article/{copy.pk}/change/", user=editor)
    assert in_every_look(page, axe) == {}
    page = browse(f"/admin/articles/article/{house.pk}/history/", user=editor)
    assert in_every_look(page, axe) == {}


def test_the_inbox(house, browse, axe):
    load_inbox()
    message = ContactMessage.objects.get(state="answered")
    listed, editor = "/admin/outreach/contactmessage/", administrator()
    found = {
        path: in_every_look(browse(path, user=editor), axe)
        for path in (
            listed,
            f"{listed}{message.pk}/change/",
            f"{listed}times/",
            "/admin/outreach/replytemplate/add/",
            "/admin/outreach/route/add/",
        )
    }
    assert {path: complaints for path, complaints in found.items() if complaints} == {}


def test_privacy_and_bringing_in(house, browse, axe):
    person, editor = Person.objects.meet("ann@example.org", name="Ann Lee"), administrator()
    wording = Wording(Consent.Purpose.UPDATES, "1", "Yes, write to me when something new is published.")
    Consent.objects.give(person, wording, source="/subscribe/")
    own = f"/admin/contacts/person/{person.pk}/"
    found = {
        path: in_every_look(browse(path, user=editor), axe)
        for path in (
            "/admin/contacts/person/",
            f"{own}change/",
            f"{own}erase/",
            reverse("admin:contacts_retentionrun_changelist"),
            "/admin/outreach/subscription/",
            "/admin/outreach/subscription/import/",
        )
    }
    assert {path: complaints for path, complaints in found.items() if complaints} == {}


@pytest.mark.parametrize("path", ["/about/contact/", "/about/membership/"])
def test_the_second_step(path, house, browse, axe):
    Plan.objects.create(name_en="Individual")
    page = browse(path)
    fill_in_like_a_robot(page)
    page.get_by_role("heading", name="Is this what you would like to send?").wait_for()
    assert in_every_look(page, axe) == {}


def test_the_checker_finds_a_picture_without_a_text(house, browse, axe):
    page = browse("/")
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert [line.split()[0] for line in violations(page, axe)] == ["image-alt"]
