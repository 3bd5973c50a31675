"""What an article must and should have before readers see it."""

import datetime

import pytest

from articles.models import Byline
from charhar.publishing.checklist import MUST, findings
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    GroupFactory,
    ImageFactory,
    OutletFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db


def told(text, *codes):
    return [(f.level, f.field, f.message) for f in findings(text) if f.code in codes]


def signed(*contributions, **fields):
    text = ArticleFactory(draft=True, authors=[], **fields)
    for contribution in contributions:
        Byline.objects.create(article=text, name="A guest", contribution=contribution)
    return text


def test_a_text_needs_a_standfirst():
    for standfirst in ("", " \n"):
        assert told(ArticleFactory(draft=True, standfirst=standfirst), "standfirst") == [
            ("must", "standfirst", "Write a standfirst: lists, search engines and social cards show it.")
        ]
    assert told(ArticleFactory(draft=True), "standfirst") == []


@pytest.mark.parametrize(
    ("kind", "contributions", "lacks"),
    [
        ("commentary", [], True),
        ("commentary", ["translator"], True),
        ("commentary", ["author"], False),
        ("research", [], True),
        ("interview", [], True),
        ("interview", ["interviewee"], False),
        ("news", [], False),  # the institute itself speaks
    ],
)
def test_somebody_has_signed_all_but_news(kind, contributions, lacks):
    found = told(signed(*contributions, kind=kind), "byline")
    assert found == [("must", "bylines", "Name an author, or whom the interview is with.")] * lacks


def expert(*, former=()):
    person = ExpertFactory(display_name_en="PAN Deng", portrait=ImageFactory())
    person.groups.set([GroupFactory(former=is_former) for is_former in former])
    return person


@pytest.mark.parametrize(
    ("groups", "outside"), [((), False), ((False,), False), ((True,), True), ((True, False), False)]
)
def test_the_disclaimer_is_shown_where_an_author_is_from_outside(groups, outside):
    for shown in (True, False):
        text = ArticleFactory(draft=True, authors=[expert(former=groups)], show_editors_note=shown)
        wanted = [
            (
                "must",
                "show_editors_note",
                "PAN Deng writes from outside: show the editor's note, which says whose opinions these are.",
            )
        ]
        assert told(text, "disclaimer") == (wanted if outside and not shown else [])


def test_a_guest_is_from_outside_and_who_is_only_interviewed_or_translates_signs_no_opinion():
    assert len(told(signed("author", show_editors_note=False), "disclaimer")) == 1
    assert told(signed("interviewee", "translator", show_editors_note=False), "disclaimer") == []


@pytest.mark.parametrize(
    ("note", "lacks"),
    [
        ("", False),
        ("<p>A guest teaches at Sampleville.</p>", True),
        ("<p>A guest teaches at Sampleville; the views are the author's own.</p>", False),
        ("<p>本文仅代表作者个人观点。</p>", False),
    ],
)
def test_a_note_of_ones_own_says_whose_opinions_they_are(note, lacks):
    found = told(signed("author", editors_note=note), "disclaimer")
    assert [(level, field) for level, field, _words in found] == [("must", "editors_note")] * lacks


def test_the_outlet_can_not_have_been_later():
    fields = {"outlet": OutletFactory(), "date": datetime.date(2022, 1, 18)}
    later = ArticleFactory(draft=True, outlet_date=datetime.date(2022, 1, 19), **fields)
    assert told(later, "outlet-date") == [
        ("must", "outlet_date", "It can not have run there after the date shown here.")
    ]
    assert (
        told(ArticleFactory(draft=True, outlet_date=datetime.date(2022, 1, 18), **fields), "outlet-date")
        == []
    )


def test_a_topic_and_photos_should_be_there():
    text = ArticleFactory(draft=True, authors=[ExpertFactory(display_name_en="PAN Deng"), expert()])
    assert told(text, "topic", "portrait") == [
        ("should", "bylines", "No photo in the profile of PAN Deng."),
        ("should", "filed_topics", "No topic: it stands on no topic's page."),
    ]
    whole = ArticleFactory(draft=True, authors=[expert()], topics=[TopicFactory()])
    assert told(whole, "topic", "portrait") == []


def test_the_whole_article_of_the_factory_may_be_published():
    assert [f for f in findings(ArticleFactory(draft=True)) if f.level == MUST] == []


def test_a_plain_text_costs_four_queries(django_assert_num_queries):
    text = ArticleFactory(draft=True)
    findings(text)
    with django_assert_num_queries(4):  # bylines, a topic, the other edition; a second person
        findings(text)
