"""The command that makes what is missing."""

import io

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from charhar.library.models import Image
from tests.factories import ImageFactory

from . import samples

pytestmark = pytest.mark.django_db


def run(*ids):
    out = io.StringIO()
    call_command("make_renditions", *ids, stdout=out, stderr=out)
    return out.getvalue().splitlines()


def names(image):
    return sorted(image.file.storage.listdir(image.folder)[1])


def test_where_nothing_is_missing_nothing_is_made():
    for _ in range(3):
        ImageFactory()
    with CaptureQueriesContext(connection) as queries:
        assert run() == ["3 images looked at, 0 files made, 0 images failed."]
    assert len(queries) == 2


def test_what_is_missing_is_made_and_once_only():
    image = ImageFactory(title="Sea")
    ImageFactory()
    before = names(image)
    image.file.storage.delete(f"{image.folder}/64.avif")
    image.file.storage.delete(f"{image.folder}/48-1x1-50-50.jpg")
    assert run() == [
        f"1/2 image {image.pk}, Sea: 2 made",
        "2 images looked at, 2 files made, 0 images failed.",
    ]
    assert names(image) == before
    assert run() == ["2 images looked at, 0 files made, 0 images failed."]


def test_sample_content_of_two_widths_is_completed():
    image = Image(title="Sea", file=ContentFile(samples.saved(samples.halves(1200, 900)), "a.jpg"))
    image.save(widths=(640, 1200), crops=())
    whole = ImageFactory(title="Whole", file=ContentFile(samples.saved(samples.halves(1200, 900)), "a.jpg"))
    assert run(image.pk)[-1] == "1 images looked at, 30 files made, 0 images failed."
    image.refresh_from_db()
    assert image.renditions == whole.renditions


def test_a_row_that_lost_its_list_gets_it_back():
    image = ImageFactory()
    listed = image.renditions
    Image.objects.update(renditions=[], width=0, height=0)
    assert run() == ["1 images looked at, 0 files made, 0 images failed."]
    image.refresh_from_db()
    assert (image.renditions, image.width, image.height) == (listed, 64, 48)


def test_one_bad_picture_keeps_no_other_waiting():
    lost, good = ImageFactory(title="Lost"), ImageFactory(title="Good")
    lost.file.storage.delete(lost.file.name)
    good.file.storage.delete(f"{good.folder}/64.webp")
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 images failed"):
        call_command("make_renditions", stdout=out, stderr=out)
    assert out.getvalue().splitlines() == [
        f"1/2 image {lost.pk}, Lost: FileNotFoundError('{lost.file.name}')",
        f"2/2 image {good.pk}, Good: 1 made",
        "2 images looked at, 1 files made, 1 images failed.",
    ]
