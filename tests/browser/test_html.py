"""The Nu HTML checker finds no error on any page that a reader can reach, and no link leads nowhere."""

import json
import re
import subprocess

import pytest

from charhar.demo.inbox import load_inbox
from charhar.outreach.models import ContactMessage
from tests.browser.house import PATHS, administrator, crawl

pytestmark = pytest.mark.browser


def errors(vnu, folder):
    """What the checker says of every file in a folder: {file: [complaint]}."""
    result = subprocess.run(
        [*vnu, "--errors-only", "--format", "json", "--exit-zero-always", str(folder)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    found = {}
    for message in json.loads(result.stderr or result.stdout)["messages"]:
        place = message["url"].rpartition("/")[2]
        found.setdefault(place, []).append(f"{message['message']} — {message.get('extract', '').strip()!r}")
    return found


def save(responses, folder):
    """Each page as a file named after its path."""
    folder.mkdir()
    for path, response in responses.items():
        if response["Content-Type"].startswith("text/html"):
            name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-") or "home"
            (folder / f"{name}.html").write_bytes(response.content)


IN_HEAD = {
    "title": r"<title>[^<]+</title>",
    "description": r'<meta name="description" content="[^"]+">',
    "canonical": r'<link rel="canonical" href="http[^"]+">',
    "picture": r'<meta property="og:image" content="http[^"]+">',
}


def test_every_page_is_valid_says_what_it_is_and_leads_only_to_what_is_there(house, client, vnu, tmp_path):
    pages = crawl(client, *PATHS.values())
    assert {path: page.status_code for path, page in pages.items() if page.status_code != 200} == {}

    titles, missing = {}, {}
    for path, page in pages.items():
        text = page.content.decode() if page["Content-Type"].startswith("text/html") else ""
        if not text or "?" in path or '<meta name="robots" content="noindex">' in text:
            continue
        lacks = [name for name, pattern in IN_HEAD.items() if len(re.findall(pattern, text)) != 1]
        if lacks:
            missing[path] = lacks
        title = re.search(r"<title>(.*?)</title>", text, re.S)[1]
        titles.setdefault((path.startswith("/zh/"), title), []).append(path)
    assert missing == {}
    assert {title: paths for title, paths in titles.items() if len(paths) > 1} == {}

    pages |= {path: client.get(path) for path in ("/nowhere/", "/zh/nowhere/")}
    save(pages, tmp_path / "pages")
    assert len(list((tmp_path / "pages").iterdir())) > len(PATHS)
    assert errors(vnu, tmp_path / "pages") == {}


def test_the_second_step_and_the_inbox_are_valid(house, client, vnu, tmp_path):
    load_inbox()
    fields = {"subject": "media", "name": "Ann <Lee>", "email": "ann@example.org", "message": 'A\n"B" & <c>'}
    pages = {
        path: client.post(path, {**fields, "website": "x"})
        for path in ("/about/contact/", "/zh/about/contact/")
    }
    assert all("no-store" in page["Cache-Control"] for page in pages.values())
    client.force_login(administrator())
    listed = "/admin/outreach/contactmessage/"
    message = ContactMessage.objects.get(state="answered")
    for path in (f"{listed}{message.pk}/change/", f"{listed}times/"):
        pages[path] = client.get(path)
    assert {page.status_code for page in pages.values()} == {200}
    save(pages, tmp_path / "pages")
    assert errors(vnu, tmp_path / "pages") == {}


def test_the_checker_finds_an_error(vnu, tmp_path):
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "bad.html").write_text(
        "<!doctype html><title>x</title><p><div id=a></div><div id=a></div>"
    )
    assert list(errors(vnu, tmp_path / "pages")) == ["bad.html"]
