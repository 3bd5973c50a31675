"""Rich text in templates: ``{% load richtext %}{{ article.body|richtext }}``."""

from typing import Any

from django import forms, template
from django.utils.safestring import SafeString

from charhar.publishing import readability, richtext_forms, richtext_render

register = template.Library()


@register.filter
def richtext(html: str | None, prefix: str = "") -> SafeString:
    """A stored text for readers; the prefix tells two on one page apart. One query if it has pictures."""
    return richtext_render.render(html or "", prefix=prefix)


@register.filter
def minutes(html: str | None) -> int:
    """How many minutes a stored text takes to read; 0 for one without words."""
    return readability.minutes_to_read(html or "")


@register.filter
def nonced(media: forms.Media, request: Any) -> forms.Media:
    """A form's media with the nonce that the editor's import map needs: ``{{ media|nonced:request }}``."""
    return richtext_forms.with_nonce(media, request)
