"""The articles app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import pre_save

from charhar.publishing.languages import latin_slug


def give_latin_slug(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """Addresses are ASCII: a tag in Chinese gets its slug in pinyin, with a number where that is taken."""
    if raw or instance.slug.isascii():
        return
    base = latin_slug(instance.slug) or "tag"
    taken = set(
        sender.objects.filter(slug__startswith=base).exclude(pk=instance.pk).values_list("slug", flat=True)
    )
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    instance.slug = next(slug for slug in (base, *numbered) if slug not in taken)


class ArticlesConfig(AppConfig):
    """Articles."""

    name = "articles"
    verbose_name = "Articles"

    def ready(self) -> None:
        from taggit.models import Tag

        from . import checklist as checklist

        pre_save.connect(give_latin_slug, sender=Tag, dispatch_uid="articles.give_latin_slug")
