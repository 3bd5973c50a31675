"""The start page of the admin: what waits for the person who signs in, and how the house stands.

Each part shows a few lines, how many there are in all, and the way to the whole list; what is empty, or not
this person's business, is not shown. Eight queries at most besides session and rights, however much there is.
"""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib.contenttypes.models import ContentType
from django.db.models import CharField, Count, F, Q, TextField, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _

from charhar.contacts.models import OutgoingMail
from charhar.desk.about import about_permitted, may_with_any
from charhar.desk.dead_links import problem_in_words
from charhar.desk.models import Opinion, SideEffect
from charhar.desk.overview import SHOWN, Line, Overview, overview
from charhar.desk.own import own_profile
from charhar.members.models import Application
from charhar.outreach.models import ContactMessage
from charhar.publishing.admin_filters import constant
from charhar.publishing.admin_moves import short
from charhar.publishing.kinds import kinds_of_text
from charhar.publishing.languages import LANGUAGES
from charhar.publishing.models import Action, State
from charhar.publishing.permissions import allowed

EDITIONS = dict(LANGUAGES)


@dataclass
class Row:
    """One line: what it is, where it leads, and what is to be known of it at a glance."""

    title: str
    url: str
    says: str = ""
    edition: str = ""
    note: str = ""
    urgent: bool = False


@dataclass
class Group:
    """Lines of one sort, how many there are in all, and the ways to the whole lists."""

    code: str
    title: str
    rows: list[Row]
    count: int
    more: list[tuple[str, str]] = field(default_factory=list)

    @property
    def hidden(self) -> int:
        """How many are not among the lines."""
        return self.count - len(self.rows)


@dataclass
class Section:
    """A part of the page: a heading, what it means, and groups that have a heading of their own, or one."""

    code: str
    title: str
    groups: list[Group]
    says: str = ""

    @property
    def count(self) -> int:
        """How many there are in all groups."""
        return sum(group.count for group in self.groups)


def start_page(request: HttpRequest) -> dict[str, Any]:
    """What the template shows: the sections that hold something, and what one may begin."""
    user: Any = request.user
    found = overview(user)
    texts = Lines(found)
    sections = [
        Section("waiting", _("Waits for me"), list(_waiting(texts))),
        Section(
            "drafts", _("My drafts"), [*texts.unsaved(), *texts.group("drafts", _("Drafts"), own="mine")]
        ),
        Section(
            "scheduled",
            _("Scheduled"),
            texts.group("scheduled", _("Scheduled"), status="scheduled"),
            _("Beijing time (UTC+8)"),
        ),
        Section(
            "recent",
            _("Recently published"),
            texts.group("recent", _("Recently published"), status="published"),
            _("In the last 30 days"),
        ),
        Section("broken", _("Broken links"), texts.broken()),
        Section(
            "stale",
            _("To be looked at again"),
            texts.group("stale", _("To be looked at again"), status="stale"),
            _("Not touched for 18 months: does it still hold?"),
        ),
        Section("secretariat", _("Applications, messages, mail"), _secretariat(user)),
    ]
    shown = [Section(s.code, s.title, [g for g in s.groups if g.count], s.says) for s in sections]
    return {"sections": [s for s in shown if s.groups], "begin": _begin(request)}


def _begin(request: HttpRequest) -> list[tuple[str, str]]:
    """Their own profile, for an expert of the house; and the kinds of text that this person may begin."""
    own = own_profile(request.user)
    profile = [(_("My profile"), own.url)] if own is not None else []
    return profile + [
        (_("New %s") % model._meta.verbose_name, _url(model, "add"))
        for model in kinds_of_text()
        if allowed(request.user, Action.ADD, model)
    ]


def _url(model: Any, name: str, *args: Any, **query: str) -> str:
    opts = model._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_{name}", args=args)
    return f"{url}?{urlencode(query)}" if query else url


class Lines:
    """The overview's lines as rows of the page."""

    def __init__(self, found: Overview) -> None:
        self.found = found
        self.today = timezone.localdate()

    def group(self, part: str, title: str, **query: str) -> list[Group]:
        """The group of one part; ``query`` narrows the whole lists to it."""
        numbers = self.found.numbers.get(part, {})
        rows = [self.row(line) for line in self.found.lines.get(part, [])]
        models = {model._meta.label: model for model in kinds_of_text()}
        more: list[tuple[str, str]] = []
        if query:
            several = len(numbers) > 1
            for label in numbers:
                model = models[label]
                name = capfirst(str(model._meta.verbose_name_plural)) if several else _("The whole list")
                more.append((name, _url(model, "changelist", **query)))
        return [Group(part, title, rows, sum(numbers.values()), more)]

    def row(self, line: Line) -> Row:
        """One line, with what matters in its part."""
        says, note, urgent = getattr(self, f"_{line.part}")(line)
        kind = _("correction") if line.corrects else str(line.model._meta.verbose_name)
        return Row(
            line.name or _("Untitled"),
            _url(line.model, "change", line.pk),
            f"{capfirst(kind)} · {says}",
            EDITIONS.get(line.language, ""),
            note,
            urgent,
        )

    def unsaved(self) -> list[Group]:
        """Forms with something typed that was not saved, those of new texts too."""
        new = [
            Row(
                _("New %s") % model._meta.verbose_name,
                _url(model, "add"),
                _("typed %s") % short(sitting.typed_at),
            )
            for sitting in self.found.begun
            if (model := ContentType.objects.get_for_id(sitting.content_type_id).model_class()) is not None
        ]
        [group] = self.group("unsaved", _("Typed but not saved"))
        group.rows, group.count = [*new, *group.rows][:SHOWN], group.count + len(new)
        return [group]

    def broken(self) -> list[Group]:
        """Published texts with a link that leads nowhere."""
        [group] = self.group("broken", _("Broken links"))
        if group.count:
            group.more = [
                (_("All broken links"), f"{reverse('admin:desk_textlink_changelist')}?standing=broken")
            ]
        return [group]

    # What is said of a line, by its part: the words, the note beneath, whether it is urgent.

    def _review(self, line: Line) -> tuple[str, str, bool]:
        return _("in review since %s") % short(line.moment), "", False

    def _failed(self, line: Line) -> tuple[str, str, bool]:
        return _("was due %s and could not be published") % short(line.moment), "", True

    def _assigned(self, line: Line) -> tuple[str, str, bool]:
        assignment = self.found.assignments[line.kind, line.pk]
        if assignment.due is None:
            return _("without a day"), assignment.note, False
        due = date_format(assignment.due, "M j, Y")
        says = _("was due %s") if assignment.is_overdue else _("due %s")
        return says % due, assignment.note, assignment.is_overdue

    def _opinions(self, line: Line) -> tuple[str, str, bool]:
        return f"{Opinion.Verdict(line.note).label}, {short(line.moment)}", "", False

    def _mentioned(self, line: Line) -> tuple[str, str, bool]:
        comment = self.found.comments[line.kind, line.pk]
        said = Truncator(comment.body).chars(120)
        return f"{comment.author_name}, {short(comment.created_at)}", said, False

    def _drafts(self, line: Line) -> tuple[str, str, bool]:
        state = _("In review") if line.state == State.REVIEW else _("Draft")
        return f"{state}, {_('last changed %s') % short(line.moment)}", "", False

    def _unsaved(self, line: Line) -> tuple[str, str, bool]:
        return _("typed %s") % short(self.found.sittings[line.kind, line.pk].typed_at), "", False

    def _dated(self, line: Line) -> tuple[str, str, bool]:
        return short(line.moment), "", False

    _scheduled = _recent = _dated

    def _broken(self, line: Line) -> tuple[str, str, bool]:
        problem, _space, url = line.note.partition(" ")
        return (
            _("%(problem)s, since %(when)s")
            % {
                "problem": problem_in_words(problem),
                "when": short(line.moment),
            },
            url,
            False,
        )

    def _stale(self, line: Line) -> tuple[str, str, bool]:
        return _("last changed %s") % short(line.moment), "", False


def _waiting(texts: Lines) -> Iterator[Group]:
    yield from texts.group("failed", _("Corrections that failed"), status="correction-failed")
    yield from texts.group("assigned", _("Assigned to me"))
    yield from texts.group("opinions", _("Decisions on my texts"))
    yield from texts.group("mentioned", _("Comments that mention me"))
    yield from texts.group("review", _("To review"), status="review")


# -- The secretariat --------------------------------------------------------------------------------


def _secretariat(user: Any) -> list[Group]:
    """What is open with the public: newest first, oldest waiting longest last. Two queries where anything is
    this person's business."""
    desks: list[tuple[str, str, Any, Any, Any, dict[str, str]]] = []
    if user.has_perm("members.view_application"):
        rows = Application.objects.filter(state__in=[Application.State.NEW, Application.State.REVIEW])
        desks.append(
            ("applications", _("Open applications"), rows, "name", "created_at", {"state__in": "new,review"})
        )
    if user.has_perm("outreach.view_contactmessage"):
        messages = ContactMessage.objects.for_me(user)
        desks.append(
            ("messages", _("Unanswered messages"), messages, "name", "created_at", {"waiting": "me"})
        )
    if user.has_perm("contacts.view_outgoingmail"):
        lost = [OutgoingMail.State.FAILED, OutgoingMail.State.UNCERTAIN]
        mail = OutgoingMail.objects.filter(state__in=lost)
        desks.append(
            ("mail", _("Letters not sent"), mail, "subject", "created_at", {"state__in": "failed,uncertain"})
        )
    if may_with_any(user, Action.PUBLISH):
        stuck = SideEffect.objects.filter(~Q(failure=""), about_permitted(user, Action.PUBLISH), done_at=None)
        desks.append(
            ("effects", _("Side effects that failed"), stuck, "failure", "due_at", {"standing": "failed"})
        )
    if not desks:
        return []
    lines: dict[str, list[tuple[Any, ...]]] = {code: [] for code, *_rest in desks}
    selects, counts = [], []
    for code, _title, rows, name, moment, _query in desks:
        first = rows.order_by(f"-{moment}", "-pk").values("pk")[:SHOWN]
        part = rows.model.objects.filter(pk__in=first).order_by()
        said = Coalesce(F(name), Value(""), output_field=TextField())
        selects.append(part.values_list(constant(code), "pk", said, moment))
        counted = rows.order_by().annotate(desk=Value(code, output_field=CharField())).values("desk")
        counts.append(counted.annotate(number=Count("pk")).values_list("desk", "number"))
    for row in selects[0].union(*selects[1:], all=True):
        lines[row[0]].append(row[1:])
    numbers = dict(counts[0].union(*counts[1:], all=True))
    return [
        Group(
            code,
            title,
            [
                _open_row(rows.model, query, *line)
                for line in sorted(lines[code], key=lambda line: line[2], reverse=True)
            ],
            numbers.get(code, 0),
            [(_("The whole list"), _url(rows.model, "changelist", **query))],
        )
        for code, title, rows, _name, _moment, query in desks
    ]


def _open_row(model: Any, query: dict[str, str], pk: int, name: str, moment: datetime.datetime) -> Row:
    url = _url(model, "changelist", **query) if model is SideEffect else _url(model, "change", pk)
    return Row(name or "–", url, short(moment))
