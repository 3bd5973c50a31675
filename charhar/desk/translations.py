"""The translation desk: which published texts lack the other edition, which translations are older than their
original, and which are being written, over all kinds of text and as far as somebody may see them.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import CharField, F, Func, IntegerField, Q, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from charhar.publishing.languages import CHINESE, ENGLISH
from charhar.publishing.models import Action, State, published_q
from charhar.publishing.permissions import allowed, permitted_q
from charhar.publishing.translation import lacking_q, outdated_q

from .admin_editions import START

PER_PAGE = 50


class Part(NamedTuple):
    """One list of the desk: its name, what one is to do with it, and which texts of a kind stand in it."""

    title: Any
    says: Any
    texts: Callable[[Any], Q]
    newest: str  # the column that it is sorted by, newest first


PARTS = {
    "zh": Part(
        _("Without a Chinese edition"),
        _("Published in English, the newest first."),
        lambda model: published_q() & lacking_q(model, CHINESE),
        "publish_at",
    ),
    "en": Part(
        _("Without an English edition"),
        _("Published in Chinese, the newest first."),
        lambda model: published_q() & lacking_q(model, ENGLISH),
        "publish_at",
    ),
    "older": Part(
        _("Older than its original"),
        _("The original has changed since; the last changed first."),
        lambda model: outdated_q(),
        "translation_of__updated_at",
    ),
    "writing": Part(
        _("Being translated"),
        _("Drafts and texts in review that have an original; the last changed first."),
        lambda model: Q(translation_of__isnull=False, state__in=[State.DRAFT, State.REVIEW]),
        "updated_at",
    ),
}


class Row(NamedTuple):
    """A text in one of the lists; ``original`` is its original's title, ``who`` whose work it is."""

    kind: str
    pk: int
    title: str
    language: str
    state: str
    moment: Any
    original: str
    who: str


def kinds(user: Any) -> list[Any]:
    """The kinds of text with editions that somebody may read in the admin."""
    return [
        model
        for model in list[Any](admin.site._registry)
        if getattr(model, "is_translated", False)
        and (allowed(user, Action.VIEW, model) or allowed(user, Action.CHANGE, model))
    ]


def _texts(user: Any, model: Any, part: Part) -> Any:
    texts = model.objects.filter(part.texts(model))
    if not user.is_superuser:
        seen = published_q() | permitted_q(user, Action.VIEW, model) | permitted_q(user, Action.CHANGE, model)
        texts = texts.filter(pk__in=model.objects.filter(seen).order_by().values("pk"))
    return texts.order_by()


def counts(user: Any) -> dict[str, int]:
    """How many texts stand in each list. One query."""
    number = Func(F("pk"), function="COUNT", output_field=IntegerField())
    rows = [
        _texts(user, model, part)
        .annotate(list_code=_word(code), counted=number)
        .values_list("list_code", "counted")
        for code, part in PARTS.items()
        for model in kinds(user)
    ]
    found = dict.fromkeys(PARTS, 0)
    for code, count in rows[0].union(*rows[1:], all=True):
        found[code] += count
    return found


def listed(user: Any, code: str) -> Any:
    """The texts of one list over all kinds, newest first, as tuples of ``Row``'s; to be sliced."""
    part = PARTS[code]
    rows = [
        _texts(user, model, part)
        .annotate(
            of_kind=_word(model._meta.label),
            moment=F(part.newest),
            original=Coalesce(F("translation_of__title"), Value("")),
            who=Coalesce(F("assigned_to__username"), F("created_by__username"), Value("")),
        )
        .values_list("of_kind", "pk", "title", "language", "state", "moment", "original", "who")
        for model in kinds(user)
    ]
    return rows[0].union(*rows[1:], all=True).order_by("-moment", "-pk")


def _word(word: str) -> Value:
    return Value(word, output_field=CharField())


class CountedPaginator(Paginator):
    """Pages of a list whose length is known."""

    def __init__(self, rows: Any, number: int) -> None:
        super().__init__(rows, PER_PAGE)
        self.count = number


def translations(request: HttpRequest) -> HttpResponse:
    """One list of the translation desk, with the number in each. Two queries besides session and rights."""
    user: Any = request.user if not isinstance(request.user, AnonymousUser) else None
    known = {model._meta.label: model for model in kinds(user)}
    if not known:
        raise PermissionDenied
    code = request.GET.get("show", "zh")
    if code not in PARTS:
        code = "zh"
    number = counts(user)
    page = CountedPaginator(listed(user, code), number[code]).get_page(request.GET.get("p"))
    entries = []
    for row in map(Row._make, page.object_list):
        model = known[row.kind]
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        may_start = code in ("zh", "en") and allowed(user, Action.ADD, model)
        entries.append(
            {
                "row": row,
                "kind": model._meta.verbose_name,
                "lang": "zh-Hans" if row.language == CHINESE else "en",
                "state": State(row.state).label,
                "url": reverse(f"{name}_change", args=[row.pk]),
                "start": reverse(f"{name}_edition", args=[row.pk]) if may_start else "",
                "since": reverse(f"{name}_original", args=[row.pk]) if code == "older" else "",
            }
        )
    context = {
        **admin.site.each_context(request),
        "title": _("Translations"),
        "parts": [(key, part.title, number[key]) for key, part in PARTS.items()],
        "code": code,
        "part": PARTS[code],
        "start_label": START[CHINESE if code == "zh" else ENGLISH],
        "entries": entries,
        "page": page,
    }
    return TemplateResponse(request, "admin/desk/translations.html", context)
