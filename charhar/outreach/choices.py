"""What a subscriber may choose, and who wants to hear of a text: one rule for all letters to many."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from charhar.publishing.languages import CHINESE, ENGLISH, current_language
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert
from publications.models import Series

from .models import Subscription


class Group(NamedTuple):
    """One kind of subject: the word for it in addresses, in what texts are filed under, and for people."""

    model: Any
    parameter: str
    filed: str
    label: Any


# By the name of the relation that a subscription keeps them in.
GROUPS: dict[str, Group] = {
    "topics": Group(Topic, "topic", "topic", gettext_lazy("Topics")),
    "regions": Group(Region, "region", "region", gettext_lazy("Regions")),
    "series": Group(Series, "series", "series", gettext_lazy("Series")),
    "experts": Group(Expert, "expert", "author", gettext_lazy("Experts")),
}


LETTERS_IN = {ENGLISH: gettext_lazy("Letters in English"), CHINESE: gettext_lazy("Letters in Chinese")}


class Choices(NamedTuple):
    """What somebody asked for, and in which language; ``subjects`` by the names of ``GROUPS``."""

    language: str
    rhythm: str = Subscription.Rhythm.NEWSLETTER
    subjects: Mapping[str, Iterable[Any]] = {}


def choosable(name: str, besides: QuerySet | None = None) -> QuerySet:
    """The subjects of one group that readers may choose, in the order in which lists show them.

    ``besides`` are hidden ones that somebody chose before; an expert's profile that is gone can not be.
    """
    model = GROUPS[name].model
    if model is Expert:
        order = "display_name_zh" if current_language() == CHINESE else "family_name"
        return Expert.objects.published().order_by(order, "pk")
    if besides is None:
        return model.objects.shown()
    return model.objects.filter(Q(hidden=False) | Q(pk__in=besides.values("pk")))


def name_of(subject: Any) -> str:
    """A subject's name on the page or in the letter that is being made."""
    return subject.name_in(current_language()) if isinstance(subject, Expert) else str(subject.name)


def keep(subscription: Subscription, choices: Choices) -> None:
    """Write the choices down, in the caller's transaction. At most a dozen queries."""
    subscription.language, subscription.rhythm = choices.language, choices.rhythm
    subscription.save(update_fields=["language", "rhythm"])
    for name in GROUPS:
        getattr(subscription, name).set(choices.subjects.get(name, ()))


def chosen(subscription: Subscription) -> Choices:
    """What a subscription has; four queries, none where they were prefetched."""
    subjects = {name: list(getattr(subscription, name).all()) for name in GROUPS}
    return Choices(subscription.language, subscription.rhythm, subjects)


def in_words(choices: Choices) -> str:
    """The choices as a sentence in their own language, as the ledger of consents keeps them."""
    with translation.override(choices.language):
        subjects = [
            _("%(group)s: %(names)s.")
            % {
                "group": group.label,
                "names": (", " if choices.language != CHINESE else "、").join(map(name_of, found)),
            }
            for name, group in GROUPS.items()
            if (found := list(choices.subjects.get(name, ())))
        ]
        return " ".join(
            [
                _("What I chose:"),
                *(subjects or [_("All topics, regions, series and experts.")]),
                f"{Subscription.Rhythm(choices.rhythm).label}.",
                f"{LETTERS_IN[choices.language]}.",
            ]
        )


def wanting(subscriptions: Any, filed: Mapping[str, Iterable[int]]) -> Any:
    """Those of the subscriptions that want to hear of a text filed under the subjects with these keys.

    ``filed`` is as in ``search_document().filed``. Who chose nothing wants everything; who chose something
    wants what is filed under any of it.
    """
    nothing: Any = Q()
    something: Any = Q()
    for name, group in GROUPS.items():
        rows: Any = getattr(Subscription, name).through.objects.filter(subscription=OuterRef("pk"))
        nothing &= ~Exists(rows)
        keys = list(filed.get(group.filed, ()))
        if keys:
            something |= Exists(rows.filter(**{f"{group.model._meta.model_name}__in": keys}))
    return subscriptions.filter(nothing | something if something else nothing)
