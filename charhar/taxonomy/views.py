"""The pages of regions and topics, and the lists of them."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from charhar.publishing.head import feed_of, head_for
from charhar.publishing.languages import current_language
from charhar.publishing.listing import listing
from charhar.publishing.subjects import leads_of, shown, subject_at

from .models import Listed, Region, Topic

MOST_FEATURED = 3
ENOUGH_TO_SORT = 10
OF_EACH_KIND = 3
PUBLICATIONS = 4


def regions(request: HttpRequest) -> HttpResponse:
    """All regions, each with its newest articles."""
    return _index(request, "region", Region, _("Regions"))


def topics(request: HttpRequest) -> HttpResponse:
    """All topics, each with its newest articles."""
    return _index(request, "topic", Topic, _("Topics"))


def region(request: HttpRequest, slug: str) -> HttpResponse:
    """One region: where the institute stands, who leads, everything newest first."""
    return _subject(request, "region", subject_at(Region, slug), (_("Regions"), reverse("regions")))


def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """One topic: where the institute stands, who leads, everything newest first."""
    return _subject(request, "topic", subject_at(Topic, slug), (_("Topics"), reverse("topics")))


def _index(request: HttpRequest, kind: str, model: type[Listed], title: str) -> HttpResponse:
    subjects = shown(model)
    # Upwards by the reverse manager: this app knows nothing of articles.
    newest = {}
    if subjects:
        articles = subjects[0].articles.model.objects  # type: ignore[attr-defined]
        newest = articles.newest_under(model, [subject.pk for subject in subjects], current_language())
    context = {
        "kind": kind,
        "subjects": [(subject, newest.get(subject.pk, [])) for subject in subjects],
        "head": head_for(request, title, trail=[(_("Home"), "/")]),
    }
    return render(request, "taxonomy/index.html", context)


def _subject(request: HttpRequest, kind: str, subject: Any, above: tuple[str, str]) -> HttpResponse:
    language = current_language()
    articles = subject.articles.model
    context = listing(request, articles.shelf_of(subject, language))
    page = context["page"]
    is_front = page.number == 1 and context["year"] is None
    featured, by_kind = articles.front_of(subject, language) if is_front else ([], {})
    is_chosen = bool(featured)
    # Where everything is in view at once, a lead and the kinds would only repeat it.
    if page.paginator.count < ENOUGH_TO_SORT:
        by_kind = {}
    if not is_chosen:
        of_a_kind = next((rows for kind_, rows in by_kind.items() if kind_ != articles.Kind.NEWS), None)
        featured = [of_a_kind.pop(0)] if of_a_kind else []
    feed = feed_of(kind, subject.name, subject.slug)
    context |= {
        "subject": subject,
        "kind": kind,
        "feed": feed,
        "is_front": is_front,
        "featured": featured[:MOST_FEATURED],
        "is_chosen": is_chosen,
        "by_kind": [
            (label, by_kind[key][:OF_EACH_KIND]) for key, label in articles.Kind.choices if by_kind.get(key)
        ],
        "leads": leads_of(subject),
        "publications": subject.publications.model.newest_about(subject, language, PUBLICATIONS),
        "head": head_for(
            request, subject.name, subject.standfirst, feeds=[feed], trail=[(_("Home"), "/"), above]
        ),
    }
    return render(request, "taxonomy/subject.html", context)
