"""Who may do what: role by action by ownership by state, for every kind of text, in one table and one rule."""

import random

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse

from articles.models import Article
from charhar.pages.models import InstitutePage
from charhar.publishing.models import Action, Grant, GrantRemit
from charhar.publishing.permissions import allowed, permits_all, permitted_q
from experts.models import Expert
from publications.models import Publication
from tests.factories import (
    ArticleFactory,
    DocumentFactory,
    ExpertFactory,
    ImageFactory,
    NewsSectionFactory,
    PageFactory,
    PublicationFactory,
    RegionFactory,
    TopicFactory,
    UserFactory,
)

FACTORIES = {
    Article: ArticleFactory,
    Publication: PublicationFactory,
    Expert: ExpertFactory,
    InstitutePage: PageFactory,
}
STATES = ["draft", "review", "scheduled", "published", "expired", "withdrawn"]
BEFORE_READERS = {"draft", "review"}
EVERYTHING = {"view", "add", "change", "submit", "publish", "withdraw", "trash"}

pytestmark = pytest.mark.django_db


def make(model, state, **fields):
    traits = {} if state == "published" else {state: True}
    return FACTORIES[model](**traits, **fields)


def expected(role, model, state, own):
    """The table as a person would say it."""
    if role == "Editors":
        return EVERYTHING
    if role == "Administrators":
        return EVERYTHING | {"override", "delete"}
    if role not in ("Authors", "Fellows"):
        return set()
    if model is Article:
        if not own:
            return {"add"}
        return {"add", "view", "submit"} | ({"change", "trash"} if state in BEFORE_READERS else set())
    if role == "Fellows" and model is Expert and own:
        return {"view", "submit"} | ({"change"} if state in BEFORE_READERS else set())
    return {"view"} if own and model in (Expert, Publication) else set()


@pytest.mark.parametrize("role", ["Authors", "Fellows", "Editors", "Secretariat", "Administrators", ""])
@pytest.mark.parametrize("model", FACTORIES)
def test_each_role_may_exactly_what_the_table_says(model, role):
    person = UserFactory(roles=[role] if role else [])
    other = UserFactory()
    for state in STATES:
        for own in (True, False):
            text = make(model, state, created_by=person if own else other)
            found = {str(action) for action in Action if allowed(person, action, text)}
            assert found == expected(role, model, state, own), (state, own)


@pytest.mark.parametrize("role", ["Authors", "Fellows", "Editors", "Secretariat", "Administrators"])
@pytest.mark.parametrize("model", FACTORIES)
def test_the_condition_for_lists_is_the_same_rule(model, role):
    person, other = UserFactory(roles=[role]), UserFactory()
    texts = [make(model, state, created_by=owner) for state in STATES for owner in (person, other)]
    for action in Action:
        listed = set(model.objects.filter(permitted_q(person, action, model)).values_list("pk", flat=True))
        everything = set(model.objects.values_list("pk", flat=True))
        assert listed == everything or not permits_all(person, action, model), action
        assert listed == {t.pk for t in texts if allowed(person, action, t)}, action


def test_a_text_assigned_to_somebody_is_theirs():
    author = UserFactory(roles=["Authors"])
    text = ArticleFactory(draft=True, created_by=UserFactory(), assigned_to=author)
    assert allowed(author, Action.CHANGE, text)


def test_nobody_without_the_staff_flag_may_anything():
    person = UserFactory(roles=["Editors"], is_staff=False)
    assert not any(allowed(person, action, Article) for action in Action)
    assert not Article.objects.filter(permitted_q(person, Action.VIEW, Article)).exists()


@pytest.mark.parametrize(
    ("role", "action", "all_of_them"),
    [
        ("Editors", Action.VIEW, True),
        ("Editors", Action.CHANGE, True),
        ("Authors", Action.VIEW, False),
        ("Authors", Action.CHANGE, False),
    ],
)
def test_who_may_do_it_to_every_text_is_known_without_asking_the_texts(role, action, all_of_them):
    assert permits_all(UserFactory(roles=[role]), action, Article) is all_of_them
    assert not permits_all(UserFactory(roles=[role], is_active=False), action, Article)


def test_who_has_left_may_nothing_any_more():
    person = UserFactory(roles=["Editors"], is_active=False)
    assert not allowed(person, Action.VIEW, ArticleFactory(draft=True))


def test_a_grant_reaches_only_its_remit():
    role = Group.objects.create(name="Korea desk")
    topic, elsewhere = TopicFactory(), TopicFactory()
    grant = Grant.objects.create(role=role, action=Action.CHANGE)
    GrantRemit.objects.create(
        grant=grant, content_type=ContentType.objects.get_for_model(topic), object_id=topic.pk
    )
    person = UserFactory(roles=["Korea desk"])
    inside, outside = (
        ArticleFactory(draft=True, topics=[topic]),
        ArticleFactory(draft=True, topics=[elsewhere]),
    )
    assert allowed(person, Action.CHANGE, inside)
    assert not allowed(person, Action.CHANGE, outside)
    assert list(Article.objects.filter(permitted_q(person, Action.CHANGE, Article))) == [inside]


def test_two_remits_need_not_meet_in_one_topic():
    role = Group.objects.create(name="Two desks")
    topics = [TopicFactory(), TopicFactory()]
    for action, topic in zip([Action.CHANGE, Action.PUBLISH], topics, strict=True):
        grant = Grant.objects.create(role=role, action=action)
        grant.remits.create(content_type=ContentType.objects.get_for_model(topic), object_id=topic.pk)
    person, text = UserFactory(roles=["Two desks"]), ArticleFactory(topics=topics)
    assert allowed(person, Action.CHANGE, text)
    assert list(Article.objects.filter(permitted_q(person, Action.CHANGE, Article))) == [text]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_the_grants_the_condition_for_lists_is_the_same_rule(seed):
    chance = random.Random(seed)
    subjects = [TopicFactory(), TopicFactory(), RegionFactory(), NewsSectionFactory()]
    person, other = UserFactory(), UserFactory()
    models = {
        Article: ("topics", "regions", "sections"),
        Publication: ("topics", "regions"),
        Expert: ("topics", "regions"),
        InstitutePage: (),
    }
    for number in range(3):
        role = Group.objects.create(name=f"Role {number}")
        person.groups.add(role)
        for _ in range(4):
            kind = chance.choice([None, *models])
            grant, _made = Grant.objects.get_or_create(
                role=role,
                action=chance.choice(Action.values),
                own=chance.random() < 0.3,
                kind=kind and ContentType.objects.get_for_model(kind),
            )
            for subject in chance.sample(subjects, chance.choice([0, 1, 2])):
                grant.remits.get_or_create(
                    content_type=ContentType.objects.get_for_model(subject), object_id=subject.pk
                )
    named = [ExpertFactory(account=someone, draft=True) for someone in (person, other)]
    texts = [*named]
    for model, relations in models.items():
        for state in STATES:
            owners = {
                "created_by": chance.choice([person, other]),
                "assigned_to": chance.choice([person, None]),
            }
            text = make(model, state, **owners)
            if model.WRITERS:
                for expert in chance.sample(named * 2, chance.choice([0, 1, 4])):
                    getattr(text, model.WRITERS.split("__")[0]).create(expert=expert)
            for subject in chance.sample(subjects, 2):
                name = {"Topic": "topics", "Region": "regions", "NewsSection": "sections"}[
                    type(subject).__name__
                ]
                if name in relations:
                    through = {"language": text.language, "date": text.date} if model is Article else {}
                    getattr(text, name).add(subject, through_defaults=through)
            texts.append(text)
    for action in Action:
        for model in models:
            rows = list(model.objects.filter(permitted_q(person, action, model)).values_list("pk", flat=True))
            if permits_all(person, action, model):
                assert set(rows) == set(model.objects.values_list("pk", flat=True)), action
            assert len(rows) == len(set(rows))
            wanted = {t.pk for t in texts if type(t) is model and allowed(person, action, t)}
            assert set(rows) == wanted, (action, model)


# -- The admin's addresses --------------------------------------------------------------------------

PAGES = ["list", "add", "live", "other's draft", "own draft", "trash", "delete", "delete for ever", "history"]
STATUS = {
    # other's draft: 302 to the index, as for a text that is not there; only trashed texts are deleted for ever
    "Authors": {
        Article: [200, 200, 200, 302, 200, 200, 403, 403, 200],
        Publication: [200, 403, 200, 302, 200, 403, 403, 403, 200],
        Expert: [200, 403, 200, 302, 200, 403, 403, 403, 200],
        InstitutePage: [403, 403, 403, 403, 403, 403, 403, 403, 403],
    },
    "Editors": [200, 200, 200, 200, 200, 200, 403, 403, 200],
    "Secretariat": [403] * 9,
    "Administrators": [200, 200, 200, 200, 200, 200, 403, 200, 200],
    "": [403] * 9,
}


@pytest.mark.matrix
@pytest.mark.parametrize("role", STATUS)
@pytest.mark.parametrize("model", FACTORIES)
def test_each_admin_page_answers_each_role_with_the_right_status(client, model, role):
    person = UserFactory(roles=[role] if role else [])
    client.force_login(person)
    live, others = make(model, "published"), make(model, "draft", created_by=UserFactory())
    own, trashed = make(model, "draft", created_by=person), make(model, "draft", trashed=True)

    def at(page, *args):
        return client.get(
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
        ).status_code

    found = [
        at("changelist"),
        at("add"),
        at("change", live.pk),
        at("change", others.pk),
        at("change", own.pk),
        at("trash", own.pk),
        at("delete", own.pk),
        at("delete", trashed.pk),
        at("history", live.pk),
    ]
    wanted = STATUS[role][model] if role == "Authors" else STATUS[role]
    assert dict(zip(PAGES, found, strict=True)) == dict(zip(PAGES, wanted, strict=True))


def test_a_reader_with_an_account_is_sent_to_sign_in(client):
    client.force_login(UserFactory(is_staff=False))
    url = reverse("admin:articles_article_changelist")
    assert client.get(url).headers["Location"] == f"{reverse('admin:login')}?next={url}"


OTHERS = {
    "taxonomy_topic": {"Authors": 200, "Editors": 200, "Secretariat": 403, "Administrators": 200},
    "articles_outlet": {"Authors": 200, "Editors": 200, "Secretariat": 403, "Administrators": 200},
    "publications_series": {"Authors": 200, "Editors": 200, "Secretariat": 403, "Administrators": 200},
    "experts_office": {"Authors": 200, "Editors": 200, "Secretariat": 403, "Administrators": 200},
    "library_image": {"Authors": 200, "Editors": 200, "Secretariat": 403, "Administrators": 200},
    "library_document": {"Authors": 200, "Editors": 200, "Secretariat": 403, "Administrators": 200},
    "charhar_homeslot": {"Authors": 403, "Editors": 200, "Secretariat": 403, "Administrators": 200},
    "publishing_address": {"Authors": 403, "Editors": 200, "Secretariat": 403, "Administrators": 200},
    "pages_sitesettings": {"Authors": 403, "Editors": 403, "Secretariat": 403, "Administrators": 302},
    "publishing_grant": {"Authors": 403, "Editors": 403, "Secretariat": 403, "Administrators": 200},
    "auth_user": {"Authors": 403, "Editors": 403, "Secretariat": 403, "Administrators": 200},
    "auth_group": {"Authors": 403, "Editors": 403, "Secretariat": 403, "Administrators": 200},
    "contacts_person": {"Authors": 403, "Editors": 403, "Secretariat": 200, "Administrators": 200},
    "members_application": {"Authors": 403, "Editors": 403, "Secretariat": 200, "Administrators": 200},
    "outreach_subscription": {"Authors": 403, "Editors": 403, "Secretariat": 200, "Administrators": 200},
}


@pytest.mark.parametrize("role", ["Authors", "Fellows", "Editors", "Secretariat", "Administrators"])
def test_each_other_desk_is_open_to_its_own_people_only(client, role):
    client.force_login(UserFactory(roles=[role]))
    found = {name: client.get(reverse(f"admin:{name}_changelist")).status_code for name in OTHERS}
    column = "Authors" if role == "Fellows" else role
    assert found == {name: statuses[column] for name, statuses in OTHERS.items()}


def test_authors_upload_pictures_but_change_none(client):
    client.force_login(UserFactory(roles=["Authors"]))
    assert client.get(reverse("admin:library_image_add")).status_code == 200
    author = UserFactory(roles=["Authors"])
    assert not author.has_perm("library.change_image")
    assert not author.has_perm("library.delete_image")


def test_tags_are_merged_only_by_those_who_may_change_them(client):
    article = ArticleFactory()
    article.tags.add("one", "two")
    tags, merge = reverse("admin:taggit_tag_changelist"), reverse("admin:taggit_tag_merge_tags")

    def merges(role):
        client.force_login(UserFactory(roles=[role]))
        chosen = list(article.tags.values_list("pk", flat=True))
        client.post(tags, {"action": "render_tag_form", "_selected_action": chosen})
        session = client.session
        session["selected_tag_ids"] = ",".join(map(str, chosen))
        session.save()
        client.post(merge, {"new_tag_name": "merged"})
        return sorted(article.tags.names())

    assert merges("Authors") == ["one", "two"]
    assert merges("Secretariat") == ["one", "two"]
    assert merges("Editors") == ["merged"]


def test_the_index_shows_each_role_its_own_desks(client):
    def desks(role):
        client.force_login(UserFactory(roles=[role]))
        return [desk["app_label"] for desk in client.get(reverse("admin:index")).context["app_list"]]

    assert desks("Authors") == ["planning", "texts", "people", "library", "subjects", "site"]
    assert desks("Editors") == ["planning", "texts", "people", "library", "subjects", "site"]
    assert desks("Secretariat") == ["secretariat"]
    assert desks("Administrators") == [
        "planning", "texts", "people", "library", "subjects", "secretariat", "site",
    ]  # fmt: skip


# -- Look-ups ---------------------------------------------------------------------------------------


def lookup(client, field, term=""):
    model, name = field.split(".")
    app = {"article": "articles", "byline": "articles"}[model]
    return client.get(
        reverse("admin:autocomplete"),
        {"app_label": app, "model_name": model, "field_name": name, "term": term},
    )


def found(response):
    return {row["text"] for row in response.json()["results"]}


def test_look_ups_offer_an_author_nothing_hidden(client):
    author = UserFactory(roles=["Authors"])
    ArticleFactory(title="Public one")
    ArticleFactory(title="Own draft", draft=True, created_by=author)
    ArticleFactory(title="Somebody's draft", draft=True, created_by=UserFactory())
    ArticleFactory(title="Scheduled one", scheduled=True)
    ArticleFactory(title="Own in the trash", draft=True, trashed=True, created_by=author)
    ExpertFactory(display_name_en="PUBLIC Person")
    ExpertFactory(display_name_en="HIDDEN Person", draft=True)
    client.force_login(author)
    assert found(lookup(client, "article.translation_of")) == {"Public one", "Own draft"}
    assert found(lookup(client, "byline.expert")) == {"PUBLIC Person"}


def test_look_ups_of_entries_follow_their_publication(client):
    PublicationFactory().entries.create(title="In a public issue")
    PublicationFactory(draft=True).entries.create(title="In an issue to come")
    client.force_login(UserFactory(roles=["Authors"]))
    assert found(lookup(client, "article.entry")) == {"In a public issue"}
    client.force_login(UserFactory(roles=["Editors"]))
    assert found(lookup(client, "article.entry")) == {"In a public issue", "In an issue to come"}


def test_no_page_of_the_admin_names_an_author_what_is_hidden(client):
    picture, file, publication = ImageFactory(), DocumentFactory(), PublicationFactory()
    secret = ArticleFactory(
        title="Secret draft",
        draft=True,
        lead_image=picture,
        body=f'<p><a href="{file.file.url}">file</a></p>',
        entry=publication.entries.create(title="An entry"),
        authors=[ExpertFactory(draft=True, display_name_en="SECRET Person")],
    )
    secret.tags.add("a tag")
    pages = {
        "articles_article_changelist": [],
        "publications_publication_change": [publication.pk],
        "library_image_change": [picture.pk],
        "library_document_change": [file.pk],
        "taggit_tag_change": [secret.tags.get().pk],
    }

    def naming(role):
        client.force_login(UserFactory(roles=[role]))
        texts = {
            name: client.get(reverse(f"admin:{name}", args=args), follow=True).content.decode().lower()
            for name, args in pages.items()
        }
        assert all("/admin/logout/" in text for text in texts.values())
        return {name for name, text in texts.items() if "secret" in text}

    assert naming("Authors") == set()
    assert naming("Editors") == {*pages} - {"taggit_tag_change"}


@pytest.mark.parametrize(
    "field", ["article.translation_of", "article.lead_image", "article.outlet", "byline.expert"]
)
def test_look_ups_refuse_those_who_have_no_business_with_texts(client, field):
    client.force_login(UserFactory(roles=["Secretariat"]))
    assert lookup(client, field).status_code == 403


# -- The roles themselves ---------------------------------------------------------------------------


def test_the_migrations_made_the_roles():
    assert set(Group.objects.values_list("name", flat=True)) == {
        "Authors",
        "Fellows",
        "Editors",
        "Secretariat",
        "Administrators",
    }


def test_editors_have_no_permission_on_personal_data():
    editor = UserFactory(roles=["Editors"])
    assert {p.split(".")[0] for p in editor.get_all_permissions()} & {
        "contacts",
        "members",
        "outreach",
        "auth",
    } == set()


def test_setting_up_again_leaves_roles_as_staff_made_them():
    from django.apps import apps

    from charhar.roles import set_up_roles

    editors = Group.objects.get(name="Editors")
    editors.grants.all().delete()
    set_up_roles(apps, "default")
    assert editors.grants.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_emptied_database_gets_its_roles_back():
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)
    assert Group.objects.count() == 5
    assert UserFactory(roles=["Editors"]).has_perm("taxonomy.change_topic")
    assert UserFactory(roles=["Secretariat"]).has_perm("members.change_application")
