"""Images and documents: credit, alternative text, focal point, renditions."""

import secrets
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


def image_path(image: Any, filename: str) -> str:
    """A name that can not be guessed: 128 random bits."""
    return f"images/{secrets.token_hex(16)}/original.{filename.rsplit('.', 1)[-1].lower()}"


def document_path(document: Any, filename: str) -> str:
    """A name that can not be guessed: 128 random bits."""
    return f"documents/{secrets.token_hex(16)}.{filename.rsplit('.', 1)[-1].lower()}"


class Image(models.Model):
    """A picture with what is needed to show it well and credit it."""

    title = models.CharField(_("title"), max_length=200, help_text=_("For finding it here; readers do not see it."))
    file = models.ImageField(_("file"), upload_to=image_path, width_field="width", height_field="height", max_length=200)
    width = models.PositiveIntegerField(editable=False, default=0)
    height = models.PositiveIntegerField(editable=False, default=0)
    alt_en = models.CharField(_("alternative text (English)"), max_length=300, blank=True)
    alt_zh = models.CharField(_("alternative text (Chinese)"), max_length=300, blank=True)
    decorative = models.BooleanField(_("decorative"), default=False, help_text=_("Says nothing that the text does not; screen readers pass it by."))
    credit = models.CharField(_("credit line"), max_length=200, blank=True, help_text=_("For example “Illustration: NAME/OUTLET”."))
    rights = models.CharField(_("rights"), max_length=300, blank=True)
    focal_x = models.FloatField(_("focal point, across"), default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)])
    focal_y = models.FloatField(_("focal point, down"), default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)])
    renditions = models.JSONField(default=list, editable=False)
    digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def alt(self) -> str:
        """The alternative text in the page's language, or the other where it is missing."""
        if self.decorative:
            return ""
        chinese = (get_language() or "").startswith("zh")
        return (self.alt_zh or self.alt_en) if chinese else (self.alt_en or self.alt_zh)


class Document(models.Model):
    """A file to download: an issue, a report, a curriculum vitae."""

    title = models.CharField(_("title"), max_length=200)
    file = models.FileField(_("file"), upload_to=document_path, max_length=200)
    size = models.PositiveBigIntegerField(_("bytes"), editable=False, default=0)
    pages = models.PositiveSmallIntegerField(_("pages"), null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.title
