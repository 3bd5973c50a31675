"""How a text is cited: names, titles, days and addresses as the standards set them."""

import datetime
import html
import re

import pytest

from articles.models import Byline
from articles.sharing import qr_code
from publications.models import Entry
from tests.factories import ArticleFactory, ExpertFactory, OutletFactory, PublicationFactory, SeriesFactory

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:8000"


def cited(client, path="/articles/on-ports/"):
    page = client.get(path).content.decode()
    found = re.findall(r'<p id="cite-(\w+)">(.*?)</p>', page, re.S)
    return {key: html.unescape(re.sub("<.*?>", "", words)) for key, words in found}


def article(*names, **fields):
    made = ArticleFactory(
        **{"slug": "on-ports", "title": "On Ports", "date": datetime.date(2022, 1, 18)} | fields
    )
    for position, name in enumerate(names):
        Byline.objects.create(article=made, name=name, position=position)
    return made


def pan(**fields):
    return ExpertFactory(
        **{
            "display_name_en": "PAN Deng",
            "family_name": "Pan",
            "given_name": "Deng",
            "display_name_zh": "潘登",
        }
        | fields
    )


def test_names_are_set_by_the_profile_by_capitals_or_as_they_stand(client):
    made = article("Anna Maria SAMPLE-ONE", "Sample Guest")
    Byline.objects.create(article=made, expert=pan(), position=5)
    assert cited(client) == {
        "apa": f"Sample-One, A. M., Sample Guest, & Pan, D. (2022, January 18). On Ports. Charhar Institute. {URL}/articles/on-ports/",
        "chicago": f"Sample-One, Anna Maria, Sample Guest, and Pan Deng. “On Ports.” Charhar Institute, January 18, 2022. {URL}/articles/on-ports/",
    }


def test_a_profile_that_is_not_public_lends_no_name(client):
    made = article()
    Byline.objects.create(
        article=made,
        name="Pan Deng",
        expert=pan(display_name_en="Pan Deng", draft=True),
    )
    assert cited(client)["apa"].startswith("Pan Deng. (2022")


def test_a_text_without_authors_is_the_institutes(client):
    article(title="Who Pays?")
    assert cited(client) == {
        "apa": f"Charhar Institute. (2022, January 18). Who Pays? {URL}/articles/on-ports/",
        "chicago": f"Charhar Institute. “Who Pays?” January 18, 2022. {URL}/articles/on-ports/",
    }


def test_where_the_outlets_page_is_canonical_that_is_cited(client):
    article(
        "Anna SAMPLE",
        outlet=OutletFactory(name_en="The Sample Times"),
        outlet_url="https://example.org/first",
        outlet_date=datetime.date(2021, 12, 31),
        canonical="theirs",
    )
    words = "Sample, A. (2021, December 31). On Ports. The Sample Times. https://example.org/first"
    assert cited(client)["apa"] == words


def test_chinese_texts_are_cited_by_the_chinese_standard(client):
    made = article("潘登", "Anna SAMPLE", title="论港口", language="zh-hans")
    path = "/zh/articles/on-ports/"
    assert cited(client, path) == {
        "gbt": f"潘登, SAMPLE A. 论港口[EB/OL]. 察哈尔学会, (2022-01-18). {URL}{path}"
    }
    issue = PublicationFactory(
        series=SeriesFactory(name_zh="公共外交季刊"), volume=12, number="3", year=2022, language="zh-hans"
    )
    made.entry = Entry.objects.create(publication=issue, title="论港口", first_page="12", last_page="19")
    made.save()
    for position in (2, 3):
        Byline.objects.create(article=made, name="王安", position=position)
    words = f"潘登, SAMPLE A, 王安, 等. 论港口[J/OL]. 公共外交季刊, 2022, 12(3): 12–19. {URL}{path}"
    assert cited(client, path) == {"gbt": words}


def test_what_a_title_holds_is_escaped_in_citation_and_mail(client):
    article("A<b>", title='On "Ports" & <i>')
    page = client.get("/articles/on-ports/").content.decode()
    assert "On &quot;Ports&quot; &amp; &lt;i&gt;</cite>" in page
    mail = "mailto:?subject=On%20%22Ports%22%20%26%20%3Ci%3E&amp;body=On%20%22Ports%22%20%26%20%3Ci%3E%0Ahttp%3A%2F%2F127"
    assert f'href="{mail}' in page


def test_the_qr_code_is_drawn_without_styles_or_scripts():
    drawn = qr_code("https://example.org/articles/on-ports/")
    assert re.fullmatch(r'<svg viewBox="0 0 37 37"><path stroke="#000" d="[Mhm0-9. -]+"/></svg>', drawn)
