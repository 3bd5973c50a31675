"""Several machines are one site: each with a folder of its own, one PostgreSQL, one Redis and the media in common."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException

import pytest
from django.conf import settings
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from django.utils import timezone

from charhar.contacts.models import OutgoingMail
from charhar.contacts.outbox import queue
from charhar.library.models import Image
from charhar.outreach.models import ContactMessage
from tests.admin_forms import send
from tests.factories import ArticleFactory, UserFactory, picture_bytes
from tests.front import ROOT, Browser, Web, needs_nginx, nginx, redis

pytestmark = [
    pytest.mark.redis,
    pytest.mark.postgres,
    pytest.mark.skipif(
        shutil.which("redis-server") is None, reason="there is no redis-server on this machine"
    ),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="several machines need PostgreSQL"),
]
PASSWORD = "a long sample password"
GOOD = {"subject": "media", "name": "Ann", "email": "ann@example.org", "message": "", "website": ""}


@pytest.fixture
def variables(transactional_db, tmp_path):
    """What every machine is told; ``machine`` adds what is its own."""
    database = connection.settings_dict
    user = f"{database['USER']}:{database['PASSWORD']}" if database["PASSWORD"] else database["USER"]
    with redis() as port:
        yield {
            "DJANGO_SETTINGS_MODULE": "tests.settings_on_ports",
            "DATABASE_URL": f"postgres://{user}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}",
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "SEVERAL_MACHINES": "yes",
            "BEHIND_PROXY": "yes",
            "SECRET_KEY": settings.SECRET_KEY,
            "EMAIL_URL": f"filemail:///{tmp_path}/letters",
            "LOG_LEVEL": "ERROR",
            "WEB_CONCURRENCY": "1",
            "PYTHONWARNINGS": "ignore",
        }


def machine(folder, variables, name):
    """What one machine is told: its folder, in which only the media are everybody's."""
    own, media = folder / name, folder / "media"
    own.mkdir()
    media.mkdir(exist_ok=True)
    (own / "media").symlink_to(media)
    return variables | {"VAR_DIR": str(own)}


@pytest.fixture
def machines(variables, tmp_path):
    """Two machines, A and B."""
    both = [Web(machine(tmp_path, variables, name)) for name in "ab"]
    yield [each.ready() for each in both]
    for each in both:
        each.end(signal.SIGKILL)


def signed_in(port):
    """An editor's browser."""
    user = UserFactory(username="ed", roles=["Editors"])
    user.set_password(PASSWORD)
    user.save()
    browser = Browser(port)
    token = browser.get("/admin/login/").content.decode().partition('csrfmiddlewaretoken" value="')[2][:64]
    form = {"csrfmiddlewaretoken": token, "username": "ed", "password": PASSWORD, "next": "/admin/"}
    assert browser.post("/admin/login/", form).status_code == 302
    return browser


def test_what_is_done_on_one_machine_holds_on_the_other_at_the_next_request(machines):
    a, b = (each.port for each in machines)
    draft = ArticleFactory(draft=True, slug="harbour", title="The harbour", date=None)
    draft.bylines.create(name="A Guest", role="A sample role")
    reader_of_a, reader_of_b = Browser(a), Browser(b)

    # Pages that both have kept, among them that the text is not there.
    for reader in (reader_of_a, reader_of_b):
        assert reader.get("/articles/harbour/").status_code == 404
        assert b"The harbour" not in reader.get("/research/").content
    assert "hit" in reader_of_b.get("/research/").headers["Cache-Status"]

    # A sign-in on A holds on B, and what B publishes A's next reader sees, and the other way round.
    editor = signed_in(a)
    url = reverse("admin:articles_article_change", args=[draft.pk])
    editor.port = b
    assert send(editor, url, "_publish").status_code == 302
    page = reader_of_a.get("/articles/harbour/")
    assert (page.status_code, b"The harbour" in page.content) == (200, True)
    assert b"The harbour" in reader_of_a.get("/research/").content
    assert b"The harbour" in reader_of_b.get("/research/").content

    # Rendered on one machine it is everybody's.
    assert "hit" in reader_of_b.get("/articles/harbour/").headers["Cache-Status"]

    # A picture brought to A is shown by B.
    editor.port = a
    token = editor.cookies["csrftoken"]
    files = {"files": _named(picture_bytes(), "sea.jpg"), "credit": "Photo: Sample"}
    sent = editor.request(
        "POST",
        reverse("admin:library_image_upload"),
        encode_multipart(BOUNDARY, files),
        **{"Content-Type": MULTIPART_CONTENT, "X-CSRFToken": token, "Accept": "application/json"},
    )
    assert [each["made"] for each in json.loads(sent.content)["files"]] == [True]
    picture = reader_of_b.get(Image.objects.get().rendition(64).url)
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/jpeg")

    # Forms are counted across machines: ten an hour from one address.
    answers = [
        Browser(port).post(
            "/about/contact/", GOOD | {"message": f"Question {number} of a reader."}, **{"X-Forwarded-For": "198.51.100.7"}
        ).status_code
        for number, port in enumerate([a, b] * 6)
    ]  # fmt: skip
    assert answers == [302] * 10 + [429] * 2
    assert ContactMessage.objects.count() == 10

    # Wrong passwords, too.
    for number in range(settings.AXES_FAILURE_LIMIT + 1):
        status = _wrong_password(a if number % 2 else b)
    assert status == 429
    assert _wrong_password(a) == _wrong_password(b) == 429

    # A sign-out on B holds on A.
    editor.port = b
    assert editor.post("/admin/logout/", {"csrfmiddlewaretoken": token}).status_code in {200, 302}
    editor.port = a
    assert editor.get("/admin/").status_code == 302


def _named(data, name):
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile(name, data, "image/jpeg")


def _wrong_password(port):
    browser = Browser(port)
    page = browser.get("/admin/login/").content.decode()
    token = page.partition('csrfmiddlewaretoken" value="')[2][:64]
    form = {"csrfmiddlewaretoken": token, "username": "ed", "password": "wrong"}
    return browser.post("/admin/login/", form, **{"X-Forwarded-For": "198.51.100.9"}).status_code


@pytest.mark.long
def test_tick_on_two_machines_at_once_does_everything_once(variables, tmp_path):
    now = timezone.now()
    for number in range(40):
        queue(
            to=f"reader{number}@example.org",
            purpose="test",
            subject=f"Letter {number}",
            text="x",
            not_before=now,
        )
    ticks = [
        subprocess.Popen(
            [sys.executable, "manage.py", "tick"], cwd=ROOT, stdout=subprocess.DEVNULL,
            env=os.environ | machine(tmp_path, variables, name),
        )
        for name in "ab"
    ]  # fmt: skip
    assert [each.wait(60) for each in ticks] == [0, 0]
    letters = "".join(path.read_text() for path in (tmp_path / "letters").iterdir())
    assert [letters.count(f"Subject: Letter {number}\n") for number in range(40)] == [1] * 40
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {OutgoingMail.State.SENT}


class Load:
    """Eight readers who keep their connections and go on asking; ``failed`` is every answer that was none, ``took`` the others' seconds."""

    def __init__(self, port, paths):
        self.port, self.paths = port, paths
        self.took, self.failed, self.going, self.began = [], [], True, time.monotonic()
        self.threads = [threading.Thread(target=self.read, args=(number,)) for number in range(8)]

    def read(self, number):
        connection, count = HTTPConnection("127.0.0.1", self.port, timeout=20), number
        while self.going:
            count += 1
            path, began = self.paths[count % len(self.paths)], time.monotonic()
            try:
                connection.request("GET", path, headers={"Host": "localhost"})
                answer = connection.getresponse()
                whole = answer.read().rstrip().endswith(b"</html>")
                if answer.status == 200 and whole:
                    self.took.append((time.monotonic() - began, began - self.began))
                else:
                    self.failed.append((path, answer.status))
            except (OSError, HTTPException) as error:
                self.failed.append((path, repr(error)))
                connection.close()
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *raised):
        self.going = False
        for thread in self.threads:
            thread.join()


@needs_nginx
@pytest.mark.long
@pytest.mark.timeout(400)
def test_no_request_fails_while_a_machine_dies_or_is_replaced(machines, tmp_path):
    texts = [ArticleFactory() for _ in range(10)]
    paths = [*(text.get_absolute_url() for text in texts), "/", "/research/"]
    a, b = machines
    with ExitStack() as stack:
        port = stack.enter_context(nginx(tmp_path / "nginx", a.port, b.port, options=("--no-microcache",)))
        load = Load(port, paths)
        with load:
            for ending, which in (
                (signal.SIGKILL, a),
                (signal.SIGTERM, b),
                (signal.SIGKILL, b),
                (signal.SIGTERM, a),
            ):
                time.sleep(2)
                which.end(ending)
                time.sleep(2)
                which.start()
                which.ready()
            time.sleep(2)
    assert load.failed == []
    assert len(load.took) > 500
