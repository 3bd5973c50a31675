"""Addresses of texts, made faster than Django reverses them."""

import re
from functools import cache

from django.urls import reverse
from django.utils import translation

from .languages import ENGLISH

SLUG = re.compile(r"[-a-zA-Z0-9_]+")


@cache
def _around(route: str, count: int) -> list[str]:
    """What stands before, between and behind the slugs of a route's addresses."""
    slugs = [f"-{number}-" for number in range(count)]
    with translation.override(ENGLISH):
        return re.split("|".join(slugs), reverse(route, args=slugs))


def address_of(route: str, *slugs: str) -> str:
    """The address of a route that takes slugs, as it stands in English: as ``reverse`` gives it, ten times
    faster. Raises ``NoReverseMatch`` for what is no slug."""
    if not all(map(SLUG.fullmatch, slugs)):
        return reverse(route, args=slugs)
    first, *rest = _around(route, len(slugs))
    return first + "".join(slug + part for slug, part in zip(slugs, rest, strict=True))
