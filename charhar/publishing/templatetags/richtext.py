"""Rich text in templates: ``{% load richtext %}{{ article.body|richtext }}``."""

from django import template
from django.utils.safestring import SafeString

from charhar.publishing import richtext_render

register = template.Library()


@register.filter
def richtext(html: str | None, prefix: str = "") -> SafeString:
    """A stored text for readers; the prefix tells two on one page apart. One query if it has pictures."""
    return richtext_render.render(html or "", prefix=prefix)
