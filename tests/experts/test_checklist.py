"""What an expert's profile must and should have before readers see it."""

import pytest

from charhar.publishing.checklist import findings
from tests.factories import ExpertFactory, GroupFactory, ImageFactory, TopicFactory

pytestmark = pytest.mark.django_db


def told(text):
    return {(f.level, f.code, f.field) for f in findings(text)}


def test_a_bare_profile_may_be_published_and_should_be_filled():
    assert told(ExpertFactory(draft=True, title_en="", display_name_zh="")) == {
        ("should", "portrait", "portrait"),
        ("should", "title", "title_en"),
        ("should", "biography", "biography_en"),
        ("should", "name-zh", "display_name_zh"),
        ("should", "group", "groups"),
        ("should", "topic", "topics"),
    }


def test_a_whole_profile_has_nothing_to_mend():
    person = ExpertFactory(
        draft=True, portrait=ImageFactory(), biography_en="<p>Of ports.</p>", biography_zh="<p>港口。</p>"
    )
    person.groups.add(GroupFactory())
    person.topics.add(TopicFactory())
    assert told(person) == set()


def test_a_biography_in_one_language_and_an_address_that_is_not_there_are_named():
    person = ExpertFactory(draft=True, biography_en="<p>Of ports.</p>", email_shown=True)
    assert {("should", "biography-zh", "biography_zh"), ("must", "email", "email")} <= told(person)
