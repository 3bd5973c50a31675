"""What a publication must and should have before readers see it."""

import pytest
from django.utils import timezone

from charhar.publishing.checklist import findings
from tests.factories import DocumentFactory, ImageFactory, PublicationFactory, SeriesFactory, TopicFactory

pytestmark = pytest.mark.django_db


def told(text):
    return {(f.level, f.code, f.field) for f in findings(text)} - {
        ("should", "translation", "translation_of")
    }


def test_a_bare_book_lacks_what_readers_need():
    assert told(PublicationFactory(draft=True)) == {
        ("must", "standfirst", "standfirst"),
        ("must", "contributors", "contributors"),
        ("should", "cover", "cover"),
        ("should", "topic", "topics"),
        ("should", "file", "file"),
    }


def test_an_issue_needs_no_author_and_an_abstract_does_for_a_standfirst():
    issue = PublicationFactory(
        draft=True, series=SeriesFactory(kind="quarterly"), abstract="<p>On ports.</p>",
        cover=ImageFactory(), file=DocumentFactory(),
    )  # fmt: skip
    issue.topics.add(TopicFactory())
    assert told(issue) == set()


def test_a_year_too_far_ahead_is_a_slip():
    year = timezone.localdate().year
    assert ("must", "year", "year") not in told(PublicationFactory(draft=True, year=year + 1))
    assert ("must", "year", "year") in told(PublicationFactory(draft=True, year=year + 2))
