"""That the rules of what is forgotten were gone through, day by day."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RetentionRun(models.Model):
    """One day's going through the rules, and how many rows each of them took."""

    day = models.DateField(_("day"), unique=True)
    began_at = models.DateTimeField(_("begun"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    counts = models.JSONField(_("rows by rule"), default=dict)

    class Meta:
        verbose_name = _("day of forgetting")
        verbose_name_plural = _("what is forgotten when")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"
