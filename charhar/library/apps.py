"""The library as an app."""

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_delete


def remove_files_after_delete(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A deleted row takes its files along, after the commit."""
    instance.remove_after_commit(instance.file_name)


def check_codecs(**kwargs: Any) -> list[checks.CheckMessage]:
    """Pillow must be able to write what pages offer."""
    from PIL import features

    return [
        checks.Error(
            f"Pillow can not write {name}.",
            hint="Install a wheel of Pillow 11.3 or newer, or build it with libavif, libwebp and littlecms.",
            id="library.E001",
        )
        for feature, name in (
            ("avif", "AVIF"),
            ("webp", "WebP"),
            ("littlecms2", "pictures with colour profiles"),
        )
        if not features.check(feature)
    ]


class LibraryConfig(AppConfig):
    """Images and documents."""

    name = "charhar.library"
    verbose_name = "Library"

    def ready(self) -> None:
        from PIL import Image as Pillow

        from .models import Document, Image

        # One rule instead of two: every picture is opened by validators.open_picture, which holds the header
        # against settings.MAX_IMAGE_PIXELS. Pillow's own alarm knows another figure and refuses at twice it.
        Pillow.MAX_IMAGE_PIXELS = None
        for model in (Image, Document):
            post_delete.connect(
                remove_files_after_delete, sender=model, dispatch_uid=f"library.{model.__name__}"
            )
        checks.register(check_codecs)
