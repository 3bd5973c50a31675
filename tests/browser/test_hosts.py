"""Every page keeps to its own host and its own policy, shows all its pictures and never scrolls sideways.

The watching is in conftest.py: what a page asks for elsewhere, or what the policy refuses, fails the test.
"""

import pytest

from charhar.publishing.copies import open_copy
from tests.browser.house import PATHS, administrator

pytestmark = pytest.mark.browser

BROKEN = """
async () => {
  for (const image of document.images) { image.loading = "eager"; }
  await Promise.allSettled([...document.images].map(image => image.decode()));
  return [...document.images].filter(image => !image.naturalWidth).map(image => image.outerHTML);
}
"""
SIDEWAYS = """
() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) { return []; }
  return [...document.body.querySelectorAll("*")]
    .filter(element => element.getBoundingClientRect().right > room + 1)
    .map(element => `${element.tagName.toLowerCase()}.${element.className}`).slice(0, 5);
}
"""


def sideways(page):
    """The elements that make each width scroll sideways."""
    found = {}
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = page.evaluate(SIDEWAYS)
    return {width: elements for width, elements in found.items() if elements}


ALWAYS = {"home", "article", "article in Chinese", "list", "expert", "publication", "search"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in ALWAYS else pytest.mark.long) for name in PATHS]
)
def test_public_page(name, house, browse):
    page = browse(PATHS[name])
    assert page.evaluate(BROKEN) == []
    assert sideways(page) == {}


def test_admin_form(house, browse):
    copy = open_copy(house)
    page = browse(f"/admin/articles/article/{copy.pk}/change/", user=administrator())
    page.wait_for_selector(".ProseMirror")
    assert page.evaluate(BROKEN) == []


def test_public_pages_set_no_cookie(house, browse):
    page = browse("/")
    page.goto(page.url + PATHS["article"].lstrip("/"))
    assert page.context.cookies() == []


def test_the_measure_finds_what_is_too_wide(house, browse):
    page = browse("/")
    page.evaluate("document.body.append(Object.assign(document.createElement('hr'), {width: '3000'}))")
    assert set(sideways(page)) == {1280, 390, 320}
