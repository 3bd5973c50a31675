"""The experts' list, profiles, offices and programmes."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import CharField, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from charhar.library.templatetags.pictures import social_card
from charhar.publishing.cards import drawn_card
from charhar.publishing.head import absolute, feed_of, head_for
from charhar.publishing.languages import current_language
from charhar.publishing.listing import listing, page_of
from charhar.publishing.prepared import Prepared
from charhar.publishing.reading import for_reader
from charhar.taxonomy.models import Listed, Region, Topic

from .finder import Finder, Found, by_group
from .models import Expert, Office, Programme
from .works import Works

FOR_THE_SCREEN = 1280
AREAS: dict[str, type[Listed]] = {"topic": Topic, "region": Region}
AREA_COLUMNS = ("pk", "name_en", "name_zh", "slug", "position")


def experts(request: HttpRequest) -> HttpResponse:
    """Whom the form asks for, a page at a time; asked for nobody, everybody by group. Ten queries."""
    form = Finder(request.GET)
    narrowed = form.narrowed()
    context: dict[str, Any] = {"form": form, "narrowed": narrowed}
    if form.is_asked:
        keys = form.found()
        context["page"] = page_of(request, Found(keys), count=len(keys))
    else:
        context |= {
            "groups": by_group(form.rows["group"].values()),
            "areas": [
                (kind, [row for row in form.rows[kind].values() if row.number])
                for kind in ("topic", "region")
            ],
            "programmes": Programme.objects.shown(),
            "offices": Office.objects.shown(),
        }
    context["head"] = head_for(
        request,
        _("Experts"),
        _("The institute's experts, by group and by subject."),
        noindex=form.is_asked,
        trail=[(_("Home"), "/")],
    )
    return render(request, "experts/experts.html", context)


def expert(request: HttpRequest, slug: str) -> HttpResponse:
    """One profile with everything of theirs on this site, newest first, by kind and year. Ten queries."""
    person = for_reader(request, _whole, slug=slug)
    works = Works(person, request.GET.get("kind", ""))
    context = listing(request, works)
    feed = feed_of("expert", person.display_name, slug)
    areas = areas_of(person)
    context |= {
        "expert": person,
        "areas": areas,
        "photos": press_photos(person),
        "works": works,
        "narrowed": {"kind": works.kind} if works.kind else {},
        "head": head_for(
            request,
            person.display_name,
            person.title,
            noindex=person.is_preview or bool(works.kind),
            kind="profile",
            image=social_card(person.portrait) or drawn_card(person),
            feeds=[feed],
            schema=[structured_data(person, areas)],
            trail=[(_("Home"), "/"), (_("Experts"), reverse("experts"))],
        ),
    }
    return render(request, "experts/expert.html", context)


def _whole() -> Any:
    return Expert.objects.select_related("portrait", "office", "cv").prefetch_related(
        "spoken_languages", "social_links"
    )


def areas_of(person: Expert) -> list[Listed]:
    """The topics and regions that an expert works on and that are not hidden. One query for both."""
    rows = sorted(_areas(person=person.pk), key=lambda row: (row[0] != "topic", row[5], row[2]))
    return [AREAS[what](**dict(zip(AREA_COLUMNS, values, strict=True))) for what, *values in rows]


@Prepared
def _areas(person: int) -> Any:
    topics, regions = (
        model.objects.shown()  # type: ignore[attr-defined]
        .filter(experts=person)
        .order_by()
        .annotate(what=Value(what, CharField()))
        .values_list("what", *AREA_COLUMNS)
        for what, model in AREAS.items()
    )
    return topics.union(regions, all=True)


class Photo(NamedTuple):
    """A picture to download, and the name that it is saved under."""

    url: str
    width: int
    height: int
    name: str


def press_photos(person: Expert) -> list[Photo]:
    """The portrait in full size and, where that is larger, for the screen; none unless editors said so."""
    image = person.portrait
    if image is None or not person.press_photo:
        return []
    ending = image.file_name.rpartition(".")[2]
    photos = [Photo(image.file.url, image.width, image.height, f"{person.slug}.{ending}")]
    small = image.rendition(FOR_THE_SCREEN)
    if small.width < image.width:
        ending = small.url.rpartition(".")[2]
        photos.append(Photo(*small, f"{person.slug}-{small.width}.{ending}"))
    return photos


def structured_data(person: Expert, areas: Iterable[Listed]) -> dict[str, Any]:
    """schema.org's ``ProfilePage`` about a ``Person``."""
    card = social_card(person.portrait)
    same_as = [link.url for link in person.social_links.all()]
    if person.orcid:
        same_as.append(f"https://orcid.org/{person.orcid}")
    spoken = [language.code for language in person.spoken_languages.all()]
    about = [area.name for area in areas]
    changed = person.modified_for_readers
    about_person = {
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
        **({"knowsLanguage": spoken} if spoken else {}),
        **({"knowsAbout": about} if about else {}),
        **({"email": person.email} if person.email and person.email_shown else {}),
    }
    return {
        "@type": "ProfilePage",
        **({"dateModified": changed.isoformat()} if changed else {}),
        "mainEntity": about_person,
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
