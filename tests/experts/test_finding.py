"""Finding experts by name, subject, region, group, language and for the media; profiles and their works."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experts.models import Expert
from experts.names import Names, called, in_order
from tests.factories import (
    ArticleFactory,
    DocumentFactory,
    ExpertFactory,
    GroupFactory,
    ImageFactory,
    OutletFactory,
    PublicationFactory,
    RegionFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db


def person(family, given, zh="", family_zh="", **more):
    names = {"family_name": family, "given_name": given, "display_name_en": f"{family.upper()} {given}"}
    return ExpertFactory(**names, family_name_zh=family_zh, display_name_zh=zh, **more)


def found(client, query, prefix=""):
    context = client.get(f"{prefix}/experts/{query}").context
    return [expert.display_name_en for expert in context["page"].object_list]


def test_each_choice_narrows_and_all_of_them_hold_together(client):
    topic, region, group = (
        TopicFactory(slug="ports"),
        RegionFactory(slug="asia"),
        GroupFactory(slug="fellows"),
    )
    everything = person("Shan", "Wei", "单伟", "单", takes_media=True)
    everything.topics.add(topic), everything.regions.add(region), everything.groups.add(group)
    everything.spoken_languages.create(code="fr")
    other = person("Álvarez", "Ana", "安娜")
    other.topics.add(topic)
    hidden = person("Draft", "One", draft=True, takes_media=True)
    hidden.topics.add(topic)
    assert found(client, "?topic=ports") == ["ÁLVAREZ Ana", "SHAN Wei"]
    for query in (
        "?region=asia",
        "?group=fellows",
        "?language=fr",
        "?press=on",
        "?name=shanwei",
        "?name=wei+SHAN",
    ):
        assert found(client, query) == ["SHAN Wei"], query
    assert found(client, "?name=alvarez") == found(client, "?name=安娜") == ["ÁLVAREZ Ana"]
    assert found(client, "?topic=ports&language=fr&press=on&name=单") == ["SHAN Wei"]
    assert found(client, "?name=alvarez&press=on") == []
    page = client.get("/experts/?topic=ports&name=%3Cb%3E").content.decode()
    assert "0 experts found" in page
    assert 'value="&lt;b&gt;"' in page
    assert '<meta name="robots" content="noindex">' in page
    assert "noindex" not in client.get("/experts/?utm=1").content.decode()


def test_what_is_unknown_is_said_and_left_out(client):
    person("Shan", "Wei")
    for query in (
        "?topic=zzz",
        "?language=xx&group=-1",
        "?region=' OR 1=1--",
        "?topic=%00",
        f"?group={'x' * 10000}",
    ):
        response = client.get(f"/experts/{query}")
        assert response.status_code == 200
        assert "We know none of this kind" in response.content.decode()
        assert [e.family_name for e in response.context["page"].object_list] == ["Shan"]
    assert client.get("/experts/?name=%00").status_code == 200
    long = client.get(f"/experts/?name={'x' * 10000}")
    assert (long.status_code, "x" * 101 in long.content.decode()) == (200, False)
    for page in ("0", "2", "x", "9999999999"):
        assert client.get(f"/experts/?name=shan&page={page}").status_code == 404


def test_english_sorts_by_family_name_and_chinese_by_sound(client):
    (
        person("Shan", "Wei", "单伟", "单"),
        person("Smith", "Ann", "安·史密斯"),
        person("Zeng", "Li", "曾莉", "曾"),
    )
    person("de Wit", "Jan")
    assert found(client, "?name=+&topic=zz") == ["DE WIT Jan", "SHAN Wei", "SMITH Ann", "ZENG Li"]
    assert found(client, "?topic=zz", "/zh") == ["SMITH Ann", "DE WIT Jan", "SHAN Wei", "ZENG Li"]


def test_names_are_found_in_any_order_and_spelling():
    names = Names(1, 0, "Han", "Fangming", "HAN Fangming", "韩", "方明", "韩方明")
    for words in ("han", "Fangming Han", "hanfangming", "方明", "ＨＡＮ"):
        assert called(words, [names]) == [names], words
    assert called("hans", [names]) == []
    assert in_order(names, chinese=True)[0] == ("han", "韩")


def test_a_page_of_findings_and_the_whole_list_cost_ten_queries_however_many(client):
    topic, group = TopicFactory(slug="ports"), GroupFactory(slug="fellows")
    for expected in (1, 3, 60):
        for _ in range(expected - Expert.objects.count()):
            one = ExpertFactory()
            one.topics.add(topic), one.groups.add(group)
            one.spoken_languages.create(code="en")
        for query in ("", "?topic=ports&language=en"):
            client.get(f"/experts/{query}")
            with CaptureQueriesContext(connection) as captured:
                response = client.get(f"/experts/{query}")
            assert len(captured) == {"": 10}.get(query, 9)
    assert len(response.context["page"].object_list) == 20
    assert response.context["page"].paginator.count == 60
    html = response.content.decode()
    assert 'href="?topic=ports&amp;language=en&amp;page=2"' in html
    whole = client.get("/experts/")
    assert [(number, len(shown)) for _group, number, shown in whole.context["groups"]] == [(60, 24)]
    assert 'href="?group=fellows"' in whole.content.decode()


def test_a_profile_lists_works_by_kind_and_year_with_their_numbers(client):
    one = ExpertFactory(slug="one")
    ArticleFactory(
        authors=[one], title="Said elsewhere", outlet=OutletFactory(), outlet_url="https://example.org/a"
    )
    ArticleFactory(authors=[one], kind="interview", date=datetime.date(2020, 1, 1))
    ArticleFactory(authors=[one], draft=True)
    PublicationFactory(title="A book").contributors.create(expert=one)
    response = client.get("/experts/one/")
    assert [(kind.key, kind.number) for kind in response.context["works"].kinds] == [
        ("", 3), ("commentary", 1), ("interview", 1), ("publication", 1), ("media", 1),
    ]  # fmt: skip
    assert response.context["years"] == [2022, 2020]
    assert "noindex" not in response.content.decode()
    media = client.get("/experts/one/?kind=media")
    assert [row.title for row in media.context["page"].object_list] == ["Said elsewhere"]
    assert 'href="https://example.org/a"' in media.content.decode()
    assert "noindex" in media.content.decode()
    books = client.get("/experts/one/?kind=publication&year=2020")
    assert [row.title for row in books.context["page"].object_list] == ["A book"]
    for query in ("?kind=research", "?kind=x", "?kind=%00", "?kind=publication&year=2022"):
        assert client.get(f"/experts/one/{query}").status_code == 404, query


def test_a_photo_is_offered_only_where_editors_gave_it_to_the_press(client):
    one = ExpertFactory(slug="one", portrait=ImageFactory(), cv=DocumentFactory())
    link = f'href="{one.portrait.file.url}" download="one.jpg"'
    page = client.get("/experts/one/").content.decode()
    assert link not in page
    assert "Curriculum vitae" in page
    Expert.objects.update(press_photo=True)
    page = client.get("/experts/one/").content.decode()
    assert link in page
    assert "Please print with it: Illustration: Sample/Charhar" in page
    assert '"@type":"ProfilePage"' in page
