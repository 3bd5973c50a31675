"""The search page: what it finds, in which order, and what it never shows."""

import datetime
import re

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.models import Article
from charhar.publishing import workflow
from charhar.publishing.documents import SearchDocument
from charhar.search import finding, index, missed
from charhar.search.finding import find
from charhar.search.models import MissedSearch, SearchEntry, SearchRebuild
from charhar.search.segments import parse
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    PageFactory,
    PublicationFactory,
    RegionFactory,
    SeriesFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
STATES = ["draft", "review", "scheduled", "expired", "withdrawn", "trashed"]


def recorded(text):
    workflow.record(text, user=None, action="save")
    return text


def titles(response):
    rows = re.findall(
        r'<div class="row-main"><h2><a [^>]*>(.*?)</a></h2>', response.content.decode(), re.DOTALL
    )
    return [re.sub(r"</?mark>", "", row) for row in rows]


def found(client, query, path="/search/", **more):
    return titles(client.get(path, {"q": query, **more}))


def test_everything_that_is_published_is_found(client):
    recorded(ArticleFactory(title="Corridor article"))
    recorded(ExpertFactory(display_name_en="CORRIDOR Ann", family_name="Corridor"))
    recorded(PublicationFactory(title="Corridor book"))
    recorded(PageFactory(title="Corridor page", slug="corridor"))
    assert sorted(found(client, "corridor")) == [
        "CORRIDOR Ann",
        "Corridor article",
        "Corridor book",
        "Corridor page",
    ]


def test_a_result_leads_to_its_text(client):
    article = recorded(ArticleFactory(title="Rails", kind="interview", date=datetime.date(2021, 3, 4)))
    text = client.get("/search/", {"q": "rails"}).content.decode()
    assert f'<a href="{article.get_absolute_url()}"><mark>Rails</mark></a>' in text
    assert "Interview" in text
    assert "March 4, 2021" in text


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("factory", [ArticleFactory, ExpertFactory, PublicationFactory, PageFactory])
def test_what_readers_may_not_see_is_not_found(client, factory, state):
    visible = ArticleFactory(title="Visible corridor")
    hidden = factory(slug="hidden", **{state: True})
    for text in (visible, hidden):
        recorded(text)
    for entry in SearchEntry.objects.all():
        document = SearchDocument("Corridor", "", "", "en", "news", None)
        index.write(entry.content_type, [(entry.object_id, document)])
    assert SearchEntry.objects.count() == 2
    response = client.get("/search/", {"q": "corridor"})
    assert titles(response) == ["Visible corridor"]
    assert "1 result for" in response.content.decode()


def test_a_working_copy_is_not_indexed():
    live = recorded(ArticleFactory(title="Live"))
    copy = ArticleFactory(
        title="Secret correction", slug=live.slug, draft=True, corrects=live, based_on=live.version
    )
    recorded(copy)
    assert [e.title for e in SearchEntry.objects.all()] == ["Live"]


def test_visibility_follows_the_clock(client, monkeypatch):
    begins, hour = timezone.now() + datetime.timedelta(hours=1), datetime.timedelta(hours=1)
    recorded(ArticleFactory(title="Soon", publish_at=begins, expire_at=begins + hour))
    counted = []
    for now in (begins - hour, begins, begins + hour - datetime.timedelta(seconds=1), begins + hour):
        monkeypatch.setattr(finding.timezone, "now", lambda now=now: now)
        counted.append((len(find(parse("soon")).hits), found(client, "soon")))
    assert counted == [(0, []), (1, ["Soon"]), (1, ["Soon"]), (0, [])]


def test_a_text_that_is_hidden_past_the_index_is_not_shown(client):
    text = recorded(ArticleFactory(title="Soon"))
    Article.versions.filter(pk=text.pk).update(expire_at=timezone.now())
    assert len(find(parse("soon")).hits) == 1
    assert found(client, "soon") == []
    assert suggested(client, "soon") == []


def test_all_words_must_be_there_in_any_order(client):
    recorded(ArticleFactory(title="Belt and Road in Africa"))
    recorded(ArticleFactory(title="Road safety", body="<p>Nothing of the other.</p>"))
    assert found(client, "africa ROAD") == ["Belt and Road in Africa"]
    assert found(client, "africa safety") == []


def test_title_hits_come_first_then_the_newest(client):
    recorded(ArticleFactory(title="Old title corridor", date=datetime.date(2019, 1, 1)))
    recorded(ArticleFactory(title="New title corridor", date=datetime.date(2020, 1, 1)))
    recorded(ArticleFactory(title="Newest", body="<p>The corridor.</p>", date=datetime.date(2022, 1, 1)))
    recorded(ArticleFactory(title="Newer", body="<p>The corridor.</p>", date=datetime.date(2021, 1, 1)))
    assert found(client, "corridor") == ["New title corridor", "Old title corridor", "Newest", "Newer"]


def test_accents_case_and_width_do_not_matter(client):
    recorded(ArticleFactory(title="Über die Brücke"))
    for query in ("uber", "ÜBER BRÜCKE", "ｂｒｕｃｋｅ"):
        assert found(client, query) == ["Über die Brücke"]


def test_percent_and_underscore_mean_themselves(client):
    recorded(ArticleFactory(title="Growth of 5%"))
    recorded(ArticleFactory(title="Growth of 50"))
    assert found(client, "5%") == ["Growth of 5%"]
    assert found(client, "_") == []
    assert found(client, "\\") == []


def test_the_passage_is_quoted_escaped_and_marked(client):
    recorded(ArticleFactory(title="Rails", body="<p>Fish &amp; chips &lt;script&gt; on the corridor.</p>"))
    text = client.get("/search/", {"q": "corridor"}).content.decode()
    assert "Fish &amp; chips &lt;script&gt; on the <mark>corridor</mark>." in text
    assert "<script> on" not in text


def test_a_text_in_the_other_language_is_marked(client):
    recorded(ArticleFactory(title="公共外交与走廊", language="zh-hans", slug="corridor"))
    text = client.get("/search/", {"q": "公共外交"}).content.decode()
    assert '<a href="/zh/articles/corridor/" lang="zh-Hans"><mark>公共外交</mark>与走廊</a>' in text
    chinese = client.get("/zh/search/", {"q": "公共外交"}).content.decode()
    assert '<a href="/zh/articles/corridor/"><mark>公共外交</mark>与走廊</a>' in chinese


def test_an_expert_is_found_in_either_script_under_the_name_of_the_page(client):
    recorded(ExpertFactory(display_name_en="PAN Deng", display_name_zh="潘登", slug="pan-deng"))
    assert found(client, "潘登") == ["PAN Deng"]
    assert found(client, "pan deng", path="/zh/search/") == ["潘登"]


def test_topics_regions_and_series_are_found_by_name(client):
    topic = TopicFactory(name_en="Energy and Peace", name_zh="能源与和平", slug="energy")
    TopicFactory(name_en="Energy hidden", slug="hidden", hidden=True)
    RegionFactory(name_en="Energy coast", slug="coast")
    SeriesFactory(name_en="Energy papers", slug="papers")
    TopicFactory(name_en="Law", slug="law")
    response = client.get("/search/", {"q": "energy"})
    assert [s.name for s in response.context["named"]] == [
        "Energy and Peace",
        "Energy coast",
        "Energy papers",
    ]
    assert f'href="{topic.get_absolute_url()}"' in response.content.decode()
    assert "Energy hidden" not in response.content.decode()
    chinese = client.get("/zh/search/", {"q": "能源"}).content.decode()
    assert "能源与和平" in chinese


def test_results_stand_on_pages_that_keep_the_query(client):
    for number in range(12):
        recorded(ArticleFactory(title=f"Corridor {number:02}", date=datetime.date(2020, 1, number + 1)))
    assert found(client, "corridor")[0] == "Corridor 11"
    assert found(client, "corridor", page=2) == ["Corridor 01", "Corridor 00"]
    assert 'href="?q=corridor&amp;page=2"' in client.get("/search/", {"q": "corridor"}).content.decode()


@pytest.mark.parametrize("page", ["abc", "0", "-1", "99999", "2", "1.5", "\0", "９", "1" * 500, "<script>"])
def test_a_page_that_does_not_exist_is_a_helpful_404(client, page):
    recorded(ArticleFactory(title="Corridor"))
    response = client.get("/search/", {"q": "corridor", "page": page})
    assert response.status_code == 404
    assert '<a href="?q=corridor">' in response.content.decode()


@pytest.mark.parametrize(
    "bad",
    [{"kind": "novel"}, {"topic": "nowhere"}, {"region": "\0"}, {"author": "<script>"}, {"series": "'"},
     {"language": "fr"}, {"year": "20x1"}, {"year": "２０２１"}, {"year": "99999"}, {"sort": "random"}],
)  # fmt: skip
def test_a_facet_that_does_not_exist_is_a_helpful_404(client, bad):
    recorded(ArticleFactory(title="Corridor"))
    response = client.get("/search/", {"q": "corridor", **bad})
    assert response.status_code == 404
    text = response.content.decode()
    assert '<a href="?q=corridor">' in text
    assert "<script>" not in re.sub(r'<script (src|type)="?[^>]*>', "", text)
    assert client.get("/search/", {"q": "", **bad}).status_code == 200


def facets(response):
    return {
        facet.name: {choice.label: choice.count for choice in facet.choices} or facet.chosen.label
        for facet in response.context["facets"]
    }


def test_facets_count_what_answers_and_narrow_it(client):
    energy, law = TopicFactory(name_en="Energy", slug="energy"), TopicFactory(name_en="Law", slug="law")
    asia, series = RegionFactory(name_en="Asia", slug="asia"), SeriesFactory(name_en="Papers", slug="papers")
    ann = ExpertFactory(display_name_en="CORRIDOR Ann", display_name_zh="", slug="ann")
    draft = ExpertFactory(draft=True, display_name_en="Secret", slug="secret")
    hidden = TopicFactory(name_en="Hidden", slug="hidden", hidden=True)
    both = {"topics": [energy, law, hidden], "regions": [asia], "authors": [ann, draft]}
    recorded(ArticleFactory(title="Corridor one", kind="interview", date=datetime.date(2021, 5, 1), **both))
    recorded(ArticleFactory(title="Corridor two", topics=[energy], date=datetime.date(2022, 5, 1)))
    recorded(ArticleFactory(title="Corridor 走廊", language="zh-hans", date=datetime.date(2022, 6, 1)))
    book = PublicationFactory(title="Corridor book", series=series, date=datetime.date(2021, 1, 1))
    book.topics.add(energy)
    recorded(book)
    recorded(ann)
    recorded(PageFactory(title="Corridor page"))
    assert facets(client.get("/search/", {"q": "corridor"})) == {
        "kind": {"Commentary": 2, "Interview": 1, "Publication": 1, "Expert": 1, "The institute": 1},
        "topic": {"Energy": 3, "Law": 1},
        "language": {"English": 5, "中文": 2},
        "year": {"2022": 2, "2021": 2},
    }
    narrowed = client.get("/search/", {"q": "corridor", "topic": "energy", "year": "2021"})
    assert sorted(titles(narrowed)) == ["Corridor book", "Corridor one"]
    assert facets(narrowed) == {
        "kind": {"Interview": 1, "Publication": 1},
        "topic": "Energy",
        "year": "2021",
    }
    text = narrowed.content.decode()
    assert 'href="?q=corridor&amp;year=2021"' in text
    assert 'href="?q=corridor&amp;kind=interview&amp;topic=energy&amp;year=2021"' in text
    assert 'href="/zh/search/?q=corridor&amp;topic=energy&amp;year=2021"' in text
    assert found(client, "corridor", author="ann") == ["Corridor one"]
    assert found(client, "corridor", region="asia") == ["Corridor one"]
    assert found(client, "corridor", series="papers") == ["Corridor book"]
    assert sorted(found(client, "corridor", language="zh-hans")) == ["CORRIDOR Ann", "Corridor 走廊"]
    assert client.get("/search/", {"q": "corridor", "author": "secret"}).status_code == 404
    nothing = client.get("/search/", {"q": "corridor", "author": "ann", "year": "2022"})
    assert "of this kind" in nothing.content.decode()


def test_results_can_stand_by_date(client):
    recorded(ArticleFactory(title="Corridor", date=datetime.date(2020, 1, 1)))
    recorded(ArticleFactory(body="<p>Corridor</p>", title="Newer", date=datetime.date(2022, 1, 1)))
    recorded(PageFactory(title="Corridor page"))
    newest = client.get("/search/", {"q": "corridor", "sort": "newest"})
    assert titles(newest) == ["Newer", "Corridor", "Corridor page"]
    assert found(client, "corridor")[-1] == "Newer"
    assert '<a href="?q=corridor&amp;sort=newest" aria-current="true">' in newest.content.decode()


def test_beyond_the_cap_the_newest_are_counted(client, monkeypatch):
    monkeypatch.setattr(finding, "MOST_COUNTED", 3)
    for number in range(5):
        recorded(ArticleFactory(title=f"Corridor {number}", date=datetime.date(2020, 1, number + 1)))
    response = client.get("/search/", {"q": "corridor"})
    assert sorted(titles(response)) == ["Corridor 2", "Corridor 3", "Corridor 4"]
    assert "More than 10,000 results" in response.content.decode()


def test_phrases_stand_together_and_minus_words_stay_out(client):
    recorded(ArticleFactory(title="Belt and road", body="<p>To be or not to be.</p>"))
    recorded(ArticleFactory(title="Road and belt", body="<p>War</p>"))
    assert sorted(found(client, "belt road")) == ["Belt and road", "Road and belt"]
    assert found(client, '"belt and road"') == ["Belt and road"]
    assert found(client, '"to be or not to be"') == ["Belt and road"]
    assert found(client, "belt -war") == ["Belt and road"]
    assert found(client, 'belt -"belt and road"') == ["Road and belt"]
    assert found(client, "-war") == []
    # No phrase reaches from the title into the body.
    assert found(client, '"and road to be"') == []


def test_simplified_and_traditional_find_each_other(client):
    recorded(ArticleFactory(title="國際關係與人工智慧", language="zh-hans"))
    recorded(ArticleFactory(title="国际关系", language="zh-hans"))
    assert sorted(found(client, "国际关系", path="/zh/search/")) == ["国际关系", "國際關係與人工智慧"]
    assert sorted(found(client, "國際關係", path="/zh/search/")) == ["国际关系", "國際關係與人工智慧"]
    assert found(client, "智", path="/zh/search/") == found(client, "慧", path="/zh/search/")
    assert found(client, "人工智慧", path="/zh/search/") == ["國際關係與人工智慧"]


def test_a_long_text_is_found_to_its_end_by_word_and_phrase(client):
    body = " ".join(f"word{number}{' the' * (number % 10 == 9)}" for number in range(12_000))
    recorded(ArticleFactory(title="Long", body=f"<p>{body} peroration</p>"))
    for query in ("peroration", "word0 peroration", '"word11999 the peroration"', '"word1799 the word1800"'):
        assert found(client, query) == ["Long"], query


def test_a_mistyped_word_is_answered_as_it_was_meant(client):
    recorded(ArticleFactory(title="The government and the corridor"))
    recorded(ArticleFactory(title="The governor"))
    hidden = recorded(ArticleFactory(title="Secret negotiation", draft=True))
    for typed in ("goverment corridor", "corridor governmnet", "governmenta corridor", "gobernment corridor"):
        response = client.get("/search/", {"q": typed})
        assert titles(response) == ["The government and the corridor"], typed
        assert response.context["query"] in ("government corridor", "corridor government")
    assert "goverment corridor" in client.get("/search/", {"q": "goverment corridor"}).content.decode()
    silent = client.get("/search/", {"q": "negotiaton"}).content.decode()
    assert "negotiation" not in silent
    assert hidden.title not in silent


def suggested(client, typed, path="/search/suggest/"):
    return [row["title"] for row in client.get(path, {"q": typed}).json()["suggestions"]]


def test_letters_suggest_subjects_people_and_titles(client):
    TopicFactory(name_en="Energy and Peace", name_zh="能源与和平", slug="energy")
    TopicFactory(name_en="Energy hidden", slug="hidden", hidden=True)
    recorded(ExpertFactory(display_name_en="ENERGETIC Ann", display_name_zh="能源安", slug="ann"))
    recorded(ArticleFactory(title="Negotiating energy", body="<p>Rails</p>"))
    for state in STATES:
        recorded(ArticleFactory(title=f"Energy {state}", **{state: True}))
    assert suggested(client, "ener") == ["Energy and Peace", "ENERGETIC Ann", "Negotiating energy"]
    assert suggested(client, "negotiati") == suggested(client, "energy nego") == ["Negotiating energy"]
    assert suggested(client, "negotiati energy") == []
    assert suggested(client, "rails") == suggested(client, "") == suggested(client, '\0 -" <') == []
    assert suggested(client, "能", path="/zh/search/suggest/") == ["能源与和平", "能源安"]
    response = client.get("/search/suggest/", {"q": "x" * 10_000})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert "public" in response["Cache-Control"]


@pytest.mark.parametrize(
    "query",
    ["x" * 10_000, "\0", "a\0b", "%ED%A0%80", "'; DROP TABLE search_searchentry; --", '" onload="x',
     "<script>alert(1)</script>", "%", "(((", "\\", "AND OR NOT", "\u202e", "🙂", "\u200b",
     " ".join(["a"] * 500)],
)  # fmt: skip
def test_nonsense_is_answered_helpfully(client, query):
    TopicFactory(name_en="Law", slug="law")
    response = client.get("/search/", {"q": query})
    assert response.status_code == 200
    text = response.content.decode()
    assert "<script>alert" not in text
    assert ' onload="x' not in text
    assert "/topics/law/" in text


def test_broken_bytes_are_no_error_page(client):
    assert client.get("/search/?q=%ED%A0%80%FF").status_code == 200
    assert client.get("/search/?q=%ED%A0%80%FF&page=%00").status_code == 200


def test_an_empty_query_and_an_empty_answer_help(client):
    TopicFactory(name_en="Law", slug="law")
    for query in ({}, {"q": ""}, {"q": "  "}, {"q": "nowhere"}):
        text = client.get("/search/", query).content.decode()
        for address in ("/topics/law/", "/research/", "/experts/", "/publications/"):
            assert f'href="{address}"' in text


def test_search_is_not_for_search_engines_and_sets_no_cookie(client):
    response = client.get("/search/", {"q": "x"})
    assert '<meta name="robots" content="noindex">' in response.content.decode()
    assert not response.cookies
    assert client.post("/search/").status_code == 405


def test_the_other_language_is_asked_the_same(client):
    text = client.get("/search/", {"q": "公共 外交"}).content.decode()
    assert 'href="/zh/search/?q=%E5%85%AC%E5%85%B1+%E5%A4%96%E4%BA%A4"' in text


def test_a_change_is_found_at_once_and_a_deleted_text_never(client):
    text = recorded(ArticleFactory(title="Rails", body="<p>Old words.</p>"))
    text.title, text.body = "Rivers", "<p>New words.</p>"
    text.save()
    recorded(text)
    assert found(client, "rails") == []
    assert found(client, "rivers new") == ["Rivers"]
    text.delete()
    assert SearchEntry.objects.count() == 0


def test_the_index_can_be_made_anew(client, capsys):
    articles = [ArticleFactory(title=f"Corridor {number}") for number in range(3)]
    ExpertFactory()
    stale = recorded(ArticleFactory(title="Corridor gone"))
    type(stale).versions.filter(pk=stale.pk)._raw_delete("default")
    for _ in range(2):
        call_command("rebuild_search")
        assert SearchEntry.objects.count() == 4
    assert "articles: 3 of 3\n" in capsys.readouterr().out
    assert sorted(found(client, "corridor")) == sorted(a.title for a in articles)


@pytest.fixture
def five_in_batches_of_two(monkeypatch):
    """Five articles, and a way to make the index anew that tells of which of them it wrote."""
    articles = [ArticleFactory(title=f"Corridor {number}") for number in range(5)]
    places = {article.pk: place for place, article in enumerate(articles)}
    written, write = [], index.write

    def noted(kind, documents):
        write(kind, documents)
        written.extend(places[key] for key, _document in documents)

    monkeypatch.setattr(index, "write", noted)
    monkeypatch.setattr(index, "BATCH", 2)

    def run(batches=None, **options):
        written.clear()
        for number, _done in enumerate(index.rebuild(**options), 1):
            if number == batches:
                break
        return list(written)

    return run


def test_a_rebuild_that_was_cut_off_goes_on_where_it_was(five_in_batches_of_two, client):
    assert five_in_batches_of_two(batches=2) == [0, 1, 2, 3]
    assert five_in_batches_of_two() == [4]
    assert len(found(client, "corridor")) == 5
    assert five_in_batches_of_two() == [0, 1, 2, 3, 4]  # it came to its end: the next begins anew
    assert SearchRebuild.objects.count() == 0


def test_a_rebuild_begins_anew_where_it_is_told_to_or_the_index_is_made_otherwise_now(
    five_in_batches_of_two, monkeypatch
):
    five_in_batches_of_two(batches=1)
    assert five_in_batches_of_two(anew=True) == [0, 1, 2, 3, 4]
    five_in_batches_of_two(batches=1)
    call_command("rebuild_search", "--from-start", verbosity=0)
    assert five_in_batches_of_two(batches=1) == [0, 1]
    monkeypatch.setattr(index, "_edition", lambda: "of the next release")
    assert five_in_batches_of_two() == [0, 1, 2, 3, 4]


def test_a_batch_that_fails_is_written_by_the_next_run(five_in_batches_of_two, monkeypatch):
    document = Article.search_document

    def fail(text):
        if text.title == "Corridor 3":
            raise ZeroDivisionError
        return document(text)

    with monkeypatch.context() as patch:
        patch.setattr(Article, "search_document", fail)
        with pytest.raises(ZeroDivisionError):
            five_in_batches_of_two()
    assert SearchEntry.objects.count() == 2
    assert five_in_batches_of_two() == [2, 3, 4]


def test_a_rebuild_asks_as_often_for_many_texts_as_for_few(django_assert_num_queries):
    topic, ann = TopicFactory(), ExpertFactory()

    def more(count):
        for _ in range(count):
            text = ArticleFactory(topics=[topic], authors=[ann])
            text.tags.add("corridor")
            PublicationFactory().topics.add(topic)
            PageFactory(title=f"Page {text.pk}", slug=f"page-{text.pk}")

    more(1)
    list(index.rebuild())
    with CaptureQueriesContext(connection) as few:
        list(index.rebuild())
    more(20)
    list(index.rebuild())
    with django_assert_num_queries(len(few)):
        list(index.rebuild())


def test_search_costs_the_same_at_any_size(client, django_assert_max_num_queries):
    client.get("/search/", {"q": "corridor"})
    for count in (1, 3, 30):
        for number in range(count):
            for factory in (ArticleFactory, PublicationFactory, PageFactory):
                recorded(factory(title=f"Corridor {count} {number}"))
            recorded(ExpertFactory(display_name_en=f"Corridor {count} {number}"))
        client.get("/search/")
        for query, queries in {"corridor": 8, "coridor": 10, "nowhere": 6}.items():
            with django_assert_max_num_queries(queries):  # one less for each kind that is not on the page
                client.get("/search/", {"q": query})


def test_what_is_searched_in_vain_is_counted_for_the_editors_by_day(client, monkeypatch):
    recorded(ArticleFactory(title="Government"))
    topic = TopicFactory(slug="law")
    for query in ("Peking Öpera", "peking opera", "zither", "goverment", "government", "", "-war", "x" * 150,
                  "ann@example.org", "call 138 1234-5678", "2021 2022"):  # fmt: skip
        client.get("/search/", {"q": query})
    client.get("/search/", {"q": "government", "topic": topic.slug})
    today = timezone.localdate()
    assert list(MissedSearch.objects.values_list("query", "count", "first_on", "last_on")) == [
        ("peking opera", 2, today, today),
        ("zither", 1, today, today),
    ]
    monkeypatch.setattr(missed, "MOST_NEW_A_DAY", 3)
    for number in ("one", "two", "three", "four"):
        client.get("/search/", {"q": f"nothing {number}"})
    assert MissedSearch.objects.count() == 3
    MissedSearch.objects.filter(query="zither").update(last_on=today - datetime.timedelta(days=91))
    assert missed.prune() == 1
    client.force_login(UserFactory(roles=["Editors"]))
    page = client.get("/admin/search/missedsearch/").content.decode()
    assert "peking opera" in page
    client.force_login(UserFactory(roles=["Authors"]))
    assert client.get("/admin/search/missedsearch/").status_code == 403


def test_a_busy_database_does_not_spoil_the_page_that_found_nothing(client, monkeypatch):
    def fail(typed):
        raise DatabaseError("locked")

    monkeypatch.setattr(missed, "remember", fail)
    assert client.get("/search/", {"q": "nowhere"}).status_code == 200
