"""The two-person rule: in sections that ask for it, nothing reaches readers that only one person has seen.

Somebody else than the one who publishes, and than the one who wrote last, must have approved the content as
it stands: any later save that changes it voids the approval, one that only changes dates or owner does not.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from charhar.publishing.checklist import MUST, Finding, Occasion, check
from charhar.publishing.history import canonical, serialise, snapshots_of
from charhar.publishing.models import Publishable, Snapshot

from .models import Opinion

# How a text, and a correction, comes to be scheduled.
SCHEDULING = ("publish", "schedule")


def sections(text: Publishable) -> list[str]:
    """The names of the sections that want a second person. One query; two for a working copy.

    A correction can not leave the rule by leaving the section: the live text's count as well.
    """
    names = text.two_person_sections()
    if text.corrects is not None:
        names = [*names, *(name for name in text.corrects.two_person_sections() if name not in names)]
    return names


def essence(data: dict[str, Any]) -> str:
    """A content as approval sees it: without the date shown, which publishing fills in by itself."""
    fields = {name: value for name, value in data["fields"].items() if name != "date"}
    return canonical({**data, "fields": fields})


def _essence_of(snapshot: Snapshot, present: dict[str, Any], text: Publishable) -> str:
    data = snapshot.data
    if getattr(text, "translation_of_id", None):  # its slug follows the original's by itself
        data = {**data, "fields": {**data["fields"], "slug": present["fields"].get("slug")}}
    return essence(data)


def missing(text: Publishable, user: Any) -> str:
    """What the rule still wants before ``user`` may publish the text as it is saved; empty where nothing.

    ``user=None``: whoever it will be. Where no section wants a second person: the queries of ``sections``
    alone; else it reads the text's content and its latest snapshots.
    """
    names = sections(text)
    if not names:
        return ""
    present = serialise(text)
    wanted = essence(present)
    writer, writer_name = _last_writer(text, present, wanted, user)
    if _approvers(text, present, wanted) - {_publisher(text, present, wanted, user), writer}:
        return ""
    named = {"sections": ", ".join(names), "writer": writer_name}
    if user is None and writer is None:
        said = _(
            "This section wants a second person (%(sections)s): somebody else than who publishes it must"
            " approve this version."
        )
    elif writer is None or (user is not None and writer == user.pk):
        said = _(
            "This section wants a second person (%(sections)s): somebody else than you must approve this"
            " version."
        )
    elif user is None:
        said = _(
            "This section wants a second person (%(sections)s): somebody else than %(writer)s, who changed"
            " it last, must approve this version."
        )
    else:
        said = _(
            "This section wants a second person (%(sections)s): somebody else than you and %(writer)s, who"
            " changed it last, must approve this version."
        )
    return said % named


def _publisher(text: Publishable, present: dict[str, Any], wanted: str, user: Any) -> Any:
    """The key of who puts this content before readers: who has scheduled it, if anybody, else ``user``."""
    if text.is_scheduled:
        rows = snapshots_of(text).filter(action__in=SCHEDULING)
        scheduled = rows.order_by("-version").first()
        if scheduled is not None and _essence_of(scheduled, present, text) == wanted:
            return scheduled.user_id
    return user.pk if user is not None else None


def _last_writer(text: Publishable, present: dict[str, Any], wanted: str, user: Any) -> tuple[Any, str]:
    """Who brought the content to what it is: key and name. Who saves just now, where no snapshot has it."""
    found: Snapshot | None = None
    for snapshot in snapshots_of(text).select_related("user").order_by("-version").iterator(chunk_size=20):
        if _essence_of(snapshot, present, text) != wanted:
            break
        found = snapshot
    if found is None:
        return (user.pk, user.get_username()) if user is not None else (None, "")
    return found.user_id, (found.user.get_full_name() if found.user else "") or found.user_name


def _approvers(text: Publishable, present: dict[str, Any], wanted: str) -> set[Any]:
    """The staff whose last word on this very row is an approval of exactly its present content."""
    last: dict[Any, Opinion] = {}
    kind = ContentType.objects.get_for_model(text)
    said = Opinion.objects.filter(content_type=kind, object_id=text.pk, user__isnull=False, link=None)
    for opinion in said.order_by("at", "pk"):
        last[opinion.user_id] = opinion
    approvals = {key: o.version for key, o in last.items() if o.verdict == Opinion.Verdict.APPROVED}
    approved = {
        snapshot.version
        for snapshot in snapshots_of(text).filter(version__in=set(approvals.values()))
        if _essence_of(snapshot, present, text) == wanted
    }
    return {key for key, version in approvals.items() if version in approved}


@check(Publishable)
def second_person(text: Any, occasion: Occasion) -> Iterable[Finding]:
    """The rule as one of the checklist's musts."""
    wanting = missing(text, occasion.user)
    if wanting:
        yield Finding("second-person", MUST, wanting)
