"""What is typed in open forms, kept safe before it is saved; and who has which text open.

A form carries a signed ticket that names its person, its text and a random key. Under that key the server
keeps what was typed; the ticket alone is enough for it, so that a form sent after its session has ended is
kept for the person who typed it. To read it one must be that person, signed in.
"""

import datetime
import secrets
from typing import Any, NamedTuple

from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import HttpRequest, QueryDict
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from charhar.publishing.admin_merging import raw_form

from .models import Sitting

SALT = "charhar.desk.sittings"
VALID = datetime.timedelta(days=14)
HERE = datetime.timedelta(seconds=65)  # three pings missed
FORGOTTEN = datetime.timedelta(days=1)
TYPING = datetime.timedelta(seconds=40)


class Ticket(NamedTuple):
    """Whose form of which text this is."""

    user: int
    kind: int
    text: int | None
    key: str

    @classmethod
    def new(cls, user: Any, model: Any, text: int | None) -> "Ticket":
        """For a form that is being opened."""
        kind = ContentType.objects.get_for_model(model)
        return cls(user.pk, kind.pk, text, secrets.token_hex(16))

    @classmethod
    def read(cls, signed: Any) -> "Ticket | None":
        """From what a form sent; None for what was not signed here, or too long ago."""
        try:
            found = signing.loads(str(signed or ""), salt=SALT, max_age=VALID)
            return cls(*found)
        except (signing.BadSignature, TypeError):
            return None

    def signed(self) -> str:
        """As the form carries it."""
        return signing.dumps(self, salt=SALT)


def keep(ticket: Ticket, typed: QueryDict | None) -> bool:
    """Keep what was typed (or, with None, only that the form is open); whether the sitting still goes on.

    One statement, two the first time.
    """
    now = timezone.now()
    values: dict[str, Any] = {"seen_at": now}
    if typed is not None:
        values |= {"typed_at": now, "form": raw_form(typed).urlencode()}
    if _open(ticket).update(**values):
        return True
    fresh = Sitting(
        key=ticket.key, user_id=ticket.user, content_type_id=ticket.kind, object_id=ticket.text, **values
    )
    Sitting.objects.bulk_create([fresh], ignore_conflicts=True)
    return _open(ticket).exists()


def see(ticket: Ticket) -> bool:
    """Note that a form known already is still open; False where it is not known, or closed. One statement."""
    return bool(_open(ticket).update(seen_at=timezone.now()))


def close(user: Any, key: str) -> int:
    """End a sitting: saved or discarded. What arrives late under its key is not kept. One statement."""
    now = timezone.now()
    return Sitting.objects.filter(key=key, user=user, closed_at__isnull=True).update(closed_at=now, form="")


def close_with(ticket: Ticket) -> None:
    """End the sitting of a form that was saved, known or not."""
    if not close(ticket.user, ticket.key):
        closed = Sitting(
            key=ticket.key,
            user_id=ticket.user,
            content_type_id=ticket.kind,
            object_id=ticket.text,
            closed_at=timezone.now(),
        )
        Sitting.objects.bulk_create([closed], ignore_conflicts=True)


def _open(ticket: Ticket) -> Any:
    return Sitting.objects.filter(key=ticket.key, user=ticket.user, closed_at__isnull=True)


class Around(NamedTuple):
    """Who else has a text open, and what the person typed there and never saved."""

    others: list[str]
    unsaved: list[Any]


def around(user: Any, model: Any, text: int | None, key: str = "") -> Around:
    """Everything about a text's open forms but the one with ``key``; of a new text, one's own. One query."""
    now = timezone.now()
    kept = Q(user=user) & ~Q(form="")
    here = Q(seen_at__gt=now - HERE) & ~Q(user=user) if text is not None else Q(pk__in=[])
    rows = (
        Sitting.objects.filter(
            kept | here,
            content_type=ContentType.objects.get_for_model(model),
            object_id=text,
            closed_at__isnull=True,
        )
        .exclude(key=key)
        .annotate(has_form=ExpressionWrapper(~Q(form=""), BooleanField()))
        .defer("form")
        .select_related("user")
        .order_by("opened_at")
    )
    people: dict[int, Sitting] = {}
    for row in rows:
        if row.user_id != user.pk:
            first = people.setdefault(row.user_id, row)
            first.typed_at = max(filter(None, (first.typed_at, row.typed_at)), default=None)
    unsaved = [row for row in rows if row.user_id == user.pk and row.has_form]
    return Around([_presence(row, now) for row in people.values()], unsaved)


def _presence(row: Sitting, now: datetime.datetime) -> str:
    """“Wang Min has this open since 14:02, typing 1 minute ago”, in Beijing time."""
    said = {
        "who": row.user.get_full_name() or row.user.get_username(),
        "since": timezone.localtime(row.opened_at).strftime("%H:%M"),
    }
    if row.typed_at is None:
        return _("%(who)s has this open since %(since)s") % said
    if now - row.typed_at < TYPING:
        return _("%(who)s has this open since %(since)s, typing now") % said
    minutes = max(1, round((now - row.typed_at).total_seconds() / 60))
    return ngettext(
        "%(who)s has this open since %(since)s, typing %(minutes)d minute ago",
        "%(who)s has this open since %(since)s, typing %(minutes)d minutes ago",
        minutes,
    ) % {**said, "minutes": minutes}


def kept_page(request: HttpRequest) -> str:
    """Where to find again what was just sent, kept under its ticket; empty where it can not be kept.

    For forms that could not be taken: the session had ended, or their token was of an earlier one.
    """
    ticket = Ticket.read(request.POST.get("sitting"))
    if ticket is None or not keep(ticket, request.POST):
        return ""
    kind = ContentType.objects.get_for_id(ticket.kind)
    try:
        return reverse(f"admin:{kind.app_label}_{kind.model}_typed", args=[ticket.key])
    except NoReverseMatch:
        return ""


def prune() -> int:
    """Forget sittings that ended or went quiet a day ago; never one in which something typed waits."""
    before = timezone.now() - FORGOTTEN
    return Sitting.objects.filter(form="", seen_at__lt=before).delete()[0]
