"""The desk of experts, groups, offices and programmes."""

import pytest
from django.urls import reverse
from lxml import html

from articles.models import Byline
from charhar.publishing import workflow
from charhar.publishing.history import snapshots_of
from experts.models import Expert
from tests.admin_forms import errors_of, send
from tests.factories import (
    ArticleFactory,
    ExpertFactory,
    GroupFactory,
    ImageFactory,
    OfficeFactory,
    ProgrammeFactory,
    RegionFactory,
    TopicFactory,
    UserFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.plain]

LIST = "/admin/experts/expert/"
ADD = "/admin/experts/expert/add/"


@pytest.fixture(autouse=True)
def editor(client):
    person = UserFactory(roles=["Editors"])
    client.force_login(person)
    return person


def change(expert):
    return reverse("admin:experts_expert_change", args=[expert.pk])


def whole(editor):
    expert = ExpertFactory(portrait=ImageFactory(), office=OfficeFactory(), created_by=editor)
    expert.groups.add(GroupFactory())
    expert.topics.add(TopicFactory())
    workflow.record(expert, user=editor, action="save")
    return expert


@pytest.mark.parametrize("number", [1, 3, 30])
def test_the_list_takes_twelve_queries_however_long(client, editor, number, django_assert_num_queries):
    for _ in range(number):
        whole(editor)
    client.get(LIST)
    with django_assert_num_queries(12):
        assert len(client.get(LIST).context["cl"].result_list) == number


def test_the_list_counts_published_articles_once_each(client):
    expert = ExpertFactory()
    twice = ArticleFactory(authors=[expert])
    Byline.objects.create(article=twice, expert=expert, contribution="translator", position=2)
    ArticleFactory(authors=[expert])
    for trait in ("draft", "scheduled", "trashed"):
        ArticleFactory(authors=[expert], **{trait: True})
    [row] = client.get(LIST).context["cl"].result_list
    assert row.count_articles == 2


@pytest.mark.parametrize("name", ["group", "topic", "region", "office"])
def test_each_filter_finds_its_experts(client, name):
    group, topic, region, office = GroupFactory(), TopicFactory(), RegionFactory(), OfficeFactory()
    match = ExpertFactory(office=office)
    match.groups.add(group)
    match.topics.add(topic)
    match.regions.add(region)
    ExpertFactory(office=OfficeFactory())
    key = {"group": group, "topic": topic, "region": region, "office": office}[name].pk
    assert list(client.get(LIST, {name: key}).context["cl"].result_list) == [match]


def test_the_form_is_laid_out_by_name_title_biography_areas_contact(client, editor):
    page = html.fromstring(client.get(change(whole(editor))).content.decode())
    headings = [h.text_content().strip() for h in page.xpath("//h2[contains(@class,'heading')]")]
    assert headings == [
        "Name", "Portrait", "At the institute", "Biography", "Areas", "Topics led", "Regions led",
        "The media", "Contact",
        "Languages spoken", "Social links", "Dates and owner",
    ]  # fmt: skip


def test_opening_and_saving_changes_nothing(client, editor):
    expert = whole(editor)
    expert.spoken_languages.create(code="en")
    expert.social_links.create(label="Weibo", url="https://example.org/")
    workflow.record(expert, user=editor, action="save")
    before = snapshots_of(expert).first().data
    send(client, change(expert))
    assert snapshots_of(expert).first().data == before


def test_an_empty_slug_is_made_from_the_name(client):
    send(client, ADD, family_name="Pan", given_name="Deng", display_name_en="PAN Deng", slug="")
    assert Expert.objects.get().slug == "pan-deng"


def test_an_orcid_is_checked_and_stands_once_with_a_clear_error(client):
    ExpertFactory(orcid="0000-0002-1825-0097")
    names = {"family_name": "Pan", "display_name_en": "PAN"}
    assert list(errors_of(send(client, ADD, orcid="0000-0002-1825-0098", **names))) == ["orcid"]
    response = send(client, ADD, orcid="0000-0002-1825-0097", **names)
    assert errors_of(response) == {"__all__": ["Another expert already has this ORCID iD."]}


def test_leading_a_topic_is_set_at_the_expert(client):
    topic, expert = TopicFactory(), ExpertFactory(draft=True)
    send(client, change(expert), **{"topic_leads-TOTAL_FORMS": 1, "topic_leads-0-topic": topic.pk})
    assert [(lead.topic, lead.position) for lead in expert.topic_leads.all()] == [(topic, 1)]


@pytest.mark.parametrize("factory", [GroupFactory, OfficeFactory, ProgrammeFactory])
def test_groups_offices_and_programmes_count_published_experts(client, factory):
    row = factory()
    for draft in (False, False, True):
        expert = ExpertFactory(draft=draft)
        if factory is OfficeFactory:
            expert.office = row
            expert.save()
        else:
            getattr(expert, {GroupFactory: "groups", ProgrammeFactory: "programmes"}[factory]).add(row)
    url = reverse(f"admin:experts_{row._meta.model_name}_changelist")
    assert [r.count_experts for r in client.get(url).context["cl"].result_list] == [2]
    assert (
        client.get(reverse(f"admin:experts_{row._meta.model_name}_change", args=[row.pk])).status_code == 200
    )
