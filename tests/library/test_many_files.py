"""Many files at once, what the new pictures show, and a file that takes another's place everywhere."""

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from charhar.library.models import Document, FormerFile, Image
from charhar.library.uses import is_published, uses_of
from tests.factories import ArticleFactory, DocumentFactory, ImageFactory, PublicationFactory, UserFactory

from . import samples

UPLOAD = reverse("admin:library_image_upload")
UPLOAD_DOCUMENTS = reverse("admin:library_document_upload")
DESCRIBE = reverse("admin:library_image_describe")
IMAGES = reverse("admin:library_image_changelist")

pytestmark = pytest.mark.django_db

# role -> (upload pictures, upload documents, describe another's picture, describe one's own new one)
EXPECTED = {
    "": (403, 403, 403, 403),
    "Authors": (200, 200, 302, 200),
    "Fellows": (200, 200, 302, 200),
    "Editors": (200, 200, 200, 200),
    "Secretariat": (403, 403, 403, 403),
    "Administrators": (200, 200, 200, 200),
}


def picture(name, first=samples.RED):
    return SimpleUploadedFile(name, samples.saved(samples.halves(first=first)))


@pytest.fixture
def editor(client):
    user = UserFactory()
    user.user_permissions.add(*Permission.objects.filter(content_type__app_label="library"))
    client.force_login(user)
    return user


@pytest.mark.parametrize("role", EXPECTED)
def test_each_role_uploads_and_describes_what_the_table_says(client, role):
    person = UserFactory(roles=[role] if role else [])
    client.force_login(person)
    others = ImageFactory(alt_en="", uploaded_by=UserFactory())
    own = ImageFactory(alt_en="", uploaded_by=person, title="Own")
    found = tuple(
        client.get(url).status_code
        for url in (UPLOAD, UPLOAD_DOCUMENTS, f"{DESCRIBE}?ids={others.pk}", f"{DESCRIBE}?ids={own.pk}")
    )
    assert found == EXPECTED[role]


def test_good_files_are_taken_in_and_each_bad_one_says_why(client, editor):
    there = ImageFactory()
    sent = [
        picture("old_bridge-in spring.jpg"),
        SimpleUploadedFile("drawing.svg", b"<svg></svg>"),
        picture("old bridge again.jpg"),
        picture("town.jpg", first=(1, 200, 1)),
    ]
    response = client.post(UPLOAD, {"files": sent, "credit": "Photo: Sample", "rights": "ours"})
    assert response.status_code == 200
    told = [(o.name, o.made, o.error) for o in response.context["outcomes"]]
    assert told == [
        ("old_bridge-in spring.jpg", True, ""),
        (
            "drawing.svg",
            False,
            "SVG drawings can hold programs and are not accepted. Export the drawing as PNG.",
        ),
        ("old bridge again.jpg", False, "The library has this file already."),
        ("town.jpg", True, ""),
    ]
    made = Image.objects.exclude(pk=there.pk).order_by("pk")
    assert [(i.title, i.credit, i.rights, i.uploaded_by) for i in made] == [
        ("old bridge in spring", "Photo: Sample", "ours", editor),
        ("town", "Photo: Sample", "ours", editor),
    ]
    assert response.context["describe_url"] == f"{DESCRIBE}?ids={made[0].pk},{made[1].pk}"


def test_an_upload_without_a_refusal_leads_to_describing(client, editor):
    response = client.post(UPLOAD, {"files": [picture("a.jpg")]})
    assert (response.status_code, response["Location"]) == (302, f"{DESCRIBE}?ids={Image.objects.get().pk}")


def test_a_script_is_told_in_json(client, editor):
    response = client.post(UPLOAD, {"files": [picture("a.jpg")]}, headers={"Accept": "application/json"})
    image = Image.objects.get()
    assert response.json() == {
        "files": [
            {
                "name": "a.jpg",
                "made": True,
                "error": "",
                "id": image.pk,
                "title": "a",
                "url": reverse("admin:library_image_change", args=[image.pk]),
            }
        ]
    }


def test_no_file_is_an_error_beside_the_form(client, editor):
    response = client.post(UPLOAD, {"credit": "Photo: Sample"})
    assert response.context["form"].non_field_errors() == ["Choose at least one file."]
    assert 'value="Photo: Sample"' in response.content.decode()


def test_documents_are_uploaded_together(client, editor):
    sent = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.4\n" + n.encode() + b"\n%%EOF\n") for n in "ab"]
    response = client.post(UPLOAD_DOCUMENTS, {"files": sent})
    assert [o.made for o in response.context["outcomes"]] == [True, True]
    assert list(Document.objects.order_by("pk").values_list("title", flat=True)) == ["a", "b"]


def test_pictures_are_described_on_one_page_and_each_needs_a_description(client, editor):
    one, two = ImageFactory(alt_en="", title="One"), ImageFactory(alt_en="", title="Two")
    url = f"{DESCRIBE}?ids={one.pk},{two.pk}"
    page = client.get(url)
    data = {
        f"form-{n}-{name}": value
        for n, image in enumerate((one, two))
        for name, value in {"id": image.pk, "title": image.title, "alt_zh": "", "credit": ""}.items()
    }
    data |= {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "form-0-alt_en": "A red square"}
    assert page.status_code == 200
    refused = client.post(url, {**data, "form-1-alt_en": ""})
    assert refused.context["formset"].errors == [
        {},
        {"alt_en": ["Describe the picture for readers who can not see it, or mark it as decorative."]},
    ]
    assert 'value="A red square"' in refused.content.decode()
    done = client.post(url, {**data, "form-1-decorative": "on"})
    assert (done.status_code, done["Location"]) == (302, IMAGES)
    assert list(Image.objects.order_by("pk").values_list("alt_en", "decorative")) == [
        ("A red square", False),
        ("", True),
    ]


def test_pictures_without_a_credit_are_listed(client, editor):
    ImageFactory(credit="", title="Nobody's")
    ImageFactory(title="Somebody's")
    listed = client.get(IMAGES, {"credited": "missing"}).context["cl"].result_list
    assert [image.title for image in listed] == ["Nobody's"]


# -- A file in another's place -------------------------------------------------------------------------


def replace(image, first=(1, 200, 1)):
    """Another picture in the place of an image's; the address of one of its renditions before."""
    old = image.rendition(100).url
    image.file = picture("new.jpg", first=first)
    image.save()
    return old


def test_a_replaced_pictures_old_addresses_lead_to_the_new_one(client, django_capture_on_commit_callbacks):
    image = ImageFactory()
    with django_capture_on_commit_callbacks(execute=True):
        old = replace(image)
    response = client.get(old)
    assert (response.status_code, response["Location"]) == (302, image.rendition(100).url)
    with django_capture_on_commit_callbacks(execute=True):
        between = replace(image, first=(9, 9, 200))
    assert client.get(old)["Location"] == client.get(between)["Location"] == image.rendition(100).url
    assert client.get(response["Location"].replace(image.folder, "images/" + "0" * 32)).status_code == 302


def test_a_crops_old_address_leads_to_the_same_shape(client, django_capture_on_commit_callbacks):
    image = ImageFactory()
    old = image.rendition(100, "1:1").url
    with django_capture_on_commit_callbacks(execute=True):
        replace(image)
    assert client.get(old)["Location"] == image.rendition(100, "1:1").url


def test_a_replaced_documents_links_in_texts_lead_to_the_new_one(client, django_capture_on_commit_callbacks):
    document = DocumentFactory()
    old = document.file.url
    article = ArticleFactory(body=f'<p><a href="{old}">The paper</a></p>')
    with django_capture_on_commit_callbacks(execute=True):
        document.file = SimpleUploadedFile("new.pdf", b"%PDF-1.4\nnew\n%%EOF\n")
        document.save()
    assert (is_published(document), uses_of(document)) == (True, [article])
    response = client.get(old)
    assert (response.status_code, response["Location"]) == (302, document.file.url)
    new = client.get(document.file.url)
    assert new.getvalue() == b"%PDF-1.4\nnew\n%%EOF\n"
    new.close()


def test_a_replaced_document_that_readers_may_not_have_stays_unknown_to_them(
    client, django_capture_on_commit_callbacks
):
    document = DocumentFactory()
    old = document.file.url
    with django_capture_on_commit_callbacks(execute=True):
        document.file = SimpleUploadedFile("new.pdf", b"%PDF-1.4\nnew\n%%EOF\n")
        document.save()
    assert client.get(old).status_code == 404


def test_replacing_says_in_how_many_places_the_new_file_stands(client, editor):
    document = DocumentFactory()
    PublicationFactory(file=document), PublicationFactory(file=document)
    new = SimpleUploadedFile("new.pdf", b"%PDF-1.4\nnew\n%%EOF\n")
    url = reverse("admin:library_document_change", args=[document.pk])
    response = client.post(url, {"title": document.title, "file": new}, follow=True)
    assert "The new file stands in all 2 places that use it." in response.content.decode()
    assert FormerFile.objects.filter(document=document).count() == 1


def test_a_deleted_files_former_names_go_with_it(client, django_capture_on_commit_callbacks):
    image = ImageFactory()
    with django_capture_on_commit_callbacks(execute=True):
        old = replace(image)
        image.delete()
    assert (FormerFile.objects.count(), client.get(old).status_code) == (0, 404)
