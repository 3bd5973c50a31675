"""What is counted of the public forms: every post, for a day; and the words that staff know from spam."""

import datetime
import unicodedata
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

HOUR = datetime.timedelta(hours=1)
UNCOUNTED = 1_000_000_000


class Limit(NamedTuple):
    """How many different posts a form takes within which time.

    ``most`` of one network address, then it is refused; ``in_all`` from anywhere, then everybody is asked
    once more before sending; ``ceiling`` from anywhere, then the form is closed for a while.
    """

    most: int
    within: datetime.timedelta = HOUR
    in_all: int = 60
    ceiling: int = 600


class Verdict(models.TextChoices):
    """What becomes of a post."""

    PASS = "pass", _("taken")
    ASK = "ask", _("to be confirmed")
    REFUSE = "refuse", _("too many")


class FormGate(models.Model):
    """One row a form: whoever holds it is the only one to count, so that no two posts are both the last."""

    form = models.CharField(max_length=30, unique=True)

    def __str__(self) -> str:
        return self.form


class Attempt(models.Model):
    """One post to a public form, kept for a day to count; the network address only as a keyed hash."""

    KEPT_FOR = datetime.timedelta(days=1)

    form = models.CharField(max_length=30)
    sender = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    # What the same words have in common, whoever sends them; empty for short ones.
    words = models.CharField(max_length=64, blank=True)
    passed = models.BooleanField(default=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form", "sender", "digest"], name="attempt_counts_once"),
        ]
        indexes = [
            models.Index(fields=["form", "-at"], name="attempt_of_form"),
            models.Index(fields=["words"], name="attempt_of_words", condition=~models.Q(words="")),
        ]

    def __str__(self) -> str:
        return f"{self.form} at {self.at:%Y-%m-%d %H:%M}"

    @classmethod
    def weigh(
        cls,
        form: str,
        address: str,
        digest: str,
        limit: Limit,
        *,
        words: str = "",
        odd: Callable[[], bool] = lambda: False,
        confirmed: bool = False,
    ) -> Verdict:
        """Count a post to ``form`` from ``address`` and say what becomes of it.

        ``odd`` says whether the post looks automatic; ``confirmed`` that its sender was asked and has said
        yes; whoever was asked once has to. The same post again counts once, so a double click never uses
        anything up. The posts to one form are counted one after the other: exactly as many as the limit says
        pass, however many come at once.
        Five to eight queries in a transaction of its own.
        """
        sender = salted_hmac("contacts.attempt", address, algorithm="sha256").hexdigest()
        key = {"form": form, "sender": sender, "digest": digest}
        with transaction.atomic():
            FormGate.objects.get_or_create(form=form)
            FormGate.objects.select_for_update().get(form=form)
            known = cls.objects.filter(**key).first()
            if known is not None and known.passed:
                return Verdict.PASS
            recent = cls.objects.filter(form=form, at__gte=timezone.now() - limit.within)
            if known is None and recent.filter(sender=sender).count() >= limit.most:
                return Verdict.REFUSE
            passed = recent.filter(passed=True).count()
            if passed >= limit.ceiling:
                return Verdict.REFUSE
            verdict = Verdict.PASS
            if not confirmed and (known is not None or passed >= limit.in_all or odd()):
                verdict = Verdict.ASK
            if known is None:
                cls.objects.create(**key, words=words, passed=verdict == Verdict.PASS)
            elif verdict == Verdict.PASS:
                cls.objects.filter(pk=known.pk).update(passed=True)
            return verdict

    @classmethod
    def allow(cls, form: str, address: str, digest: str, *, most: int, within: datetime.timedelta) -> bool:
        """Count a post; False where ``address`` has sent too many different ones, whatever others sent."""
        limit = Limit(most, within, UNCOUNTED, UNCOUNTED)
        return cls.weigh(form, address, digest, limit) != Verdict.REFUSE

    @classmethod
    def networks_with(cls, words: str) -> int:
        """From how many network addresses the same words came within a day. One query."""
        since = timezone.now() - cls.KEPT_FOR
        found = cls.objects.filter(words=words, at__gte=since) if words else cls.objects.none()
        return found.values("sender").distinct().count()

    @classmethod
    def prune(cls, now: datetime.datetime | None = None) -> int:
        """Forget what is no longer counted; how many rows."""
        return cls.objects.filter(at__lt=(now or timezone.now()) - cls.KEPT_FOR).delete()[0]


def plain(text: str) -> str:
    """A text as words are looked for in it: one width, one case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


class SpamWord(models.Model):
    """A word or phrase that staff know from spam: a form that holds it is asked to be sent once more."""

    word = models.CharField(
        _("word or phrase"),
        max_length=100,
        unique=True,
        help_text=_(
            "Also part of an address or a link. Nobody is refused for it: the sender is asked to confirm."
        ),
    )
    added_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("spam word")
        verbose_name_plural = _("spam words")
        ordering = ["word"]

    def __str__(self) -> str:
        return self.word

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.word = plain(self.word)
        super().save(*args, **kwargs)

    @classmethod
    def is_in(cls, text: str) -> bool:
        """Whether ``text`` holds one of the words. One query."""
        looked_at = plain(text)
        return any(word in looked_at for word in cls.objects.values_list("word", flat=True) if word)
