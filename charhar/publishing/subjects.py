"""What pages ask of regions, topics and sections, compiled once."""

from typing import Any

from django.http import Http404

from .prepared import Prepared


@Prepared
def shown(kind: Any) -> Any:
    """Those of a kind that menus and lists show, in their order."""
    return kind.objects.shown()


@Prepared
def _at(kind: Any, slug: str) -> Any:
    return kind.objects.filter(slug=slug).order_by()


def subject_at(kind: Any, slug: str) -> Any:
    """The one with this slug, hidden or not. Raises ``Http404`` where there is none. One query."""
    for subject in _at(kind, slug=slug):
        return subject
    raise Http404(f"There is no such {kind._meta.verbose_name}.")


@Prepared
def _leads(kind: Any, subject: int) -> Any:
    leads = kind._meta.get_field("leads")
    unread = ("biography_en", "biography_zh", "affiliations_en", "affiliations_zh")
    return (
        leads.related_model.objects.filter(**{leads.field.name: subject})
        .select_related("expert__portrait")
        .defer(*(f"expert__{name}" for name in unread))
    )


def leads_of(subject: Any) -> list[Any]:
    """The published experts who lead the work on a topic or region, in their order. One query."""
    leads = _leads(type(subject), subject=subject.pk)
    return [lead.expert for lead in leads if lead.expert.is_published]
