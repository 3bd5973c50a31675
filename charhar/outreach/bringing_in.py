"""Subscribers from elsewhere, by a file that says of each what they agreed to, when and where.

Nobody is brought in against their will: an address that is suppressed, or whose owner ended a subscription,
is refused, and one that is subscribed stays as it is. What a row says is written into the ledger of consents.
"""

import datetime
import unicodedata
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from charhar.contacts.addresses import email_key, normalise_email
from charhar.contacts.csv_files import Fate, rows_of
from charhar.contacts.fields import UNPRINTABLE
from charhar.contacts.models import Consent, Person, Suppression, TimelineEvent
from charhar.publishing.languages import CHINESE, ENGLISH

from .choices import GROUPS, Choices, choosable, keep
from .models import Subscription

# Each column: what it is called in a file, and what it holds.
COLUMNS: dict[str, tuple[tuple[str, ...], Any]] = {
    "email": (("email", "e-mail", "邮箱", "电子邮箱"), gettext_lazy("The address. Needed.")),
    "name": (("name", "姓名"), gettext_lazy("The name, if it is known.")),
    "language": (("language", "语言"), gettext_lazy("en or zh; empty: English.")),
    "rhythm": (("rhythm", "频率"), gettext_lazy("at_once, weekly or newsletter; empty: newsletter.")),
    "topics": (("topics", "议题"), gettext_lazy("Slugs of topics, with spaces between; empty: all.")),
    "regions": (("regions", "地区"), gettext_lazy("Slugs of regions.")),
    "series": (("series", "丛书"), gettext_lazy("Slugs of series.")),
    "experts": (("experts", "专家"), gettext_lazy("Slugs of experts.")),
    "consent": (
        ("consent", "同意内容"),
        gettext_lazy("The words that the owner of the address agreed to. Needed."),
    ),
    "consent_on": (
        ("consent on", "consent_on", "同意日期"),
        gettext_lazy("The day of the consent, as 2026-03-05. Needed."),
    ),
    "consent_source": (
        ("consent source", "consent_source", "同意来源"),
        gettext_lazy("Where the consent is from: paper list of the forum in 2019. Needed."),
    ),
}
NEEDED = ("consent", "consent_on", "consent_source")
LONGEST = {"email": 254, "name": 150, "consent": 2000, "consent_source": 200}
LANGUAGES = {
    "": ENGLISH, "en": ENGLISH, "english": ENGLISH, "英文": ENGLISH,
    "zh": CHINESE, "zh-hans": CHINESE, "中文": CHINESE,
}  # fmt: skip


class _Undo(Exception):
    """Ends a dry run's transaction."""


def bring_in(content: bytes, *, dry_run: bool, by: Any = None) -> list[Fate]:
    """Bring subscribers in; what became of each row. A dry run does the same and takes everything back.

    No mail goes out. One transaction a row; all in one where it is dry. At most twenty queries a row. Raises
    ``Unreadable`` where the file as a whole makes no sense; then nothing is written.
    """
    rows = rows_of(content, {name: words for name, (words, _help) in COLUMNS.items()})
    if not dry_run:
        return list(_each(rows, by))
    fates: list[Fate] = []
    try:
        with transaction.atomic():
            fates = list(_each(rows, by))
            raise _Undo
    except _Undo:
        return fates


def _each(rows: list[tuple[int, dict[str, str]]], by: Any) -> Iterator[Fate]:
    seen: dict[str, int] = {}
    for line, cells in rows:
        who = cells.get("email", "")[:80]
        try:
            if "" in cells:
                raise ValidationError(cells[""])
            with transaction.atomic():
                row = _read(cells)
                key = email_key(row["email"])
                if key in seen:
                    raise ValidationError(
                        _("The same address stands in line %(line)d.") % {"line": seen[key]}
                    )
                is_new = _write(row, by)
            seen[key] = line
            yield Fate(line, "new" if is_new else "unchanged", who, "")
        except ValidationError as refused:
            yield Fate(line, "refused", who, " ".join(refused.messages))


def _read(cells: dict[str, str]) -> dict[str, Any]:
    """The row's values; raises ``ValidationError`` for the first that makes no sense."""
    row: dict[str, Any] = {name: cells.get(name, "") for name in COLUMNS}
    for name, value in row.items():
        if any(unicodedata.category(character) in UNPRINTABLE for character in value):
            raise ValidationError(_("%(column)s holds control characters.") % {"column": name})
        most = LONGEST.get(name, 500)
        if len(value) > most:
            raise ValidationError(
                _("%(column)s is longer than %(most)d characters.") % {"column": name, "most": most}
            )
    try:
        row["email"] = normalise_email(row["email"])
    except ValidationError:
        raise ValidationError(_("“%(value)s” is no e-mail address.") % {"value": row["email"][:80]}) from None
    for name in NEEDED:
        if not row[name]:
            raise ValidationError(_("%(column)s is needed: where the consent is from.") % {"column": name})
    try:
        day = datetime.date.fromisoformat(row["consent_on"])
    except ValueError:
        raise ValidationError(
            _("%(column)s: “%(value)s” is no day like 2026-03-05.")
            % {"column": "consent_on", "value": row["consent_on"][:40]}
        ) from None
    if day > timezone.localdate():
        raise ValidationError(_("%(column)s is still to come.") % {"column": "consent_on"})
    row["consent_on"] = timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))
    row["consent_on"] = min(row["consent_on"], timezone.now())
    if row["language"].casefold() not in LANGUAGES:
        raise ValidationError(_("“%(value)s” is no language: en or zh.") % {"value": row["language"][:80]})
    rhythm = row["rhythm"] or Subscription.Rhythm.NEWSLETTER
    if rhythm not in Subscription.Rhythm.values:
        raise ValidationError(
            _("“%(value)s” is no rhythm: at_once, weekly or newsletter.") % {"value": rhythm[:80]}
        )
    subjects = {name: _subjects(name, row[name]) for name in GROUPS}
    row["choices"] = Choices(LANGUAGES[row["language"].casefold()], rhythm, subjects)
    return row


def _subjects(name: str, said: str) -> list[Any]:
    """The subjects with these slugs, between which stand spaces or commas."""
    slugs = said.replace(",", " ").replace("，", " ").split()
    found = {subject.slug: subject for subject in choosable(name).filter(slug__in=slugs)} if slugs else {}
    for slug in slugs:
        if slug not in found:
            raise ValidationError(
                _("%(column)s: nothing has the slug “%(value)s”.") % {"column": name, "value": slug[:80]}
            )
    return list(found.values())


def _write(row: dict[str, Any], by: Any) -> bool:
    """Bring one row in; False where the address is subscribed already. Raises ``ValidationError``."""
    if Suppression.objects.among([row["email"]]):
        raise ValidationError(_("The address stands on the suppression list."))
    choices: Choices = row["choices"]
    person = Person.objects.meet(row["email"], name=row["name"], language=choices.language)
    Subscription.objects.get_or_create(person=person, defaults={"language": choices.language})
    subscription = Subscription.objects.select_for_update().get(person=person)
    if subscription.is_active:
        return False
    if subscription.unsubscribed_at is not None:
        raise ValidationError(_("The owner of the address ended the subscription."))
    subscription.asked_at = subscription.confirmed_at = row["consent_on"]
    subscription.save(update_fields=["asked_at", "confirmed_at"])
    keep(subscription, choices)
    Consent.objects.create(
        person=person,
        purpose=Consent.Purpose.UPDATES,
        version="import",
        text=row["consent"],
        source=row["consent_source"],
        given_at=row["consent_on"],
    )
    TimelineEvent.objects.note(
        person, TimelineEvent.Kind.IMPORTED, by=by, text=row["consent_source"], about=subscription
    )
    return True
