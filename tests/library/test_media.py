"""Who gets a file, and with which headers."""

import datetime

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from charhar.library.models import Document, Image
from charhar.library.uses import is_published, uses_of
from charhar.library.views import document_response
from charhar.members.models import Plan
from charhar.outreach.models import Newsletter, Vacancy, WayToGive
from tests.factories import (
    ArticleFactory,
    DocumentFactory,
    ExpertFactory,
    ImageFactory,
    OfficeFactory,
    ProgrammeFactory,
    PublicationFactory,
    SeriesFactory,
    UserFactory,
)

from . import samples

pytestmark = pytest.mark.django_db

POLICY = "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'"


@pytest.fixture
def document():
    return DocumentFactory(title="The Quarterly / 季刊", file=ContentFile(samples.pdf(), "q.pdf"))


@pytest.fixture
def insider():
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="view_document"))
    return user


def body(response):
    """Read to its end a streamed answer closes its file; closed by hand it would close the database too."""
    return b"".join(response.streaming_content)


def status_of(client, address):
    response = client.get(address)
    if response.streaming:
        body(response)
    return response.status_code


def test_every_file_of_an_image_is_served_for_ever_without_a_query(client):
    image = ImageFactory()
    kinds = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
    for ending, content_type in kinds.items():
        with CaptureQueriesContext(connection) as queries:
            response = client.get(f"/media/{image.folder}/64.{ending}", headers={"Accept-Encoding": "gzip"})
        with image.file.storage.open(f"{image.folder}/64.{ending}") as file:
            content = file.read()
        assert len(queries) == 0
        assert response.status_code == 200
        assert body(response) == content
        assert response["Content-Type"] == content_type
        assert response["Content-Length"] == str(len(content))
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert not response.has_header("Content-Encoding")
        assert not response.has_header("Set-Cookie")


def test_the_addresses_of_the_markup_are_those_of_the_views(client):
    image = ImageFactory()
    for address in (image.file.url, image.rendition(1).url, image.card().url):
        response = client.get(address)
        assert (response.status_code, bool(body(response))) == (200, True)


@pytest.mark.parametrize(
    "path",
    [
        "images/{folder}/65.avif",
        "images/{folder}/64.svg",
        "images/{folder}/",
        "images/{folder}/../{folder}/64.jpg",
        "images/{folder}/..%2F..%2Fsecret.jpg",
        "images/../secret.jpg",
        "images/%2e%2e/secret.jpg",
        "../secret.jpg",
        "secret.jpg",
        "documents/../secret.jpg",
        "documents/%2e%2e%2fsecret.jpg",
        "images/" + "0" * 32 + "/64.jpg",
        "images//64.jpg",
    ],
)
def test_nothing_else_is_served(path, client, settings):
    folder = ImageFactory().folder.split("/")[1]
    (settings.MEDIA_ROOT / "secret.jpg").write_bytes(b"secret")
    (settings.MEDIA_ROOT.parent / "secret.jpg").write_bytes(b"secret")
    assert status_of(client, "/media/" + path.format(folder=folder)) == 404


def test_files_are_read_and_not_written(client, document):
    image = ImageFactory()
    assert client.post(image.file.url).status_code == 405
    assert client.post(document.file.url).status_code == 405
    response = client.head(image.file.url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/jpeg")
    body(response)


def test_an_outsider_gets_no_document_that_nothing_uses(client, document):
    assert status_of(client, document.file.url) == 404


@pytest.mark.parametrize("state", ["draft", "review", "scheduled", "expired", "withdrawn", "trashed"])
def test_an_outsider_gets_no_document_of_a_text_that_readers_do_not_see(state, client, document):
    PublicationFactory(file=document, **{state: True})
    ArticleFactory(body=f'<p><a href="{document.file.url}">here</a></p>', **{state: True})
    ExpertFactory(cv=document, **{state: True})
    assert status_of(client, document.file.url) == 404
    client.force_login(UserFactory(is_staff=False))
    assert status_of(client, document.file.url) == 404


def test_a_working_copy_publishes_no_document(client, document):
    live = PublicationFactory()
    PublicationFactory(series=live.series, slug=live.slug, file=document, corrects=live, based_on=1)
    assert status_of(client, document.file.url) == 404


def test_everyone_gets_the_file_of_a_publication(client, document):
    PublicationFactory(file=document)
    response = client.get(document.file.url)
    assert response.status_code == 200
    assert body(response) == samples.pdf()
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == (
        "inline; filename*=utf-8''The%20Quarterly%20-%20%E5%AD%A3%E5%88%8A.pdf"
    )
    assert response["Content-Security-Policy"] == POLICY
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "public, max-age=0, s-maxage=1, stale-if-error=86400"


@pytest.mark.parametrize("draft_too", [False, True])
def test_everyone_gets_an_experts_cv(draft_too, client, document):
    if draft_too:
        PublicationFactory(file=document, draft=True)
    ExpertFactory(cv=document)
    assert status_of(client, document.file.url) == 200


def test_everyone_gets_a_document_that_a_published_text_links_to(client, document):
    other = DocumentFactory()
    ArticleFactory(body=f'<p><a href="{document.file.url}">here</a></p>')
    assert status_of(client, document.file.url) == 200
    assert status_of(client, other.file.url) == 404


DAY = datetime.timedelta(days=1)
# Pages that are no texts: the field that links, and what takes the page from readers.
OTHER_PAGES = {
    "office": (OfficeFactory, "about_en", {"hidden": True}),
    "programme": (ProgrammeFactory, "about_zh", {"hidden": True}),
    "series": (SeriesFactory, "description_en", {"hidden": True}),
    "hidden vacancy": (Vacancy.objects.create, "body_en", {"hidden": True}),
    "vacancy to come": (Vacancy.objects.create, "apply_zh", {"opens_at": timezone.now() + DAY}),
    "vacancy that is over": (
        Vacancy.objects.create,
        "apply_en",
        {"opens_at": timezone.now() - 2 * DAY, "closes_at": timezone.now() - DAY},
    ),
    "plan": (Plan.objects.create, "benefits_en", {"hidden": True}),
    "way to give": (WayToGive.objects.create, "body_en", {"hidden": True}),
}


@pytest.mark.parametrize("kind", OTHER_PAGES)
def test_everyone_gets_a_document_of_another_page_until_readers_lose_the_page(client, document, kind):
    make, field, gone = OTHER_PAGES[kind]
    row = make(**{field: f'<p><a href="{document.file.url}">here</a></p>'})
    assert status_of(client, document.file.url) == 200
    type(row).objects.filter(pk=row.pk).update(**gone)
    assert status_of(client, document.file.url) == 404


@pytest.mark.parametrize("state", ["internal", "not begun"])
def test_a_newsletter_that_is_not_in_the_archive_publishes_no_document(client, document, state):
    letter = Newsletter.objects.create(
        title="March", subject="March", introduction=f'<p><a href="{document.file.url}">here</a></p>'
    )
    if state == "internal":
        Newsletter.objects.filter(pk=letter.pk).update(begun_at=timezone.now(), internal=True)
    assert status_of(client, document.file.url) == 404
    Newsletter.objects.filter(pk=letter.pk).update(begun_at=timezone.now(), internal=False)
    assert status_of(client, document.file.url) == 200


def test_a_document_appears_and_goes_with_the_clock(client, document):
    publication = PublicationFactory(file=document, scheduled=True)
    assert not is_published(document)
    publication.publish_at = timezone.now() - datetime.timedelta(hours=1)
    publication.save()
    assert is_published(document)
    publication.expire_at = timezone.now() - datetime.timedelta(minutes=1)
    publication.save()
    assert not is_published(document)


def test_staff_who_may_see_documents_get_them_before_publication(client, document, insider):
    client.force_login(insider)
    response = client.get(document.file.url)
    assert (response.status_code, body(response)) == (200, samples.pdf())
    assert response["Cache-Control"] == "private, no-store"


def test_staff_without_that_permission_do_not(client, document):
    client.force_login(UserFactory())
    assert status_of(client, document.file.url) == 404


def test_a_permission_without_staff_status_is_not_enough(client, document, insider):
    insider.is_staff = False
    insider.save()
    client.force_login(insider)
    assert status_of(client, document.file.url) == 404


def test_a_published_document_costs_three_queries(client, document):
    PublicationFactory(file=document)
    with CaptureQueriesContext(connection) as queries:
        body(client.get(document.file.url))
    assert len(queries) == 3


def test_a_browser_that_has_the_document_is_told_so(client, document):
    PublicationFactory(file=document)
    first = client.get(document.file.url)
    body(first)
    second = client.get(document.file.url, headers={"If-None-Match": first["ETag"]})
    assert (second.status_code, second.content) == (304, b"")


@pytest.mark.parametrize(
    ("name", "data", "content_type"),
    [
        ("t.csv", b"a,b\n", "text/csv; charset=utf-8"),
        ("t.epub", samples.epub(), "application/epub+zip"),
        ("t.html", b"<script>alert(1)</script>", "application/octet-stream"),
    ],
)
def test_all_but_a_pdf_is_saved_and_never_opened(name, data, content_type, client):
    document = DocumentFactory(title="Table", file=ContentFile(data, name))
    PublicationFactory(file=document)
    response = client.get(document.file.url)
    assert body(response) == data
    assert response["Content-Type"] == content_type
    assert response["Content-Disposition"] == f'attachment; filename="Table.{name[2:]}"'
    assert response["Content-Security-Policy"] == f"{POLICY}; sandbox"


def test_the_caller_may_name_the_file(document):
    response = document_response(RequestFactory().get("/"), document, "issue-3.pdf")
    assert response["Content-Disposition"] == 'inline; filename="issue-3.pdf"'
    assert body(response) == samples.pdf()
    response.file_to_stream.close()


def test_a_document_whose_file_is_lost_is_404(client, document):
    PublicationFactory(file=document)
    document.file.storage.delete(document.file.name)
    assert status_of(client, document.file.url) == 404


def test_a_pdfs_pages_are_counted_and_its_size_known():
    document = DocumentFactory(file=ContentFile(samples.pdf(3), "q.pdf"))
    assert (document.pages, document.size) == (3, len(samples.pdf(3)))
    table = DocumentFactory(file=ContentFile(b"a,b\n", "t.csv"), pages=7)
    assert (table.pages, table.size) == (7, 4)
    odd = DocumentFactory(file=ContentFile(b"%PDF-1.7\n%%EOF\n", "q.pdf"))
    assert odd.pages is None


def test_a_new_file_under_update_fields_carries_its_columns(document):
    document.file = ContentFile(samples.pdf(5), "q.pdf")
    document.title = "not saved"
    document.save(update_fields=["file"])
    document.refresh_from_db()
    assert (document.pages, document.title) == (5, "The Quarterly / 季刊")


def test_a_deleted_or_replaced_document_takes_its_file_along(
    document, settings, django_capture_on_commit_callbacks
):
    folder = settings.MEDIA_ROOT / "documents"
    with django_capture_on_commit_callbacks(execute=True):
        document.file = ContentFile(samples.pdf(1), "q.pdf")
        document.save()
        assert len(list(folder.iterdir())) == 2
    assert [f"documents/{file.name}" for file in folder.iterdir()] == [document.file.name]
    with django_capture_on_commit_callbacks(execute=True):
        Document.objects.all().delete()
    assert list(folder.iterdir()) == []


def test_every_use_of_an_image_is_found():
    image, other = ImageFactory(), ImageFactory()
    used = [
        ArticleFactory(lead_image=image, draft=True),
        ArticleFactory(
            body=f'<figure data-image="{image.pk}"><figcaption>Sea</figcaption></figure>', trashed=True
        ),
        ExpertFactory(portrait=image),
        SeriesFactory(cover=image),
    ]
    ArticleFactory(lead_image=other, body=f'<figure data-image="{image.pk}0"></figure>')
    assert sorted(map(str, uses_of(Image.objects.get(pk=image.pk)))) == sorted(map(str, used))
