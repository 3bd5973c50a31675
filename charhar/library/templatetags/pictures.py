"""PLACEHOLDER by the lead until the library owner's version: replace the whole file, but keep these two names.

social_card(image) -> object with absolute .url, .width, .height, .alt (or None); articles/experts/publications views use it.
"""

from typing import Any

from django import template
from django.utils.html import format_html

register = template.Library()


def social_card(image: Any) -> Any:
    return None


@register.simple_tag
def picture(image: Any, **attributes: Any) -> str:
    if image is None:
        return ""
    return format_html('<picture><img src="{}" width="{}" height="{}" alt="{}"></picture>', image.file.url, image.width, image.height, image.alt)
