"""What stands beside a text while people work on it: open forms, assignments, comments, opinions, links.

All of it points at a live row or a working copy, never at an inline row; it is about a text, not of it, so
that no correction carries it along.
"""

import datetime
import secrets
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from charhar.publishing.models import Snapshot

USER = settings.AUTH_USER_MODEL


class About(models.Model):
    """Something that is about one text, live or working copy."""

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField()
    text = GenericForeignKey("content_type", "object_id")

    class Meta:
        abstract = True


class Sitting(models.Model):
    """One person's open form of one text, or of one not yet saved: who has it open, and what is typed in it.

    The raw form is never validated and never public; it goes with the next save. Two windows of one person
    are two sittings, so that neither takes the other's place.
    """

    key = models.CharField(max_length=32, unique=True, help_text="Given by the form, new at each opening.")
    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="+")
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE, related_name="+")
    object_id = models.PositiveBigIntegerField(null=True, help_text="Empty: a text not yet saved.")
    opened_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    typed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="Saved or discarded: nothing more is kept.")
    form = models.TextField(blank=True, help_text="As a browser sends it, without token and buttons.")

    class Meta:
        indexes = [models.Index(fields=["content_type", "object_id", "seen_at"], name="sitting_who_is_here")]

    def __str__(self) -> str:
        return f"{self.user} at {self.content_type.name} {self.object_id}"


class Assignment(About):
    """A text that somebody is asked to see to, until a day. At most one is open a text.

    While it is open, the text's ``assigned_to`` is its person, so that grants on own texts hold for them.
    """

    to = models.ForeignKey(
        USER, verbose_name=_("assigned to"), on_delete=models.CASCADE, related_name="assignments"
    )
    by = models.ForeignKey(USER, null=True, on_delete=models.SET_NULL, related_name="+")
    due = models.DateField(_("due"), null=True, blank=True)
    note = models.TextField(_("what is asked"), blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id"],
                condition=Q(done_at__isnull=True),
                name="assignment_one_open_per_text",
            )
        ]
        indexes = [models.Index(fields=["to", "done_at", "due"], name="assignment_of_person")]

    def __str__(self) -> str:
        return f"{self.content_type.name} {self.object_id}: {self.to}"

    @property
    def is_overdue(self) -> bool:
        """Whether its day has passed, in Beijing."""
        return self.done_at is None and self.due is not None and self.due < timezone.localdate()


class ReviewLink(About):
    """A way for somebody without an account to read one version of one text, until a day.

    The address carries the row's key and nonce, signed; whoever has it needs nothing else.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=32, unique=True)
    reviewer = models.CharField(_("for whom"), max_length=150)
    email = models.EmailField(_("e-mail"), blank=True)
    message = models.TextField(_("message"), blank=True)
    may_comment = models.BooleanField(_("may comment"), default=True)
    may_approve = models.BooleanField(_("may approve"), default=True)
    created_by = models.ForeignKey(USER, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(_("valid until"))
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(USER, null=True, on_delete=models.SET_NULL, related_name="+")
    first_seen_at = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("review link")
        verbose_name_plural = _("review links")
        indexes = [models.Index(fields=["content_type", "object_id"], name="reviewlink_of_text")]

    def __str__(self) -> str:
        return f"{self.reviewer}, {self.content_type.name} {self.object_id}"

    def is_open_at(self, now: datetime.datetime) -> bool:
        """Whether the link is neither revoked nor past its day."""
        return self.revoked_at is None and now < self.expires_at


class Comment(About):
    """What somebody says about a text or one of its fields; answered beneath, and resolved."""

    version = models.PositiveIntegerField(help_text="The text's version that it was written about.")
    field = models.CharField(_("field"), max_length=60, blank=True, help_text="Empty: the whole text.")
    quote = models.TextField(_("passage"), blank=True)
    body = models.TextField(_("comment"))
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="answers"
    )
    author = models.ForeignKey(USER, null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=150)
    link = models.ForeignKey(ReviewLink, null=True, on_delete=models.SET_NULL, related_name="comments")
    mentions: Any = models.ManyToManyField(USER, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(USER, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["content_type", "object_id", "created_at"], name="comment_of_text")]

    def __str__(self) -> str:
        return self.body[:60]


class Opinion(About):
    """A decision on one version of a text: approved, or changes wanted; by staff or over a review link."""

    class Verdict(models.TextChoices):
        APPROVED = "approved", _("Approved")
        CHANGES = "changes", _("Changes wanted")

    version = models.PositiveIntegerField()
    verdict = models.CharField(_("decision"), max_length=10, choices=Verdict)
    note = models.TextField(_("note"), blank=True)
    user = models.ForeignKey(USER, null=True, on_delete=models.SET_NULL, related_name="+")
    user_name = models.CharField(max_length=150)
    link = models.ForeignKey(ReviewLink, null=True, on_delete=models.SET_NULL, related_name="opinions")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["content_type", "object_id", "-at"], name="opinion_of_text")]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.user_name}"


class SideEffect(About):
    """What has to happen once because a text went public, and can not be undone: done by ``tick`` alone.

    One that fails keeps its reason, is shown, and stops no other. ``effects`` holds every change of a row.
    """

    class Kind(models.TextChoices):
        TELL = "tell", _("letter to the authors")
        PING = "ping", _("ping")

    class Event(models.TextChoices):
        PUBLISHED = "published", _("published")
        CORRECTED = "corrected", _("corrected")
        WITHDRAWN = "withdrawn", _("withdrawn")

    MOST_ATTEMPTS = 10

    kind = models.CharField(_("what"), max_length=30, choices=Kind)
    event = models.CharField(_("because the text was"), max_length=10, choices=Event, default=Event.PUBLISHED)
    target = models.CharField(_("where to"), max_length=500, blank=True)
    version = models.PositiveIntegerField(help_text="The text's version that caused it.")
    due_at = models.DateTimeField(_("due"))
    payload = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    claimed_at = models.DateTimeField(null=True)  # somebody is at it since; cleared when it failed
    done_at = models.DateTimeField(null=True)  # or no longer to be done; then ``failure`` says why
    failure = models.TextField(_("what went wrong"), blank=True)

    class Meta:
        verbose_name = _("side effect")
        verbose_name_plural = _("side effects")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "target", "content_type", "object_id", "version"],
                name="sideeffect_happens_once",
            )
        ]
        indexes = [models.Index(fields=["done_at", "due_at"], name="sideeffect_due")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.content_type.name} {self.object_id}"

    @property
    def is_stuck(self) -> bool:
        """Whether it was tried often enough: it waits for a person to decide."""
        return self.done_at is None and self.attempts >= self.MOST_ATTEMPTS


class TextLink(About):
    """A link in a text that readers see, or will see by the clock: where it leads, and what is wrong there.

    ``dead_links`` keeps the rows with the text's content; a page of our own has ``path`` and ``language``.
    """

    field = models.CharField(_("field"), max_length=60)
    url = models.TextField(_("address"))
    key = models.CharField(max_length=64)  # the digest of field and address, which may be long
    path = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=10, blank=True)
    problem = models.CharField(_("what is wrong"), max_length=60, blank=True)
    broken_since = models.DateTimeField(_("since"), null=True)
    checked_at = models.DateTimeField(_("checked"), null=True)

    class Meta:
        verbose_name = _("link in texts")
        verbose_name_plural = _("links in texts")
        constraints = [
            models.UniqueConstraint(fields=["content_type", "object_id", "key"], name="textlink_stands_once"),
            models.CheckConstraint(
                condition=Q(problem="", broken_since__isnull=True)
                | ~Q(problem="") & Q(broken_since__isnull=False),
                name="textlink_broken_since_a_day",
            ),
        ]
        indexes = [
            models.Index(
                fields=["content_type", "object_id"], condition=~Q(problem=""), name="textlink_broken"
            ),
            models.Index(fields=["language", "path"], name="textlink_target"),
        ]

    def __str__(self) -> str:
        return self.url


class Heartbeat(models.Model):
    """The one row that says when ``tick`` last ran, and what it reported."""

    at = models.DateTimeField()
    seconds = models.FloatField(default=0)
    report = models.TextField(blank=True)
    links_version = models.CharField(max_length=60, blank=True)  # the content whose links were checked

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="heartbeat_is_one_row")]

    def __str__(self) -> str:
        return str(self.at)


def new_nonce() -> str:
    """128 random bits, for an address that nobody guesses."""
    return secrets.token_urlsafe(16)


class CalendarFeed(models.Model):
    """A person's private calendar address: signed over the nonce, so that a new nonce ends the old address.

    The row is there only while the person wants such an address.
    """

    user = models.OneToOneField(USER, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=32, unique=True, default=new_nonce)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self) -> str:
        return str(self.user)
