"""Everything of an expert's that stands on this site, by kind and year."""

from typing import Any, NamedTuple

from django.http import Http404
from django.utils.translation import gettext as _

from charhar.publishing.languages import current_language
from charhar.publishing.shelf import Shelf, numbers_of

from .models import Expert

PUBLICATION, MEDIA = "publication", "media"


class Kind(NamedTuple):
    """One kind of works: how an address names it, its label, and how many there are."""

    key: str
    label: str
    number: int


class Works(Shelf):
    """An expert's articles and publications, or those of one kind; ``kinds`` are those that hold something.

    What first ran elsewhere is a kind as well, beside the one that it is. Raises ``Http404`` for a kind that
    holds nothing. Counting is one query, a page at most four.
    """

    def __init__(self, person: Expert, kind: str = "") -> None:
        # Upwards by the reverse managers: this app knows nothing of articles and publications.
        bylines: Any = person.bylines  # type: ignore[attr-defined]
        contributors: Any = person.contributors  # type: ignore[attr-defined]
        self.article = bylines.model.article.field.related_model
        publication = contributors.model.publication.field.related_model
        rows = {"article": self.article.objects.as_works, PUBLICATION: publication.objects.in_lists}
        super().__init__("expert", person.pk, current_language(), rows, kind=kind)
        labels = {"": _("All"), **dict(self.article.Kind.choices), PUBLICATION: _("Publications")}
        labels[MEDIA] = _("First ran elsewhere")
        names = {key: f"expert:{key}" if key else "expert" for key in labels}
        counted = numbers_of(list(names.values()), person.pk, self.language)
        self.kinds = [
            Kind(key, str(label), sum(years.total() for years in counted[names[key]].values()))
            for key, label in labels.items()
            if names[key] in counted
        ]
        if kind and kind not in (each.key for each in self.kinds):
            raise Http404(_("There is no work of that kind here."))
        self._numbers = counted.get(self.counted_as, {})
