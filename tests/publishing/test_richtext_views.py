"""What the editor asks the server."""

import pytest
from django.contrib.auth.models import Permission

from tests.factories import ImageFactory, UserFactory

IMAGES = "/admin/publishing/richtext/images/"
CLEAN = "/admin/publishing/richtext/clean/"


@pytest.fixture
def insider(db, client):
    user = UserFactory()
    user.user_permissions.add(Permission.objects.get(codename="view_image"))
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return user


@pytest.fixture
def colleague(db, client):
    user = UserFactory()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return user


@pytest.fixture
def reader(db, client):
    user = UserFactory(is_staff=False)
    user.user_permissions.add(Permission.objects.get(codename="view_image"))
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return user


def titles(response):
    return [image["title"] for image in response.json()["images"]]


def test_pictures_are_described_for_the_dialog(client, insider):
    image = ImageFactory(title="A bridge", alt_en="Stone", credit="Photo: A")
    thumbnail = image.rendition(320)
    response = client.get(IMAGES)
    assert response.json() == {
        "images": [
            {
                "id": image.pk,
                "title": "A bridge",
                "alt": "Stone",
                "credit": "Photo: A",
                "thumbnail": thumbnail.url,
                "width": thumbnail.width,
                "height": thumbnail.height,
            }
        ],
        "more": False,
        "add": "",
    }
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("person", ["colleague", "reader", None])
def test_nobody_else_sees_the_library(client, db, request, person):
    ImageFactory(title="A secret bridge")
    if person:
        request.getfixturevalue(person)
    response = client.get(IMAGES)
    assert response.status_code == 403
    assert list(response.json()) == ["error"]
    assert client.get(IMAGES, {"ids": "1"}).status_code == 403


def test_who_may_add_pictures_is_told_where(client, insider):
    insider.user_permissions.add(Permission.objects.get(codename="add_image"))
    assert client.get(IMAGES).json()["add"] == "/admin/library/image/add/"


def test_every_word_narrows_the_search_in_any_field(client, insider):
    ImageFactory(title="Bridge", alt_en="Stone", alt_zh="石桥", credit="Photo: Pan")
    ImageFactory(title="Bridge", alt_en="Wood", credit="Photo: Wang")
    assert titles(client.get(IMAGES, {"q": "bridge"})) == ["Bridge", "Bridge"]
    assert titles(client.get(IMAGES, {"q": "bridge PAN"})) == ["Bridge"]
    assert titles(client.get(IMAGES, {"q": "石桥"})) == ["Bridge"]
    assert titles(client.get(IMAGES, {"q": "bridge river"})) == []


def test_the_newest_come_first_and_there_is_a_second_page(client, insider, monkeypatch):
    monkeypatch.setattr("charhar.publishing.richtext_views.PAGE", 2)
    for number in range(3):
        ImageFactory(title=str(number))
    assert titles(client.get(IMAGES)) == ["2", "1"]
    assert client.get(IMAGES).json()["more"] is True
    assert titles(client.get(IMAGES, {"page": "2"})) == ["0"]
    assert client.get(IMAGES, {"page": "2"}).json()["more"] is False
    assert client.get(IMAGES, {"page": "x"}).status_code == 200


def test_pictures_are_found_by_number(client, insider):
    images = [ImageFactory() for _ in range(3)]
    response = client.get(IMAGES, {"ids": f"{images[0].pk},{images[2].pk},x,,-1,{9**30}"})
    assert {image["id"] for image in response.json()["images"]} == {images[0].pk, images[2].pk}


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_do_not_grow_with_the_pictures(client, insider, django_assert_num_queries, count):
    for _ in range(count):
        ImageFactory()
    with django_assert_num_queries(
        6
    ):  # session, user, two of permissions, the number of pictures, the pictures
        assert len(client.get(IMAGES).json()["images"]) == count


def test_a_pasted_text_is_cleaned_as_a_saved_one_is(client, colleague):
    response = client.post(CLEAN, {"html": "<p class=MsoNormal>a<o:p></o:p></p><script>b</script>"})
    assert response.json() == {"html": "<p>a</p>"}


def test_a_text_pasted_into_a_small_one_is_cleaned_for_that(client, colleague):
    html = "<table><tr><td>a</table>"
    assert client.post(CLEAN, {"html": html, "small": "true"}).json() == {"html": "<p>a</p>"}
    assert "<table>" in client.post(CLEAN, {"html": html, "small": "false"}).json()["html"]


@pytest.mark.parametrize("person", ["reader", None])
def test_only_staff_have_texts_cleaned(client, db, request, person):
    if person:
        request.getfixturevalue(person)
    assert client.post(CLEAN, {"html": "<p>a</p>"}).status_code == 403


def test_cleaning_wants_a_form_token(db, colleague):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(colleague, "django.contrib.auth.backends.ModelBackend")
    assert client.post(CLEAN, {"html": "<p>a</p>"}).status_code == 403
    assert client.get(CLEAN).status_code == 405
    assert client.post(IMAGES).status_code in {403, 405}
