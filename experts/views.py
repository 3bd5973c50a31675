"""The experts' list, profiles, offices and programmes."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from charhar.library.templatetags.pictures import social_card
from charhar.publishing.head import absolute, head_for
from charhar.publishing.languages import current_language
from charhar.publishing.listing import listing
from charhar.publishing.reading import for_reader

from .models import Expert, Office, Programme


def experts(request: HttpRequest) -> HttpResponse:
    """Everybody, by group and by area; what they work on together and where. Seven queries, however many."""
    everybody = list(
        Expert.objects.published()
        .select_related("portrait")
        .prefetch_related("groups", "topics", "regions")
        .defer("biography_en", "biography_zh")
    )
    by_group: dict[Any, list[Expert]] = {}
    by_area: dict[Any, list[Expert]] = {}
    for person in everybody:
        for group in person.groups.all():
            if not group.hidden:
                by_group.setdefault(group, []).append(person)
        for area in [*person.topics.all(), *person.regions.all()]:
            if not area.hidden:
                by_area.setdefault(area, []).append(person)
    context = {
        "groups": sorted(by_group.items(), key=lambda item: (item[0].former, item[0].position, item[0].pk)),
        "areas": sorted(
            by_area.items(),
            key=lambda item: (type(item[0]).__name__ != "Topic", item[0].position, item[0].pk),
        ),
        "programmes": Programme.objects.shown(),
        "offices": Office.objects.shown(),
        "others": [person for person in everybody if not person.groups.all()],
        "head": head_for(
            request,
            _("Experts"),
            _("The institute's experts, by group and by subject."),
            trail=[(_("Home"), "/")],
        ),
    }
    return render(request, "experts/experts.html", context)


def expert(request: HttpRequest, slug: str) -> HttpResponse:
    """One profile with everything that the expert wrote here, newest first."""
    person = for_reader(
        request,
        Expert.objects.select_related("portrait", "office", "cv").prefetch_related(
            "topics", "regions", "spoken_languages", "social_links"
        ),
        slug=slug,
    )
    language = current_language()
    # Upwards by the reverse managers: this app knows nothing of articles and publications.
    articles = person.bylines.model.article.field.related_model.objects
    publications = person.contributors.model.publication.field.related_model.objects
    context = listing(
        request,
        articles.for_readers_in(language).filter(bylines__expert=person).distinct().for_list().newest_first(),
    )
    feed = (
        person.display_name,
        reverse("feed-subject-rss", args=["expert", slug]),
        reverse("feed-subject-atom", args=["expert", slug]),
    )
    context |= {
        "expert": person,
        "publications": publications.for_readers_in(language)
        .filter(contributors__expert=person)
        .distinct()
        .select_related("series", "cover")
        .newest_first()[:12],
        "head": head_for(
            request,
            person.display_name,
            person.title,
            noindex=person.is_preview,
            kind="profile",
            image=social_card(person.portrait),
            feeds=[feed],
            schema=[structured_data(person)],
            trail=[(_("Home"), "/"), (_("Experts"), reverse("experts"))],
        ),
    }
    return render(request, "experts/expert.html", context)


def structured_data(person: Expert) -> dict[str, Any]:
    """schema.org's ``Person`` of a profile."""
    card = social_card(person.portrait)
    same_as = [link.url for link in person.social_links.all()]
    if person.orcid:
        same_as.append(f"https://orcid.org/{person.orcid}")
    return {
        "@type": "Person",
        "name": person.display_name,
        **({"alternateName": person.other_name} if person.other_name else {}),
        **({"givenName": person.given_name} if person.given_name else {}),
        "familyName": person.family_name,
        **({"jobTitle": person.title} if person.title else {}),
        "url": absolute(person.get_absolute_url()),
        "worksFor": {
            "@type": "Organization",
            "@id": absolute("/#institute"),
            "name": "The Charhar Institute",
        },
        **({"image": card.url} if card else {}),
        **({"sameAs": same_as} if same_as else {}),
        **({"email": person.email} if person.email and person.email_shown else {}),
    }


def office(request: HttpRequest, slug: str) -> HttpResponse:
    """One office with its people."""
    place = get_object_or_404(Office.objects.select_related("picture"), slug=slug)
    context = {
        "office": place,
        "experts": place.experts.published().select_related("portrait"),
        "head": head_for(
            request, place.name, place.standfirst, trail=[(_("Home"), "/"), (_("About Us"), reverse("about"))]
        ),
    }
    return render(request, "experts/office.html", context)


def programme(request: HttpRequest, slug: str) -> HttpResponse:
    """One programme with its people and the newest on its topics."""
    work = get_object_or_404(
        Programme.objects.select_related("picture").prefetch_related("topics"), slug=slug
    )
    topics = list(work.topics.all())
    articles = []
    if topics:
        all_articles = topics[0].articles.model.objects.for_readers_in(current_language())
        articles = list(
            all_articles.filter(topic_rows__subject__in=topics).distinct().for_list().newest_first()[:8]
        )
    context = {
        "programme": work,
        "experts": work.experts.published().select_related("portrait"),
        "articles": articles,
        "head": head_for(
            request, work.name, work.standfirst, trail=[(_("Home"), "/"), (_("About Us"), reverse("about"))]
        ),
    }
    return render(request, "experts/programme.html", context)
