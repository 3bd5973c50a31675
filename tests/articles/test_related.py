"""What to read after an article: the reasons in words, each text once, nothing that readers may not see."""

import datetime
import re

import pytest

from articles.related import EACH, MOST
from publications.models import Entry
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    PublicationFactory,
    RegionFactory,
    TopicFactory,
)

pytestmark = pytest.mark.django_db

DAY = datetime.date(2022, 1, 18)


def groups(client, path="/articles/on-ports/"):
    """The titles under each reason, as the page shows them."""
    html = client.get(path).content.decode()
    found = {}
    for heading, rows in re.findall(r'<h3 class="label">(.*?)</h3><ul>(.*?)</ul>', html, re.S):
        found[re.sub("<.*?>", "", heading)] = re.findall(r'class="name"[^>]*>(.*?)</a>', rows)
    return found


def test_each_text_stands_once_under_the_first_reason_the_newest_first(client):
    expert, topic, region = ExpertFactory(), TopicFactory(name_en="the Sea"), RegionFactory(name_en="Asia")
    filed = {"topics": [topic], "regions": [region]}
    ArticleFactory(slug="on-ports", authors=[expert], **filed)
    ArticleFactory(title="Of all three", authors=[expert], **filed)
    for number in range(EACH + 1):
        day = DAY + datetime.timedelta(days=number)
        ArticleFactory(title=f"Sea {number}", topics=[topic], date=day)
        ArticleFactory(title=f"Asia {number}", regions=[region], date=day)
    ArticleFactory(title="A stranger")
    assert groups(client) == {
        "By the same author": ["Of all three"],
        "On the Sea": ["Sea 3", "Sea 2", "Sea 1"],
        "On Asia": ["Asia 3", "Asia 2", "Asia 1"],
    }


def test_no_more_than_so_many_are_shown(client):
    experts, topics = [ExpertFactory(), ExpertFactory()], TopicFactory.create_batch(2)
    ArticleFactory(slug="on-ports", authors=experts, topics=topics, regions=[region := RegionFactory()])
    for _ in range(EACH):
        ArticleFactory(authors=experts)
        ArticleFactory(topics=topics[:1])
        ArticleFactory(topics=topics[1:])
        ArticleFactory(regions=[region])
    shown = groups(client)
    assert next(iter(shown)) == "By the same authors"
    assert [len(titles) for titles in shown.values()] == [EACH, EACH, MOST - 2 * EACH]


@pytest.mark.parametrize("state", ["draft", "review", "scheduled", "expired", "withdrawn", "trashed"])
def test_nothing_unpublished_and_no_hidden_subject_is_named(client, state):
    expert, topic = ExpertFactory(), TopicFactory()
    hidden = TopicFactory(name_en="Secret", hidden=True)
    issue = PublicationFactory(slug="winter")
    entries = [Entry.objects.create(publication=issue, title="x", position=n) for n in range(3)]
    ArticleFactory(slug="on-ports", authors=[expert], topics=[topic, hidden], entry=entries[1])
    for entry in (entries[0], entries[2]):
        ArticleFactory(title="A leak", authors=[expert], topics=[topic], entry=entry, **{state: True})
    ArticleFactory(title="Filed under what is hidden", topics=[hidden])
    html = client.get("/articles/on-ports/").content.decode()
    assert groups(client) == {}
    assert not any(word in html for word in ("A leak", "Secret", 'class="turn"'))


def test_the_other_edition_is_not_offered_as_another_text(client):
    expert, topic = ExpertFactory(display_name_zh="潘登"), TopicFactory(name_zh="海洋")
    filed = {"authors": [expert], "topics": [topic]}
    original = ArticleFactory(slug="on-ports", title="On Ports", **filed)
    ArticleFactory(slug="on-ports", title="论港口", language="zh-hans", translation_of=original, **filed)
    ArticleFactory(title="On Ships", **filed)
    ArticleFactory(title="论船", language="zh-hans", **filed)
    assert groups(client) == {"By the same author": ["On Ships"]}
    assert groups(client, "/zh/articles/on-ports/") == {"同一作者": ["论船", "On Ships"]}


def test_the_neighbours_in_the_issue_are_the_nearest_that_are_online(client):
    issue = PublicationFactory(slug="winter")
    entries = [Entry.objects.create(publication=issue, title="x", position=n // 2) for n in range(6)]
    for number in (0, 1, 4, 5):
        ArticleFactory(title=f"Number {number}", entry=entries[number])
    ArticleFactory(slug="on-ports", entry=entries[2])
    ArticleFactory(title="Elsewhere", entry=Entry.objects.create(publication=PublicationFactory(), title="x"))

    def neighbours():
        html = client.get("/articles/on-ports/").content.decode()
        return re.findall(r'rel="(prev|next)">.*?class="name">(.*?)</span>', html)

    assert neighbours() == [("prev", "Number 1"), ("next", "Number 4")]
    type(issue).objects.update(state="draft", publish_at=None)
    assert neighbours() == []
