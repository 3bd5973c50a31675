"""The markup of pictures, to the letter."""

import gzip

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.template import Context, Template, TemplateSyntaxError
from django.test.utils import CaptureQueriesContext

from charhar.library.models import Image
from charhar.library.templatetags.pictures import SocialCard, social_card

from . import samples

pytestmark = pytest.mark.plain


@pytest.fixture
def image(db):
    image = Image(
        title="Sample",
        alt_en='Red & "blue"',
        file=ContentFile(samples.saved(samples.halves(1200, 900)), "a.jpg"),
    )
    image.save()
    return image


def shown(arguments, image):
    """What the tag makes, with the folder's long name as F."""
    html = Template(f"{{% load pictures %}}{{% picture image {arguments} %}}").render(
        Context({"image": image})
    )
    return html.replace(f"/media/{image.folder}", "F") if image else html


def test_without_an_image_there_is_nothing():
    assert shown('sizes="5rem" ratio="3:2"', None) == ""


def test_all_widths_stand_in_three_kinds(image):
    assert shown('sizes="100vw"', image) == (
        "<picture>"
        '<source sizes="100vw"'
        ' srcset="F/320.avif 320w, F/640.avif 640w, F/960.avif 960w, F/1200.avif 1200w" type="image/avif">'
        '<source sizes="100vw"'
        ' srcset="F/320.webp 320w, F/640.webp 640w, F/960.webp 960w, F/1200.webp 1200w" type="image/webp">'
        '<img alt="Red &amp; &quot;blue&quot;" decoding="async" height="900" loading="lazy" sizes="100vw"'
        ' src="F/640.jpg"'
        ' srcset="F/320.jpg 320w, F/640.jpg 640w, F/960.jpg 960w, F/1200.jpg 1200w" width="1200">'
        "</picture>"
    )


def test_only_the_widths_that_sizes_call_for_stand_in_the_markup(image):
    assert shown('sizes="(min-width: 40rem) 11rem, 42vw" ratio="4:5" alt="" class="face"', image) == (
        "<picture>"
        '<source sizes="(min-width: 40rem) 11rem, 42vw"'
        ' srcset="F/320-4x5-50-50.avif 320w, F/640-4x5-50-50.avif 640w" type="image/avif">'
        '<source sizes="(min-width: 40rem) 11rem, 42vw"'
        ' srcset="F/320-4x5-50-50.webp 320w, F/640-4x5-50-50.webp 640w" type="image/webp">'
        '<img alt="" class="face" decoding="async" height="800" loading="lazy"'
        ' sizes="(min-width: 40rem) 11rem, 42vw" src="F/640-4x5-50-50.jpg"'
        ' srcset="F/320-4x5-50-50.jpg 320w, F/640-4x5-50-50.jpg 640w" width="640">'
        "</picture>"
    )


def test_one_width_needs_no_choice(image):
    assert shown('sizes="5rem" ratio="1:1" loading="eager" fetchpriority="high" alt="Someone"', image) == (
        "<picture>"
        '<source srcset="F/160-1x1-50-50.avif" type="image/avif">'
        '<source srcset="F/160-1x1-50-50.webp" type="image/webp">'
        '<img alt="Someone" decoding="async" fetchpriority="high" height="160" src="F/160-1x1-50-50.jpg"'
        ' width="160">'
        "</picture>"
    )


def test_a_picture_that_has_the_shape_already_is_shown_whole(db):
    image = Image(title="Sample", file=ContentFile(samples.saved(samples.halves(600, 400)), "a.jpg"))
    image.save()
    assert [e["crop"] for e in image.renditions if e["crop"] == "3:2"] == []
    assert shown('ratio="3:2"', image) == shown("", image)


def test_an_image_without_renditions_shows_its_original(image):
    image.renditions = []
    name = image.file.name.rsplit("/", 1)[1]
    assert shown('ratio="3:2" alt=""', image) == (
        '<picture><img alt="" decoding="async" height="900" loading="lazy"'
        f' src="F/{name}" width="1200"></picture>'
    )


@pytest.mark.parametrize("arguments", ['ratio="7:3"', 'style="width: 1px"', 'onload="alert(1)"'])
def test_what_the_tag_does_not_know_is_an_error(arguments, image):
    with pytest.raises(TemplateSyntaxError):
        shown(arguments, image)


def test_what_an_editor_typed_is_escaped(image):
    image.alt_en = '"><script>alert(1)</script>'
    assert "<script" not in shown("", image)


@pytest.mark.parametrize("number", [1, 3])
def test_pictures_cause_no_query(number, image):
    images = [Image.objects.get(pk=image.pk) for _ in range(number)]
    with CaptureQueriesContext(connection) as queries:
        for each in images:
            shown('sizes="100vw" ratio="3:2"', each)
            social_card(each)
    assert len(queries) == 0


def test_the_markup_is_small(db):
    image = Image(title="Sample", file=ContentFile(samples.saved(samples.halves(2000, 1300)), "a.jpg"))
    image.save()
    html = Template(
        '{% load pictures %}{% picture image sizes="(min-width: 60rem) 17rem, 100vw" ratio="3:2" %}'
    )
    assert len(gzip.compress(html.render(Context({"image": image})).encode())) < 330
    html = Template('{% load pictures %}{% picture image sizes="8rem" ratio="3:2" %}')
    assert len(gzip.compress(html.render(Context({"image": image})).encode())) < 230


def test_the_card_of_a_shared_link_is_absolute(image, settings):
    settings.SITE_URL = "https://www.example.org"
    assert social_card(image) == SocialCard(
        url=f"https://www.example.org/media/{image.folder}/1200-card-50-50.jpg",
        width=1200,
        height=630,
        alt='Red & "blue"',
    )
    assert social_card(None) is None


def test_a_small_picture_is_its_own_card(db, settings):
    settings.SITE_URL = "https://www.example.org"
    image = Image(title="Sample", file=ContentFile(samples.saved(samples.halves(400, 400)), "a.jpg"))
    image.save()
    assert social_card(image) == SocialCard(
        url=f"https://www.example.org/media/{image.folder}/400.jpg", width=400, height=400, alt=""
    )
