"""The page cache: whole pages for readers without a session, looked up before Django is.

A page is kept under its address with the content version that was read *before* its content; it is served
while the mirror (publishing/mirror.py) shows that very version and the clock has not passed the version's
next change. So a commit voids every page at once, and the worst that can be kept is newer content under an
older version, which is never served again.

What is rendered for keeping is rendered without the reader's cookies, languages and codings: it can not hold
anything of theirs.
"""

import gzip
import hashlib
import io
import logging
import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

import brotli
from django.conf import settings
from django.core.handlers.wsgi import get_path_info
from django.db import DatabaseError, connection
from django.http.request import split_domain_port, validate_host
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.http import parse_http_date_safe

from charhar.page_store import LEVEL, LONGEST_WAIT, Headers, Memory, Page, shared_store
from charhar.publishing.languages import language_of_path
from charhar.publishing.middleware import VERSION
from charhar.publishing.mirror import compare, mirror
from charhar.publishing.version import current_version

logger = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

# -- What is kept ------------------------------------------------------------------------------------

PAGE = {"page": re.compile(r"[1-9][0-9]{0,6}")}
LIST = PAGE | {"year": re.compile(r"[0-9]{4}")}
NOTHING: dict[str, re.Pattern] = {}
FORM = None  # what people typed into a form: kept as it is before anybody asks it something

# The routes whose pages are kept, and what each reads of the query: few values, of which the senseless are
# 404. All else in the query is no part of the address. A route that is not named here is never kept.
KEPT: dict[str, dict[str, re.Pattern] | None] = {
    "home": NOTHING,
    "article": NOTHING,
    "research": LIST,
    "news": LIST,
    "news-section": LIST,
    "tag": LIST,
    "regions": NOTHING,
    "region": LIST,
    "topics": NOTHING,
    "topic": LIST,
    "experts": FORM,
    "expert": LIST | {"kind": re.compile(r"[a-z]{1,20}")},
    "expert-contact": NOTHING,
    "for-journalists": NOTHING,
    "office": NOTHING,
    "programme": LIST,
    "publications": FORM,
    "series": LIST,
    "publication": NOTHING,
    "about": NOTHING,
    "page": NOTHING,
    "legal": NOTHING,
    "contact": FORM,
    "support": NOTHING,
    "careers": NOTHING,
    "vacancy": NOTHING,
    "funding": NOTHING,
    "newsletters": NOTHING,
    "newsletter": NOTHING,
    "subscribe": FORM,
    "preferences-link": NOTHING,
    "membership": NOTHING,
    "member-sign-in": NOTHING,
    "feed-rss": NOTHING,
    "feed-atom": NOTHING,
    "feed-json": NOTHING,
    "feed-subject-rss": NOTHING,
    "feed-subject-atom": NOTHING,
    "feed-subject-json": NOTHING,
    "robots": NOTHING,
}
# What mailings and networks hang on to an address; no form of ours reads them.
TRACKING = re.compile(
    r"(utm|mtm|pk|hsa|at)_\w+|(fb|g|gb|wb|dcl|msc|ttc|yc|li_fat_|tw)clid|gad_source|mc_[ce]id|igshid|spm"
)
LONGEST_ADDRESS = 255


@lru_cache(maxsize=4096)
def route_of(path: str) -> str | None:
    """The name of the route that a path, as WSGI has it, leads to, if its pages are kept."""
    if len(path) > LONGEST_ADDRESS:
        return None
    real = get_path_info({"PATH_INFO": path})
    try:
        with translation.override(language_of_path(real)):
            name = resolve(real).url_name
    except Resolver404:
        return None
    return name if name in KEPT else None


def canonical_query(route: str, query: str) -> str | None:
    """The part of a query that names another page, in one order; None where the page is not to be kept."""
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return None
    read = KEPT[route]
    if read is None:
        return "" if all(TRACKING.fullmatch(name) for name, _value in pairs) else None
    chosen = {name: value for name, value in pairs if name in read and value}
    if not all(read[name].fullmatch(value) for name, value in chosen.items()):
        return None
    if chosen.get("page") == "1":
        del chosen["page"]
    return urlencode(sorted(chosen.items()))


# -- What is sent ------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def coding_for(accepted: str) -> str:
    """The coding for an Accept-Encoding header: ``br``, ``gzip`` or, for neither, ``""``."""
    weights = {}
    for part in accepted.lower().split(","):
        name, _semicolon, parameter = part.partition(";")
        weight = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameter)
        weights[name.strip()] = float(weight[1]) if weight else 1.0
    for coding in ("br", "gzip"):
        if weights.get(coding, weights.get("*", 0.0)) > 0:
            return coding
    return ""


def packed(page: Page, coding: str) -> tuple[Headers, bytes]:
    """A page's headers and bytes in one coding; made once a process."""
    answer = page.answers.get(coding)
    if answer is None:
        body = page.packed if coding == "gzip" else page.plain
        if coding == "br":
            body = brotli.compress(body, mode=brotli.MODE_TEXT, quality=LEVEL)
        tag = f'"{page.etag}-{coding}"' if coding else f'"{page.etag}"'
        headers = [
            *page.headers,
            ("Content-Length", str(len(body))),
            ("ETag", tag),
            ("Last-Modified", page.modified),
            ("Vary", "Accept-Encoding"),
        ]
        if coding:
            headers.append(("Content-Encoding", coding))
        answer = page.answers[coding] = headers, body
    return answer


OF_A_304 = {"Cache-Control", "Content-Location", "ETag", "Expires", "Last-Modified", "Vary", "Cache-Status"}


def names(header: str, tag: str) -> bool:
    """Whether If-None-Match or If-Match names an entity tag, weak or not."""
    return header.strip() == "*" or any(one.strip().removeprefix("W/") == tag for one in header.split(","))


def condition(environ: Environ, page: Page, tag: str) -> int:
    """200, 304 or 412: what RFC 9110 (13.2.2) makes of a GET's preconditions."""
    if (header := environ.get("HTTP_IF_MATCH")) is not None:
        if not names(header.replace("W/", "weak:"), tag):  # compared strongly
            return 412
    elif header := environ.get("HTTP_IF_UNMODIFIED_SINCE"):
        since, changed = parse_http_date_safe(header), parse_http_date_safe(page.modified)
        if since is not None and changed is not None and changed > since:
            return 412
    if (header := environ.get("HTTP_IF_NONE_MATCH")) is not None:
        return 304 if names(header, tag) else 200
    if header := environ.get("HTTP_IF_MODIFIED_SINCE"):
        since, changed = parse_http_date_safe(header), parse_http_date_safe(page.modified)
        if since is not None and changed is not None and changed <= since:
            return 304
    return 200


CONDITIONS = (
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_MATCH",
    "HTTP_IF_UNMODIFIED_SINCE",
)
LINES = {200: "200 OK", 304: "304 Not Modified", 412: "412 Precondition Failed"}
NEVER_DOWNSTREAM = "private, no-store"


def send(page: Page, environ: Environ, start_response: StartResponse, fate: str, now: float) -> list[bytes]:
    """Answer a GET or HEAD with a page; ``fate`` is said in Cache-Status (RFC 9211)."""
    headers, body = packed(page, coding_for(environ.get("HTTP_ACCEPT_ENCODING", "")))
    headers = [*headers, ("Cache-Status", fate)]
    if fate is LAST_KNOWN:
        headers = [one for one in headers if one[0] != "Cache-Control"]
        headers.append(("Cache-Control", NEVER_DOWNSTREAM))
    elif page.valid_until - now < 1:  # no cache in front may hold it beyond the next change
        headers = [(name, value.replace("s-maxage=1", "s-maxage=0")) for name, value in headers]
    if any(name in environ for name in CONDITIONS):
        tag = next(value for name, value in headers if name == "ETag")
        status = condition(environ, page, tag)
        if status != 200:
            start_response(LINES[status], [one for one in headers if one[0] in OF_A_304])
            return []
    start_response("200 OK", headers)
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


# -- The cache ---------------------------------------------------------------------------------------

HIT = "charhar; hit"
STORED = "charhar; fwd=miss; stored"
MISS = "charhar; fwd=miss"
LAST_KNOWN = 'charhar; fwd=stale; detail="the last known page"'
# What rendering may know of the request: nothing that belongs to one reader.
SHOWN = (
    "REMOTE_ADDR",
    "REMOTE_PORT",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "SERVER_SOFTWARE",
    "HTTP_HOST",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "PATH_INFO",
)
SOURCES = (".py", ".html", ".txt", ".xml", ".mo", ".css", ".js", ".svg", ".yaml")
BETWEEN_LOOKS = 1.0  # seconds between two comparisons of mirror and database


def release() -> str:
    """A fingerprint of the code: what one release rendered, no other serves. Reads every source, 50 ms."""
    digest = hashlib.blake2b(digest_size=8)
    for top in ("charhar", "articles", "experts", "publications", "templates"):
        for path in sorted((settings.BASE_DIR / top).rglob("*")):
            if path.suffix in SOURCES:
                digest.update(path.read_bytes())
    return digest.hexdigest()


@lru_cache(maxsize=256)
def is_ours(host: str) -> bool:
    """Whether a Host header names this site."""
    domain, _port = split_domain_port(host)
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)


class PageCache:
    """A WSGI application before Django's: answers what it has kept, and keeps what it had rendered."""

    def __init__(self, app: Callable) -> None:
        self.app = app
        self.memory, self.store, self.mirror = Memory(), shared_store(release()), mirror()
        self.counts: Counter[str] = Counter()
        self.process = 0
        self.told = 0.0
        proxy = settings.SECURE_PROXY_SSL_HEADER
        self.secure_name, self.secure_value = proxy or ("wsgi.url_scheme", "https")
        self.apart = tuple(filter(None, (settings.STATIC_URL, settings.MEDIA_URL, "/admin/")))

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """A hit costs one look at the mirror and one into this process' memory."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.app(environ, start_response)
        if settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", ""):
            return self.app(environ, start_response)
        path, query = environ["PATH_INFO"], environ.get("QUERY_STRING", "")
        if path.startswith(self.apart) or not is_ours(environ.get("HTTP_HOST", "")):
            return self.app(environ, start_response)
        if query:
            route = route_of(path)
            canonical = canonical_query(route, query) if route else None
            if canonical is None:
                return self.app(environ, start_response)
            query = canonical
        key = f"{path}?{query}" if query else path
        if environ.get(self.secure_name) == self.secure_value:
            key = "https:" + key
        if self.process != os.getpid():
            self._begin()
        page, version, now = self.memory.get(key), self.mirror.read(), time.time()
        if page is not None and page.version == version and now < page.valid_until:
            return send(page, environ, start_response, HIT, now)
        if route_of(path) is None or environ.get("SCRIPT_NAME"):
            return self.app(environ, start_response)
        return self._look_further(key, query, version, environ, start_response)

    def _begin(self) -> None:
        """What a process must have of its own: the thread that compares mirror and database."""
        self.process = os.getpid()
        threading.Thread(target=self._compare, daemon=True, name="compares the mirror").start()

    def _compare(self) -> None:
        while True:
            try:
                compare()
            except Exception:
                logger.exception("The comparison of mirror and database failed")
            time.sleep(BETWEEN_LOOKS)

    def _look_further(
        self, key: str, query: str, version: str | None, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        """What the processes share; else the one who gets the lock renders, and the others wait for it."""
        if version is None:
            version = self._asked_of_the_database()
        page = self._kept(key, version)
        if page is not None:
            return send(page, environ, start_response, HIT, time.time())
        waited = time.monotonic() + LONGEST_WAIT
        while True:
            with self.store.rendering(key) as mine:
                # Whoever waited, or came a moment late, finds what another has just made.
                page = self._kept(key, version or self.mirror.read())
                if page is None and (mine or time.monotonic() > waited):
                    return self._render(key, query, version, environ, start_response, keep=mine)
            if page is not None:
                return send(page, environ, start_response, HIT, time.time())
            time.sleep(0.01)
            version = self.mirror.read() or version

    def _asked_of_the_database(self) -> str | None:
        """The version where no mirror tells it, at the price of a query; None without a database."""
        try:
            return current_version().key
        except DatabaseError:
            return None
        finally:
            connection.close_if_unusable_or_obsolete()

    def _kept(self, key: str, version: str | None) -> Page | None:
        """The page of this very version, from memory or from what the processes share."""
        now = time.time()
        page = self.memory.get(key)
        if page is not None and page.version == version and now < page.valid_until:
            return page
        page = self.store.load(key)
        if page is None or page.version != version or now >= page.valid_until:
            return None
        self.memory.put(page)
        return page

    def _render(
        self,
        key: str,
        query: str,
        version: str | None,
        environ: Environ,
        start_response: StartResponse,
        *,
        keep: bool,
    ) -> Iterable[bytes]:
        """Have Django make the page, keep it where it may be kept, and answer with it."""
        inner: Environ = {name: environ[name] for name in SHOWN if name in environ}
        inner |= {name: value for name, value in environ.items() if name.startswith("wsgi.")}
        inner |= {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "QUERY_STRING": query,
            "wsgi.input": io.BytesIO(),
        }
        status, headers, body = self._rendered(inner)
        made_from = inner.get(VERSION)
        if made_from is None and status[0] == "5" and version is None:
            page = self._last_known(key)
            if page is not None:
                return send(page, environ, start_response, LAST_KNOWN, time.time())
        if not status.startswith("200") or made_from is None or not for_everybody(headers):
            return self._pass_on(status, headers, body, environ, start_response)
        page = Page.of(key, made_from.key, valid_until(made_from.next_change), headers, body)
        known = self.memory.get(key)
        if known is not None and known.etag == page.etag:
            page.modified = known.modified
        now = time.time()
        if not keep or now >= page.valid_until:
            return send(page, environ, start_response, MISS, now)
        self.mirror.raise_to(made_from)
        self.memory.put(page)
        self.store.save(page)
        return send(page, environ, start_response, STORED, now)

    def _rendered(self, environ: Environ) -> tuple[str, Headers, bytes]:
        said: list[Any] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], Any]:
            said[:] = [status, headers]
            return lambda data: None

        result = self.app(environ, start)
        try:
            body = b"".join(result)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        return said[0], said[1], body

    def _last_known(self, key: str) -> Page | None:
        """The page as it was when the version could last be read: neither mirror nor database answers now."""
        page = self.memory.get(key) or self.store.load(key)
        if page is not None:
            self.counts["last known"] += 1
            if time.monotonic() > self.told + 60:
                self.told = time.monotonic()
                logger.error(
                    "Neither mirror nor database answers; the last known page was served %d times so far",
                    self.counts["last known"],
                )
        return page

    def _pass_on(
        self, status: str, headers: Headers, body: bytes, environ: Environ, start_response: StartResponse
    ) -> list[bytes]:
        """What is not kept, such as 404: as Django made it, but compressed for those who take it so."""
        headers = [one for one in headers if one[0] != "Content-Length"]
        if coding_for(environ.get("HTTP_ACCEPT_ENCODING", "")) and len(body) > 200:
            body = gzip.compress(body, LEVEL, mtime=0)
            headers.append(("Content-Encoding", "gzip"))
        headers.append(("Content-Length", str(len(body))))
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


def for_everybody(headers: Headers) -> bool:
    """Whether Django says that caches may keep an answer, and it sets no cookie."""
    said = {name.lower(): value for name, value in headers}
    return "s-maxage" in said.get("cache-control", "") and "set-cookie" not in said


def valid_until(next_change: Any) -> float:
    """When a page ends by the clock: at the next change or at midnight in Beijing, for what says "today"."""
    now = timezone.localtime()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() + 24 * 3600
    return min(midnight, next_change.timestamp()) if next_change else midnight


def with_page_cache(app: Callable) -> Callable:
    """An application with the page cache before it, unless PAGE_CACHE says no."""
    return PageCache(app) if settings.PAGE_CACHE else app
