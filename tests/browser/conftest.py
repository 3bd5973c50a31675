"""A real Chromium before a small whole site. Every page it opens is watched: an error in the console, a
refusal by the content security policy, a request to another host or a broken file fails the test.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from playwright.sync_api import sync_playwright

from articles.models import Article
from tests.browser import house as the_house

ROOT = Path(__file__).resolve().parent.parent.parent
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium():
    """One Chromium for the whole run."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    # Playwright keeps an event loop in this thread, where Django would else refuse the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Shelf:
    """States of the test database, each a file beside it, to go back to: quicker than to fill it anew."""

    def __init__(self, folder):
        self.folder = folder

    def keep(self, name):
        """Put the state of now by, the media with it."""
        with self._open(self.folder / name) as target, self._open(connection.settings_dict["NAME"]) as now:
            now.backup(target)
        shutil.copytree(django_settings.MEDIA_ROOT, self.folder / f"{name}-media", dirs_exist_ok=True)

    def bring(self, name):
        """Go back to a state that was put by; waits for whoever is writing. False where there is none."""
        if not (self.folder / name).exists():
            return False
        connection.close()
        with self._open(self.folder / name) as source, self._open(connection.settings_dict["NAME"]) as now:
            source.backup(now)
        shutil.copytree(self.folder / f"{name}-media", django_settings.MEDIA_ROOT, dirs_exist_ok=True)
        return True

    @staticmethod
    def _open(path):
        return closing(sqlite3.connect(path, timeout=20))


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """Where this run keeps states of its database."""
    return Shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture
def transactional_db(_own_surroundings, django_db_setup, django_db_blocker, shelf):
    """The database as the migrations leave it, before the test and after; what a live server stands on."""
    if connection.vendor != "sqlite":
        pytest.skip("the browser's tests stand on files of SQLite")
    with django_db_blocker.unblock():
        Path(django_settings.MEDIA_ROOT).mkdir(exist_ok=True)
        if not (shelf.folder / "migrated").exists():
            shelf.keep("migrated")
        yield
        shelf.bring("migrated")


@pytest.fixture
def house(transactional_db, shelf):
    """The small whole site; its main article."""
    if not shelf.bring("house"):
        the_house.build()
        shelf.keep("house")
    return Article.objects.get(slug="bridges-between-neighbours", language="en")


@pytest.fixture
def browse(chromium, live_server):
    """``browse(path, …)`` opens a page in a browser of its own, without cookies or with somebody's session."""
    contexts, complaints = [], []
    expected = []

    def watch(page):
        def heard(message):
            # A document's own status is the test's business and can be any.
            if message.type == "error" and message.location.get("url") != page.url:
                complaints.append(f"{page.url}: console: {message.text} ({message.location.get('url')})")

        def asked(request):
            if not request.url.startswith((live_server.url, "data:", "blob:")):
                complaints.append(f"{page.url}: another host: {request.url}")

        def answered(response):
            if response.status >= 400 and response.request.resource_type != "document":
                complaints.append(f"{page.url}: {response.status} for {response.url}")

        page.on("console", heard)
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: script: {error}"))
        page.on("request", asked)
        page.on("response", answered)

    def browse(
        path, *, width=1280, theme="light", scripts=True, policy=True, user=None, status=200, expects=()
    ):
        """``expects``: what may be complained of, as pieces of it."""
        expected.extend(expects)
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            java_script_enabled=scripts,
            bypass_csp=not policy,
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        if user is not None:
            client = Client()
            client.force_login(user, "django.contrib.auth.backends.ModelBackend")
            name = django_settings.SESSION_COOKIE_NAME
            context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
        page = context.new_page()
        watch(page)
        response = page.goto(live_server.url + path, wait_until="load")
        assert response.status == status, f"{path} answers {response.status}"
        return page

    yield browse
    for context in contexts:
        context.close()
    assert [c for c in complaints if not any(piece in c for piece in expected)] == []


@pytest.fixture(scope="session")
def axe():
    """The source of axe-core, as `npm ci` puts it there."""
    source = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        pytest.skip("no axe-core here: npm ci")
    return source.read_text()


@pytest.fixture(scope="session")
def vnu():
    """The command line of the Nu HTML checker."""
    jar = ROOT / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    java = shutil.which("java")
    if not jar.exists():
        pytest.skip("no Nu HTML checker here: npm ci")
    if java is None:
        pytest.skip("no Java on this machine")
    return [java, "-jar", str(jar)]
