"""The filters of lists of texts: by the clock, by owner, by what a text has to do with."""

import datetime
from typing import Any

from django.contrib import admin
from django.db.models import CharField, Q, QuerySet, Subquery, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import State, published_q
from .permissions import own_q

# A page says what holds now; after a year and a half untouched, somebody should look whether it still does.
STALE = datetime.timedelta(days=548)


def constant(word: str) -> Value:
    """A word as a column, to tell the parts of a union apart."""
    return Value(word, output_field=CharField())


class RelatedFilter(admin.SimpleListFilter):
    """Texts that have to do with the chosen row. All such filters of a list take one query together."""

    field = ""  # by which the text is found: a relation of the text
    label = "name_en"
    position = "position"

    @classmethod
    def options(cls) -> QuerySet:
        """The rows to choose from."""
        raise NotImplementedError

    @classmethod
    def options_for(cls, request: HttpRequest) -> QuerySet:
        """Those of them that this person may know of; here all."""
        return cls.options()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if not hasattr(request, "filter_options"):
            filters = [
                f for f in model_admin.list_filter if isinstance(f, type) and issubclass(f, RelatedFilter)
            ]
            named = [
                f.options_for(request)
                .order_by()
                .values_list(constant(str(f.parameter_name)), "pk", f.label, f.position or Value(0))
                for f in filters
            ]
            rows = named[0].union(*named[1:], all=True)
            request.filter_options = sorted(  # type: ignore[attr-defined]
                rows, key=lambda row: (row[3], row[2].casefold())
            )
        options: list[Any] = request.filter_options  # type: ignore[attr-defined]
        return [(str(key), label) for of, key, label, _position in options if of == self.parameter_name]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if not value:
            return queryset
        offered = {key for key, _label in self.lookup_choices}
        return self.narrow(queryset, int(value)) if value in offered else queryset.none()

    def narrow(self, queryset: Any, key: int) -> Any:
        """The texts that have to do with the chosen key; none of them twice."""
        return queryset.filter(**{self.field: key})


def _with_copy(model: Any, condition: Q) -> Q:
    """Texts with an open working copy of which the condition holds."""
    copies = model.versions.filter(condition, corrects__isnull=False, trashed_at__isnull=True)
    return Q(pk__in=copies.values("corrects"))


class StatusFilter(admin.SimpleListFilter):
    """Where a text stands by the clock; what lies in the trash shows only when asked for."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("draft", _("Draft")),
            ("review", _("In review")),
            ("scheduled", _("Scheduled")),
            ("published", _("Published")),
            ("expired", _("Expired")),
            ("withdrawn", _("Withdrawn")),
            ("correcting", _("Correction in progress")),
            ("correction-review", _("Correction in review")),
            ("correction-scheduled", _("Correction scheduled")),
            ("correction-failed", _("Correction failed")),
            ("stale", _("Not touched for 18 months")),
            ("trash", _("In the trash")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        if self.value() == "trash":
            return queryset.filter(trashed_at__isnull=False)
        queryset = queryset.filter(trashed_at__isnull=True)
        conditions = {
            # Unpublished goes without saying, but for the index.
            "draft": ~Q(state=State.PUBLISHED) & Q(state=State.DRAFT),
            "review": ~Q(state=State.PUBLISHED) & Q(state=State.REVIEW),
            "scheduled": Q(state=State.PUBLISHED, publish_at__gt=now),
            "published": published_q(now),
            "expired": Q(state=State.PUBLISHED, expire_at__lte=now),
            "withdrawn": ~Q(state=State.PUBLISHED) & Q(state=State.WITHDRAWN),
            "correcting": _with_copy(queryset.model, Q(state=State.DRAFT)),
            "correction-review": _with_copy(queryset.model, Q(state=State.REVIEW)),
            "correction-scheduled": _with_copy(queryset.model, Q(state=State.PUBLISHED, failure="")),
            "correction-failed": _with_copy(queryset.model, ~Q(failure="")),
            "stale": published_q(now) & Q(updated_at__lt=now - STALE),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class YearFilter(admin.SimpleListFilter):
    """By the year of the date shown, from the first to the last of any text. One query, by the index."""

    title = _("year")
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        texts = model_admin.model.versions
        dates = texts.filter(date__isnull=False).order_by("date").values("date")
        ends = {"first": Subquery(dates[:1]), "last": Subquery(dates.reverse()[:1])}
        found = texts.order_by().annotate(**ends).values_list(*ends)[:1]
        return [
            (str(year), str(year))
            for first, last in found
            if first
            for year in range(last.year, first.year - 1, -1)
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        year = self.value()
        if year is None:
            return queryset
        if (year, year) not in self.lookup_choices:
            return queryset.none()
        first, last = datetime.date(int(year), 1, 1), datetime.date(int(year), 12, 31)
        return queryset.filter(date__range=(first, last))


class OwnerFilter(admin.SimpleListFilter):
    """One's own texts: created by or assigned to oneself, and one's own profile."""

    title = _("owner")
    parameter_name = "own"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("Mine"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "mine":
            return queryset.filter(own_q(request.user, queryset.model))
        return queryset
