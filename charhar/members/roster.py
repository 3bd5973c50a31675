"""The existing roster from a file: each row's fate is told by its line; the same file twice changes nothing.

A member is known by the number, else by the address. What the file leaves empty stays as it is. Terms that
are there already are never changed by a file; a row may add the one that follows.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from charhar.contacts.addresses import email_key, normalise_email
from charhar.contacts.csv_files import Fate, rows_of
from charhar.contacts.fields import UNPRINTABLE
from charhar.contacts.models import Consent, Person, TimelineEvent, Wording
from charhar.publishing.languages import CHINESE, ENGLISH

from .memberships import Refused, next_number, record_payment, write_term
from .models import Membership, Payment, Plan, today

# Each column: what it is called in a file, and what it holds.
COLUMNS: dict[str, tuple[tuple[str, ...], Any]] = {
    "email": (("email", "e-mail", "邮箱", "电子邮箱"), gettext_lazy("The address. Needed.")),
    "name": (("name", "姓名"), gettext_lazy("The name as the member writes it. Needed for a new member.")),
    "plan": (
        ("plan", "会员类别", "类别"),
        gettext_lazy("The plan's name in either language. Needed for a new member."),
    ),
    "number": (
        ("number", "member number", "会员编号", "编号"),
        gettext_lazy("The member number; empty: the next one is given."),
    ),
    "organisation": (
        ("organisation", "organization", "单位", "机构"),
        gettext_lazy("Where the member works."),
    ),
    "country": (("country", "国家", "国家或地区"), gettext_lazy("Country or region.")),
    "language": (("language", "语言"), gettext_lazy("en or zh; empty: English.")),
    "joined": (
        ("joined", "入会日期"),
        gettext_lazy("Member since, as 2026-03-05; empty: the first term's day."),
    ),
    "starts": (("starts", "会期开始"), gettext_lazy("The day on which the term began; empty: today.")),
    "ends": (("ends", "会期截止"), gettext_lazy("The term's last day; empty: as long as the plan says.")),
    "fee": (("fee", "会费"), gettext_lazy("The fee for this term; empty: the plan's.")),
    "paid": (("paid", "已缴", "缴费金额"), gettext_lazy("How much has come in for this term.")),
    "paid_on": (("paid on", "paid_on", "缴费日期"), gettext_lazy("The day on which it came in.")),
    "reference": (("reference", "凭证号"), gettext_lazy("As on the bank statement or receipt.")),
    "resigned": (("resigned", "退会日期"), gettext_lazy("No member from this day on.")),
    "consent": (
        ("consent", "同意来源"),
        gettext_lazy("Where the consent is from: paper form of 2019, file 12. Needed for a new member."),
    ),
    "consent_on": (("consent on", "consent_on", "同意日期"), gettext_lazy("The day of the consent.")),
}
LONGEST = {"name": 150, "email": 254, "organisation": 200, "country": 100, "number": 30, "reference": 140,
           "consent": 200}  # fmt: skip
DAYS = ("joined", "starts", "ends", "paid_on", "resigned", "consent_on")
WORDING_TEXT = gettext_noop("Brought in from the roster; the consent was given at the place named.")


class _Undo(Exception):
    """Ends a dry run's transaction."""


def bring_in(content: bytes, *, dry_run: bool, by: Any = None) -> list[Fate]:
    """Bring a roster in; what became of each row. A dry run does the same and takes everything back.

    One transaction a row, so that a refused row leaves the others alone; all in one where it is dry. Ten
    queries a row. Raises ``Unreadable`` where the file as a whole makes no sense; then nothing is written.
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
    plans = {
        name.casefold(): plan for plan in Plan.objects.all() for name in (plan.name_en, plan.name_zh) if name
    }
    seen: dict[str, int] = {}
    for line, cells in rows:
        who = cells.get("number") or cells.get("email", "")
        try:
            if "" in cells:
                raise Refused(cells[""])
            with transaction.atomic():
                row = _read(cells, plans)
                key = email_key(row["email"])
                if key in seen:
                    raise Refused(_("The same address stands in line %(line)d.") % {"line": seen[key]})
                changes, is_new = _write(row, by)
            seen[key] = line
            fate = "new" if is_new else "changed" if changes else "unchanged"
            yield Fate(line, fate, who, ", ".join(changes))
        except ValidationError as refused:
            yield Fate(line, "refused", who[:80], " ".join(refused.messages))


def _read(cells: dict[str, str], plans: dict[str, Plan]) -> dict[str, Any]:
    """The row's values; raises ``ValidationError`` for the first that makes no sense."""
    row: dict[str, Any] = {name: cells.get(name, "") for name in COLUMNS}
    for name, value in row.items():
        if any(unicodedata.category(c) in UNPRINTABLE for c in value):
            raise Refused(_("%(column)s holds control characters.") % {"column": name})
        if len(value) > LONGEST.get(name, 200):
            raise Refused(
                _("%(column)s is longer than %(most)d characters.")
                % {"column": name, "most": LONGEST.get(name, 200)}
            )
    try:
        row["email"] = normalise_email(row["email"])
    except ValidationError:
        raise Refused(_("“%(value)s” is no e-mail address.") % {"value": row["email"][:80]}) from None
    if row["plan"]:
        if row["plan"].casefold() not in plans:
            raise Refused(_("No plan is called “%(value)s”.") % {"value": row["plan"][:80]})
        row["plan"] = plans[row["plan"].casefold()]
    languages = {
        "": "", "en": ENGLISH, "english": ENGLISH, "英文": ENGLISH,
        "zh": CHINESE, "zh-hans": CHINESE, "中文": CHINESE,
    }  # fmt: skip
    if row["language"].casefold() not in languages:
        raise Refused(_("“%(value)s” is no language: en or zh.") % {"value": row["language"][:80]})
    row["language"] = languages[row["language"].casefold()]
    for name in DAYS:
        row[name] = _day(name, row[name])
    for name in ("fee", "paid"):
        row[name] = _amount(name, row[name])
    for name in ("joined", "starts", "paid_on", "consent_on"):
        if row[name] and row[name] > today():
            raise Refused(_("%(column)s is still to come.") % {"column": name})
    return row


def _day(name: str, value: str) -> datetime.date | None:
    if not value:
        return None
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", value, re.ASCII)
    try:
        return datetime.date(*map(int, found.groups())) if found else datetime.date.fromisoformat(value)
    except ValueError:
        raise Refused(
            _("%(column)s: “%(value)s” is no day like 2026-03-05.") % {"column": name, "value": value[:40]}
        ) from None


def _amount(name: str, value: str) -> Decimal | None:
    if not value:
        return None
    try:
        amount = Decimal(value.replace(",", "").lstrip("¥￥").strip())
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount < 10**8 or amount != round(amount, 2):
        raise Refused(_("%(column)s: “%(value)s” is no amount.") % {"column": name, "value": value[:40]})
    return amount


def _write(row: dict[str, Any], by: Any) -> tuple[list[str], bool]:
    """Bring one row in: what was changed, and whether the member is new. Raises ``Refused``."""
    known = Membership.objects.select_for_update(of=("self",)).select_related("person", "plan")
    person = Person.objects.filter(email_key=email_key(row["email"])).first()
    membership = known.filter(number=row["number"]).first() if row["number"] else None
    if membership is not None and (person is None or membership.person_id != person.pk):
        raise Refused(_("The number belongs to somebody else."))
    if membership is None and person is not None:
        membership = known.filter(person=person).order_by("ended_on").last()
        if membership is not None and row["number"] and membership.number != row["number"]:
            raise Refused(
                _("Is a member already, under the number %(number)s.") % {"number": membership.number}
            )
    if membership is not None:
        return _update(membership, row, by), False
    return _add(row, by), True


def _add(row: dict[str, Any], by: Any) -> list[str]:
    for name in ("name", "plan", "consent"):
        if not row[name]:
            raise Refused(_("For a new member, %(column)s is needed.") % {"column": name})
    person = Person.objects.meet(row["email"], name=row["name"], language=row["language"] or ENGLISH)
    _fill(person, row)
    starts = row["starts"] or row["joined"] or today()
    joined = row["joined"] or starts
    membership = Membership.objects.create(
        number=row["number"] or next_number(joined.year),
        person=person,
        plan=row["plan"],
        country=row["country"] or person.country,
        joined_on=joined,
    )
    if row["ends"] and row["ends"] < starts:
        raise Refused(_("The term would end before it begins."))
    term = write_term(membership, row["plan"], starts, ends_on=row["ends"], fee=row["fee"])
    wording = Wording(Consent.Purpose.MEMBERSHIP, "roster", _(WORDING_TEXT))
    consent = Consent.objects.give(person, wording, source=row["consent"])
    if row["consent_on"]:
        noon = datetime.datetime.combine(row["consent_on"], datetime.time(12), tzinfo=consent.given_at.tzinfo)
        Consent.objects.filter(pk=consent.pk).update(given_at=noon)
    _pay(term, row, by)
    if row["resigned"]:
        _resign(membership, row)
    TimelineEvent.objects.note(
        person, TimelineEvent.Kind.IMPORTED, by=by, about=membership, text=f"{membership.number} · {term}"
    )
    return [membership.number]


def _update(membership: Membership, row: dict[str, Any], by: Any) -> list[str]:
    person: Any = membership.person
    changes = _fill(person, row, replace=True)
    if row["country"] and row["country"] != membership.country:
        membership.country = row["country"]
        membership.save(update_fields=["country"])
        changes.append("country")
    starts = row["starts"]
    term = membership.terms.filter(starts_on=starts).first() if starts else membership.terms.last()
    if term is None and starts:
        last = membership.terms.last()
        if last is not None and (last.ends_on is None or starts <= last.ends_on):
            raise Refused(_("The term would begin before the last one has ended."))
        term = write_term(
            membership, row["plan"] or membership.plan, starts, ends_on=row["ends"], fee=row["fee"]
        )
        changes.append("starts")
    elif term is not None and row["ends"] and term.ends_on != row["ends"]:
        raise Refused(_("The term that began then ends on another day here; change it by hand."))
    if term is not None and _pay(term, row, by):
        changes.append("paid")
    if row["resigned"] and membership.ended_on is None:
        _resign(membership, row)
        changes.append("resigned")
    changes = list(dict.fromkeys(changes))
    if changes:
        TimelineEvent.objects.note(
            person, TimelineEvent.Kind.IMPORTED, by=by, about=membership, text=", ".join(changes)
        )
    return changes


def _fill(person: Person, row: dict[str, Any], *, replace: bool = False) -> list[str]:
    """Write what the row says of the person; of somebody known from elsewhere only what is not known yet."""
    changes = []
    for name in ("name", "organisation", "country", "language"):
        if row[name] and getattr(person, name) != row[name] and (replace or not getattr(person, name)):
            setattr(person, name, row[name])
            changes.append(name)
    if changes:
        person.save()
    return changes


def _pay(term: Any, row: dict[str, Any], by: Any) -> bool:
    if not row["paid"]:
        return False
    received_on = row["paid_on"] or term.starts_on
    return record_payment(
        term,
        row["paid"],
        term.currency,
        received_on,
        method=Payment.Method.TRANSFER,
        reference=row["reference"],
        by=by,
    )[1]


def _resign(membership: Membership, row: dict[str, Any]) -> None:
    membership.ended_on, membership.ending = row["resigned"], Membership.Ending.RESIGNED
    membership.save(update_fields=["ended_on", "ending"])
