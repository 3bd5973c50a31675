"""The experts' list leads to everything that people here belong to."""

import pytest
from lxml.html import fromstring

from tests.factories import ExpertFactory, OfficeFactory, ProgrammeFactory

pytestmark = pytest.mark.django_db


def test_the_list_leads_to_programmes_and_offices_that_are_not_hidden(client):
    ExpertFactory()
    OfficeFactory(slug="geneva", name_en="Geneva")
    OfficeFactory(slug="closed", name_en="Closed", hidden=True)
    ProgrammeFactory(slug="waters", name_en="Waters")
    ProgrammeFactory(slug="secret", name_en="Secret", hidden=True)
    page = fromstring(client.get("/experts/").content.decode())
    links = [link.get("href") for link in page.xpath("//main//li/h3/a")]
    assert [link for link in links if "/offices/" in link or "/programmes/" in link] == [
        "/programmes/waters/",
        "/offices/geneva/",
    ]
