"""Media in an S3-compatible store: the library works as it does on a disk, and readers see no difference."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from charhar.library.models import Document, Image
from tests.factories import ArticleFactory, DocumentFactory, ImageFactory, UserFactory

from . import samples
from .test_make_renditions import run

pytestmark = pytest.mark.django_db


class Store(BaseHTTPRequestHandler):
    """As much of S3 as the library uses, in memory: put, get, head, delete and list."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def key(self):
        assert "Credential=a-key/" in self.headers["Authorization"]
        bucket, _slash, key = unquote(urlsplit(self.path).path)[1:].partition("/")
        assert bucket == "papers"
        return key

    def handle_expect_100(self):
        going_on = super().handle_expect_100()
        self.wfile.flush()
        return going_on

    def do_PUT(self):
        self.server.files[self.key()] = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, ETag='"x"')

    def do_GET(self):
        key, query = self.key(), parse_qs(urlsplit(self.path).query)
        if not key:
            names = [name for name in self.server.files if name.startswith(query["prefix"][0])]
            found = "".join(f"<Contents><Key>{name}</Key></Contents>" for name in names)
            self.answer(200, f"<ListBucketResult>{found}</ListBucketResult>".encode())
        elif key in self.server.files:
            self.answer(200, self.server.files[key], ETag='"x"')
        else:
            self.answer(404)

    do_HEAD = do_GET

    def do_DELETE(self):
        self.server.files.pop(self.key(), None)
        self.answer(204)

    def log_message(self, *args):
        """Nothing on the terminal."""


@pytest.fixture
def stored(settings):
    """What the store holds, by name."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    server.daemon_threads, server.files = True, {}
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    options = {
        "endpoint_url": f"http://127.0.0.1:{server.server_port}",
        "bucket_name": "papers",
        "access_key": "a-key",
        "secret_key": "a-secret",
        "region_name": "eu-1",
    }
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "charhar.library.storage.Bucket", "OPTIONS": options}
    }
    yield server.files
    default_storage.connection.meta.client.close()
    server.shutdown()
    server.server_close()


def test_a_picture_with_its_renditions_lies_in_the_store_and_is_served_by_the_site(stored, client):
    image = ImageFactory()
    names = {f"{image.folder}/{e['stem']}.{kind}" for e in image.renditions for kind in e["types"]}
    assert set(stored) == {image.file_name, *names}
    address = image.rendition(64).url
    assert address.startswith("/media/images/")
    response = client.get(address)
    assert b"".join(response.streaming_content) == stored[address.removeprefix("/media/")]
    assert response["Content-Type"] == "image/jpeg"
    assert response["Content-Length"] == str(len(stored[address.removeprefix("/media/")]))
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/media/images/" + "0" * 32 + "/64.jpg").status_code == 404


def test_what_is_missing_is_made_and_a_moved_focal_point_followed(stored):
    image = ImageFactory()
    lost = f"{image.folder}/64.avif"
    del stored[lost]
    assert run()[-1] == "1 images looked at, 1 files made, 0 images failed."
    assert lost in stored
    image.focal_x = 0.1
    image.save()
    assert [name for name in stored if "-10-50." in name] != []


def test_a_replaced_picture_takes_its_whole_folder_along(stored, django_capture_on_commit_callbacks):
    image = ImageFactory()
    before = image.folder
    with django_capture_on_commit_callbacks(execute=True):
        image.file = ContentFile(samples.saved(samples.halves()), "b.jpg")
        image.save()
    assert [name for name in stored if name.startswith(before)] == []
    assert image.file_name in stored
    assert Image.objects.get().file_name == image.file_name


def test_a_document_is_for_those_who_may_see_it(stored, client):
    document = DocumentFactory(file=ContentFile(samples.pdf(), "q.pdf"))
    assert stored[document.file_name] == samples.pdf()
    assert client.get(document.file.url).status_code == 404
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="view_document"))
    client.force_login(user)
    response = client.get(document.file.url)
    assert b"".join(response.streaming_content) == samples.pdf()
    assert response["Cache-Control"] == "private, no-store"
    stored.clear()
    assert client.get(document.file.url).status_code == 404
    assert Document.objects.get().pages == 3


def test_a_page_with_a_picture_asks_the_store_nothing(stored, client):
    article = ArticleFactory(lead_image=ImageFactory())
    stored.clear()
    page = client.get(article.get_absolute_url())
    assert page.status_code == 200
    assert page.content.decode().count("/media/images/") > 3
