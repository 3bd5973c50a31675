"""Review links: how somebody without an account reads one version of a text, comments on it and decides.

A link pins a snapshot. Its address carries the row's key and nonce, signed: who has it needs nothing else,
and whoever has none gets nowhere. What a link may do is asked anew each time, of row, text and clock.
"""

import datetime
import re
import secrets
from collections.abc import Iterable
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.signing import BadSignature, Signer
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from charhar.library.models import Document
from charhar.publishing.head import absolute
from charhar.publishing.history import canonical, snapshots_of
from charhar.publishing.languages import CHINESE, ENGLISH, current_language
from charhar.publishing.models import Action, Publishable, Snapshot, State

from . import link_mail
from .models import Comment, Opinion, ReviewLink

SALT = "charhar.desk.review-link"
# The same link asked for twice in so short a time is a double click.
DOUBLE_CLICK = datetime.timedelta(minutes=1)
SEEN_EVERY = datetime.timedelta(minutes=1)
DOCUMENT_NAME = re.compile(r"documents/[0-9a-f]{32}\.[0-9a-z]{1,10}")

# What a link's standing can be. The pinned version can be read in the first three.
OPEN, NEWER, PUBLIC = "open", "newer", "public"
EXPIRED, REVOKED, GONE = "expired", "revoked", "gone"
LABELS = {
    OPEN: pgettext_lazy("review link", "Open"),
    NEWER: _("Outdated"),
    PUBLIC: _("Published"),
    EXPIRED: _("Expired"),
    REVOKED: _("Revoked"),
    GONE: pgettext_lazy("review link", "Closed"),
}


class Standing(NamedTuple):
    """Where a link stands now: its code, and since when where that is known."""

    code: str
    since: datetime.datetime | None = None

    @property
    def label(self) -> Any:
        """The standing in a word, for staff."""
        return LABELS[self.code]

    @property
    def is_readable(self) -> bool:
        """Whether the pinned version is shown, and may be commented on."""
        return self.code in {OPEN, NEWER, PUBLIC}

    @property
    def is_decidable(self) -> bool:
        """Whether the pinned version is still what would be published, so that it can be approved."""
        return self.code == OPEN


class Closed(Exception):
    """The link does not allow it, or not any more; ``standing`` says why."""

    def __init__(self, standing: Standing) -> None:
        super().__init__(standing.code)
        self.standing = standing


# -- The address ------------------------------------------------------------------------------------


def _signer() -> Signer:
    return Signer(salt=SALT, sep=".")


def token_of(link: ReviewLink) -> str:
    """The secret part of the link's address; the same for one row as long as its key is known."""
    return _signer().sign(f"{link.pk}-{link.nonce}")


def link_of(token: str) -> ReviewLink | None:
    """The link of an address; None for a forged one, without a query, and for one whose row is gone."""
    try:
        key, _dash, nonce = _signer().unsign(token).partition("-")
    except BadSignature:
        return None
    rows = ReviewLink.objects.select_related("snapshot", "created_by", "content_type")
    return rows.filter(pk=key, nonce=nonce).first()


def language_of(text: Any) -> str:
    """The language that a reviewer of the text is addressed in."""
    return text.language if getattr(text, "is_translated", False) else ENGLISH


def address_of(link: ReviewLink, text: Any) -> str:
    """The whole address that the reviewer is given."""
    with translation.override(language_of(text)):
        return absolute(reverse("review", args=[token_of(link)]))


def in_beijing(moment: datetime.datetime) -> str:
    """A moment in the language of the page, in Beijing time and named so."""
    pattern = "Y年n月j日 H:i" if current_language() == CHINESE else "F j, Y, H:i"
    return gettext("%(moment)s (Beijing time, UTC+8)") % {
        "moment": date_format(timezone.localtime(moment), pattern)
    }


# -- Where a link stands ----------------------------------------------------------------------------


def standing_of(link: ReviewLink, now: datetime.datetime | None = None) -> Standing:
    """What the link is good for now. Up to three queries, two of them for whole contents."""
    text = link.text
    newest = snapshots_of(text).first() if text is not None else None
    return _standing(link, text, newest, now or timezone.now())


def with_standings(text: Any, links: Iterable[ReviewLink]) -> list[tuple[ReviewLink, Standing]]:
    """The links of one text, each with its standing.

    One query for the contents where a link is open and the text has moved on since, else none.
    """
    links, now = list(links), timezone.now()
    moved = {
        link.snapshot_id for link in links if link.is_open_at(now) and link.snapshot.version < text.version
    }
    newest = None
    if moved or text.trashed_at is not None:
        wanted = snapshots_of(text).filter(Q(version=text.version) | Q(pk__in=moved))
        whole = {snapshot.pk: snapshot for snapshot in wanted}
        newest = text.newest_snapshot = next(iter(whole.values()), None)
        for link in links:
            link.snapshot = whole.get(link.snapshot_id, link.snapshot)
    return [(link, _standing(link, text, newest, now)) for link in links]


def _standing(link: ReviewLink, text: Any, newest: Snapshot | None, now: datetime.datetime) -> Standing:
    if link.revoked_at is not None:
        return Standing(REVOKED, link.revoked_at)
    if now >= link.expires_at:
        return Standing(EXPIRED, link.expires_at)
    if text is None:
        return Standing(GONE)
    live = text.corrects if text.is_copy else text
    if live.trashed_at is not None:
        return Standing(GONE, live.trashed_at)
    if text.trashed_at is not None:  # a working copy that was closed: published, or put aside
        discarded = newest is not None and newest.action == "discard"
        return Standing(GONE if discarded else PUBLIC, text.trashed_at)
    if not text.is_copy and text.state == State.PUBLISHED and text.was_public:
        return Standing(PUBLIC, text.publish_at)
    if newest is not None and _differ(link.snapshot, newest):
        return Standing(NEWER, newest.at)
    return Standing(OPEN)


def _differ(pinned: Snapshot, newest: Snapshot) -> bool:
    """Whether what a reviewer reads has changed: a move, or another address, leaves a text as it is."""
    return pinned.pk != newest.pk and _read(pinned) != _read(newest)


def _read(snapshot: Snapshot) -> str:
    fields = {name: value for name, value in snapshot.data["fields"].items() if name != "slug"}
    return canonical({**snapshot.data, "fields": fields})


# -- Making, renewing, revoking ---------------------------------------------------------------------


def may_invite(user: Any, text: Publishable) -> bool:
    """Whether a person may make review links of the text and revoke them: whoever may change or submit it."""
    return text.may(user, Action.CHANGE) or text.may(user, Action.SUBMIT)


def refusal(text: Publishable) -> Any:
    """Why there can be no new link of the text as it stands; empty where there can."""
    if text.trashed_at is not None:
        return _("It is closed or in the trash, so there is nothing to review.")
    if text.is_published:
        return _("Readers see this text. Ask for a review of its working copy.")
    return ""


def links_of(text: Any) -> models.QuerySet[ReviewLink]:
    """The text's links, newest first, with who made them and which version they pin, without its content."""
    return (
        ReviewLink.objects.filter(content_type=ContentType.objects.get_for_model(text), object_id=text.pk)
        .select_related("snapshot", "created_by")
        .defer("snapshot__data")
        .order_by("-created_at", "-pk")
    )


def make_link(
    text: Any,
    user: Any,
    *,
    reviewer: str,
    expires_at: datetime.datetime,
    email: str = "",
    message: str = "",
    may_comment: bool = True,
    may_approve: bool = True,
) -> ReviewLink:
    """A link to the text as it was last saved; mailed where there is an address. A double click makes one.

    Raises ``PermissionDenied``, and ``ValidationError`` where there is nothing to review.
    """
    with transaction.atomic():
        text = type(text).versions.select_for_update().get(pk=text.pk)
        if not may_invite(user, text):
            raise PermissionDenied(f"{user} may not ask for a review of {text}")
        snapshot = snapshots_of(text).first()
        if problem := refusal(text) or ("" if snapshot else _("Save the text first.")):
            raise ValidationError(problem)
        terms = {
            "reviewer": reviewer,
            "email": email,
            "message": message,
            "may_comment": may_comment,
            "may_approve": may_approve,
            "snapshot": snapshot,
            "created_by": user,
        }
        now = timezone.now()
        same = links_of(text).filter(**terms, revoked_at=None, created_at__gt=now - DOUBLE_CLICK).first()
        if same is not None:
            return same
        link = ReviewLink.objects.create(
            text=text, nonce=secrets.token_hex(16), expires_at=expires_at, created_at=now, **terms
        )
        if email:
            language = language_of(text)
            with translation.override(language):
                until = in_beijing(expires_at)
            link_mail.invite(link, text, address_of(link, text), until, language)
    return link


def renew_link(link: ReviewLink, text: Any, user: Any) -> ReviewLink:
    """A link to the newest version for the same reviewer on the same terms, valid as long from now on.

    The old one stays for what was said over it. Raises as ``make_link``.
    """
    return make_link(
        text,
        user,
        reviewer=link.reviewer,
        expires_at=timezone.now() + max(link.expires_at - link.created_at, datetime.timedelta(days=1)),
        email=link.email,
        message=link.message,
        may_comment=link.may_comment,
        may_approve=link.may_approve,
    )


def revoke_link(link: ReviewLink, text: Any, user: Any) -> None:
    """End the link at once; one that is revoked stays as it was. Raises ``PermissionDenied``."""
    if not may_invite(user, text):
        raise PermissionDenied(f"{user} may not revoke a review link of {text}")
    rows = ReviewLink.objects.filter(pk=link.pk, revoked_at=None)
    rows.update(revoked_at=timezone.now(), revoked_by=user)


def forget(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Receive ``post_delete``: links to a text deleted for ever go with it."""
    if isinstance(instance, Publishable):
        links_of(instance).delete()


# -- What a reviewer does ---------------------------------------------------------------------------


def note_seen(link: ReviewLink) -> None:
    """Write down that the link was opened: the first time, and the last to the minute."""
    now = timezone.now()
    if link.last_seen_at is None or link.last_seen_at < now - SEEN_EVERY:
        ReviewLink.objects.filter(pk=link.pk).update(
            first_seen_at=link.first_seen_at or now, last_seen_at=now
        )


def conversation(link: ReviewLink) -> list[Comment]:
    """What was said over the link, in order, each with its answers. Two queries."""
    return list(link.comments.filter(parent=None).prefetch_related("answers"))


def opinion_of(link: ReviewLink) -> Opinion | None:
    """What the reviewer decided last, on the version that the link pins. One query."""
    return link.opinions.first()


def comment(link: ReviewLink, *, name: str, body: str, quote: str = "") -> Comment:
    """Say something about the pinned version; the same thing again is the same comment.

    Tells who asked and who is assigned. Raises ``Closed``.
    """
    with transaction.atomic():
        link = _open(link)
        if not link.may_comment:
            raise Closed(standing_of(link))
        said = {"author_name": name, "body": body, "quote": quote}
        same = link.comments.filter(**said, parent=None).first()
        if same is not None:
            return same
        made = Comment.objects.create(text=link.text, link=link, version=link.snapshot.version, **said)
        link_mail.tell_comment(link, made)
    return made


def decide(link: ReviewLink, *, name: str, verdict: str, note: str = "") -> Opinion:
    """Approve the pinned version or ask for changes; the last decision counts, earlier ones stay on record.

    The same decision again is no new one. Tells who asked and who is assigned. Raises ``Closed``.
    """
    with transaction.atomic():
        link = _open(link)
        standing = standing_of(link)
        if not link.may_approve or not standing.is_decidable:
            raise Closed(standing)
        last = opinion_of(link)
        if last is not None and (last.verdict, last.note, last.user_name) == (verdict, note, name):
            return last
        made = Opinion.objects.create(
            text=link.text,
            link=link,
            version=link.snapshot.version,
            verdict=verdict,
            note=note,
            user_name=name,
        )
        link_mail.tell_decision(link, made)
    return made


def _open(link: ReviewLink) -> ReviewLink:
    """The link as it is by now, locked, so that of two equal posts the second finds the first."""
    ReviewLink.objects.select_for_update().get(pk=link.pk)
    link = ReviewLink.objects.select_related("snapshot", "created_by").get(pk=link.pk)
    standing = standing_of(link)
    if not standing.is_readable:
        raise Closed(standing)
    return link


# -- What the pinned version opens ------------------------------------------------------------------


def documents_of(snapshot: Snapshot) -> dict[str, Document]:
    """The documents that this version of a text uses, as its file or linked in what it says, by their names.

    One whose file was replaced since stands under its earlier names too. Two queries.
    """
    model: Any = snapshot.content_type.model_class()
    data = snapshot.data
    keys = set(_keys(model, [data["fields"]]))
    for name, rows in data["inlines"].items():
        keys |= set(_keys(model._meta.get_field(name).related_model, rows))
    for field in model._meta.many_to_many:
        if field.related_model is Document:
            keys |= set(data["relations"].get(field.name, []))
    named = set(DOCUMENT_NAME.findall(canonical(data)))
    used = Q(pk__in=keys) | Q(file__in=named) | Q(former_files__name__in=named)
    return {
        name: document
        for document in Document.objects.filter(used).distinct().prefetch_related("former_files")
        for name in (document.file_name, *(former.name for former in document.former_files.all()))
    }


def _keys(model: Any, rows: list[dict[str, Any]]) -> Iterable[int]:
    columns = [f.attname for f in model._meta.concrete_fields if f.related_model is Document]
    return (row[column] for row in rows for column in columns if row.get(column))
