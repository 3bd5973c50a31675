"""What follows once from a text's going public: moved and dropped with it, done by ``tick`` alone, once."""

import datetime
import http.server
import io
import json
import threading
import time

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from articles.models import Article
from charhar.contacts.models import OutgoingMail
from charhar.desk import effects
from charhar.desk.models import Heartbeat, SideEffect
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from charhar.publishing.models import Grant, GrantRemit
from tests.factories import ArticleFactory, ExpertFactory, TopicFactory, UserFactory

pytestmark = pytest.mark.django_db
MINUTE, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
TEN = datetime.datetime(2026, 3, 3, 2, 0, tzinfo=datetime.UTC)  # 10:00 in Beijing


@pytest.fixture
def author():
    return UserFactory(username="author", email="author@example.org", roles=["Authors"])


@pytest.fixture
def editor():
    return UserFactory(username="editor", email="editor@example.org", roles=["Editors"])


def draft(author, **fields):
    article = ArticleFactory(draft=True, created_by=author, **fields)
    workflow.record(article, user=author, action="add")
    return article


def tick():
    """As cron runs it; its report is of no interest here."""
    call_command("tick", stdout=io.StringIO())


def rows(**conditions):
    return list(
        SideEffect.objects.filter(**conditions)
        .order_by("pk")
        .values_list("kind", "event", "due_at", "done_at")
    )


class Service(http.server.ThreadingHTTPServer):
    """A real HTTP server that keeps what it gets and answers as it is told."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.got, self.status, self.delay = [], 200, 0
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/ping"

    def handle_error(self, request, client_address):
        """A client that lost patience is what is tested here."""


class Answering(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.append((body, self.headers["User-Agent"]))
        time.sleep(self.server.delay)
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", f"{self.server.url}/elsewhere")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def service():
    server = Service()
    yield server
    server.shutdown()
    server.server_close()


# -- Letters ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_author_hears_once_that_the_text_is_public(author, editor, mail_server):
    article = draft(author, title="On ports", slug="on-ports")
    workflow.publish(article, editor)
    assert mail_server.messages == []
    tick()
    tick()
    [(recipients, message)] = mail_server.messages
    assert recipients == ["author@example.org"]
    assert message["Subject"] == "Published: On ports"
    assert message.get_body(["plain"]).get_content().replace("\r\n", "\n") == (
        "Readers see your text now:\n\nhttp://127.0.0.1:8000/articles/on-ports/\n\n"
        "You get this letter because the text is yours or was assigned to you.\n"
    )
    assert OutgoingMail.objects.get().state == "sent"
    assert SideEffect.objects.get().done_at is not None


def told():
    return [
        (mail.to, mail.subject) for mail in OutgoingMail.objects.filter(purpose="text-public").order_by("pk")
    ]


def test_everybody_whose_text_it_is_hears_but_the_one_who_pressed_the_button(author, editor):
    helper = UserFactory(email="helper@example.org")
    workflow.publish(draft(author, title="One", assigned_to=helper), editor)
    workflow.publish(draft(editor, title="Two", assigned_to=editor), editor)
    gone = UserFactory(email="gone@example.org", is_active=False)
    workflow.publish(draft(gone, title="Three", assigned_to=UserFactory(email="")), editor)
    assert effects.run_due() == {"done": 3}
    assert told() == [("author@example.org", "Published: One"), ("helper@example.org", "Published: One")]


def test_experts_with_an_account_hear_of_their_articles_and_their_profile(author, editor):
    fellow = UserFactory(email="fellow@example.org")
    expert = ExpertFactory(draft=True, account=fellow, display_name_en="PAN Sample")
    workflow.publish(draft(author, title="One", authors=[expert, ExpertFactory()]), editor)
    workflow.publish(expert, editor)
    effects.run_due()
    assert told() == [
        ("author@example.org", "Published: One"),
        ("fellow@example.org", "Published: One"),
        ("fellow@example.org", "Published: PAN Sample"),
    ]


def test_a_letter_is_in_the_language_of_the_text_and_holds_the_public_note_alone(author, editor):
    article = ArticleFactory(
        created_by=author, language="zh-hans", title="论港口", slug="ports", authors=[ExpertFactory()]
    )
    workflow.record(article, user=author, action="add")
    publish_copy(open_copy(article), editor, note="标题有误。")
    effects.run_due()
    [mail] = OutgoingMail.objects.all()
    assert mail.subject == "已修订：论港口"
    assert "http://127.0.0.1:8000/zh/articles/ports/" in mail.text
    assert "文末的更正说明为：\n\n标题有误。\n" in mail.text


def test_a_withdrawal_is_told_with_its_reason(author, editor):
    article = ArticleFactory(created_by=author, title="On ports")
    workflow.withdraw(article, editor, reason="The figures were wrong.")
    assert effects.run_due() == {"done": 1}
    assert told() == [("author@example.org", "Withdrawn: On ports")]
    assert "The figures were wrong." in OutgoingMail.objects.get().text


# -- With the clock ---------------------------------------------------------------------------------


def test_an_effect_waits_for_the_moment_and_moves_with_it(author, editor):
    with time_machine.travel(TEN, tick=False):
        article = draft(author)
        workflow.publish(article, editor, at=TEN + HOUR)
        assert rows() == [("tell", "published", TEN + HOUR, None)]
        workflow.publish(article, editor, at=TEN + 2 * HOUR)
        assert rows() == [("tell", "published", TEN + 2 * HOUR, None)]
    for moment, done in ((HOUR, {}), (2 * HOUR - MINUTE, {}), (2 * HOUR, {"done": 1}), (3 * HOUR, {})):
        with time_machine.travel(TEN + moment, tick=False):
            assert effects.run_due() == done
    with time_machine.travel(TEN + 4 * HOUR, tick=False):
        workflow.publish(article, editor)
        assert effects.run_due() == {}
    assert len(told()) == 1


def test_what_is_withdrawn_or_trashed_first_is_dropped(author, editor):
    withdrawn, trashed = draft(author), draft(author)
    for article in (withdrawn, trashed):
        workflow.publish(article, editor, at=timezone.now() + HOUR)
    workflow.withdraw(withdrawn, editor)
    workflow.trash(trashed, editor)
    assert effects.run_due(timezone.now() + 2 * HOUR) == {}
    assert set(SideEffect.objects.values_list("failure", flat=True)) == {"The text was withdrawn first."}
    assert told() == []


def test_a_text_scheduled_anew_after_it_was_taken_off_is_told_once(author, editor):
    article = draft(author)
    workflow.publish(article, editor, at=timezone.now() + HOUR)
    workflow.withdraw(article, editor)
    workflow.publish(article, editor)
    assert effects.run_due() == {"done": 1}
    assert len(told()) == 1


def test_after_an_outage_nothing_is_told_that_is_no_longer_true(author, editor):
    with time_machine.travel(TEN, tick=False):
        over, open_, moved = (
            draft(author, expire_at=TEN + 2 * HOUR),
            draft(author, title="Open"),
            draft(author),
        )
        for article in (over, open_, moved):
            workflow.publish(article, editor, at=TEN + HOUR)
        Article.objects.filter(pk=moved.pk).update(publish_at=TEN + 96 * HOUR)
    with time_machine.travel(TEN + 48 * HOUR, tick=False):
        assert effects.run_due() == {"dropped": 2, "done": 1}
        assert told() == [("author@example.org", "Published: Open")]
        assert rows(object_id=moved.pk) == [("tell", "published", TEN + 96 * HOUR, None)]


def test_a_scheduled_correction_is_told_when_it_is_due(author, editor):
    with time_machine.travel(TEN, tick=False):
        article = ArticleFactory(
            created_by=author, publish_at=TEN - HOUR, title="On ports", authors=[ExpertFactory()]
        )
        publish_copy(open_copy(article), editor, at=TEN + HOUR)
        assert rows() == []
    with time_machine.travel(TEN + HOUR, tick=False):
        tick()
    assert told() == [("author@example.org", "Corrected: On ports")]


def test_the_system_itself_and_saves_cause_nothing(author, editor):
    article = draft(author)
    workflow.record(article, user=editor, action="save")
    workflow.submit(article, author)
    workflow.publish(article)
    ExpertFactory()
    assert rows() == []


def test_a_move_that_is_rolled_back_leaves_no_effect(author, editor):
    article = draft(author)
    with transaction.atomic():
        workflow.publish(article, editor)
        assert len(rows()) == 1
        transaction.set_rollback(True)
    assert rows() == []


# -- Pings ------------------------------------------------------------------------------------------


def test_a_ping_says_what_happened_to_which_page(author, editor, service, settings):
    settings.PING_URLS = [service.url]
    article = draft(author, title="On ports", slug="on-ports")
    workflow.publish(article, editor)
    publish_copy(open_copy(article), editor)
    workflow.withdraw(article, editor, reason="A sample reason.")
    workflow.publish(article, editor)
    effects.run_due()
    assert [(body["event"], agent) for body, agent in service.got] == [
        ("published", "Charhar (http://127.0.0.1:8000)")
    ]
    assert service.got[0][0] == {
        "id": f"article-{article.pk}-5",
        "event": "published",
        "url": "http://127.0.0.1:8000/articles/on-ports/",
        "language": "en",
        "title": "On ports",
    }


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (500, "HTTP Error 500: Internal Server Error"),
        (404, "HTTP Error 404: Not Found"),
        (302, "HTTP Error 302: Found"),
    ],
)
def test_a_service_that_refuses_is_asked_again_later(author, editor, service, settings, status, reason):
    settings.PING_URLS = [service.url]
    service.status = status
    workflow.publish(draft(author), editor)
    assert effects.run_due() == {"done": 1, "failed": 1}
    ping = SideEffect.objects.get(kind="ping")
    assert (ping.attempts, ping.failure, ping.claimed_at) == (1, f"HTTPError: {reason}", None)
    assert effects.run_due() == {}
    service.status = 204
    assert effects.run_due(timezone.now() + 3 * MINUTE) == {"done": 1}
    assert len(service.got) == 2
    assert service.got[0] == service.got[1]


def test_a_slow_and_a_dead_service_stop_no_other_and_are_not_asked_for_every_text(
    author, editor, service, settings, monkeypatch
):
    monkeypatch.setattr(effects, "PING_TIMEOUT", 0.3)
    slow, dead = Service(), Service()
    slow.delay = 2
    dead.shutdown()
    dead.server_close()
    settings.PING_URLS = [slow.url, dead.url, service.url]
    for _ in range(3):
        workflow.publish(draft(author), editor)
    began = time.monotonic()
    assert effects.run_due() == {"done": 6, "failed": 2}
    assert time.monotonic() - began < 2
    assert len(service.got) == 3
    failures = set(SideEffect.objects.filter(done_at=None).values_list("target", "failure"))
    assert {target for target, _why in failures} == {slow.url, dead.url}
    assert any("timed out" in why for target, why in failures if target == slow.url)
    assert any("refused" in why for target, why in failures if target == dead.url)
    slow.shutdown()
    slow.server_close()


def test_a_poisoned_one_is_kept_and_shown_and_stops_no_other(author, editor, monkeypatch):
    bad, good = draft(author, title="Bad"), draft(author, title="Good")
    workflow.publish(bad, editor)
    workflow.publish(good, editor)
    monkeypatch.setattr(
        Article, "people_to_tell", lambda text: 1 / 0 if text.title == "Bad" else [text.created_by]
    )
    assert effects.run_due() == {"failed": 1, "done": 1}
    later = timezone.now()
    for _ in range(20):
        later += datetime.timedelta(hours=7)
        effects.run_due(later)
    [effect] = SideEffect.objects.filter(done_at=None)
    assert (effect.attempts, effect.is_stuck) == (SideEffect.MOST_ATTEMPTS, True)
    assert effect.failure == "ZeroDivisionError: division by zero"
    assert told() == [("author@example.org", "Published: Good")]
    monkeypatch.undo()
    assert effects.try_again(SideEffect.objects.all()) == 1
    assert effects.run_due() == {"done": 1}
    assert told()[-1] == ("author@example.org", "Published: Bad")


# -- Once -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_eight_ticks_at_once_send_each_letter_and_ping_once(at_once, service, settings):
    settings.PING_URLS = [service.url]
    author, editor = UserFactory(email="author@example.org"), UserFactory(is_superuser=True)
    for number in range(6):
        workflow.publish(draft(author, title=f"Text {number}"), editor)
    results = at_once(8, effects.run_due)
    assert sum(result["done"] for result in results) == 12
    assert sorted(subject for _to, subject in told()) == [f"Published: Text {n}" for n in range(6)]
    assert sorted(body["title"] for body, _agent in service.got) == [f"Text {n}" for n in range(6)]


def test_what_another_process_has_claimed_is_left_until_that_must_be_dead(author, editor):
    workflow.publish(draft(author), editor)
    SideEffect.objects.update(claimed_at=timezone.now(), attempts=1)
    assert effects.run_due() == {}
    SideEffect.objects.update(claimed_at=timezone.now() - 16 * MINUTE)
    assert effects.run_due() == {"done": 1}
    assert len(told()) == 1


def test_what_was_settled_long_ago_is_forgotten_and_what_waits_is_not(author, editor):
    workflow.publish(draft(author), editor)
    workflow.publish(draft(author), editor, at=timezone.now() + 400 * 24 * HOUR)
    effects.run_due()
    assert effects.prune(timezone.now() + datetime.timedelta(days=89)) == 0
    assert effects.prune(timezone.now() + datetime.timedelta(days=91)) == 1
    assert SideEffect.objects.count() == 1


# -- tick and its heartbeat -------------------------------------------------------------------------


def test_tick_leaves_its_report_behind(capsys):
    call_command("tick")
    said = capsys.readouterr().out
    counted = "fresh enough" if connection.vendor == "sqlite" else "the database keeps its own"
    assert said == (
        "Corrections: 0 published, 0 failed.\nReminders to members: 0.\nNewsletters: nothing due.\n"
        "New texts announced: nothing due.\nWeekly digest: not due.\nMail: nothing due.\n"
        "Side effects: nothing due.\n"
        "Links to this site: 0 checked, 0 broken.\nAttempts forgotten: 0.\nSide effects forgotten: 0.\n"
        "Closed forms forgotten: 0.\nSearches forgotten: 0.\nForgotten by the rules: nothing due.\n"
        f"Statistics of the tables: {counted}.\n"
    )
    beat = Heartbeat.objects.get()
    assert (beat.report, beat.pk) == (said.strip(), 1)


def test_a_part_of_tick_that_fails_stops_no_other_and_is_reported(author, editor, monkeypatch, capsys):
    workflow.publish(draft(author), editor)
    monkeypatch.setattr("charhar.management.commands.tick.deliver_due", lambda: 1 / 0)
    with pytest.raises(CommandError, match="Failed: Mail"):
        call_command("tick")
    assert "Side effects: 1 done." in capsys.readouterr().out
    assert "Mail: failed: ZeroDivisionError" in Heartbeat.objects.get().report


SILENT = "manage.py tick"


@pytest.mark.parametrize("name", ["desk_sideeffect", "contacts_outgoingmail"])
def test_lists_that_depend_on_tick_say_when_it_has_not_run_for_ten_minutes(client, name):
    client.force_login(UserFactory(is_superuser=True))
    url = reverse(f"admin:{name}_changelist")
    assert "has never run" in client.get(url).content.decode()
    tick()
    assert SILENT not in client.get(url).content.decode()
    Heartbeat.objects.update(at=datetime.datetime(2026, 3, 2, 1, 30, tzinfo=datetime.UTC))
    assert "has not run since Mar 2, 2026, 09:30 (Beijing time)" in client.get(url).content.decode()


def test_the_health_check_says_when_tick_last_ran_and_does_not_fail(client):
    assert client.get("/healthz").content == b"ok\ntick: has not run yet\n"
    Heartbeat.objects.create(pk=1, at=datetime.datetime(2026, 3, 2, 1, 30, tzinfo=datetime.UTC))
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (
        200, b"ok\ntick: 2026-03-02 01:30:00 UTC (more than ten minutes ago)\n",
    )  # fmt: skip


# -- The list, and who may decide -------------------------------------------------------------------

CAST = ["nobody", "secretariat", "author", "other remit", "remit", "editor", "administrator", "superuser"]
# endpoint -> the status for each of the cast, about somebody else's published article.
EXPECTED = {
    "list": [302, 403, 403, 200, 200, 200, 200, 200],
    "again": [302, 403, 403, 404, 302, 302, 302, 302],
    "give-up": [302, 403, 403, 404, 302, 302, 302, 302],
    "again by GET": [302, 403, 403, 405, 405, 405, 405, 405],
    "give-up by GET": [302, 403, 403, 405, 405, 405, 405, 405],
    "add": [302, 403, 403, 403, 403, 403, 403, 403],
    "delete": [302, 403, 403, 403, 403, 403, 403, 403],
}


def limited(topic):
    """An editor of articles under one topic alone."""
    role = Group.objects.create(name=f"Only {topic}")
    kinds = ContentType.objects.get_for_models(Article, type(topic))
    for action in ("view", "change", "publish"):
        grant = Grant.objects.create(role=role, action=action, kind=kinds[Article])
        GrantRemit.objects.create(grant=grant, content_type=kinds[type(topic)], object_id=topic.pk)
    return UserFactory(roles=[role.name])


def member(who, topic):
    """One of the cast."""
    if who == "nobody":
        return None
    if who in {"remit", "other remit"}:
        return limited(topic if who == "remit" else TopicFactory())
    if who == "superuser":
        return UserFactory(is_superuser=True)
    return UserFactory(roles=[{"secretariat": "Secretariat"}.get(who, f"{who.title()}s")])


@pytest.mark.matrix
@pytest.mark.parametrize("endpoint", EXPECTED)
@pytest.mark.parametrize("who", CAST)
def test_who_sees_side_effects_and_decides(client, editor, endpoint, who):
    topic = TopicFactory()
    workflow.publish(ArticleFactory(draft=True, topics=[topic]), editor)
    SideEffect.objects.update(failure="A sample reason.", attempts=3)
    effect = SideEffect.objects.get()
    person = member(who, topic)
    if person is not None:
        client.force_login(person)
    name, _, by_get = endpoint.partition(" ")
    if name in {"list", "add"}:
        url = reverse(f"admin:desk_sideeffect_{'changelist' if name == 'list' else 'add'}")
    else:
        url = reverse(f"admin:desk_sideeffect_{name}", args=[effect.pk])
    response = client.get(url) if by_get or name in {"list", "add", "delete"} else client.post(url)
    assert response.status_code == EXPECTED[endpoint][CAST.index(who)]
    again = SideEffect.objects.get()
    decided = name in {"again", "give-up"} and not by_get and who in CAST[4:]
    assert (again.attempts != 3 or again.done_at is not None) == decided
    if name == "list" and response.status_code == 200:
        assert len(response.context["cl"].result_list) == (who != "other remit")


def test_the_buttons_of_the_list_try_again_and_give_up(client, editor):
    client.force_login(editor)
    for _ in range(2):
        workflow.publish(ArticleFactory(draft=True), editor)
    first, second = SideEffect.objects.order_by("pk")
    SideEffect.objects.update(failure="A sample reason.", attempts=10)
    page = client.get(reverse("admin:desk_sideeffect_changelist"), {"standing": "failed"}).content.decode()
    assert page.count("failed, not tried any more") == 2
    for effect in (first, second):
        assert f'formaction="/admin/desk/sideeffect/{effect.pk}/again/"' in page
    client.post(reverse("admin:desk_sideeffect_again", args=[first.pk]))
    client.post(reverse("admin:desk_sideeffect_give-up", args=[second.pk]))
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.attempts, first.done_at, second.done_at is not None) == (0, None, True)
    url = reverse("admin:desk_sideeffect_changelist")
    client.post(url, {"action": "give_up_selected", "_selected_action": [first.pk]})
    first.refresh_from_db()
    assert first.done_at is None  # it is not a failed one any more
    SideEffect.objects.filter(pk=first.pk).update(attempts=1)
    client.post(url, {"action": "give_up_selected", "_selected_action": [first.pk]})
    first.refresh_from_db()
    assert first.done_at is not None


@pytest.mark.parametrize("number", [1, 12])
def test_the_list_takes_ten_queries_however_long(client, editor, number, django_assert_num_queries):
    client.force_login(editor)
    for _ in range(number):
        workflow.publish(ArticleFactory(draft=True), editor)
    url = reverse("admin:desk_sideeffect_changelist")
    client.get(url)
    with django_assert_num_queries(10):
        assert len(client.get(url).context["cl"].result_list) == number
