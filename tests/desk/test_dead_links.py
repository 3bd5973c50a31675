"""Links in published texts that lead nowhere: kept with the texts, found here by tick, elsewhere by a command."""

import datetime
import http.server
import io
import threading
import time

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from charhar.desk import web
from charhar.desk.dead_links import check_own_if_changed, index_all, problem_in_words
from charhar.desk.models import TextLink
from charhar.publishing import workflow
from charhar.publishing.copies import open_copy, publish_copy
from tests.factories import ArticleFactory, ExpertFactory, PageFactory

pytestmark = pytest.mark.django_db
HOUR = datetime.timedelta(hours=1)


def linking(*urls, **fields):
    """A text with links, not yet recorded."""
    return ArticleFactory(
        draft=True, body="".join(f'<p><a href="{url}">there</a></p>' for url in urls), **fields
    )


def published(*urls, **fields):
    article = linking(*urls, **fields)
    workflow.publish(article)
    return article


def kept():
    return sorted(TextLink.objects.values_list("url", flat=True))


def broken():
    return dict(TextLink.objects.exclude(problem="").values_list("url", "problem"))


# -- Kept with the texts ----------------------------------------------------------------------------


def test_links_are_kept_from_publication_to_withdrawal_as_readers_see_them():
    article = linking("/about/", "https://example.org/", "mailto:desk@example.org", "#notes")
    workflow.record(article, user=None, action="save")
    assert kept() == []
    workflow.publish(article, at=timezone.now() + HOUR)
    assert kept() == ["/about/", "https://example.org/"]
    workflow.publish(article)
    copy = open_copy(article)
    copy.body = '<p><a href="https://example.org/">there</a> <a href="/research/">here</a></p>'
    copy.save()
    workflow.record(copy, user=None, action="save")
    assert kept() == ["/about/", "https://example.org/"]
    publish_copy(copy)
    assert kept() == ["/research/", "https://example.org/"]
    workflow.withdraw(article, reason="A sample reason.")
    assert kept() == []


def test_links_of_a_text_deleted_for_ever_go_with_it():
    article = published("/about/")
    article.delete()
    assert kept() == []


def test_the_command_makes_the_rows_anew_from_what_is_published():
    article = published("/about/")
    TextLink.objects.all().delete()
    expert = ExpertFactory()
    expert.social_links.create(label="Sample", url="https://example.org/pan")
    PageFactory(draft=True, body='<p><a href="/x/">x</a></p>')
    for model, number in ((type(article), 1), (type(expert), 1), (PageFactory._meta.model, 0)):
        assert index_all(model) == number
    assert kept() == ["/about/", "https://example.org/pan"]


def test_a_draft_that_is_saved_costs_no_query(django_assert_num_queries):
    from charhar.desk.dead_links import keep
    from charhar.publishing.history import snapshots_of

    article = linking("/about/")
    workflow.record(article, user=None, action="save")
    snapshot = snapshots_of(article).first()
    with django_assert_num_queries(0):
        keep(article, snapshot)


# -- To this site -----------------------------------------------------------------------------------


def test_a_link_breaks_and_heals_with_what_it_leads_to_within_a_tick():
    target = ArticleFactory(slug="target")
    published("/articles/target/", "/articles/never/")
    with time_machine.travel(timezone.now() + HOUR, tick=False):
        first = timezone.now()
        assert check_own_if_changed() == "2 checked, 1 broken"
        assert check_own_if_changed() == "nothing changed"
        assert broken() == {"/articles/never/": "missing"}
        workflow.withdraw(target, reason="A sample reason.")
    with time_machine.travel(timezone.now() + 2 * HOUR, tick=False):
        check_own_if_changed()
        assert broken() == {"/articles/never/": "missing", "/articles/target/": "gone"}
        assert TextLink.objects.get(url="/articles/never/").broken_since == first
        workflow.publish(target)
        check_own_if_changed()
        assert broken() == {"/articles/never/": "missing"}


def test_a_link_to_what_the_clock_takes_away_breaks_by_itself():
    now = timezone.now()
    ArticleFactory(slug="target", expire_at=now + HOUR)
    published("/articles/target/")
    call_command("tick", stdout=io.StringIO())
    assert broken() == {}
    with time_machine.travel(now + 2 * HOUR):
        call_command("tick", stdout=io.StringIO())
    assert broken() == {"/articles/target/": "gone"}


def test_nothing_that_is_found_raises_the_content_version():
    from charhar.publishing.version import current_version

    published("/articles/never/")
    before = current_version()
    check_own_if_changed()
    assert current_version() == before


# -- Elsewhere --------------------------------------------------------------------------------------


class Site(http.server.ThreadingHTTPServer):
    """A real web site that remembers who asked what and when."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Pages)
        self.asked, self.flaky = [], 0
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"

    def handle_error(self, request, client_address):
        """A client that lost patience is what is tested here."""


class Pages(http.server.BaseHTTPRequestHandler):
    def answer(self):
        site = self.server
        site.asked.append((self.command, self.path, self.headers["User-Agent"], time.monotonic()))
        status, location = 200, ""
        if self.path.startswith("/status/"):
            status = int(self.path.rpartition("/")[2])
        elif self.path == "/no-head":
            status = 405 if self.command == "HEAD" else 200
        elif self.path == "/only-get-knows":
            status = 404 if self.command == "HEAD" else 200
        elif self.path == "/flaky":
            site.flaky += 1
            status = 500 if site.flaky <= 2 else 200
        elif self.path == "/moved":
            status, location = 301, "/status/200"
        elif self.path == "/moved-away":
            status, location = 302, "/status/404"
        elif self.path == "/round":
            status, location = 302, "/round"
        elif self.path == "/slow":
            time.sleep(2)
        elif self.path == "/garbage":
            self.wfile.write(b"this is no HTTP\r\n\r\n")
            return
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.end_headers()

    do_GET = do_HEAD = answer

    def log_message(self, *args):
        pass


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setattr(web, "TIMEOUT", 0.3)
    server = Site()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/", ""),
        ("/page?a=1&b=%20x#part", ""),
        ("/页面", ""),
        ("/no-head", ""),
        ("/only-get-knows", ""),
        ("/flaky", ""),
        ("/moved", ""),
        ("/status/403", ""),
        ("/status/429", ""),
        ("/status/503", ""),
        ("/moved-away", "404"),
        ("/status/404", "404"),
        ("/status/410", "410"),
        ("/status/500", "500"),
        ("/round", "redirects"),
        ("/slow", "timeout"),
        ("/garbage", "answer"),
    ],
)
def test_what_a_site_answers(site, path, problem):
    assert web.problem_of_page(site.url(path), allow_private=True, pause=0) == problem


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://no-such-host.invalid/", "host"),
        ("http://127.0.0.1:1/", "connection"),
        ("http://exa mple/", "host"),
        ("http://[broken/", "address"),
        ("http://:80/", "address"),
        ("http://a:99999/", "address"),
        ("gopher://example.org/", "address"),
        (f"http://{'a' * 70}.example/", "host"),
    ],
)
def test_what_is_no_site_at_all(url, problem):
    assert web.problem_of_page(url, allow_private=True, pause=0) == problem


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]",
     "0.1.2.3", "[fd00::1]", "[fe80::1]", "100.64.0.1", "2130706433", "0x7f.1", "224.0.0.1"],
)  # fmt: skip
def test_this_network_is_never_asked(host, monkeypatch):
    monkeypatch.setattr(web.socket, "create_connection", lambda *args: pytest.fail("was asked"))
    assert web.problem_of_page(f"http://{host}/") == "private"


def test_a_redirect_into_this_network_is_not_followed(site, monkeypatch):
    # The first name counts as public here, as a stranger's site would be.
    public = web._is_public
    monkeypatch.setattr(web, "_is_public", lambda address: address == "127.0.0.1" or public(address))
    target = Site()
    monkeypatch.setattr(Pages, "answer", Pages.answer)

    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", f"http://[::1]:{target.server_port}/secret")
        handler.end_headers()

    monkeypatch.setattr(Pages, "do_HEAD", redirect)
    assert web.problem_of_page(site.url("/"), pause=0) == "private"
    assert target.asked == []
    target.shutdown()
    target.server_close()


def test_one_site_is_asked_once_a_second_and_several_at_the_same_time(site):
    urls = [site.url(f"/page/{n}") for n in range(4)]
    others = [url.replace("127.0.0.1", "localhost") for url in urls]
    began = time.monotonic()
    found = dict(web.problems_of_pages([*urls, *others, urls[0]], allow_private=True, pause=0.2))
    took = time.monotonic() - began
    assert found == dict.fromkeys([*urls, *others], "")
    assert 0.6 <= took < 1.1
    times = [when for _method, _path, _agent, when in site.asked]
    assert len(times) == 8
    assert {method for method, *_rest in site.asked} == {"HEAD"}
    assert {agent for _m, _p, agent, _w in site.asked} == {"Charhar link check (http://127.0.0.1:8000)"}


def test_the_command_writes_down_what_is_broken_elsewhere_and_what_heals(site, monkeypatch):
    monkeypatch.setattr("charhar.management.commands.check_links.problems_of_pages", quick)
    published(site.url("/status/404"), site.url("/"), "/articles/never/")
    published(site.url("/status/404"), slug="second")
    said = io.StringIO()
    call_command("check_links", external=True, allow_private=True, stdout=said)
    assert said.getvalue() == (
        "Links of 2 published texts collected: 4.\nTo this site: 1 checked, 1 broken.\n"
        "Elsewhere: 2 checked, 1 broken.\n"
    )
    assert broken() == {site.url("/status/404"): "404", "/articles/never/": "missing"}
    assert TextLink.objects.filter(problem="404").count() == 2
    assert TextLink.objects.filter(path="", checked_at=None).count() == 0
    since = TextLink.objects.filter(problem="404").first().broken_since
    call_command("check_links", external=True, allow_private=True, stdout=said)
    assert TextLink.objects.filter(problem="404").first().broken_since == since
    TextLink.objects.filter(url=site.url("/")).update(problem="500", broken_since=since)
    call_command("check_links", external=True, allow_private=True, stdout=said)
    assert site.url("/") not in broken()


def quick(urls, **options):
    return web.problems_of_pages(urls, pause=0, **options)


def test_without_the_word_no_site_is_asked_and_with_a_limit_the_oldest_first(site, monkeypatch):
    monkeypatch.setattr("charhar.management.commands.check_links.problems_of_pages", quick)
    published(site.url("/a"), site.url("/b"))
    call_command("check_links", stdout=io.StringIO())
    assert site.asked == []
    for path in ("/a", "/b", "/a"):
        call_command("check_links", external=True, allow_private=True, limit=1, stdout=io.StringIO())
        assert site.asked[-1][1] == path


def test_every_problem_is_said_in_words():
    assert problem_in_words("missing") == "there is no such page"
    assert problem_in_words("timeout") == "the site does not answer"
    assert problem_in_words("404") == "the site answers 404"
