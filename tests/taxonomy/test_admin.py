"""The desk of topics and regions."""

import pytest
from django.urls import reverse

from charhar.publishing.version import current_version
from charhar.taxonomy.models import Topic
from tests.admin_forms import errors_of, send, values_of
from tests.factories import ArticleFactory, ExpertFactory, PublicationFactory, TopicFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.plain]

LIST = "/admin/taxonomy/topic/"
ADD = "/admin/taxonomy/topic/add/"


@pytest.fixture(autouse=True)
def editor(client):
    client.force_login(UserFactory(roles=["Editors"]))


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_counts_published_texts_only(client, number, django_assert_num_queries):
    for _ in range(number):
        topic = TopicFactory()
        ArticleFactory.create_batch(3, topics=[topic])
        for trait in ("draft", "scheduled", "expired", "withdrawn", "trashed"):
            ArticleFactory(topics=[topic], **{trait: True})
        for draft in (False, False, True):
            PublicationFactory(draft=draft).topics.add(topic)
            ExpertFactory(draft=draft).topics.add(topic)
    current_version()
    client.get(LIST)
    with django_assert_num_queries(9):
        topics = client.get(LIST).context["cl"].result_list
    assert [(t.count_articles, t.count_publications, t.count_experts) for t in topics] == [(3, 2, 2)] * number


def test_order_and_hiding_are_set_in_the_list(client):
    topic = TopicFactory(position=1)
    data = {
        "form-TOTAL_FORMS": 1,
        "form-INITIAL_FORMS": 1,
        "form-0-id": topic.pk,
        "form-0-position": 7,
        "form-0-hidden": "on",
    }
    client.post(LIST, {**data, "_save": "1"})
    topic.refresh_from_db()
    assert (topic.position, topic.hidden) == (7, True)


def test_a_new_topic_has_its_page_at_once(client):
    send(client, ADD, name_en="Water", slug="water")
    assert Topic.objects.get().get_absolute_url() == "/topics/water/"


def test_an_address_that_led_elsewhere_before_is_refused_with_nothing_typed_lost(client):
    old = TopicFactory(slug="old-name")
    send(client, reverse("admin:taxonomy_topic_change", args=[old.pk]), slug="new-name")
    response = send(client, ADD, name_en="Another", slug="old-name", standfirst_en="Typed")
    assert response.status_code == 200
    assert errors_of(response)["__all__"][0].startswith("Nothing was saved: another row")
    assert values_of(response)["standfirst_en"] == ["Typed"]
    assert Topic.objects.count() == 1


def test_a_new_topic_comes_last_until_it_is_moved(client):
    assert client.get(ADD).context["adminform"].form["position"].value() == 0
    TopicFactory(position=6)
    TopicFactory(position=2)
    assert client.get(ADD).context["adminform"].form["position"].value() == 7
