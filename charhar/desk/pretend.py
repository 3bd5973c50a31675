"""The site as though a text, with any content of it, were public: rendered for real, and then undone.

The content is written and published within a transaction that is always rolled back, and the public view
answers in it. So a preview is the readers' page, made by the same queries and templates, and nothing of it
stays: no row, version, snapshot, address, search entry or mail, and nothing that is kept for other pages.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import UniqueConstraint
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from charhar.publishing.history import content_fields, fill, serialise, write
from charhar.publishing.languages import ENGLISH, language_of_path, with_prefix
from charhar.publishing.models import Publishable, State
from charhar.publishing.reading import Gone
from charhar.publishing.version import Version, current_version

# How long a preview waits for somebody who saves. Less than PostgreSQL takes to look for a deadlock, so that
# of the two it is the preview that gives way.
PATIENCE_MS = 800
TURN_SECONDS, PAUSE_SECONDS = 5, 0.1
KEPT_HEADERS = ("SERVER_NAME", "SERVER_PORT", "HTTP_HOST", "REMOTE_ADDR", "HTTP_X_FORWARDED_PROTO")
CLOSED = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "private, no-store"}


class CannotShow(ValidationError):
    """No page can be made of this content yet; the message says what is missing."""


class Busy(Exception):
    """Somebody else is writing just now: nothing is wrong, and the next try will do."""


class Banner(NamedTuple):
    """What stands at the head of a page that is only pretended; the template sees ``banner``."""

    template: str
    context: dict[str, Any]


Content = dict[str, Any] | Callable[[Any], str]


@dataclass
class Pretended:
    """A text as readers would get it, for as long as the pretence lasts."""

    text: Any  # the row that readers see: of a working copy, the live one
    version: Version  # the true one, under which menu and foot are kept

    def page(self, request: HttpRequest, banner: Banner, language: str = "") -> HttpResponse:
        """The public view's own answer, as a reader without an account gets it; in full, headers included.

        ``language`` chooses the page of a text that carries both on one row. The page is marked for no robot
        and no cache, holds no scripts, and opens its links in another window. Raises ``CannotShow``.
        """
        language = self.text.language if self.text.is_translated else (language or ENGLISH)
        with translation.override(language):
            inner = self.reader_request(request, with_prefix(self.text.address(), language), banner)
            try:
                match = inner.resolver_match = resolve(inner.path_info)
                response = match.func(inner, *match.args, **match.kwargs)
            except (Http404, Gone) as error:
                raise CannotShow(_("The site has no page under this address.")) from error
        return closed(response, language)

    def reader_request(self, request: HttpRequest, path: str, banner: Banner) -> HttpRequest:
        """A reader's GET of a path at the same host: nobody signed in, nothing posted, no cookie."""
        inner = HttpRequest()
        inner.method, inner.path, inner.path_info = "GET", path, path
        inner.META = {name: request.META[name] for name in KEPT_HEADERS if name in request.META}
        inner.META |= {"PATH_INFO": path, "QUERY_STRING": "", "REQUEST_METHOD": "GET"}
        inner.user = AnonymousUser()
        inner.LANGUAGE_CODE = language_of_path(path)  # type: ignore[attr-defined]
        inner.content_version, inner.banner = self.version, banner  # type: ignore[attr-defined]
        return inner


def closed(response: HttpResponse, language: str) -> HttpResponse:
    """An answer for one person's eyes: no robot, no cache."""
    for name, value in {**CLOSED, "Content-Language": language}.items():
        response.headers[name] = value
    return response


@contextmanager
def pretended(text: Any, content: Content | None = None, *, note: str = "") -> Iterator[Pretended]:
    """Within, readers see ``text`` with ``content``; afterwards everything is as it was.

    ``content`` is what ``history.serialise`` gives, or a function that saves the text with all that belongs
    to it and returns the correction's public ``note``; without it the text is shown as it is saved. What the
    site can not hold just now (an address given away since) stays as it is saved. Not to be used within a
    transaction. Raises ``CannotShow`` and ``Busy``. Some thirty queries, and on SQLite the write lock.
    """
    version = current_version()
    with _undone():
        live = text if text.pk is None else _locked(type(text), text.corrects_id or text.pk)
        try:
            if callable(content):
                note, content = content(text), None
                live = live if text.is_copy else text
            if content is None and text.is_copy:
                content = serialise(text)
            _publish(live, content, note)
        except IntegrityError as error:
            raise CannotShow(_missing(text)) from error
        yield Pretended(live, version)


@contextmanager
def _undone() -> Iterator[None]:
    """A transaction that ends in a rollback whatever happens, and waits for nobody for long."""
    sqlite = connection.vendor == "sqlite"
    with _turns.next() if sqlite else nullcontext():
        try:
            if sqlite:
                _run(f"PRAGMA busy_timeout = {PATIENCE_MS}")
            with transaction.atomic(durable=True):
                if not sqlite:
                    _run(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
                try:
                    yield
                finally:
                    transaction.set_rollback(True)
        except OperationalError as error:
            raise Busy from error
        finally:
            if sqlite:
                usual = connection.settings_dict["OPTIONS"].get("timeout", 5)
                _run(f"PRAGMA busy_timeout = {int(usual * 1000)}")


class _Turns:
    """All who write to an SQLite database share one lock: a process's previews take it one after another, and
    then leave it alone for as long as they held it, and for a tenth of a second at least, in which whoever
    waits to save looks for it once or more.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.free_from = 0.0

    @contextmanager
    def next(self) -> Iterator[None]:
        """The next turn; raises ``Busy`` where too many wait for theirs."""
        if not self.lock.acquire(timeout=TURN_SECONDS):
            raise Busy
        try:
            time.sleep(max(0.0, self.free_from - time.monotonic()))
            began = time.monotonic()
            try:
                yield
            finally:
                ended = time.monotonic()
                self.free_from = ended + max(PAUSE_SECONDS, ended - began)
        finally:
            self.lock.release()


_turns = _Turns()


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _locked(model: Any, key: Any) -> Any:
    return model.versions.select_for_update().get(pk=key)


def _publish(live: Any, content: Any, note: str) -> None:
    """Put the content into the row that readers see, and let them see it."""
    saved = type(live).versions.filter(pk=live.pk).values().first() if content is not None else None
    now = timezone.now()
    live.state = State.PUBLISHED
    live.publish_at = live.publish_at if live.was_public else now
    live.expire_at = live.withdrawn_at = live.trashed_at = None
    if content is not None:
        content = _settled(live, content, saved)
    if note:
        live.modified_at = now
        live.corrections = [*live.corrections, {"at": now.isoformat(), "note": note}]
    if content is not None:
        write(live, content)
    if getattr(live, "date", now) is None:
        live.date = timezone.localdate(now)
    live.save()


def _settled(live: Any, content: dict[str, Any], saved: dict[str, Any] | None) -> dict[str, Any]:
    """The content, but for columns with which the row could not stand beside the others: these as saved."""
    if saved is None:
        return content
    fields = {**content["fields"]}
    fill(live, {"fields": fields})
    if getattr(live, "translation_of_id", None):
        fields["slug"] = saved["slug"]  # it shares its original's, whatever the content says
        live.slug = saved["slug"]
    refused = {field.name for field in _empty(live)}  # what it pointed at was deleted since
    try:
        if not refused:
            live.full_clean()
    except ValidationError as error:
        refused = {name for name in error.error_dict if name != NON_FIELD_ERRORS}
        if NON_FIELD_ERRORS in error.error_dict:
            refused |= clashing(live)
    columns = {f.attname for f in content_fields(type(live)) if f.name in refused}
    return {**content, "fields": {**fields, **{name: saved[name] for name in columns}}}


def clashing(live: Publishable) -> set[str]:
    """The fields of the unique constraints that the row as it is now would break."""
    names: set[str] = set()
    for constraint in live._meta.constraints:
        if isinstance(constraint, UniqueConstraint):
            try:
                constraint.validate(type(live), live)
            except ValidationError:
                names |= set(constraint.fields)
    return names


def _empty(text: Publishable) -> list[Any]:
    """The relations that the text can not do without, and that lead nowhere."""
    return [
        field
        for field in content_fields(type(text))
        if field.is_relation and not field.null and getattr(text, field.attname) is None
    ]


def _missing(text: Publishable) -> Any:
    """What to fill in first, in words."""
    needed = [str(field.verbose_name) for field in _empty(text)]
    if needed:
        return _("Choose first: %s. Then the page can be shown.") % ", ".join(needed)
    return _("What is in the form can not stand beside what is saved; correct what is marked in it first.")
