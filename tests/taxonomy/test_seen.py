"""Lists and forms of rows without versions: nobody's change is undone by a page that was opened before it."""

import pytest
from django.test import Client
from django.urls import reverse

from charhar.models import HomeSlot
from charhar.pages.models import SiteSettings
from charhar.taxonomy.models import Topic
from tests.admin_forms import errors_of, opened, send
from tests.factories import ArticleFactory, ProgrammeFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/taxonomy/topic/"


@pytest.fixture
def editor(client):
    client.force_login(UserFactory(is_superuser=True))


@pytest.fixture
def other():
    client = Client()
    client.force_login(UserFactory(is_superuser=True))
    return client


def in_list(client, values, url=LIST, **changes):
    return client.post(url, {**values, **changes, "_save": "Save"})


def row(values, topic):
    """The prefix of a row's fields."""
    return next(
        n.removesuffix("-id") for n, v in values.items() if n.endswith("-id") and v == [str(topic.pk)]
    )


def test_a_row_that_i_left_alone_keeps_what_another_wrote_meanwhile(client, editor, other):
    one, two = TopicFactory(position=1), TopicFactory(position=2)
    mine = opened(client, LIST)
    hers = opened(other, LIST)
    in_list(other, hers, **{f"{row(hers, one)}-position": "7"})
    response = in_list(client, mine, **{f"{row(mine, two)}-position": "5"})
    assert response.status_code == 302
    assert list(Topic.objects.order_by("pk").values_list("position", flat=True)) == [7, 5]


def test_another_column_of_the_same_row_keeps_it_too(client, editor, other):
    one = TopicFactory(position=1, hidden=False)
    mine = opened(client, LIST)
    hers = opened(other, LIST)
    in_list(other, hers, **{f"{row(hers, one)}-hidden": "on"})
    in_list(client, mine, **{f"{row(mine, one)}-position": "5"})
    one.refresh_from_db()
    assert (one.position, one.hidden) == (5, True)


def test_what_both_changed_is_refused_beside_its_row_and_the_others_are_saved(client, editor, other):
    one, two = TopicFactory(position=1), TopicFactory(position=2)
    mine = opened(client, LIST)
    hers = opened(other, LIST)
    in_list(other, hers, **{f"{row(hers, one)}-position": "7"})
    changes = {f"{row(mine, one)}-position": "3", f"{row(mine, two)}-position": "5"}
    refused = in_list(client, mine, **changes)
    assert refused.status_code == 200
    [errors] = [f.errors for f in refused.context["cl"].formset.forms if f.errors]
    assert errors == {
        "position": [
            "Somebody else changed this to “7” after you opened the page. Save again to put yours in its place."
        ]
    }
    assert list(Topic.objects.order_by("pk").values_list("position", flat=True)) == [7, 5]
    again = opened_again(refused)
    assert again[f"{row(again, one)}-position"] == ["3"]
    assert in_list(client, again).status_code == 302
    assert list(Topic.objects.order_by("pk").values_list("position", flat=True)) == [3, 5]


def opened_again(response):
    from tests.admin_forms import values_of

    return values_of(response)


def test_the_same_value_from_both_is_no_clash(client, editor, other):
    one = TopicFactory(position=1)
    mine = opened(client, LIST)
    Topic.objects.update(position=4)
    assert in_list(client, mine, **{f"{row(mine, one)}-position": "4"}).status_code == 302


def test_places_on_the_home_page_are_held_to_the_same(client, editor, other):
    slot = HomeSlot.objects.create(place="lead", article=ArticleFactory(), position=1)
    url = reverse("admin:charhar_homeslot_changelist")
    mine = opened(client, url)
    HomeSlot.objects.update(position=4)
    assert in_list(client, mine, url, **{f"{row(mine, slot)}-position": "9"}).status_code == 200
    slot.refresh_from_db()
    assert slot.position == 4


def test_a_form_writes_only_what_was_changed_in_it(client, editor):
    topic = TopicFactory(name_en="Base", standfirst_en="Base\nand more")
    url = reverse("admin:taxonomy_topic_change", args=[topic.pk])
    typed = opened(client, url)
    Topic.objects.update(standfirst_en="Theirs", position=77)
    assert send(client, url, values=typed, name_en="Mine").status_code == 302
    topic.refresh_from_db()
    assert (topic.name_en, topic.standfirst_en, topic.position) == ("Mine", "Theirs", 77)


def test_a_form_refuses_what_both_changed_once(client, editor):
    topic = TopicFactory(name_en="Base")
    url = reverse("admin:taxonomy_topic_change", args=[topic.pk])
    typed = opened(client, url)
    Topic.objects.update(name_en="Theirs")
    refused = send(client, url, values=typed, name_en="Mine")
    assert list(errors_of(refused)) == ["name_en"]
    topic.refresh_from_db()
    assert topic.name_en == "Theirs"
    send(client, url, values=opened_again(refused))
    topic.refresh_from_db()
    assert topic.name_en == "Mine"


def test_relations_and_the_sites_settings_are_held_to_the_same(client, editor):
    one, two = TopicFactory(), TopicFactory()
    programme = ProgrammeFactory()
    programme.topics.add(one)
    url = reverse("admin:experts_programme_change", args=[programme.pk])
    typed = opened(client, url)
    programme.topics.add(two)
    send(client, url, values=typed, name_en="Mine")
    assert set(programme.topics.all()) == {one, two}
    settings = SiteSettings(phone="1", fax="2")
    settings.save()
    url = reverse("admin:pages_sitesettings_change", args=[settings.pk])
    typed = opened(client, url)
    SiteSettings.objects.update(fax="Theirs")
    send(client, url, values=typed, phone="Mine")
    settings.refresh_from_db()
    assert (settings.phone, settings.fax) == ("Mine", "Theirs")
