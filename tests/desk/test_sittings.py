"""What is typed is kept safe before it is saved, comes back after whatever befell it, and is one's own."""

import datetime
from urllib.parse import parse_qs, urlencode

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.models import Article
from charhar.contacts.models import OutgoingMail
from charhar.desk import sittings
from charhar.desk.models import Sitting
from charhar.desk.sittings import Ticket
from charhar.publishing import workflow
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import ContentVersion, State
from tests.admin_forms import errors_of, opened, send, values_of
from tests.factories import ArticleFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db
ADD = "/admin/articles/article/add/"


@pytest.fixture
def editor(client):
    person = UserFactory(username="editor", roles=["Editors"])
    client.force_login(person)
    return person


def change(article):
    return reverse("admin:articles_article_change", args=[article.pk])


def at(word, *args):
    return reverse(f"admin:articles_article_{word}", args=args)


def raw(values, **changes):
    """A form as a browser keeps it."""
    return urlencode({**values, **changes}, doseq=True)


def autosave(client, typed, url=None, **changes):
    """As autosave.js: what stands in the opened form, with some fields typed."""
    text = typed.get("opened_row")
    url = url or (at("autosave", text[0]) if text else at("autosave_new"))
    return client.post(url, {"sitting": typed["sitting"][0], "form": raw(typed, **changes)})


def notices(response):
    page = html.fromstring(response.content.decode())
    return [a.get("href") for a in page.xpath("//div[@class='unsaved']//a[@class='button']")]


def draft(**values):
    article = ArticleFactory(draft=True, authors=[], **values)
    workflow.record(article, user=None, action="save")
    return article


# -- Safety copies -----------------------------------------------------------------------------------


def test_what_is_typed_is_kept_and_nothing_else_happens(client, editor):
    article = draft(title="Base")
    typed = opened(client, change(article))
    number = ContentVersion.objects.get().number
    for title in ("M", "Mi", "Mine"):
        response = autosave(client, typed, title=title)
        assert (response.status_code, response.json()["others"]) == (200, [])
    [sitting] = Sitting.objects.all()
    assert parse_qs(sitting.form)["title"] == ["Mine"]
    assert "csrfmiddlewaretoken" not in parse_qs(sitting.form)
    article.refresh_from_db()
    assert (article.title, article.version, snapshots_of(article).count()) == ("Base", 1, 1)
    assert ContentVersion.objects.get().number == number
    assert not OutgoingMail.objects.exists()


def test_it_is_offered_again_and_shown_in_the_form_without_a_script(client, editor):
    article, topic = draft(title="Base"), TopicFactory()
    typed = opened(client, change(article))
    autosave(
        client, typed, title="Mine", tags="one, two", filed_topics=[topic.pk],
        **{"bylines-TOTAL_FORMS": 1, "bylines-0-name": "A guest", "bylines-0-contribution": "author"},
    )  # fmt: skip
    [link] = notices(client.get(change(article)))
    filled = client.get(link, follow=True)
    values = values_of(filled)
    assert (values["title"], values["tags"], values["filed_topics"]) == (
        ["Mine"],
        ["one, two"],
        [str(topic.pk)],
    )
    assert values["bylines-0-name"] == ["A guest"]
    article.refresh_from_db()
    assert (article.title, article.version) == ("Base", 1)
    action = html.fromstring(filled.content).xpath("//form[@id='article_form']/@action")
    assert action == [change(article)]
    send(client, change(article), values=values)
    article.refresh_from_db()
    assert (article.title, [b.name for b in article.bylines.all()]) == ("Mine", ["A guest"])
    assert notices(client.get(change(article))) == []


def test_a_new_text_is_kept_too_and_two_windows_do_not_take_each_others_place(client, editor):
    for title in ("One", "Two"):
        autosave(client, opened(client, ADD), title=title)
    links = notices(client.get(ADD))
    assert [values_of(client.get(link, follow=True))["title"] for link in links] == [["One"], ["Two"]]
    filled = client.get(links[0], follow=True)
    send(client, ADD, values=values_of(filled), slug="one")
    assert Article.objects.get().title == "One"
    assert len(notices(client.get(ADD))) == 1


def test_what_was_typed_is_merged_with_what_others_saved_since(client, editor):
    article = draft(title="Base")
    typed = opened(client, change(article))
    autosave(client, typed, title="Mine", subtitle="Mine alone")
    article.title, article.standfirst = "Theirs", "Theirs alone"
    article.save()
    workflow.record(article, user=UserFactory(), action="save")
    [link] = notices(client.get(change(article)))
    filled = client.get(link, follow=True)
    assert [c.name for c in filled.context["merged"].clashes] == ["title"]
    values = values_of(filled)
    assert (values["title"], values["subtitle"]) == (["Mine"], ["Mine alone"])
    assert values["standfirst"] == ["Theirs alone"]
    send(client, change(article), values=values, **{"merge-title": "theirs"})
    article.refresh_from_db()
    assert (article.title, article.subtitle, article.standfirst) == ("Theirs", "Mine alone", "Theirs alone")


def test_a_save_ends_it_and_a_copy_that_arrives_late_is_not_kept(client, editor):
    article = draft()
    typed = opened(client, change(article))
    autosave(client, typed, title="Half")
    send(client, change(article), values=typed, title="Whole")
    assert autosave(client, typed, title="Half a word").json() == {"closed": True}
    assert notices(client.get(change(article))) == []
    fresh = opened(client, change(article))
    send(client, change(article), values=fresh, title="Whole again")
    assert autosave(client, fresh, title="Never kept before").json() == {"closed": True}


def test_a_save_that_is_refused_ends_nothing(client, editor):
    article = draft()
    typed = opened(client, change(article))
    autosave(client, typed, title="Typed")
    refused = send(client, change(article), values=typed, title="")
    tickets = [Ticket.read(values["sitting"][0]) for values in (typed, values_of(refused))]
    assert tickets[0] == tickets[1]
    assert len(notices(client.get(change(article)))) == 1


def test_a_form_that_comes_back_carries_the_very_same_ticket(client, editor):
    article = draft(title="Base")
    typed = opened(client, change(article))
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=2), tick=True):
        refused = send(client, change(article), values=typed, title="")
    assert refused.status_code == 200
    assert values_of(refused)["sitting"] == typed["sitting"]


def test_a_wrong_form_is_kept_as_it_is(client, editor):
    article = draft()
    typed = opened(client, change(article))
    autosave(client, typed, title="", expire_at="never", language="xx")
    [link] = notices(client.get(change(article)))
    filled = client.get(link, follow=True)
    assert filled.status_code == 200
    assert {"title", "expire_at", "language"} <= set(errors_of(filled))


def test_it_can_be_discarded_after_being_asked(client, editor):
    article = draft()
    typed = opened(client, change(article))
    autosave(client, typed, title="To be thrown away")
    key = Sitting.objects.get().key
    asked = client.get(at("discard_typed", key))
    assert b"To be thrown away" in asked.content
    assert Sitting.objects.get().closed_at is None
    assert client.post(at("discard_typed", key)).headers["Location"] == change(article)
    assert "To be thrown away" not in Sitting.objects.get().form
    assert notices(client.get(change(article))) == []


@pytest.mark.parametrize("fate", ["published", "trashed", "deleted"])
def test_what_nobody_may_write_any_more_can_still_be_read(client, fate):
    author = UserFactory(roles=["Authors"])
    client.force_login(author)
    article = draft(created_by=author)
    typed = opened(client, change(article))
    autosave(client, typed, title="An hour's work")
    key = Sitting.objects.get().key
    if fate == "published":
        workflow.publish(article)
    else:
        workflow.trash(article)
    if fate == "deleted":
        Article.versions.all().delete()
    assert autosave(client, typed, title="An hour's work and more").status_code == 200
    shown = client.get(at("typed", key), follow=True)
    assert ("title", "An hour's work and more") in shown.context["typed"]


def test_what_could_not_be_saved_is_kept_without_a_script_too(client, editor):
    article = draft()
    typed = opened(client, change(article))
    workflow.trash(article)
    assert send(client, change(article), values=typed, title="Typed").status_code == 403
    assert parse_qs(Sitting.objects.get().form)["title"] == ["Typed"]


# -- The session has ended ---------------------------------------------------------------------------


def test_a_form_sent_after_the_session_ended_opens_again_after_signing_in(client, editor):
    article = draft(title="Base")
    editor.set_password("a long password")
    editor.save()
    client.login(username="editor", password="a long password")
    typed = opened(client, change(article))
    Session.objects.all().delete()
    refused = send(client, change(article), values=typed, title="An hour's work")
    assert refused.status_code == 302
    assert refused.headers["Location"].startswith("/admin/login/?next=/admin/articles/article/typed/")
    login = client.get(refused.headers["Location"])
    assert b"What you typed is kept" in login.content
    back = client.post(
        refused.headers["Location"], {"username": "editor", "password": "a long password"}, follow=True
    )
    assert values_of(back)["title"] == ["An hour's work"]
    send(client, change(article), values=values_of(back))
    article.refresh_from_db()
    assert article.title == "An hour's work"


def test_a_new_text_sent_after_the_session_ended_is_kept_too(client, editor):
    typed = opened(client, ADD)
    client.logout()
    refused = send(client, ADD, values=typed, title="New", slug="new")
    client.force_login(editor)
    page = parse_qs(refused.headers["Location"].partition("?")[2])["next"][0]
    assert values_of(client.get(page, follow=True))["title"] == ["New"]


def test_what_was_kept_for_one_person_is_nobody_elses(client, editor):
    article = draft()
    typed = opened(client, change(article))
    client.logout()
    page = send(client, change(article), values=typed, title="Secret").headers["Location"]
    client.force_login(UserFactory(is_superuser=True))
    page = parse_qs(page.partition("?")[2])["next"][0]
    assert client.get(page).status_code == 404
    assert client.get(f"{change(article)}?typed={Sitting.objects.get().key}").status_code == 404
    assert notices(client.get(change(article))) == []


@pytest.mark.parametrize("ticket", [None, "", "forged", "W10:1abc:forged"])
def test_without_a_ticket_of_ours_nothing_is_kept(client, ticket):
    article = draft()
    data = {"title": "Spam"} | ({} if ticket is None else {"sitting": ticket})
    assert client.post(change(article), data).headers["Location"].startswith("/admin/login/?next=/admin/")
    assert not Sitting.objects.exists()


def test_a_ticket_is_valid_for_a_fortnight(editor):
    ticket = Ticket.new(editor, Article, 1)
    signed = ticket.signed()
    assert Ticket.read(signed) == ticket
    with time_machine.travel(timezone.now() + datetime.timedelta(days=15)):
        assert Ticket.read(signed) is None


def test_one_ticket_keeps_one_copy_however_often_it_is_sent(client, editor):
    article = draft()
    typed = opened(client, change(article))
    client.logout()
    for number in range(5):
        send(client, change(article), values=typed, title=f"Try {number}")
    assert parse_qs(Sitting.objects.get().form)["title"] == ["Try 4"]


def test_a_token_of_an_earlier_session_loses_nothing(editor):
    article = draft(title="Base")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)
    typed = opened(strict, change(article))
    strict.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32  # signed in again in another tab
    refused = send(strict, change(article), values=typed, title="An hour's work")
    assert refused.status_code == 302
    filled = strict.get(refused.headers["Location"], follow=True)
    assert send(strict, change(article), values=values_of(filled)).status_code == 302
    article.refresh_from_db()
    assert article.title == "An hour's work"


def test_a_forged_form_is_refused_as_ever(editor):
    article = draft()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(editor)
    other = Ticket.new(UserFactory(), Article, article.pk).signed()
    for ticket in ("", "forged"):
        response = strict.post(change(article), {"title": "Forged", "sitting": ticket})
        assert response.status_code == 403
    # Somebody else's ticket keeps the form for them, and shows it to nobody here.
    response = strict.post(change(article), {"title": "Forged", "sitting": other})
    assert strict.get(response.headers["Location"]).status_code == 404


# -- Who is here -------------------------------------------------------------------------------------


def test_the_form_says_who_else_has_it_open_and_when_they_typed(client, editor):
    article = draft()
    wang = UserFactory(first_name="Wang", last_name="Min", roles=["Editors"])
    hers = Client()
    hers.force_login(wang)
    start = datetime.datetime(2027, 3, 3, 6, 2, tzinfo=datetime.UTC)
    with time_machine.travel(start, tick=False) as clock:
        client.force_login(editor)
        hers.force_login(wang)
        typed = opened(hers, change(article))
        ping = {"sitting": typed["sitting"][0]}
        hers.post(at("autosave", article.pk), ping)
        assert "Wang Min has this open since 14:02" in client.get(change(article)).content.decode()
        autosave(hers, typed, title="T")
        assert "since 14:02, typing now" in client.get(change(article)).content.decode()
        clock.shift(60)
        hers.post(at("autosave", article.pk), ping)
        mine = opened(client, change(article))
        said = client.post(at("autosave", article.pk), {"sitting": mine["sitting"][0]}).json()["others"]
        assert said == ["Wang Min has this open since 14:02, typing 1 minute ago"]
        clock.shift(70)
        assert "Wang Min" not in client.get(change(article)).content.decode()


def test_a_ping_is_two_queries_beside_the_sessions(client, editor, django_assert_num_queries):
    typed = opened(client, change(draft()))
    ping = {"sitting": typed["sitting"][0]}
    url = at("autosave", typed["opened_row"][0])
    client.post(url, ping)
    with django_assert_num_queries(4):  # session, person, seen, who else
        assert client.post(url, ping).status_code == 200


def test_the_forms_notices_are_one_query(client, editor, django_assert_num_queries):
    article = draft()
    for _ in range(3):
        autosave(client, opened(client, change(article)), title="Typed")
    with django_assert_num_queries(1):
        around = sittings.around(editor, Article, article.pk)
    assert len(around.unsaved) == 3


def test_tick_forgets_what_is_closed_and_never_what_waits(client, editor):
    article = draft()
    saved, waiting = opened(client, change(article)), opened(client, change(article))
    autosave(client, waiting, title="Typed")
    send(client, change(article), values=saved, title="Saved")
    Sitting.objects.update(seen_at=timezone.now() - datetime.timedelta(days=400))
    assert sittings.prune() == 1
    assert parse_qs(Sitting.objects.get().form)["title"] == ["Typed"]


# -- Rights ------------------------------------------------------------------------------------------

# Endpoints: autosave of a new text, of this one, the way back, discarding: asked, done.
NONE = (401, 401, 302, 302, 302)
# Role × whose draft × endpoint, the last three for what the person typed. What was typed into a text that
# one can not see any more is still kept: only a ticket given to the person opens that way.
EXPECTED = {
    ("Editors", "own"): (200, 200, 302, 200, 302),
    ("Editors", "other"): (200, 200, 302, 200, 302),
    ("Authors", "own"): (200, 200, 302, 200, 302),
    ("Authors", "other"): (200, 200, 200, 200, 302),
    ("no role", "own"): (403, 403, 200, 200, 302),
    ("no role", "other"): (403, 403, 200, 200, 302),
    ("not staff", "own"): NONE,
    ("not staff", "other"): NONE,
    ("nobody", "own"): NONE,
    ("nobody", "other"): NONE,
    ("superuser", "own"): (200, 200, 302, 200, 302),
    ("superuser", "other"): (200, 200, 302, 200, 302),
}


def person_of(role):
    if role == "nobody":
        return None
    if role in {"no role", "not staff", "superuser"}:
        return UserFactory(is_staff=role != "not staff", is_superuser=role == "superuser")
    return UserFactory(roles=[role])


@pytest.mark.parametrize(("role", "whose"), EXPECTED)
def test_who_may_keep_and_see_what(client, role, whose):
    person, stranger = person_of(role), UserFactory()
    owner = person if whose == "own" else stranger
    article = draft(created_by=owner)
    ticket = Ticket.new(person or stranger, Article, article.pk)
    new = Ticket.new(person or stranger, Article, None)
    if person is not None:
        client.force_login(person)
    found = [
        client.post(at("autosave_new"), {"sitting": new.signed(), "form": "title=x"}).status_code,
        client.post(at("autosave", article.pk), {"sitting": ticket.signed(), "form": "title=x"}).status_code,
    ]
    sittings.keep(ticket, None)
    Sitting.objects.filter(key=ticket.key).update(form="title=x")
    found.append(client.get(at("typed", ticket.key)).status_code)
    found.append(client.get(at("discard_typed", ticket.key)).status_code)
    found.append(client.post(at("discard_typed", ticket.key)).status_code)
    assert tuple(found) == EXPECTED[role, whose]


@pytest.mark.parametrize("role", ["Editors", "Authors", "no role", "superuser"])
def test_nobody_gets_at_what_another_typed(client, role):
    article, other = draft(), UserFactory(roles=["Editors"])
    ticket = Ticket.new(other, Article, article.pk)
    sittings.keep(ticket, None)
    Sitting.objects.update(form="title=Secret")
    client.force_login(person_of(role))
    assert (
        client.post(at("autosave", article.pk), {"sitting": ticket.signed(), "form": "x=1"}).status_code
        == 409
    )
    assert client.get(at("typed", ticket.key)).status_code == 404
    assert client.get(at("discard_typed", ticket.key)).status_code == 404
    assert client.post(at("discard_typed", ticket.key)).status_code == 404
    assert Sitting.objects.get().form == "title=Secret"


def test_a_ticket_is_for_its_own_text_alone(client, editor):
    one, two = draft(), draft()
    typed = opened(client, change(one))
    assert autosave(client, typed, url=at("autosave", two.pk)).status_code == 409
    assert autosave(client, typed, url=at("autosave_new")).status_code == 409
    assert client.get(at("autosave", one.pk)).status_code == 405
    autosave(client, typed, title="Of one")
    assert client.get(f"{change(two)}?typed={Sitting.objects.get().key}").status_code == 404


def test_the_form_of_what_one_may_only_read_keeps_nothing(client):
    client.force_login(UserFactory(roles=["Authors"]))
    article = ArticleFactory(state=State.PUBLISHED)
    assert b'name="sitting"' not in client.get(change(article)).content
