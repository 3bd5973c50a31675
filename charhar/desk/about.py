"""Rows that are about texts: which of them somebody may see, and the way to their text."""

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from charhar.publishing.kinds import kinds_of_text
from charhar.publishing.permissions import allowed, permitted_q

from .models import About


def may_with_any(user: Any, action: str) -> bool:
    """Whether somebody may do this to any kind of text at all."""
    return any(allowed(user, action, model) for model in kinds_of_text())


def about_permitted(user: Any, action: str) -> Q:
    """The condition on rows about texts that ``user`` may do ``action`` to."""
    condition = Q(pk__in=[])
    for model in kinds_of_text():
        if user.is_superuser or allowed(user, action, model):
            about = Q(content_type=ContentType.objects.get_for_model(model))
            if not user.is_superuser:
                permitted: Any = model.versions.filter(permitted_q(user, action, model))
                about &= Q(object_id__in=permitted.order_by().values("pk"))
            condition |= about
    return condition


def link_to_text(row: About) -> SafeString | str:
    """The text that a row is about, with the way to its form; no query where it was prefetched."""
    text: Any = row.text
    if text is None:
        return "–"
    opts = text._meta
    url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[text.pk])
    return format_html('<a href="{}">{}</a>', url, text)
