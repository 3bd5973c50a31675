"""Groups limited to topics or sections: role × inside or outside the remit × state × action, and what it moves."""

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from charhar.publishing import workflow
from charhar.publishing.models import Action, Grant
from charhar.publishing.permissions import allowed
from tests.admin_forms import opened, send
from tests.factories import ArticleFactory, ExpertFactory, NewsSectionFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db

# What two groups of one desk may do within it. Reviewers send back and mend; editors also publish.
REVIEWING = ("view", "change", "submit")
EDITING = (*REVIEWING, "publish", "withdraw", "trash")
GROUPS = {"Reviewers of a desk": REVIEWING, "Editors of a desk": EDITING}
BEFORE_READERS = {"draft", "review"}
STATES = ["draft", "review", "scheduled", "published", "expired", "withdrawn"]
PLACES = ["own topic", "own section", "both", "other topic", "other section", "nowhere"]
INSIDE = {"own topic", "own section", "both"}


def expected(group, place, state):
    """The table as a person would say it."""
    if place not in INSIDE:
        return set()
    if group == "Editors of a desk":
        return set(EDITING)
    # What readers see, or are told is gone, is changed only by those who also publish.
    return {"view", "submit"} | ({"change"} if state in BEFORE_READERS else set())


@pytest.fixture
def desk():
    """A topic and a section of the desk, and one of each elsewhere."""
    return {
        "topic": TopicFactory(), "section": NewsSectionFactory(),
        "other topic": TopicFactory(), "other section": NewsSectionFactory(),
    }  # fmt: skip


def member(group, desk):
    role = Group.objects.create(name=group)
    for action in GROUPS[group]:
        grant = Grant.objects.create(role=role, action=action)
        for subject in (desk["topic"], desk["section"]):
            grant.remits.create(content_type=ContentType.objects.get_for_model(subject), object_id=subject.pk)
    return UserFactory(roles=[group])


def text_at(place, state, desk, **fields):
    filing = {
        "own topic": {"topics": [desk["topic"]]},
        "own section": {"sections": [desk["section"]]},
        "both": {"topics": [desk["topic"], desk["other topic"]], "sections": [desk["section"]]},
        "other topic": {"topics": [desk["other topic"]]},
        "other section": {"sections": [desk["other section"]]},
        "nowhere": {},
    }[place]
    traits = {} if state == "published" else {state: True}
    return ArticleFactory(**traits, **filing, authors=[ExpertFactory()], **fields)


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("place", PLACES)
def test_a_group_may_within_its_topics_and_sections_exactly_what_the_table_says(group, place, desk):
    person = member(group, desk)
    for state in STATES:
        text = text_at(place, state, desk)
        found = {str(action) for action in Action if allowed(person, action, text)}
        assert found == expected(group, place, state), state


MOVES = {
    "submit": ("draft", workflow.submit),
    "send_back": ("review", workflow.send_back),
    "publish": ("review", workflow.publish),
    "withdraw": ("published", lambda text, user: workflow.withdraw(text, user, "An error of fact.")),
    "reopen": ("withdrawn", workflow.reopen),
    "trash": ("draft", workflow.trash),
    "lock": ("draft", workflow.lock),
}
ALLOWED = {
    "Reviewers of a desk": {"submit", "send_back"},
    "Editors of a desk": set(MOVES),
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("group", GROUPS)
def test_only_editors_publish_and_nobody_moves_a_text_outside_the_remit(group, move, desk):
    person = member(group, desk)
    state, does = MOVES[move]
    for place in PLACES:
        text = text_at(place, state, desk)
        if place in INSIDE and move in ALLOWED[group]:
            does(text, person)
            continue
        with pytest.raises(PermissionDenied):
            does(text, person)
        text.refresh_from_db()
        assert (text.version, text.state) == (0, state), place


# group × place → the form's status (302: as for a text that is not there), and whether it has a button to publish
FORMS = {
    ("Reviewers of a desk", "own topic"): (200, False),
    ("Reviewers of a desk", "own section"): (200, False),
    ("Reviewers of a desk", "other topic"): (302, False),
    ("Editors of a desk", "own topic"): (200, True),
    ("Editors of a desk", "own section"): (200, True),
    ("Editors of a desk", "other topic"): (302, False),
}


@pytest.mark.parametrize(("group", "place"), FORMS)
def test_the_form_offers_only_what_the_remit_allows(client, group, place, desk):
    person = member(group, desk)
    text = text_at(place, "review", desk)
    url = reverse("admin:articles_article_change", args=[text.pk])
    client.force_login(person)
    response = client.get(url)
    status, publishes = FORMS[group, place]
    assert response.status_code == status
    if status == 200:
        assert ('name="_publish"' in response.content.decode()) == publishes
        forged = client.post(url, {**opened(client, url), "_publish": "1"})
        assert forged.status_code == (302 if publishes else 403)
        text.refresh_from_db()
        assert text.is_published == publishes


def test_nobody_files_a_text_out_of_their_own_remit(client, desk):
    person = member("Editors of a desk", desk)
    text = text_at("own topic", "draft", desk)
    client.force_login(person)
    url = reverse("admin:articles_article_change", args=[text.pk])
    response = send(client, url, filed_topics=[desk["other topic"].pk])
    assert "outside your remit" in response.content.decode()
    assert list(text.topics.all()) == [desk["topic"]]
