"""How dates, names, languages and places in a list are shown."""

import datetime
from types import SimpleNamespace

import pytest
from django.core.paginator import Paginator
from django.template import Context, Template
from django.utils import translation

from charhar.templatetags.presentation import dated, elided, lang, longdate, megabytes, sections
from tests.factories import ArticleFactory, ExpertFactory, TopicFactory

pytestmark = pytest.mark.plain

DAY = datetime.date(2022, 1, 18)


def shown(template, language="en", **context):
    """What a template makes of a context on a page in one language."""
    with translation.override(language):
        return Template("{% load presentation %}" + template).render(Context(context))


def test_date_is_written_in_full_in_the_language_of_the_page():
    assert longdate(DAY) == "January 18, 2022"
    with translation.override("zh-hans"):
        assert longdate(DAY) == "2022年1月18日"


def test_moment_shows_the_day_in_beijing_that_it_falls_on():
    evening = datetime.datetime(2022, 1, 17, 17, 0, tzinfo=datetime.UTC)
    assert dated(evening) == '<time datetime="2022-01-18">January 18, 2022</time>'


def test_no_date_shows_nothing():
    assert (longdate(None), dated(None)) == ("", "")


def test_run_in_the_other_language_says_so_and_one_in_the_page_language_does_not():
    english, chinese = SimpleNamespace(html_lang="en"), SimpleNamespace(html_lang="zh-Hans")
    assert (lang(english), lang(chinese)) == ("", ' lang="zh-Hans"')
    with translation.override("zh-hans"):
        assert (lang(english), lang(chinese)) == (' lang="en"', "")


@pytest.mark.django_db
def test_bilingual_name_that_is_missing_in_the_page_language_says_which_one_came():
    both, only_english = TopicFactory(), TopicFactory(name_zh="")
    with translation.override("zh-hans"):
        assert (lang(both, "name"), lang(only_english, "name")) == ("", ' lang="en"')


@pytest.mark.parametrize(
    ("count", "expected"), [(0, ""), (1, "A"), (2, "A and B"), (3, "A, B and C"), (4, "A, B, C and D")]
)
def test_names_stand_in_one_run(count, expected):
    people = [SimpleNamespace(name=name, expert=None) for name in "ABCD"[:count]]
    assert shown("{% names people %}", people=people) == expected


def test_names_are_escaped():
    people = [
        SimpleNamespace(name="<b>A</b>", expert=None),
        SimpleNamespace(name="O’Brien & Co", expert=None),
    ]
    assert shown("{% names people %}", people=people) == "&lt;b&gt;A&lt;/b&gt; and O’Brien &amp; Co"


@pytest.mark.django_db
def test_name_leads_to_a_public_profile_only():
    public, hidden = ExpertFactory(slug="pan-deng"), ExpertFactory(draft=True, slug="not-yet")
    people = [SimpleNamespace(name="PAN Deng", expert=public), SimpleNamespace(name="LI Wei", expert=hidden)]
    expected = '<a href="/experts/pan-deng/">PAN Deng</a> and LI Wei'
    assert shown("{% names people linked=True %}", people=people) == expected


@pytest.mark.django_db
def test_names_on_an_english_text_in_a_chinese_list_are_marked_as_english():
    article = ArticleFactory.build(language="en")
    people = [SimpleNamespace(name="PAN Deng", expert=None)]
    assert (
        shown("{% names people text %}", "zh-hans", people=people, text=article)
        == '<span lang="en">PAN Deng</span>'
    )


@pytest.mark.parametrize(
    ("context", "number", "expected"),
    [
        ({}, 1, "."),
        ({}, 2, "?page=2"),
        ({"year": 2021}, 1, "?year=2021"),
        ({"year": 2021}, 3, "?year=2021&amp;page=3"),
        ({"narrowed": {"q": "sister cities"}}, 2, "?q=sister+cities&amp;page=2"),
    ],
)
def test_page_of_a_list_has_one_address(context, number, expected):
    assert shown("{% page_url number %}", number=number, **context) == expected


def test_year_of_a_list_has_one_address():
    assert shown("{% year_url %} {% year_url 2021 %}") == ". ?year=2021"


def test_pages_in_the_middle_are_left_out():
    assert list(elided(Paginator(range(200), 20).page(5))) == [1, "…", 4, 5, 6, "…", 10]


def test_breadcrumbs_begin_at_home():
    html = shown('{% breadcrumbs "Topics" "/topics/" %}')
    assert html.count("<li>") == 2
    assert html.index('<a href="/">Home</a>') < html.index('<a href="/topics/">Topics</a>')


@pytest.mark.parametrize(
    ("size", "expected"), [(None, ""), (0, ""), (200, "1 kB"), (310_400, "310 kB"), (1_440_000, "1.4 MB")]
)
def test_size_of_a_file_is_written_for_people(size, expected):
    assert megabytes(size) == expected


def test_contents_name_each_section_without_its_note_numbers():
    html = (
        '<h2 id="s-one">One &amp; <em>all</em></h2><h2 id="s-two">Two<sup><a href="#fn-1">1</a></sup></h2>'
        '<h3 id="s-beneath">Beneath</h3><h2 id="s-three">Three</h2><h2 id="notes">Notes</h2>'
    )
    assert sections(html) == [("s-one", "One &amp; all"), ("s-two", "Two"), ("s-three", "Three")]


def test_contents_of_a_short_text_are_not_listed():
    assert sections('<h2 id="s-one">One</h2><h2 id="s-two">Two</h2><h2 id="notes">Notes</h2>') == []
