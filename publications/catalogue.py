"""The catalogue: publications by series, year, author and topic."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from charhar.publishing.languages import current_language
from charhar.publishing.listing import in_year
from charhar.publishing.narrowing import NameField, NarrowingForm
from charhar.publishing.shelf import Shelf
from charhar.taxonomy.models import Topic
from experts.names import is_called

from .models import Contributor, Publication, Series


class Catalogue(NarrowingForm):
    """What readers look for in the catalogue. Three queries for its choices."""

    author = NameField(label=_("Author or editor"))
    series = forms.ChoiceField(label=_("Series"), required=False)
    topic = forms.ChoiceField(label=_("Topic"), required=False)
    year = forms.ChoiceField(label=_("Year"), required=False)

    def __init__(self, data: QueryDict) -> None:
        self.readable = Publication.objects.for_readers_in(current_language())
        self.lines = {row.slug: row for row in Series.objects.shown().select_related("cover")}
        self.topics = {row.slug: row for row in Topic.objects.shown()}
        counted = Shelf("catalogue", 0, current_language(), {}).per_year()
        years = sorted((year for year in counted if year is not None), reverse=True)
        choices = {
            "series": [(slug, row.name) for slug, row in self.lines.items()],
            "topic": [(slug, row.name) for slug, row in self.topics.items()],
            "year": [(str(year), str(year)) for year in years],
        }
        super().__init__(data, choices)

    def found(self) -> Any:
        """What answers to everything that was understood; one query more where an author was named."""
        asked, rows = self.narrowed(), self.readable
        if "series" in asked:
            rows = rows.filter(series=self.lines[asked["series"]])
        if "topic" in asked:
            rows = rows.filter(topics=self.topics[asked["topic"]])
        if "year" in asked:
            rows = in_year(rows, int(asked["year"]))
        if "author" in asked:
            rows = rows.filter(pk__in=written_by(asked["author"]))
        return rows


def written_by(words: str) -> set[int]:
    """The keys of what somebody of that name has a part in: the name as printed, or as the profile has it."""
    people: QuerySet[Contributor] = Contributor.objects.order_by().select_related("expert")
    return {
        person.publication_id
        for person in people.defer("expert__biography_en", "expert__biography_zh")
        if is_called(words, person.name, *_of_profile(person.expert))
    }


def _of_profile(expert: Any) -> list[str]:
    if expert is None or not expert.is_published:
        return []
    return [expert.display_name_en, expert.display_name_zh, f"{expert.given_name} {expert.family_name}"]
