"""What an institute page should have before readers see it."""

import pytest

from charhar.publishing.checklist import findings
from tests.factories import PageFactory

pytestmark = pytest.mark.django_db


def told(text):
    return {(f.level, f.code, f.field) for f in findings(text)} - {
        ("should", "translation", "translation_of")
    }


def test_a_page_should_have_a_standfirst_and_a_text():
    assert told(PageFactory(draft=True, body="")) == {
        ("should", "standfirst", "standfirst"),
        ("should", "body", "body"),
    }
    assert told(PageFactory(draft=True, standfirst="Who we are.")) == set()
