"""The library's desk."""

import pytest
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from charhar.library.models import Document, Image
from tests.factories import ArticleFactory, DocumentFactory, ImageFactory, PublicationFactory, UserFactory

from . import samples

pytestmark = [pytest.mark.django_db, pytest.mark.plain]

IMAGES = reverse("admin:library_image_changelist")
ADD_IMAGE = reverse("admin:library_image_add")
DOCUMENTS = reverse("admin:library_document_changelist")
ADD_DOCUMENT = reverse("admin:library_document_add")


@pytest.fixture
def editor(client):
    user = UserFactory()
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label="library"))
    client.force_login(user)
    return user


def image_form(name="sea.jpg", data=None, **fields):
    given = {"title": "Sea", "alt_en": "The sea", "focal_x": "0.5", "focal_y": "0.5", **fields}
    if data is not None or "file" not in fields:
        given["file"] = SimpleUploadedFile(name, samples.saved(samples.halves()) if data is None else data)
    return given


def errors_in(response):
    return {name: list(errors) for name, errors in response.context["adminform"].form.errors.items()}


def test_an_image_is_added_with_its_uploader(client, editor):
    response = client.post(ADD_IMAGE, image_form(focal_x="0.25", credit="Photo: Sample/Charhar"))
    assert (response.status_code, response["Location"]) == (302, IMAGES)
    image = Image.objects.get()
    assert (image.title, image.uploaded_by, image.width, image.focal_x) == ("Sea", editor, 120, 0.25)
    assert {e["crop"] for e in image.renditions} == {"", "4:5", "1:1"}


@pytest.mark.parametrize(
    ("given", "errors"),
    [
        (
            image_form("a.svg", b"<svg></svg>"),
            {"file": ["SVG drawings can hold programs and are not accepted. Export the drawing as PNG."]},
        ),
        (image_form("a.jpg", b""), {"file": ["The submitted file is empty."]}),
        (
            image_form(alt_en=""),
            {"alt_en": ["Describe the picture for readers who can not see it, or mark it as decorative."]},
        ),
        (image_form(focal_x="1.5"), {"focal_x": ["Ensure this value is less than or equal to 1."]}),
    ],
)
def test_what_is_wrong_stands_beside_its_field(given, errors, client, editor, settings):
    response = client.post(ADD_IMAGE, given)
    assert (response.status_code, errors_in(response)) == (200, errors)
    assert not Image.objects.exists()
    assert not settings.MEDIA_ROOT.exists()


def test_a_decorative_image_needs_no_description(client, editor):
    assert client.post(ADD_IMAGE, image_form(alt_en="", decorative="on")).status_code == 302
    assert Image.objects.get().alt == ""


def test_the_same_file_is_not_stored_twice(client, editor):
    client.post(ADD_IMAGE, image_form(title="First & best"))
    first = Image.objects.get()
    response = client.post(ADD_IMAGE, image_form(title="Second"))
    link = reverse("admin:library_image_change", args=[first.pk])
    assert errors_in(response) == {
        "file": [
            f'The library has this file already. <a href="{link}">Image: First &amp; best</a> Use that one.'
        ]
    }
    assert Image.objects.get() == first


def test_an_image_may_be_given_its_own_file_again(client, editor):
    client.post(ADD_IMAGE, image_form())
    image = Image.objects.get()
    address = reverse("admin:library_image_change", args=[image.pk])
    assert client.post(address, image_form(title="Again")).status_code == 302
    assert Image.objects.get().title == "Again"


def test_changing_words_keeps_uploader_and_files(client, editor):
    image = ImageFactory(uploaded_by=UserFactory(username="colleague"))
    address = reverse("admin:library_image_change", args=[image.pk])
    given = {"title": "New", "alt_en": "Sea", "focal_x": "0.5", "focal_y": "0.5"}
    assert client.post(address, given).status_code == 302
    changed = Image.objects.get()
    assert (changed.title, changed.file.name, changed.uploaded_by.username) == (
        "New",
        image.file.name,
        "colleague",
    )


def test_a_refused_file_leaves_the_preview_of_the_kept_one(client, editor):
    image = ImageFactory()
    response = client.post(
        reverse("admin:library_image_change", args=[image.pk]), image_form("a.svg", b"<svg></svg>")
    )
    assert list(errors_in(response)) == ["file"]
    assert f'src="{image.rendition(1).url}"' in response.content.decode()


def test_no_transaction_is_open_while_a_picture_is_made(client, editor, monkeypatch):
    depths = []
    outside = len(connection.savepoint_ids)
    monkeypatch.setattr(
        "charhar.library.models.rendered", lambda *args: depths.append(len(connection.savepoint_ids)) or []
    )
    assert client.post(ADD_IMAGE, image_form()).status_code == 302
    assert depths == [outside]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_of_images_costs_the_same_for_any_number(number, client, editor):
    for _ in range(number):
        ImageFactory(uploaded_by=UserFactory())
    with CaptureQueriesContext(connection) as queries:
        response = client.get(IMAGES)
    assert response.content.count(b'class="thumbnail"') == number
    tables = [q["sql"] for q in queries if "library_image" in q["sql"]]
    assert len(tables) == 6


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_of_documents_costs_the_same_for_any_number(number, client, editor):
    for _ in range(number):
        DocumentFactory(uploaded_by=UserFactory())
    with CaptureQueriesContext(connection) as queries:
        response = client.get(DOCUMENTS)
    assert response.content.count(b'class="field-kind"') == number
    tables = [q["sql"] for q in queries if "library_document" in q["sql"]]
    assert len(tables) == 6


@pytest.mark.parametrize(
    ("value", "titles"),
    [
        ("missing", {"silent"}),
        ("no-chinese", {"english"}),
        ("no-english", {"chinese"}),
        ("decorative", {"decoration"}),
        ("", {"silent", "english", "chinese", "both", "decoration"}),
    ],
)
def test_images_are_found_by_what_they_say(value, titles, client, editor):
    for title, alt_en, alt_zh, decorative in [
        ("silent", "", "", False),
        ("english", "Sea", "", False),
        ("chinese", "", "海", False),
        ("both", "Sea", "海", False),
        ("decoration", "", "", True),
    ]:
        ImageFactory(title=title, alt_en=alt_en, alt_zh=alt_zh, decorative=decorative)
    response = client.get(IMAGES, {"description": value} if value else {})
    assert {image.title for image in response.context["cl"].result_list} == titles


@pytest.mark.parametrize("word", ["Harbour", "NAME/OUTLET", "the quay", "港口"])
def test_images_are_searched_by_title_credit_and_description(word, client, editor):
    wanted = ImageFactory(
        title="Harbour", credit="Photo: NAME/OUTLET", alt_en="Ships at the quay", alt_zh="港口"
    )
    ImageFactory(title="Other", credit="Photo: Else")
    assert list(client.get(IMAGES, {"q": word}).context["cl"].result_list) == [wanted]


def test_the_page_of_an_image_says_where_it_is_used(client):
    client.force_login(UserFactory(roles=["Editors"]))
    image, other = ImageFactory(), ImageFactory()
    article = ArticleFactory(title="Seas & coasts", lead_image=image, draft=True)
    ArticleFactory(title="Elsewhere", lead_image=other)
    html = client.get(reverse("admin:library_image_change", args=[image.pk])).content.decode()
    link = reverse("admin:articles_article_change", args=[article.pk])
    assert f'<a href="{link}">Article: Seas &amp; coasts</a>' in html
    assert "Elsewhere" not in html
    assert 'class="focal" data-focal' in html


@pytest.mark.parametrize("model", [Image, Document])
def test_what_is_used_is_not_deleted(model, client, editor):
    row = ImageFactory() if model is Image else DocumentFactory()
    user = ArticleFactory(lead_image=row) if model is Image else PublicationFactory(file=row)
    address = reverse(f"admin:library_{model._meta.model_name}_delete", args=[row.pk])
    assert str(user) in client.get(address).content.decode()
    client.post(address, {"post": "yes"})
    assert model.objects.filter(pk=row.pk).exists()
    action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(reverse(f"admin:library_{model._meta.model_name}_changelist"), action)
    assert model.objects.filter(pk=row.pk).exists()
    type(user).versions.all().delete()
    client.post(address, {"post": "yes"})
    assert not model.objects.exists()


def test_a_document_is_added_with_its_pages(client, editor):
    file = SimpleUploadedFile("q.pdf", samples.pdf(4))
    response = client.post(ADD_DOCUMENT, {"title": "Quarterly", "file": file, "pages": ""})
    assert response.status_code == 302
    document = Document.objects.get()
    assert (document.pages, document.uploaded_by, document.size) == (4, editor, len(samples.pdf(4)))


def test_a_bad_document_is_refused_beside_its_field(client, editor):
    file = SimpleUploadedFile("q.pdf", b"<html></html>")
    response = client.post(ADD_DOCUMENT, {"title": "Quarterly", "file": file, "pages": ""})
    assert errors_in(response) == {
        "file": ["This is a web page. Documents must be PDF, EPUB, DOCX, XLSX, PPTX or CSV."]
    }


@pytest.mark.parametrize("address", [IMAGES, ADD_IMAGE, DOCUMENTS, ADD_DOCUMENT])
def test_staff_without_permission_are_kept_out(address, client):
    client.force_login(UserFactory())
    assert client.get(address).status_code == 403


def test_no_page_of_the_desk_holds_an_inline_style_or_script(client, editor):
    image = ImageFactory(file=ContentFile(samples.saved(samples.halves()), "a.jpg"))
    for address in (IMAGES, reverse("admin:library_image_change", args=[image.pk])):
        html = client.get(address).content.decode()
        assert " style=" not in html
        assert "onclick" not in html
