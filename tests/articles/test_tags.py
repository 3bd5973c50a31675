"""Tags have addresses in ASCII, whatever they are written in."""

import pytest
from taggit.models import Tag

from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db


def test_a_chinese_tag_has_a_slug_in_pinyin_and_a_page(client):
    ArticleFactory(title="论港口", language="zh-hans").tags.add("港口")
    assert Tag.objects.get(name="港口").slug == "gang-kou"
    assert "论港口" in client.get("/zh/tags/gang-kou/").content.decode()


def test_tags_that_sound_alike_have_slugs_of_their_own():
    for name in ("公式", "公事", "攻势"):
        Tag.objects.create(name=name)
    assert sorted(Tag.objects.values_list("slug", flat=True)) == ["gong-shi", "gong-shi-2", "gong-shi-3"]


def test_a_slug_once_given_stays():
    tag = Tag.objects.create(name="港口")
    tag.name = "口岸"
    tag.save()
    assert tag.slug == "gang-kou"
