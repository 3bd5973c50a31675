"""The desks of the home page, of permissions and of the people who work here."""

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from charhar.models import HomeSlot
from charhar.publishing.models import Address, Grant
from tests.admin_forms import opened, send
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    NewsSectionFactory,
    RegionFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client):
    person = UserFactory(roles=["Administrators"])
    client.force_login(person)
    return person


def test_an_article_is_pinned_to_the_home_page_in_beijing_time(client):
    client.force_login(UserFactory(roles=["Editors"]))
    article = ArticleFactory()
    url = reverse("admin:charhar_homeslot_add")
    send(client, url, article=article.pk, place="lead", show_until="2090-01-02T08:00")
    slot = HomeSlot.objects.get()
    assert (slot.article, slot.show_until.isoformat()) == (article, "2090-01-02T00:00:00+00:00")


def test_what_lies_in_the_trash_is_not_pinned(client):
    client.force_login(UserFactory(roles=["Editors"]))
    article = ArticleFactory(draft=True, trashed=True)
    assert (
        send(client, reverse("admin:charhar_homeslot_add"), article=article.pk, place="lead").status_code
        == 200
    )
    assert not HomeSlot.objects.exists()


def test_a_permission_is_limited_to_subjects_chosen_by_name(client, administrator):
    topic, section = TopicFactory(), NewsSectionFactory()
    RegionFactory()
    kinds = ContentType.objects.get_for_models(type(topic), type(section))
    role = Group.objects.create(name="Korea desk")
    send(
        client, reverse("admin:publishing_grant_add"), role=role.pk, action="change",
        **{"remits-TOTAL_FORMS": 2, "remits-0-limit": f"{kinds[type(topic)].pk}-{topic.pk}",
           "remits-1-limit": f"{kinds[type(section)].pk}-{section.pk}"},
    )  # fmt: skip
    grant = Grant.objects.get(role=role)
    assert [remit.subject for remit in grant.remits.all()] == [topic, section]
    assert opened(client, reverse("admin:publishing_grant_change", args=[grant.pk]))["remits-0-limit"] == [
        f"{kinds[type(topic)].pk}-{topic.pk}"
    ]


def test_the_permissions_list_says_what_each_is_limited_to(client, administrator):
    response = client.get(
        reverse("admin:publishing_grant_changelist"),
        {"role__id__exact": Group.objects.get(name="Authors").pk},
    )
    assert response.context["cl"].result_count == 7
    assert response.content.decode().count("everything") == 7


def test_addresses_are_looked_up_and_never_changed(client, administrator):
    article, expert = ArticleFactory(slug="looked-for"), ExpertFactory()
    url = reverse("admin:publishing_address_changelist")
    [address] = client.get(url, {"q": "looked-for"}).context["cl"].result_list
    assert address.target == article
    assert client.get(reverse("admin:publishing_address_add")).status_code == 403
    assert client.post(reverse("admin:publishing_address_change", args=[address.pk]), {}).status_code == 403
    assert client.get(reverse("admin:publishing_address_delete", args=[address.pk])).status_code == 403
    assert Address.objects.filter(object_id=expert.pk).exists()


@pytest.mark.parametrize("number", [1, 3])
def test_the_addresses_list_takes_eleven_queries_however_long(
    client, administrator, number, django_assert_num_queries
):
    ArticleFactory.create_batch(number)
    url = reverse("admin:publishing_address_changelist")
    client.get(url)
    with django_assert_num_queries(11):
        assert len(client.get(url).context["cl"].result_list) == number


def test_an_administrator_makes_no_superuser_and_touches_none(client, administrator):
    root = UserFactory(username="root", is_superuser=True)
    assert client.post(reverse("admin:auth_user_change", args=[root.pk]), {}).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[root.pk])).status_code == 403
    assert client.get(reverse("admin:auth_user_delete", args=[root.pk])).status_code == 403
    send(client, reverse("admin:auth_user_change", args=[administrator.pk]), is_superuser="on")
    assert not User.objects.get(pk=administrator.pk).is_superuser


def test_the_admin_carries_the_institutes_name(client):
    page = client.get(reverse("admin:login")).content.decode()
    assert "The Charhar Institute</a>" in page
    assert "Django" not in page
