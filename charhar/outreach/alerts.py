"""New from this topic, region, series or expert: a letter at once, or one on Monday morning.

A text is announced once, by its row in ``Announcement``; a week's digest once, by its row in ``Digest``. What
counts as new is what a person published, as the desk has it in its list of what follows from publications:
neither corrections nor what the importer brings. Both are letters to many, so that suppression, ending a
subscription and a pause hold them back. Each reader hears of texts in the language of their letters only; of
its other edition, where there is one, those hear who chose that language.
"""

import datetime
from collections import Counter
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from articles.models import Article
from charhar.contacts import outbox
from charhar.contacts.letters import Letter
from charhar.contacts.models import Mailing, OutgoingMail
from charhar.desk.models import SideEffect
from charhar.publishing.languages import LANGUAGES
from publications.models import Publication

from .choices import wanting
from .letterhead import Sheet, addressed, entry_of, for_letters, letter_of
from .models import Announcement, Digest, DigestLetter, Subscription

BEIJING = ZoneInfo("Asia/Shanghai")
MONDAY_MORNING = datetime.time(8, 0)
WEEK = datetime.timedelta(days=7)
# A text that could not be announced for so long is not news any more; the digest has it.
ANNOUNCED_WITHIN = datetime.timedelta(days=2)
# A digest that could not go out on Monday waits for the next, which then covers both weeks.
LATE = datetime.timedelta(days=1)
Rhythm = Subscription.Rhythm


def went_public(model: Any, since: datetime.datetime, until: datetime.datetime) -> Any:
    """The texts of one kind that people let appear after ``since``, up to ``until``, and that readers see."""
    kind = ContentType.objects.get_for_model(model)
    events = SideEffect.objects.filter(
        content_type=kind, event=SideEffect.Event.PUBLISHED, due_at__gt=since, due_at__lte=until
    )
    rows = model.objects.published(until).filter(pk__in=events.values("object_id"), publish_at__gt=since)
    return for_letters(rows).order_by("publish_at", "pk")


# -- At once --


def announce_due(now: datetime.datetime | None = None) -> Counter[str]:
    """Tell those who want to hear at once of each text that has become public; how many texts and letters.

    As many at a time as one likes. What was withdrawn before its letters went out is sent to nobody more, and
    taken out of digests that still wait.
    """
    now = now or timezone.now()
    counts: Counter[str] = Counter()
    _call_off_what_is_gone(now)
    _leave_out_what_is_gone(now)
    for model in (Article, Publication):
        kind = ContentType.objects.get_for_model(model)
        told = Announcement.objects.filter(content_type=kind).values("object_id")
        for text in went_public(model, now - ANNOUNCED_WITHIN, now).exclude(pk__in=told):
            letters = _announce(kind, text, now)
            if letters is not None:
                counts["texts"] += 1
                counts["letters"] += letters
    return counts


def _announce(kind: ContentType, text: Any, now: datetime.datetime) -> int | None:
    """Write the letters about one text; how many, or None where another process has it."""
    with transaction.atomic():
        announcement, is_new = Announcement.objects.get_or_create(
            content_type=kind, object_id=text.pk, defaults={"at": now}
        )
        if not is_new:
            return None
        readers = Subscription.objects.receiving(now).filter(rhythm=Rhythm.AT_ONCE, language=text.language)
        readers = wanting(readers, text.search_document().filed).select_related("person").order_by("pk")
        if not readers.exists():
            return 0
        with translation.override(text.language):
            letter = letter_of(
                Sheet(
                    language=text.language,
                    title=_("New on the site"),
                    subject=text.title,
                    preheader=text.standfirst,
                    entries=[entry_of(text, pictured=True)],
                    why=_("You get this letter because you chose to hear of new texts at once."),
                    date=timezone.localdate(now),
                )
            )
        announcement.mailing = _mailing("alert", text.title, letter, now)
        announcement.save(update_fields=["mailing"])
        return outbox.address_mailing(announcement.mailing, addressed(readers.iterator(chunk_size=500)))


def _mailing(purpose: str, title: str, letter: Letter, now: datetime.datetime, **fields: Any) -> Mailing:
    return Mailing.objects.create(
        purpose=purpose,
        title=title,
        sender=settings.DEFAULT_FROM_EMAIL,
        subject=outbox.one_line(letter.subject),
        text=letter.text,
        html=letter.html,
        begins_at=now,
        **fields,
    )


def _call_off_what_is_gone(now: datetime.datetime) -> None:
    waiting = OutgoingMail.objects.filter(
        state=OutgoingMail.State.PENDING, mailing__announcement__isnull=False
    )
    keys = waiting.values("mailing").distinct()
    for announcement in Announcement.objects.filter(mailing__in=keys).select_related("mailing"):
        model: Any = announcement.content_type.model_class()
        if not model.objects.published(now).filter(pk=announcement.object_id).exists():
            outbox.call_off(announcement.mailing)  # type: ignore[arg-type]


# -- Once a week --


def last_monday(now: datetime.datetime) -> datetime.datetime:
    """The last Monday, 08:00 in Beijing, that is not after ``now``."""
    local = now.astimezone(BEIJING)
    monday = datetime.datetime.combine(
        local.date() - datetime.timedelta(days=local.weekday()), MONDAY_MORNING, BEIJING
    )
    return monday if monday <= now else monday - WEEK


def send_digest(now: datetime.datetime | None = None) -> int | None:
    """Write the digest of the week that ended on Monday morning; how many letters, None where none is due.

    It holds what each subscriber wants to hear of; one without anything is not sent. Whoever gets the same
    texts gets the same letter, in one mailing. Two or three queries for each text, besides the letters' own.
    """
    now = now or timezone.now()
    until = last_monday(now)
    if now - until > LATE:
        return None
    with transaction.atomic():
        before = Digest.objects.filter(week__lt=until.date()).order_by("-week").first()
        _digest, is_new = Digest.objects.get_or_create(week=until.date(), defaults={"at": now})
        if not is_new:
            return None
        since = until - WEEK
        if before is not None:
            since = min(since, datetime.datetime.combine(before.week, MONDAY_MORNING, BEIJING))
        return sum(_digests(language, since, until, now) for language, _name in LANGUAGES)


def _digests(
    language: str, since: datetime.datetime, until: datetime.datetime, now: datetime.datetime
) -> int:
    """The letters in one language, with the texts in it."""
    texts = [
        text
        for model in (Publication, Article)
        for text in went_public(model, since, until).filter(language=language)
    ]
    weekly = Subscription.objects.receiving(now).filter(rhythm=Rhythm.WEEKLY, language=language)
    wanted: dict[int, tuple[int, ...]] = {}
    for place, text in enumerate(texts):
        news_to = wanting(weekly, text.search_document().filed).exclude(person__in=_told_at_once(text))
        for key in news_to.values_list("pk", flat=True):
            wanted[key] = (*wanted.get(key, ()), place)
    groups: dict[tuple[int, ...], list[int]] = {}
    for key, places in wanted.items():
        groups.setdefault(places, []).append(key)
    number = 0
    for places, keys in sorted(groups.items()):
        mailing = _digest_mailing(language, [texts[place] for place in places], until, now)
        for start in range(0, len(keys), outbox.BATCH):
            part = Subscription.objects.filter(pk__in=keys[start : start + outbox.BATCH])
            readers: Iterable[Subscription] = part.select_related("person").order_by("pk")
            number += outbox.address_mailing(mailing, addressed(readers))
    return number


def _digest_mailing(
    language: str, texts: list[Any], until: datetime.datetime, now: datetime.datetime, **fields: Any
) -> Mailing:
    """The letter about these texts, and what stands in it."""
    letter = _digest_letter(language, [entry_of(text) for text in texts], until)
    mailing = _mailing("digest", f"{until:%Y-%m-%d} ({len(texts)})", letter, now, **fields)
    keys = [[text._meta.label_lower, text.pk] for text in texts]
    DigestLetter.objects.create(mailing=mailing, language=language, until=until, texts=keys)
    return mailing


def _leave_out_what_is_gone(now: datetime.datetime) -> None:
    """Give those whose digest still waits one without the texts that readers do not see any more.

    Two queries for each digest that waits. Whoever had theirs had it as it was then.
    """
    waiting = OutgoingMail.objects.filter(
        state=OutgoingMail.State.PENDING, mailing__digest_letter__isnull=False
    )
    for letter in DigestLetter.objects.filter(mailing__in=waiting.values("mailing").distinct()):
        texts = _texts_of(letter, now)
        if len(texts) == len(letter.texts):
            continue
        with transaction.atomic():
            held = Mailing.objects.select_for_update().get(pk=letter.mailing_id)
            rest = held.mail.filter(state=OutgoingMail.State.PENDING)
            if not rest.exists():
                continue
            if texts:
                rest.update(
                    mailing=_digest_mailing(letter.language, texts, letter.until, now, state=held.state)
                )
            else:
                outbox.call_off(held)


def _texts_of(letter: DigestLetter, now: datetime.datetime) -> list[Any]:
    """Those of a digest's texts that readers see, in its order."""
    found: dict[tuple[str, int], Any] = {}
    for model in (Publication, Article):
        label = model._meta.label_lower
        keys = [key for of, key in letter.texts if of == label]
        rows: Any = model.objects.published(now).filter(pk__in=keys)
        found |= {(label, text.pk): text for text in (for_letters(rows) if keys else ())}
    return [found[label, key] for label, key in letter.texts if (label, key) in found]


def _told_at_once(text: Any) -> Any:
    """The keys of those who had a letter about the text already: until then they wanted to hear at once."""
    letters = OutgoingMail.objects.filter(
        mailing__announcement__content_type=ContentType.objects.get_for_model(text),
        mailing__announcement__object_id=text.pk,
        person__isnull=False,
    )
    return letters.exclude(state__in=[OutgoingMail.State.SUPPRESSED, OutgoingMail.State.FAILED]).values(
        "person"
    )


def _digest_letter(language: str, entries: list[Any], until: datetime.datetime) -> Letter:
    with translation.override(language):
        count = len(entries)
        one = pgettext("one text", "New this week: %(title)s")
        several = _("New this week: %(title)s and %(more)d more")
        return letter_of(
            Sheet(
                language=language,
                title=_("New this week"),
                # Not a plural: languages with one form for all numbers would tell of "0 more".
                subject=(several if count > 1 else one) % {"title": entries[0].title, "more": count - 1},
                entries=entries,
                why=_("You get this letter because you chose to hear once a week of what was new."),
                date=until.date(),
            )
        )
