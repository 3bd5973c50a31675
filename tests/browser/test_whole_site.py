"""A site that runs somewhere, page by page: CHARHAR_SITE=http://127.0.0.1:8000 names it.

`.ci/run long` runs this on the demo content. What the small site of house.py can not show shows here: real
lengths, every kind of picture, hundreds of pages.
"""

import os
import urllib.error
import urllib.request

import pytest

from tests.browser.house import crawl
from tests.browser.test_axe import violations
from tests.browser.test_hosts import BROKEN, sideways
from tests.browser.test_html import errors, save

SITE = os.environ.get("CHARHAR_SITE", "").rstrip("/")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(not SITE, reason="CHARHAR_SITE names no site")]


class Response(dict):
    """As much of an answer as the crawl and the checks read."""

    def __init__(self, answer):
        super().__init__({"Content-Type": answer.headers["Content-Type"]})
        self.status_code = answer.status
        self.content = answer.read()


class Reader:
    """Fetches over the network what Django's test client fetches in the process."""

    def get(self, path):
        try:
            with urllib.request.urlopen(SITE + path, timeout=60) as answer:  # noqa: S310  the address is the tester's own
                return Response(answer)
        except urllib.error.HTTPError as error:
            with error:
                return Response(error)


@pytest.fixture(scope="module")
def pages():
    return crawl(Reader(), "/", "/zh/", most=5000)


def test_every_link_leads_to_a_page(pages):
    assert len(pages) > 100
    assert {path: page.status_code for path, page in pages.items() if page.status_code != 200} == {}


def test_nu_finds_no_error(pages, vnu, tmp_path):
    save(pages, tmp_path / "pages")
    assert errors(vnu, tmp_path / "pages") == {}


def test_axe_finds_nothing_and_nothing_is_broken(pages, chromium, axe):
    found = {}
    page = chromium.new_context(reduced_motion="reduce", bypass_csp=True).new_page()
    elsewhere = []
    page.on("request", lambda request: elsewhere.append(request.url))
    for path, response in pages.items():
        if not response["Content-Type"].startswith("text/html") or "?" in path:
            continue
        page.goto(SITE + path)
        complaints = [*page.evaluate(BROKEN), *sideways(page).items()]
        for width, theme in ((1280, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=theme)
            complaints += violations(page, axe)
        if complaints:
            found[path] = complaints
    page.context.close()
    assert found == {}
    assert [url for url in elsewhere if not url.startswith((SITE, "data:", "blob:"))] == []
