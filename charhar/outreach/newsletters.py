"""A newsletter's way from draft to sent: one table of moves, begun by the clock, each move once.

Its words are read when sending begins, so that nothing goes out that is not public by then; from there on
the letter and its recipients are frozen, and ``outbox`` sends them.
"""

import datetime
from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from articles.models import Article
from charhar.contacts import outbox
from charhar.contacts.letters import Letter
from charhar.contacts.models import Mailing, OutgoingMail, Person
from publications.models import Publication

from .choices import GROUPS, wanting
from .letterhead import Sheet, addressed, entry_of, filled_for_nobody, for_letters, letter_of
from .models import Newsletter, NewsletterItem, Subscription

State = Newsletter.State

# Each move: from which states, and to which.
MOVES: Mapping[str, tuple[frozenset[str], str]] = {
    "schedule": (frozenset({State.DRAFT}), State.SCHEDULED),
    "unschedule": (frozenset({State.SCHEDULED}), State.DRAFT),
    "refuse": (frozenset({State.SCHEDULED}), State.DRAFT),
    "begin": (frozenset({State.SCHEDULED}), State.SENDING),
    "pause": (frozenset({State.SENDING}), State.PAUSED),
    "resume": (frozenset({State.PAUSED}), State.SENDING),
    "cancel": (frozenset({State.SCHEDULED, State.SENDING, State.PAUSED}), State.CANCELLED),
    "finish": (frozenset({State.SENDING}), State.SENT),
}
# Why the clock gave a newsletter back; kept in ``report`` and said in the admin.
REFUSALS = {
    "no_texts": _("Not sent: of its texts none was public when sending was to begin."),
    "nobody": _("Not sent: nobody was subscribed to whom it is addressed."),
}
NEW_TEXTS = 40
# A claim older than this belonged to a process that is gone; see ``outbox``.
SETTLED_AFTER = datetime.timedelta(minutes=1)


class IllegalMove(ValidationError):
    """The newsletter's state does not allow the move, or no longer does."""

    def __init__(self) -> None:
        super().__init__(_("The newsletter has moved on in the meantime; look at it anew."))


def may(newsletter: Newsletter, move: str) -> bool:
    """Whether the newsletter's state allows the move."""
    return newsletter.state in MOVES[move][0]


def _move(newsletter: Newsletter, move: str, **changes: Any) -> None:
    """Change the state in one statement, only from where the table allows it. Raises ``IllegalMove``."""
    before, after = MOVES[move]
    rows = Newsletter.objects.filter(pk=newsletter.pk, state__in=before)
    if not rows.update(state=after, **changes):
        raise IllegalMove
    newsletter.refresh_from_db()


# -- What a person decides --


def schedule(newsletter: Newsletter, at: datetime.datetime) -> None:
    """Let it begin at ``at``; a moment that has passed means with the next ``tick``.

    Raises ``ValidationError`` where there is nothing to send.
    """
    if not newsletter.introduction and not newsletter.items.exists():
        raise ValidationError(_("There is nothing in it yet: write an introduction or choose texts."))
    _move(newsletter, "schedule", send_at=at, report="")


def unschedule(newsletter: Newsletter) -> None:
    """Make it a draft again, to be changed."""
    _move(newsletter, "unschedule", send_at=None)


def pause(newsletter: Newsletter) -> None:
    """Send nothing more for now; messages under way are finished."""
    with transaction.atomic():
        _move(newsletter, "pause")
        outbox.pause(_mailing_of(newsletter))


def resume(newsletter: Newsletter) -> None:
    """Go on where it was paused."""
    with transaction.atomic():
        _move(newsletter, "resume")
        outbox.resume(_mailing_of(newsletter))


def _mailing_of(newsletter: Newsletter) -> Mailing:
    """The mailing of one that has begun; a constraint holds that there is one."""
    if newsletter.mailing is None:
        raise IllegalMove
    return newsletter.mailing


def cancel(newsletter: Newsletter) -> int:
    """Send it to nobody more, for good; how many are spared. What has gone out has gone out."""
    with transaction.atomic():
        _move(newsletter, "cancel", ended_at=timezone.now())
        return 0 if newsletter.mailing is None else outbox.call_off(newsletter.mailing)


# -- Whom it is for --


def members() -> Any:
    """The keys of the people who are members now, as a query; None on a site without membership.

    Membership is another app's; it is asked by the way back from a person.
    """
    for relation in Person._meta.related_objects:
        if relation.related_model._meta.label == "members.Membership":
            rows: Any = relation.related_model._default_manager
            return rows.members().filter(person__isnull=False).values("person")
    return None


def recipients(newsletter: Newsletter, now: datetime.datetime | None = None) -> Any:
    """The subscriptions that it would go to at ``now``, those of suppressed addresses among them."""
    rows = Subscription.objects.receiving(now).select_related("person").order_by("pk")
    if not newsletter.every_language:
        rows = rows.filter(language=newsletter.language)
    if newsletter.country:
        rows = rows.filter(person__country__iexact=newsletter.country)
    within = {
        group.filed: list(getattr(newsletter, name).values_list("pk", flat=True))
        for name, group in GROUPS.items()
    }
    if any(within.values()):
        rows = wanting(rows, within)
    keys = members() if newsletter.members else None
    if keys is not None:
        is_member = Q(person__in=keys)
        rows = rows.filter(is_member if newsletter.members == Newsletter.Members.ONLY else ~is_member)
    return rows


# -- What stands in it --


def texts_of(
    newsletter: Newsletter, now: datetime.datetime | None = None
) -> tuple[list[NewsletterItem], list[NewsletterItem]]:
    """Its items whose texts readers see at ``now``, ready for a letter, and the others. Six queries."""
    items = list(newsletter.items.all())
    found: dict[tuple[str, int], Any] = {}
    for name, model in (("article", Article), ("publication", Publication)):
        keys = [key for item in items if (key := getattr(item, f"{name}_id"))]
        if keys:
            rows: Any = model.objects.published(now).filter(pk__in=keys)
            found |= {(name, row.pk): row for row in for_letters(rows)}
    public = []
    for item in items:
        kind, key = ("article", item.article_id) if item.article_id else ("publication", item.publication_id)
        text = found.get((kind, key or 0))
        if text is not None:
            setattr(item, kind, text)
            public.append(item)
    return public, [item for item in items if item not in public]


def letter_for(newsletter: Newsletter, items: list[NewsletterItem], now: datetime.datetime) -> Letter:
    """The newsletter as a letter, its marks still open."""
    entries = [entry_of(item.text, item.words, pictured=number == 0) for number, item in enumerate(items)]
    with translation.override(newsletter.language):
        why = str(_("You get this letter because you subscribed to the newsletter of the Charhar Institute."))
    return letter_of(
        Sheet(
            language=newsletter.language,
            title=newsletter.title,
            subject=newsletter.subject,
            preheader=newsletter.preheader,
            introduction=newsletter.introduction,
            entries=entries,
            why=why,
            archive="" if newsletter.internal else settings.SITE_URL + newsletter.get_absolute_url(),
            date=timezone.localdate(now),
        )
    )


def preview(newsletter: Newsletter) -> tuple[Letter, list[NewsletterItem]]:
    """The letter as it would go out now, and the items that would be left out."""
    now = timezone.now()
    public, others = texts_of(newsletter, now)
    return filled_for_nobody(letter_for(newsletter, public, now), newsletter.language), others


def send_test(newsletter: Newsletter, to: str) -> None:
    """Send it as it would go out now to one of the staff, marked as a test."""
    letter, _others = preview(newsletter)
    outbox.queue(
        to=to,
        subject=f"[Test] {letter.subject}",
        text=letter.text,
        html=letter.html,
        purpose="newsletter-test",
    )


def add_texts(newsletter: Newsletter, texts: list[Any]) -> int:
    """Put texts at the end, those that stand in it already left where they are; how many are new."""
    with transaction.atomic():
        Newsletter.objects.select_for_update().get(pk=newsletter.pk)
        place = newsletter.items.aggregate(last=Max("position"))["last"] or 0
        articles = set(newsletter.items.values_list("article", flat=True))
        publications = set(newsletter.items.values_list("publication", flat=True))
        number = 0
        for text in texts:
            is_article = isinstance(text, Article)
            if text.pk in (articles if is_article else publications):
                continue
            number += 1
            place += 10
            where = {"article": text} if is_article else {"publication": text}
            NewsletterItem.objects.create(newsletter=newsletter, position=place, **where)
    return number


def new_since_last(newsletter: Newsletter, now: datetime.datetime | None = None) -> list[Any]:
    """What was published in its language since the last newsletter in it began, newest first.

    Without an earlier one, of the last month; ``NEW_TEXTS`` at most.
    """
    now = now or timezone.now()
    last = (
        Newsletter.objects.filter(language=newsletter.language, begun_at__isnull=False)
        .exclude(pk=newsletter.pk)
        .aggregate(last=Max("begun_at"))["last"]
    )
    since = last or now - datetime.timedelta(days=31)
    found: list[Any] = []
    for model in (Article, Publication):
        rows: Any = model.objects.published(now).filter(language=newsletter.language, publish_at__gt=since)
        found += rows.order_by("-publish_at", "-pk")[:NEW_TEXTS]
    return sorted(found, key=lambda text: text.publish_at, reverse=True)[:NEW_TEXTS]


# -- What the clock does --


def begin_due(now: datetime.datetime | None = None) -> Counter[str]:
    """Begin what is due and close what is done; how many began, ended or were given back.

    As many at a time as one likes: whoever holds a newsletter's row begins it, the others find it begun.
    """
    now = now or timezone.now()
    counts: Counter[str] = Counter()
    due = Newsletter.objects.filter(state=State.SCHEDULED, send_at__lte=now).order_by("send_at", "pk")
    for key in list(due.values_list("pk", flat=True)):
        counts[_begin(key, now)] += 1
    under_way = OutgoingMail.objects.filter(
        Q(state="pending") | Q(claim__gt="", tried_at__gt=now - SETTLED_AFTER)
    )
    for newsletter in Newsletter.objects.filter(state=State.SENDING):
        if not under_way.filter(mailing=newsletter.mailing_id).exists():
            try:
                _move(newsletter, "finish", ended_at=now)
            except IllegalMove:
                continue
            counts["ended"] += 1
    counts.pop("", None)
    return counts


def _begin(key: int, now: datetime.datetime) -> str:
    with transaction.atomic():
        held = Newsletter.objects.select_for_update()
        newsletter = held.filter(pk=key, state=State.SCHEDULED, send_at__lte=now).first()
        if newsletter is None:
            return ""
        public, others = texts_of(newsletter, now)
        if not public and (others or not newsletter.introduction):
            _move(newsletter, "refuse", send_at=None, report="no_texts")
            return "given back"
        letter = letter_for(newsletter, public, now)
        mailing = Mailing.objects.create(
            purpose="newsletter",
            title=newsletter.title,
            sender=settings.DEFAULT_FROM_EMAIL,
            subject=outbox.one_line(letter.subject),
            text=letter.text,
            html=letter.html,
            per_minute=newsletter.per_minute,
            begins_at=now,
        )
        if not outbox.address_mailing(
            mailing, addressed(recipients(newsletter, now).iterator(chunk_size=500))
        ):
            mailing.delete()
            _move(newsletter, "refuse", send_at=None, report="nobody")
            return "given back"
        NewsletterItem.objects.filter(pk__in=[item.pk for item in others]).update(left_out=True)
        _move(newsletter, "begin", mailing=mailing, begun_at=now)
    return "begun"
