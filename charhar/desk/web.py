"""Whether links to other sites still lead somewhere: asked politely, and of public addresses alone.

Each site is asked once a second at most, by HEAD and, where that is not liked, by GET without reading the
page; what fails is asked a second time. A link that leads, also by a redirect, to a private or loopback
address is not followed: whoever writes a text could otherwise make this machine ask its neighbours.
"""

import http.client
import ipaddress
import queue
import socket
import ssl
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

PROBLEMS = {
    "address": _("this is no address of a page"),
    "host": _("there is no such site"),
    "private": _("this is not a public address"),
    "connection": _("the site can not be reached"),
    "timeout": _("the site does not answer"),
    "certificate": _("the site's certificate is not valid"),
    "answer": _("the site's answer makes no sense"),
    "redirects": _("the site sends readers round in circles"),
}
TIMEOUT = 10
PAUSE = 1.0
REDIRECTS = 5
SITES_AT_ONCE = 8
# Answers to a robot that say nothing of what a reader would get.
TELLS_NOTHING = frozenset({401, 403, 405, 406, 429, 451, 503, 999})


class _Wrong(Exception):
    """What is wrong, as a key of PROBLEMS or a status code."""


def problems_of_pages(
    urls: Iterable[str], *, allow_private: bool = False, pause: float = PAUSE
) -> Iterator[tuple[str, str]]:
    """Each address with what is wrong there (a key of ``PROBLEMS`` or a status code); empty where nothing is.

    The answers come as they arrive. Different sites are asked at the same time, one site never twice at once.
    """
    sites = defaultdict(list)
    for url in dict.fromkeys(urls):
        sites[_site_of(url)].append(url)
    answers: queue.Queue[tuple[str, str]] = queue.Queue()

    def ask(pages: list[str]) -> None:
        for position, url in enumerate(pages):
            if position:
                time.sleep(pause)
            try:
                answers.put((url, problem_of_page(url, allow_private=allow_private, pause=pause)))
            except Exception:  # never the whole run for one odd page
                answers.put((url, "answer"))

    with ThreadPoolExecutor(SITES_AT_ONCE) as pool:
        for pages in sites.values():
            pool.submit(ask, pages)
        for _page in range(sum(map(len, sites.values()))):
            yield answers.get()


def problem_of_page(url: str, *, allow_private: bool = False, pause: float = PAUSE) -> str:
    """What is wrong with one page, asked a second time before it is called broken."""
    for last in (False, True):
        try:
            status = _status(url, allow_private)
            found = str(status) if status >= 400 and status not in TELLS_NOTHING else ""
        except _Wrong as wrong:
            found = str(wrong)
        if not found or last or found in {"private", "address"}:
            return found
        time.sleep(pause)
    return ""


def problem_in_words(problem: str) -> str:
    """A key of ``PROBLEMS`` or a status code, for people."""
    return str(PROBLEMS.get(problem) or _("the site answers %s") % problem)


def _site_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _status(url: str, allow_private: bool) -> int:
    for _step in range(REDIRECTS + 1):
        parts = _parts(url)
        status, location = _ask("HEAD", parts, allow_private)
        if status >= 400:
            status, location = _ask("GET", parts, allow_private)
        if status not in {301, 302, 303, 307, 308} or not location:
            return status
        url = urljoin(url, location)
    raise _Wrong("redirects")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(f"https:{url}" if url.startswith("//") else url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or not 0 < (parts.port or 1) < 65536:
            raise _Wrong("address")
    except ValueError:
        raise _Wrong("address") from None
    return parts


def _ask(method: str, parts: SplitResult, allow_private: bool) -> tuple[int, str]:
    """Status and Location of one request; the connection goes to the very address that was looked at."""
    try:
        host = str(parts.hostname).encode("idna").decode("ascii")
    except UnicodeError:
        raise _Wrong("host") from None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _public_address(host, port, allow_private)
    connection = _Connection(host, port, address, secure=parts.scheme == "https")
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?[]')}" if parts.query else ""
    headers = {
        "User-Agent": f"Charhar link check ({settings.SITE_URL})",
        "Accept": "*/*",
        "Connection": "close",
    }
    try:
        connection.request(method, path + query, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")
    except TimeoutError:
        raise _Wrong("timeout") from None
    except ssl.SSLCertVerificationError:
        raise _Wrong("certificate") from None
    except OSError:
        raise _Wrong("connection") from None
    except (http.client.HTTPException, ValueError):
        raise _Wrong("answer") from None
    finally:
        connection.close()


def _public_address(host: str, port: int, allow_private: bool) -> str:
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise _Wrong("host") from None
    if not allow_private and not all(_is_public(each) for each in found):
        raise _Wrong("private")
    return sorted(found, key=lambda each: ":" in each)[0]


def _is_public(address: str) -> bool:
    parsed: Any = ipaddress.ip_address(address.partition("%")[0])
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return parsed.is_global and not parsed.is_multicast


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was chosen before, under the name that the page has."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self.default_port = 443 if secure else 80
        self.address, self.secure = address, secure

    def connect(self) -> None:
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
