"""A file of more than 50 MB, to each form that takes one and to one that takes none, before real processes."""

import os
import re
import signal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse

from tests.factories import UserFactory, picture_bytes
from tests.front import Browser, Web

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]
PASSWORD = "a long sample password"
MOST_GROWTH = 30 * 1024 * 1024


def database_url():
    """The test's own database, for another process."""
    own = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{own['NAME']}"
    user = f"{own['USER']}:{own['PASSWORD']}" if own["PASSWORD"] else own["USER"]
    return f"postgres://{user}@{own['HOST']}:{own['PORT'] or 5432}/{own['NAME']}"


@pytest.fixture
def web(tmp_path):
    """The site as gunicorn serves it, with one process that answers."""
    variables = {
        "DJANGO_SETTINGS_MODULE": "tests.settings_on_ports",
        "DATABASE_URL": database_url(),
        "REDIS_URL": "",
        "SECRET_KEY": settings.SECRET_KEY,
        "EMAIL_URL": "dummymail://",
        "LOG_LEVEL": "ERROR",
        "WEB_CONCURRENCY": "1",
        "VAR_DIR": str(tmp_path),
    }
    web = Web(variables).ready()
    yield web
    web.end(signal.SIGKILL)


def children(pid):
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def memory(web):
    """What the answering processes have for themselves and their share of the rest (PSS), in bytes."""
    found = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in children(web.process.pid)]
    return sum(int(re.search(r"^Pss:\s+(\d+)", each, re.MULTILINE)[1]) * 1024 for each in found)


def signed_in(port):
    """An administrator's browser."""
    user = UserFactory(username="ann", is_superuser=True)
    user.set_password(PASSWORD)
    user.save()
    browser = Browser(port)
    browser.get("/admin/login/")
    form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "username": "ann", "password": PASSWORD}
    assert browser.post("/admin/login/", form).status_code == 302
    return browser


def send(browser, path, name, file, **fields):
    """The status and the text of a form with a file."""
    token = {"csrfmiddlewaretoken": browser.cookies["csrftoken"]} if "csrftoken" in browser.cookies else {}
    body = encode_multipart(BOUNDARY, {**token, **fields, name: file})
    answer = browser.request("POST", path, body, **{"Content-Type": MULTIPART_CONTENT})
    return answer.status_code, answer.content.decode()


def too_heavy(name, start):
    """A file that begins as it should and has a byte more than is taken."""
    return SimpleUploadedFile(name, start + bytes(settings.MAX_UPLOAD_BYTES + 1 - len(start)))


@pytest.mark.skipif(
    not os.path.exists("/proc/self/smaps_rollup"), reason="reads a process' memory from /proc"
)
def test_a_file_that_is_too_big_is_refused_beside_its_field_and_takes_no_memory(web):
    office, reader = signed_in(web.port), Browser(web.port)
    picture = picture_bytes()
    imports = reverse("admin:outreach_subscription_import")
    upload, add = reverse("admin:library_image_upload"), reverse("admin:library_image_add")
    document = reverse("admin:library_document_add")
    heavy = "The file has 50.0\xa0MB; at most 50.0\xa0MB are accepted."
    # Each page once, so that what is loaded at the first use is no growth.
    assert send(office, upload, "files", SimpleUploadedFile("sea.jpg", b"no picture"))[0] == 200
    assert send(office, add, "file", SimpleUploadedFile("sea.jpg", picture[:200]), title="The sea")[0] == 200
    assert send(office, imports, "file", SimpleUploadedFile("a.csv", b"x"), dry_run="on")[0] == 200
    assert {office.get(path).status_code for path in (add, document, imports)} == {200}
    assert reader.get("/about/contact/").status_code == 200
    workers, before = children(web.process.pid), memory(web)

    status, page = send(office, upload, "files", too_heavy("sea.jpg", picture))
    assert (status, f"sea.jpg</span> {heavy}" in page) == (200, True)
    for path, name, start in ((add, "sea.jpg", picture), (document, "report.pdf", b"%PDF-1.7\n")):
        status, page = send(office, path, "file", too_heavy(name, start), title="Typed before")
        field = page.partition("form-row errors field-file")[2].partition('<div class="form-row')[0]
        assert (status, heavy in field, 'value="Typed before"' in page) == (200, True, True)
    status, page = send(office, imports, "file", too_heavy("a.csv", b"email\n"), dry_run="on")
    assert (status, "The file is too big: at most 10 MB." in page) == (200, True)

    assert memory(web) - before < MOST_GROWTH
    assert children(web.process.pid) == workers
    assert (office.get(upload).status_code, reader.get("/about/contact/").status_code) == (200, 200)
