"""The page cache: never stale, the same for everybody, and slower rather than broken when something is gone."""

import datetime
import gzip
import io
import random
import shutil
import socket
import subprocess
import threading
import time

import brotli
import pytest
import time_machine
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from articles.models import Article
from charhar import page_cache, page_store
from charhar.page_cache import KEPT, PageCache, canonical_query, coding_for, release
from charhar.page_store import Files, Memory, Page
from charhar.publishing import copies, mirror, workflow
from charhar.publishing.models import ContentVersion
from charhar.publishing.version import Version, read_version
from charhar.taxonomy.models import Topic
from tests.factories import ArticleFactory, TopicFactory

pytestmark = pytest.mark.django_db
commits = pytest.mark.django_db(transaction=True)
ADDRESS = "/articles/harbour/"
SERVER = shutil.which("redis-server")


class Answer:
    """What one request got."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = int(status[:3]), dict(headers), body
        assert len(self.headers) == len(headers), "a header stands twice"

    @property
    def fate(self):
        return self.headers.get("Cache-Status", "")


class Worker:
    """One process of the site, as far as the cache can tell: its own memory over the shared store."""

    def __init__(self):
        self.django = get_wsgi_application()
        self.rendered = []
        self.cache = PageCache(self.render)
        self.cache.process = -1  # no thread of its own: tests compare by hand
        self.cache._begin = lambda: None

    def render(self, environ, start_response):
        self.rendered.append((environ["PATH_INFO"], environ["QUERY_STRING"]))
        return self.django(environ, start_response)

    def ask(self, path, method="GET", query="", **headers):
        got = []
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1:8000",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
        }
        body = self.cache(environ, lambda status, sent, exc_info=None: got.append((status, sent)))
        data = b"".join(body)
        getattr(body, "close", lambda: None)()
        return Answer(*got[-1], data)


@pytest.fixture(autouse=True)
def _the_test_keeps_its_connection():
    """As Django's own test client sees to it: the end of a request does not end the test's transaction."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "django.db.backends.base.base.BaseDatabaseWrapper.close_if_unusable_or_obsolete",
            lambda self: None,
        )
        yield


@pytest.fixture
def folder(settings, tmp_path):
    settings.PAGE_CACHE_DIR = tmp_path / "pages"
    return settings.PAGE_CACHE_DIR


@pytest.fixture
def worker(folder):
    return Worker()


@pytest.fixture
def text():
    return ArticleFactory(slug="harbour", title="The Harbour")


HIT, STORED, MISS = page_cache.HIT, page_cache.STORED, page_cache.MISS


class TestAHit:
    def test_it_asks_the_database_nothing_and_renders_nothing(self, worker, text):
        first = worker.ask(ADDRESS)
        with CaptureQueriesContext(connection) as queries:
            second = worker.ask(ADDRESS)
        assert (first.status, first.fate, second.status, second.fate) == (200, STORED, 200, HIT)
        assert second.body == first.body
        assert b"The Harbour" in first.body
        assert len(queries) == 0
        assert len(worker.rendered) == 1

    def test_one_worker_renders_for_all(self, worker, text):
        worker.ask(ADDRESS)
        other = Worker()
        assert other.ask(ADDRESS).fate == HIT
        assert other.rendered == []

    def test_it_is_what_django_answers_without_a_cache(self, worker, text, client):
        got = worker.ask(ADDRESS)
        plain = client.get(ADDRESS, headers={"host": "127.0.0.1:8000"})
        assert got.body == plain.content
        own = {"Cache-Status", "ETag", "Last-Modified", "Vary", "Content-Length"}
        assert {k: v for k, v in got.headers.items() if k not in own} == {
            k: v for k, v in plain.headers.items() if k not in own
        }

    def test_codings_hold_the_same_page_each_under_its_own_tag(self, worker, text):
        plain, packed, smaller = (
            worker.ask(ADDRESS, accept_encoding=coding) for coding in ("", "gzip", "gzip, br")
        )
        assert gzip.decompress(packed.body) == brotli.decompress(smaller.body) == plain.body
        assert packed.headers["Content-Encoding"] == "gzip"
        assert smaller.headers["Content-Encoding"] == "br"
        assert "Content-Encoding" not in plain.headers
        assert len({one.headers["ETag"] for one in (plain, packed, smaller)}) == 3
        for one in (plain, packed, smaller):
            assert one.headers["Content-Length"] == str(len(one.body))
            assert one.headers["Vary"] == "Accept-Encoding"
            assert one.headers["Cache-Control"] == "public, max-age=0, s-maxage=1, stale-if-error=86400"

    def test_head_has_the_headers_of_get_and_no_body(self, worker, text):
        head, get = worker.ask(ADDRESS, "HEAD"), worker.ask(ADDRESS)
        assert head.body == b""
        assert {**head.headers, "Cache-Status": HIT} == get.headers

    def test_range_is_answered_with_the_whole_page(self, worker, text):
        worker.ask(ADDRESS)
        assert worker.ask(ADDRESS, range="bytes=0-9").status == 200


class TestConditions:
    @pytest.fixture
    def page(self, worker, text):
        return worker.ask(ADDRESS)

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({"if_none_match": "{tag}"}, 304),
            ({"if_none_match": "W/{tag}"}, 304),
            ({"if_none_match": '"other", W/"more", {tag}'}, 304),
            ({"if_none_match": "*"}, 304),
            ({"if_none_match": '"other"'}, 200),
            ({"if_none_match": ""}, 200),
            ({"if_none_match": ", ,\x00,,"}, 200),
            ({"if_none_match": '"' + "x" * 8000}, 200),
            ({"if_modified_since": "{modified}"}, 304),
            ({"if_modified_since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 200),
            ({"if_modified_since": "yesterday"}, 200),
            ({"if_none_match": '"other"', "if_modified_since": "{modified}"}, 200),
            ({"if_match": "{tag}"}, 200),
            ({"if_match": "*"}, 200),
            ({"if_match": "W/{tag}"}, 412),
            ({"if_match": '"other"'}, 412),
            ({"if_unmodified_since": "{modified}"}, 200),
            ({"if_unmodified_since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 412),
            ({"if_unmodified_since": "yesterday"}, 200),
        ],
    )
    def test_each_is_weighed_as_the_standard_says(self, worker, page, sent, status):
        known = {"tag": page.headers["ETag"], "modified": page.headers["Last-Modified"]}
        asked = {name: value.format(**known) for name, value in sent.items()}
        for method in ("GET", "HEAD"):
            answer = worker.ask(ADDRESS, method, **asked)
            assert answer.status == status
            if status != 200:
                assert answer.body == b""
                assert answer.headers["ETag"] == page.headers["ETag"]
                assert "Content-Length" not in answer.headers
        assert len(worker.rendered) == 1

    @commits
    def test_a_page_that_came_out_the_same_keeps_its_tag_and_its_date(self, worker, page):
        TopicFactory(hidden=True)
        with time_machine.travel(timezone.now() + datetime.timedelta(seconds=5), tick=False):
            again = worker.ask(ADDRESS)
        assert again.fate == STORED
        assert again.headers["ETag"] == page.headers["ETag"]
        assert again.headers["Last-Modified"] == page.headers["Last-Modified"]


@commits
class TestNeverStale:
    def test_each_kind_of_commit_shows_at_the_next_request_of_every_worker(self, worker, text):
        other = Worker()
        topic = TopicFactory(name_en="Ports", slug="ports")

        def title(new):
            Article.objects.filter(pk=text.pk).update(title=new)

        for number in range(3):
            for one in (worker, other):
                one.ask(ADDRESS), one.ask("/topics/")
            title(f"The Harbour {number}")
            Topic.objects.filter(pk=topic.pk).update(name_en=f"Ports {number}")
            for one in (worker, other):
                assert f"The Harbour {number}".encode() in one.ask(ADDRESS).body
                assert f"Ports {number}".encode() in one.ask("/topics/").body

    def test_what_is_rolled_back_voids_nothing(self, worker, text):
        worker.ask(ADDRESS)
        with transaction.atomic():
            Article.objects.filter(pk=text.pk).update(title="Never")
            transaction.set_rollback(True)
        assert worker.ask(ADDRESS).fate == HIT

    def test_a_withdrawn_text_is_gone_at_once(self, worker, text, admin_user):
        assert worker.ask(ADDRESS).status == 200
        workflow.withdraw(text, admin_user, "It was wrong.")
        assert worker.ask(ADDRESS).status == 410
        assert worker.ask(ADDRESS).status == 410

    def test_publication_and_expiry_come_by_the_clock_and_nothing_is_held_beyond_them(self, folder):
        noon = datetime.datetime(2031, 3, 3, 4, 0, tzinfo=datetime.UTC)
        second = datetime.timedelta(seconds=1)
        with time_machine.travel(noon - 3600 * second, tick=False) as clock:
            ArticleFactory(
                slug="harbour", publish_at=noon, expire_at=noon + 60 * second, title="Through the Hour"
            )
            worker = Worker()
            seen = {}
            for at in (-60, -0.5, 0, 59, 59.5, 60):
                clock.move_to(noon + at * second)
                answers = [worker.ask("/"), worker.ask("/")]
                assert [b"Through the Hour" in one.body for one in answers] == [0 <= at < 60] * 2
                seen[at] = answers[1].headers["Cache-Control"].partition("s-maxage=")[2][0], answers[1].fate
                assert worker.ask(ADDRESS).status == (200 if 0 <= at < 60 else 410 if at >= 60 else 404)
        assert seen == {
            -60: ("1", HIT),
            -0.5: ("0", HIT),
            0: ("1", HIT),
            59: ("1", HIT),
            59.5: ("0", HIT),
            60: ("1", HIT),
        }

    def test_a_correction_that_is_due_is_applied_by_the_first_miss(self, worker, text, admin_user):
        copy = copies.open_copy(text, admin_user)
        copy.title = "The Corrected Harbour"
        copy.save()
        due = timezone.now() + datetime.timedelta(hours=1)
        copies.publish_copy(copy, at=due)
        with time_machine.travel(due - datetime.timedelta(seconds=2), tick=False):
            assert b"The Corrected Harbour" not in worker.ask(ADDRESS).body
        with time_machine.travel(due, tick=False):
            assert b"The Corrected Harbour" in worker.ask(ADDRESS).body
            assert worker.ask(ADDRESS).fate == HIT

    def test_midnight_in_beijing_ends_every_page(self, worker, text):
        late = datetime.datetime(2031, 3, 3, 15, 59, 59, tzinfo=datetime.UTC)
        with time_machine.travel(late, tick=False) as clock:
            worker.ask(ADDRESS)
            assert worker.ask(ADDRESS).fate == HIT
            clock.shift(1)
            assert worker.ask(ADDRESS).fate == STORED

    def test_what_was_written_while_a_page_was_rendered_shows_at_the_next_request(self, worker, text):
        rendering = worker.django

        def slow(environ, start_response):
            answer = rendering(environ, start_response)
            Article.objects.filter(pk=text.pk).update(title="Written Meanwhile")
            worker.django = rendering
            return answer

        worker.django = slow
        assert b"Written Meanwhile" not in worker.ask(ADDRESS).body
        assert b"Written Meanwhile" in worker.ask(ADDRESS).body

    def test_a_killed_writer_is_made_up_for_by_the_comparison(self, worker, text, monkeypatch):
        worker.ask(ADDRESS)
        with monkeypatch.context() as killed:
            killed.setattr(mirror.FileMirror, "raise_to", lambda self, version: None)
            Article.objects.filter(pk=text.pk).update(title="Committed and Killed")
        assert b"Committed and Killed" not in worker.ask(ADDRESS).body
        mirror.compare()
        assert b"Committed and Killed" in worker.ask(ADDRESS).body

    def test_a_database_from_a_backup_begins_a_new_epoch(self, worker, text):
        before = read_version()
        worker.ask(ADDRESS)
        for number in range(3):
            Article.objects.filter(pk=text.pk).update(title=f"Lost {number}")
        worker.ask(ADDRESS)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE publishing_contentversion SET number = %s", [before.number])
        mirror.compare()
        after = read_version()
        assert after.epoch != before.epoch
        assert mirror.mirror().read() == after.key
        assert worker.ask(ADDRESS).fate == STORED
        assert worker.ask(ADDRESS).fate == HIT


class TestTheMirror:
    def test_it_is_never_lowered_within_an_epoch(self, folder):
        mirrored = mirror.mirror()
        for version, shown in [
            (Version(5, 1, None), "1.5"),
            (Version(4, 1, None), "1.5"),
            (Version(10, 1, None), "1.a".replace("a", "10")),
            (Version(9, 1, None), "1.10"),
            (Version(2, 7, None), "7.2"),
        ]:
            mirrored.raise_to(version)
            assert mirrored.read() == shown

    def test_many_writers_leave_the_highest(self, folder):
        versions = [Version(number, 1, None) for number in range(1, 201)]

        def write(some):
            for version in some:
                mirror.FileMirror(folder).raise_to(version)

        threads = [threading.Thread(target=write, args=(versions[first::8],)) for first in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert mirror.mirror().read() == "1.200"


class TestOneAddress:
    @pytest.mark.parametrize(
        ("route", "query", "canonical"),
        [
            ("article", "utm_source=mail&utm_medium=x&fbclid=1", ""),
            ("article", "page=7", ""),
            ("topic", "page=2", "page=2"),
            ("topic", "page=1", ""),
            ("topic", "page=02", None),
            ("topic", "page=9999999999", None),
            ("topic", "page=2&page=3", "page=3"),
            ("topic", "year=2024&page=2&gclid=1", "page=2&year=2024"),
            ("topic", "page=2&year=2024", "page=2&year=2024"),
            ("topic", "page=&year=", ""),
            ("topic", "year=MMXX", None),
            ("expert", "kind=interview", "kind=interview"),
            ("expert", "kind=%3Cscript%3E", None),
            ("experts", "utm_campaign=x", ""),
            ("experts", "name=pan", None),
            ("contact", "about=membership", None),
            ("home", "&".join(f"a{n}=1" for n in range(2000)), None),
            ("home", "%00%ff=%ed%a0%80&=&&;", ""),
        ],
    )
    def test_what_names_another_page_stays_and_nothing_else(self, route, query, canonical):
        assert canonical_query(route, query) == canonical

    def test_a_thousand_random_queries_leave_one_page(self, worker, folder, text):
        for number in range(1000):
            answer = worker.ask(ADDRESS, query=f"x{number}={number}&utm_source={number}")
            assert answer.status == 200
        assert worker.rendered == [(ADDRESS, "")]
        assert len(worker.cache.memory.pages) == 1
        assert len(list(folder.glob("*/??/*"))) == 1

    @pytest.mark.long
    def test_a_million_random_queries_leave_one_page(self, worker, folder, text):
        chance = random.Random(6)
        worker.ask(ADDRESS)
        for _ in range(1_000_000):
            query = chance.randbytes(12).hex()
            assert worker.ask(ADDRESS, query=f"{query[:5]}={query[5:]}").fate == HIT
        assert worker.rendered == [(ADDRESS, "")]
        assert len(worker.cache.memory.pages) == 1
        assert len(list(folder.glob("*/??/*"))) == 1

    def test_what_is_not_there_is_not_kept(self, worker, folder):
        for number in range(5):
            assert worker.ask(f"/articles/nothing-{number}/").status == 404
            assert worker.ask("/research/", query=f"page={number + 2}").status == 404
        assert list(folder.glob("*/??/*")) == []

    def test_every_route_is_kept_or_has_its_reason(self):
        private = {
            "desk-feed", "healthz", "media-image", "media-document", "card", "publication-file",
            "contact-thanks", "support-thanks", "subscribe-sent", "subscribe-confirm", "subscribed",
            "unsubscribe", "preferences-sent", "preferences", "unsubscribed", "expert-contact-thanks",
            "member", "review", "review-document", "preview", "style", "style-sheet", "search",
            "sitemap", "funding-csv",
        }  # fmt: skip
        loose = []

        def walk(patterns, above):
            for pattern in patterns:
                if hasattr(pattern, "url_patterns"):
                    if not str(pattern.pattern).startswith("admin"):
                        walk(pattern.url_patterns, above + str(pattern.pattern))
                elif pattern.name not in KEPT and not any(pattern.name.startswith(n) for n in private):
                    loose.append(pattern.name)

        walk(get_resolver().url_patterns, "")
        assert loose == []


class TestWhoIsServed:
    def test_readers_cookies_and_languages_do_not_split_it(self, worker, text):
        first = worker.ask(ADDRESS)
        for headers in (
            {"cookie": "language=zh; theme=dark"},
            {"accept_language": "zh-CN"},
            {"user_agent": "curl"},
        ):
            answer = worker.ask(ADDRESS, **headers)
            assert (answer.fate, answer.body) == (HIT, first.body)

    def test_a_session_never_meets_it(self, worker, text, admin_client):
        worker.ask(ADDRESS)
        cookie = f"sessionid={admin_client.cookies['sessionid'].value}"
        answer = worker.ask(ADDRESS, cookie=cookie)
        assert answer.fate == ""
        assert answer.headers["Cache-Control"] == "private, no-store"

    def test_a_host_that_is_not_ours_is_refused_though_the_page_is_kept(self, worker, text):
        worker.ask(ADDRESS)
        for host in ("evil.example", "", "127.0.0.1@evil.example", "a" * 300):
            assert worker.ask(ADDRESS, host=host).status == 400

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    def test_other_methods_go_to_django(self, worker, text, method):
        worker.ask(ADDRESS)
        assert worker.ask(ADDRESS, method).fate == ""

    def test_plain_http_is_led_to_https_though_the_page_is_kept(self, folder, text, settings):
        settings.SECURE_SSL_REDIRECT = True
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        worker = Worker()
        assert worker.ask(ADDRESS, x_forwarded_proto="https").status == 200
        assert worker.ask(ADDRESS, x_forwarded_proto="https").fate == HIT
        assert worker.ask(ADDRESS).status == 301

    def test_a_form_on_a_kept_page_holds_nothing_that_is_somebodys(self, worker):
        pages = [worker.ask("/about/contact/"), worker.ask("/about/contact/")]
        assert [page.fate for page in pages] == [STORED, HIT]
        assert b"csrf" not in pages[0].body
        assert not [page for page in pages if "Set-Cookie" in page.headers]

    def test_what_was_asked_of_a_form_is_not_kept(self, worker, folder):
        worker.ask("/experts/", query="name=pan")
        worker.ask("/search/", query="q=pan")
        assert list(folder.glob("*/??/*")) == []

    def test_what_is_passed_on_is_compressed_for_those_who_take_it(self, worker):
        plain, packed = (worker.ask("/articles/nothing/", accept_encoding=c) for c in ("", "gzip"))
        assert packed.status == 404
        assert gzip.decompress(packed.body) == plain.body
        assert packed.headers["Content-Length"] == str(len(packed.body))

    @pytest.mark.parametrize(
        ("accepted", "coding"),
        [
            ("", ""),
            ("identity", ""),
            ("gzip, deflate, br, zstd", "br"),
            ("gzip;q=1.0, br;q=0", "gzip"),
            ("GZIP", "gzip"),
            ("*", "br"),
            ("*;q=0", ""),
            ("gzip;q=abc", "gzip"),
            (";;,,q=1", ""),
        ],
    )
    def test_the_coding_is_one_that_was_accepted(self, accepted, coding):
        assert coding_for(accepted) == coding


class TestNoStampede:
    def test_twenty_readers_of_a_page_that_nobody_has_cost_one_rendering(self, folder, text, at_once):
        worker, other = Worker(), Worker()
        workers = iter([worker, other] * 10)
        answers = at_once(20, lambda: next(workers).ask(ADDRESS))
        assert {answer.body for answer in answers} == {worker.ask(ADDRESS).body}
        assert len(worker.rendered) + len(other.rendered) == 1

    def test_who_waited_in_vain_renders_and_keeps_nothing(self, folder, text, monkeypatch):
        monkeypatch.setattr(page_cache, "LONGEST_WAIT", 0.05)
        worker = Worker()
        with worker.cache.store.rendering(ADDRESS) as mine:
            assert mine
            answer = worker.ask(ADDRESS)
        assert (answer.status, answer.fate) == (200, MISS)
        assert worker.ask(ADDRESS).fate == STORED


class TestFaults:
    def test_the_database_dies_and_kept_pages_are_served(self, worker, text, monkeypatch):
        worker.ask(ADDRESS)
        monkeypatch.setattr(connection, "cursor", _dead)
        assert worker.ask(ADDRESS).fate == HIT
        assert Worker().ask(ADDRESS).fate == HIT

    def test_database_and_mirror_die_and_the_last_known_page_is_served_marked_and_counted(
        self, worker, text, monkeypatch, folder, caplog
    ):
        page = worker.ask(ADDRESS)
        monkeypatch.setattr(connection, "cursor", _dead)
        (folder / "version").unlink()
        answer = worker.ask(ADDRESS)
        assert (answer.status, answer.body) == (200, page.body)
        assert answer.fate == page_cache.LAST_KNOWN
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert worker.cache.counts["last known"] == 1
        assert "last known page was served 1 times" in caplog.text
        assert worker.ask("/topics/").status == 500

    def test_without_a_mirror_the_version_is_asked_of_the_database(self, worker, text, folder):
        worker.ask(ADDRESS)
        (folder / "version").unlink()
        with CaptureQueriesContext(connection) as queries:
            assert worker.ask(ADDRESS).fate == HIT
        assert len(queries) == 1

    @commits
    def test_a_folder_that_can_not_be_written_means_slower_not_broken(
        self, settings, tmp_path, text, caplog, monkeypatch
    ):
        for module in (page_store, mirror):
            monkeypatch.setattr(module.logger, "handlers", [caplog.handler])
        (tmp_path / "a-file").write_text("in the way")
        settings.PAGE_CACHE_DIR = tmp_path / "a-file" / "pages"
        worker = Worker()
        assert [worker.ask(ADDRESS).status for _ in range(3)] == [200] * 3
        Article.objects.filter(pk=text.pk).update(title="Seen at Once")
        assert b"Seen at Once" in worker.ask(ADDRESS).body
        assert [record.getMessage()[:20] for record in caplog.records] == [
            "The content version ",
            "Pages can not be kep",
        ]

    @commits
    def test_in_a_folder_that_became_read_only_an_old_mirror_is_not_believed(self, worker, text, monkeypatch):
        worker.ask(ADDRESS)

        def refused(*args, **kwargs):
            raise PermissionError(30, "Read-only file system")

        for way in ("os.symlink", "os.replace", "os.unlink"):
            monkeypatch.setattr(way, refused)
        for number in range(2):
            Article.objects.filter(pk=text.pk).update(title=f"Written All the Same {number}")
            assert f"Written All the Same {number}".encode() in worker.ask(ADDRESS).body
        monkeypatch.undo()
        mirror.compare()
        assert mirror.mirror().read() == read_version().key

    @commits
    def test_a_full_disk_loses_the_mirror_rather_than_show_an_old_one(self, worker, text, monkeypatch):
        worker.ask(ADDRESS)

        def full(*args):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.symlink", full)
        Article.objects.filter(pk=text.pk).update(title="Written on a Full Disk")
        assert mirror.mirror().read() is None
        assert b"Written on a Full Disk" in worker.ask(ADDRESS).body

    def test_half_a_file_is_no_page(self, worker, text, folder):
        worker.ask(ADDRESS)
        (file,) = folder.glob("*/??/*")
        whole = file.read_bytes()
        for broken in (b"", whole[:50], whole[:-1], b"\x00" * len(whole), b"[]\n", b"null\n" + whole):
            file.write_bytes(broken)
            answer = Worker().ask(ADDRESS)
            assert (answer.status, answer.fate) == (200, STORED)

    def test_the_oldest_pages_make_room(self, folder):
        files = Files(folder, "release", most=100_000)
        for number in range(200):
            files.save(Page.of(f"/{number}/", "1.1", 2e9, [], random.Random(number).randbytes(2000)))
        kept = sum(path.stat().st_size for path in folder.glob("*/??/*"))
        assert 0 < kept <= 100_000
        assert files.load("/199/") is not None
        assert files.load("/0/") is None

    def test_memory_holds_no_more_than_it_may(self):
        memory = Memory(most=10_000)
        for number in range(1000):
            memory.put(Page.of(f"/{number}/", "1.1", 2e9, [], str(number).encode() * 50))
        assert memory.size == sum(len(page.packed) for page in memory.pages.values()) <= 10_000
        assert "/999/" in memory.pages

    def test_another_release_renders_anew(self, worker, text, monkeypatch):
        worker.ask(ADDRESS)
        monkeypatch.setattr(page_cache, "release", lambda: "another")
        assert Worker().ask(ADDRESS).fate == STORED

    def test_the_release_is_named_by_its_sources(self):
        assert release() == release()
        assert len(release()) == 16


def _dead(*args, **kwargs):
    raise OperationalError("the database is gone")


@pytest.mark.redis
@pytest.mark.skipif(SERVER is None, reason="there is no redis-server on this machine")
@commits
class TestOnRedis:
    """Several machines: nothing is shared but the database and Redis."""

    @pytest.fixture
    def redis(self, settings, tmp_path):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [SERVER, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
        settings.REDIS_URL = f"redis://127.0.0.1:{port}/0"
        settings.PAGE_CACHE_DIR = tmp_path / "unused"
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _wait_for(port)
        yield server
        server.kill()
        server.wait()

    def test_one_renders_for_all_and_a_commit_shows_everywhere(self, redis, text):
        one, other = Worker(), Worker()
        assert [one.ask(ADDRESS).fate, other.ask(ADDRESS).fate] == [STORED, HIT]
        Article.objects.filter(pk=text.pk).update(title="Seen Everywhere")
        for each in (other, one):
            assert b"Seen Everywhere" in each.ask(ADDRESS).body
        assert len(one.rendered) + len(other.rendered) == 2

    def test_it_dies_and_pages_go_on_never_stale(self, redis, text):
        worker = Worker()
        worker.ask(ADDRESS)
        redis.kill()
        redis.wait()
        assert worker.ask(ADDRESS).fate == HIT
        Article.objects.filter(pk=text.pk).update(title="Written Without Redis")
        assert b"Written Without Redis" in worker.ask(ADDRESS).body
        assert worker.ask(ADDRESS).fate == HIT

    def test_one_gone_silent_is_waited_for_once(self, redis, text):
        worker = Worker()
        worker.ask(ADDRESS)
        redis.send_signal(19)  # SIGSTOP: it takes connections and never answers
        try:
            took = []
            for _ in range(10):
                began = time.perf_counter()
                assert worker.ask(ADDRESS).fate == HIT
                took.append(time.perf_counter() - began)
            assert [seconds >= 0.05 for seconds in took] == [True] + [False] * 9
            assert took[0] < 0.15
        finally:
            redis.send_signal(18)

    def test_it_comes_back_and_is_asked_again(self, redis, text):
        worker = Worker()
        worker.ask(ADDRESS)
        redis.send_signal(19)
        worker.ask(ADDRESS)
        link = worker.cache.mirror.link
        assert link.down
        redis.send_signal(18)
        for _ in range(60):
            if not link.down:
                break
            time.sleep(0.05)
        assert not link.down
        mirror.compare()
        assert mirror.mirror().read() == read_version().key

    def test_many_readers_cost_one_rendering(self, redis, text, at_once):
        one, other = Worker(), Worker()
        workers = iter([one, other] * 5)
        at_once(10, lambda: next(workers).ask(ADDRESS))
        assert len(one.rendered) + len(other.rendered) == 1


def _wait_for(port):
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)


def test_the_row_counts_on_in_its_epoch_without_a_comparison_that_has_reason(folder):
    before = ContentVersion.objects.get()
    mirror.compare()
    mirror.compare()
    assert ContentVersion.objects.get().epoch == before.epoch
