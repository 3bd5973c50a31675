"""What the desk offers to somebody who is an expert of the house: their profile."""

from typing import Any, NamedTuple

from django.urls import reverse

from charhar.publishing.copies import open_copy_of


class OwnProfile(NamedTuple):
    """A person's own profile, where it is edited, and the working copy that is open of it."""

    text: Any
    url: str
    copy: Any


def own_profile(user: Any) -> OwnProfile | None:
    """The profile of the expert whose account this is; None for all others. Two queries, or one."""
    text = getattr(user, "expert", None)  # upwards by the reverse relation: the desk knows no experts
    if text is None or text.trashed_at is not None:
        return None
    copy = open_copy_of(text)
    edited = copy or text
    name = f"admin:{text._meta.app_label}_{text._meta.model_name}_change"
    return OwnProfile(text, reverse(name, args=[edited.pk]), copy)
