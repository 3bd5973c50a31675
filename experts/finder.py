"""Finding an expert: what can be asked for, who answers it, and the list where nothing is asked."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import Count, Prefetch
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from charhar.publishing.models import published_q
from charhar.publishing.narrowing import NameField, NarrowingForm
from charhar.taxonomy.bilingual import is_chinese
from charhar.taxonomy.models import Region, Topic

from .models import Expert, ExpertGroup, SpokenLanguage
from .names import Names, called, in_order

IN_A_GROUP = 24


class Finder(NarrowingForm):
    """Whom readers look for. Four queries for its choices."""

    name = NameField(label=_("Name, in either script"))
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    group = forms.ChoiceField(label=_("Group"), required=False)
    language = forms.ChoiceField(label=_("Language spoken"), required=False)
    press = forms.BooleanField(label=_("Takes questions from the media"), required=False)

    def __init__(self, data: QueryDict) -> None:
        spoken = SpokenLanguage.objects.filter(published_q(prefix="expert__"))
        codes = set(spoken.order_by().values_list("code", flat=True).distinct())
        number = Count("experts", filter=published_q(prefix="experts__"))
        groups = ExpertGroup.objects.shown().order_by("former", "position", "pk")
        self.rows: dict[str, dict[str, Any]] = {
            "topic": {row.slug: row for row in Topic.objects.shown().annotate(number=number)},
            "region": {row.slug: row for row in Region.objects.shown().annotate(number=number)},
            "group": {row.slug: row for row in groups},
        }
        choices = {kind: [(slug, row.name) for slug, row in rows.items()] for kind, rows in self.rows.items()}
        choices["language"] = [(code, label) for code, label in SpokenLanguage.Code.choices if code in codes]
        super().__init__(data, choices)

    def found(self) -> list[int]:
        """The keys of those who answer to everything that was understood, in order. One query."""
        asked = self.narrowed()
        people = Expert.objects.published()
        for kind, relation in (("topic", "topics"), ("region", "regions"), ("group", "groups")):
            if kind in asked:
                people = people.filter(**{relation: self.rows[kind][asked[kind]]})
        if "language" in asked:
            people = people.filter(spoken_languages__code=asked["language"])
        if "press" in asked:
            people = people.filter(takes_media=True)
        named = [Names(*row) for row in people.order_by().values_list(*Names._fields)]
        if "name" in asked:
            named = called(asked["name"], named)
        chinese = is_chinese()
        return [person.pk for person in sorted(named, key=lambda person: in_order(person, chinese=chinese))]


class Found:
    """The experts with these keys, in their order, fetched a page at a time. Three queries a page."""

    def __init__(self, keys: list[int]) -> None:
        self.keys = keys

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, part: slice) -> list[Expert]:
        rows = (
            Expert.objects.published()
            .select_related("portrait")
            .prefetch_related(Prefetch("topics", Topic.objects.shown()), "spoken_languages")
            .defer("biography_en", "biography_zh")
            .in_bulk(self.keys[part])
        )
        return [rows[key] for key in self.keys[part] if key in rows]


def by_group(groups: Iterable[ExpertGroup]) -> list[tuple[ExpertGroup | None, int, list[Expert]]]:
    """Each group, how many are in it, and the first of them; at last those in no group. Three queries."""
    chinese = is_chinese()
    people = [Names(*row) for row in Expert.objects.published().order_by().values_list(*Names._fields)]
    people.sort(key=lambda person: (person.position, in_order(person, chinese=chinese)))
    joined: dict[int, set[int]] = {}
    for group, person in Expert.groups.through.objects.values_list("expertgroup_id", "expert_id"):
        joined.setdefault(group, set()).add(person)
    grouped = set().union(*joined.values())
    lists: list[tuple[ExpertGroup | None, list[int]]] = [
        (group, [person.pk for person in people if person.pk in joined.get(group.pk, ())]) for group in groups
    ]
    lists.append((None, [person.pk for person in people if person.pk not in grouped]))
    wanted = {key for _group, keys in lists for key in keys[:IN_A_GROUP]}
    faces = Expert.objects.select_related("portrait").defer("biography_en", "biography_zh").in_bulk(wanted)
    return [(group, len(keys), [faces[key] for key in keys[:IN_A_GROUP]]) for group, keys in lists if keys]
