"""What every test stands on: a clean cache, plain static files, media in a folder of its own."""

import asyncio
import atexit
import email.policy
import gc
import os
import socket
import tempfile
import threading
from pathlib import Path

# Set up here, not by pytest-django's own setting, which reads the settings before any conftest: the suite
# needs no variable from outside.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "charhar.settings")
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0" * 40)
os.environ.setdefault("EMAIL_URL", "memorymail://")

import django
import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection, connections
from django.template import Template
from django.test import RequestFactory, TransactionTestCase

django.setup()

from tests.database import Migrated, start_from_migrated  # noqa: E402  it needs the apps

# A file, as on a real site: one SQLite in memory shares its connection and its locks among all threads.
_FOLDER = tempfile.TemporaryDirectory(prefix="charhar-tests-")
atexit.register(_FOLDER.cleanup)
django_settings.PAGE_CACHE_DIR = Path(_FOLDER.name) / "page-cache"
if connection.vendor == "sqlite":
    connection.settings_dict["TEST"]["NAME"] = str(Path(_FOLDER.name) / "tests.sqlite3")


def pytest_collection_finish(session):
    """Django, the site and four thousand tests stay to the end: not to be looked through for garbage each time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture(autouse=True, scope="session")
def _no_collected_static_files(tmp_path_factory):
    """What `make demo` collected may be an older state, and on a fresh clone is not there at all."""
    django_settings.STATIC_ROOT = tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True, scope="session")
def _the_client_is_taken_for_a_browser():
    """It says a browser's name and languages, without which a public form asks once more before sending."""
    says = {"HTTP_USER_AGENT": "Mozilla/5.0", "HTTP_ACCEPT_LANGUAGE": "en"}
    plain = RequestFactory.__init__

    def as_a_browser(self, *args, **kwargs):
        plain(self, *args, **kwargs)
        self.defaults = {**says, **self.defaults}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RequestFactory, "__init__", as_a_browser)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_record_of_widgets(django_test_environment):
    """Django keeps a copy of the context of each template; a form of the admin has three hundred for its widgets."""
    recorded = Template._render

    def render(self, context):
        if self.name and self.name.startswith(("django/forms/", "admin/widgets/")):
            return self.nodelist.render(context)
        return recorded(self, context)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "_render", render)
        yield


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb, django_db_modify_db_settings):
    """Begin with the database that `.ci/run` migrated for all of its steps, where there is one."""
    return start_from_migrated() or django_db_keepdb


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, tmp_path_factory):
    """pytest-django's own, and after a test that really commits the database is as it was migrated."""
    migrated = Migrated(tmp_path_factory.mktemp("migrated"))
    with django_db_blocker.unblock():
        migrated.keep()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda test: migrated.bring_back())
        yield


@pytest.fixture(autouse=True)
def _own_surroundings(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.AXES_ENABLED = False
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def often():
    """How many times a scanner opens a link: a hundred in `.ci/run long`; what five do not change, few would."""
    return range(100 if os.environ.get("EVERY_LOOK") else 5)


@pytest.fixture
def at_once(transactional_db):
    """``at_once(20, do)`` calls ``do`` in twenty threads that begin together and gives their results."""

    def run(count, do):
        results, start = [], threading.Barrier(count)

        def one():
            try:
                start.wait()
                results.append(do())
            except BaseException as error:
                results.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return results

    return run


class Mailbox:
    """A mail server's end: keeps what it took; ``silent``, it takes the text and never answers."""

    def __init__(self):
        self.messages, self.silent = [], False

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.messages.append((envelope.rcpt_tos, message))
        if self.silent:
            await asyncio.sleep(60)
        return "250 OK"


@pytest.fixture
def mail_server(settings):
    """A real SMTP server on a free port, which the site is told to use; patient for a second."""
    from aiosmtpd.controller import Controller

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    # The test runner has put its own backend into the settings.
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 1
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield mailbox
    controller.stop()
