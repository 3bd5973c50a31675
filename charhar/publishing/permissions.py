"""Who may do what: one table of grants, role by action, kind, remit and ownership."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q

from .models import Action, Grant, Publishable, State

# What readers see, or are told is gone, is changed only by those who may also publish.
GUARDED_ACTIONS = frozenset({Action.CHANGE, Action.TRASH})
GUARDED_STATES = frozenset({State.PUBLISHED, State.WITHDRAWN})


def grants_of(user: Any) -> list[Grant]:
    """The person's grants with their remits; two queries, kept on the user for the request."""
    if not hasattr(user, "_publishing_grants"):
        user._publishing_grants = (
            list(Grant.objects.filter(role__user=user).prefetch_related("remits")) if user.is_active else []
        )
    return user._publishing_grants


def _relevant(user: Any, action: str, model: type[Publishable]) -> list[Grant]:
    kind = ContentType.objects.get_for_model(model)
    return [g for g in grants_of(user) if g.action == action and g.kind_id in (None, kind.pk)]


def allowed(user: Any, action: str, text: Publishable | type[Publishable]) -> bool:
    """Whether ``user`` may do ``action`` to a text, or at all to texts of a class."""
    if user is None or not user.is_active or not user.is_staff:
        return False
    if user.is_superuser:
        return True
    if isinstance(text, type):
        return bool(_relevant(user, action, text))
    if action in GUARDED_ACTIONS and text.state in GUARDED_STATES and not allowed(user, Action.PUBLISH, text):
        return False
    return _granted(user, action, text)


def may_correct(user: Any, text: Publishable) -> bool:
    """Whether ``user`` may prepare a correction of a text that readers see: change it were it still a draft.

    The working copy has the text's owners, so that the same grant holds for it; putting it before readers
    needs the grant to publish the text.
    """
    if user is None or not user.is_active or not user.is_staff:
        return False
    return user.is_superuser or _granted(user, Action.CHANGE, text)


def owns(user: Any, text: Publishable) -> bool:
    """Whether the text is the person's own; a new one is. At most a query for each step of ``OWNERS``."""
    return text.pk is None or any(user.pk == _at(text, path) for path in text.OWNERS)


def own_q(user: Any, model: type[Publishable]) -> Q:
    """The same rule as a condition."""
    return reduce(or_, (Q(**{path: user.pk}) for path in model.OWNERS))


def _at(text: Any, path: str) -> int | None:
    """The key at the end of a path of relations; None where one of them leads nowhere."""
    *steps, column = path.split("__")
    for step in steps:
        text = getattr(text, step)
        if text is None:
            return None
    return getattr(text, f"{column}_id")


def _writes(user: Any, text: Publishable) -> bool:
    """Whether the text carries the person's name, by way of their profile: they may read it. One query."""
    if not text.WRITERS:
        return False
    versions: Any = type(text).versions
    return versions.filter(pk=text.pk, **{text.WRITERS: user.pk}).exists()


def _writes_q(user: Any, model: Any) -> Q:
    if not model.WRITERS:
        return Q(pk__in=[])
    # A query of its own: as a join, a text with two such bylines would be found twice.
    return Q(pk__in=model.versions.filter(**{model.WRITERS: user.pk}).order_by().values("pk"))


def _granted(user: Any, action: str, text: Publishable) -> bool:
    return next(_covering(_held(user, action, text), text), None) is not None


def _held(user: Any, action: str, text: Publishable) -> Iterator[Grant]:
    """The person's grants, those on own texts only where it is theirs."""
    own: bool | None = None
    for grant in _relevant(user, action, type(text)):
        if grant.own and own is None:
            own = owns(user, text) or (action == Action.VIEW and _writes(user, text))
        if own or not grant.own:
            yield grant


def _covering(grants: Iterable[Grant], text: Publishable) -> Iterator[Grant]:
    """Those of the grants whose remit the text falls into."""
    subjects: set[tuple[int, int]] | None = None
    for grant in grants:
        remits = {(r.content_type_id, r.object_id) for r in grant.remits.all()}
        if remits and subjects is None:
            subjects = {(ContentType.objects.get_for_model(s).pk, s.pk) for s in text.remit_subjects()}
        if not remits or remits & (subjects or set()):
            yield grant


def holders_q(action: str, text: Publishable, *, if_own: bool = False) -> Q:
    """The accounts that a grant allows to do this to the text, as a condition; administrators without a grant
    left out. ``if_own`` counts those too who could if the text were theirs. Two queries, and the subjects'.

    It does not know of guarded states: ask it for what depends on none.
    """
    kind = ContentType.objects.get_for_model(text)
    grants = Grant.objects.filter(Q(kind=None) | Q(kind=kind), action=action).prefetch_related("remits")
    covering = list(_covering(grants, text))
    owners = {key for key in (_at(text, path) for path in text.OWNERS) if key}
    if action == Action.VIEW and text.WRITERS:
        versions: Any = type(text).versions
        owners |= set(versions.filter(pk=text.pk).values_list(text.WRITERS, flat=True)) - {None}
    people: Any = Group.user_set.through.objects  # type: ignore[attr-defined]
    anybody = people.filter(group__in={g.role_id for g in covering if if_own or not g.own})
    own = people.filter(group__in={g.role_id for g in covering if g.own}, user__in=owners)
    return Q(is_active=True, is_staff=True) & (
        Q(pk__in=anybody.values("user")) | Q(pk__in=own.values("user"))
    )


def permits_all(user: Any, action: str, model: type[Publishable]) -> bool:
    """Whether the person may do this to every text of a class, so that no condition has to be asked."""
    if user is None or not user.is_active or not user.is_staff:
        return False
    return user.is_superuser or (
        any(not grant.own and not grant.remits.all() for grant in _relevant(user, action, model))
        and (action not in GUARDED_ACTIONS or permits_all(user, Action.PUBLISH, model))
    )


def permitted_q(user: Any, action: str, model: type[Publishable]) -> Q:
    """The same rule as a condition, for lists."""
    nothing, everything = Q(pk__in=[]), ~Q(pk__in=[])
    if user is None or not user.is_active or not user.is_staff:
        return nothing
    if user.is_superuser:
        return everything
    condition = nothing
    for grant in _relevant(user, action, model):
        part = everything
        if grant.own:
            part = own_q(user, model)
            if action == Action.VIEW:
                part |= _writes_q(user, model)
        remits = list(grant.remits.all())
        if remits:
            part &= _remit_q(model, remits)
        condition |= part
    if action in GUARDED_ACTIONS:
        condition &= ~Q(state__in=GUARDED_STATES) | permitted_q(user, Action.PUBLISH, model)
    return condition


def _remit_q(model: type[Publishable], remits: list[Any]) -> Q:
    condition = Q(pk__in=[])
    for field in model._meta.many_to_many:
        kind = ContentType.objects.get_for_model(field.related_model)
        keys = [r.object_id for r in remits if r.content_type_id == kind.pk]
        if keys:
            # A query of its own: as a join, two remits would have to meet in one and the same topic.
            inside = model._base_manager.filter(**{f"{field.name}__in": keys})
            condition |= Q(pk__in=inside.order_by().values("pk"))
    return condition
