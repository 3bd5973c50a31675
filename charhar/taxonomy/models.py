"""What texts are about: regions and topics, in both languages."""

from django.db import models
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from .bilingual import Bilingual


class ListedQuerySet(models.QuerySet):
    """Rows that staff order and may hide."""

    def shown(self) -> "ListedQuerySet":
        """Those that menus and lists show; a hidden one's page still answers."""
        return self.filter(hidden=False)


class Listed(models.Model):
    """A named thing in both languages that staff add, rename, order and hide; menus follow."""

    name_en = models.CharField(_("name (English)"), max_length=150)
    name_zh = models.CharField(_("name (Chinese)"), max_length=150, blank=True)
    slug = models.SlugField(_("slug"), max_length=100, unique=True)
    standfirst_en = models.TextField(_("standfirst (English)"), blank=True)
    standfirst_zh = models.TextField(_("standfirst (Chinese)"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0, db_index=True)
    hidden = models.BooleanField(
        _("hidden"), default=False, help_text=_("Leaves menus and lists; its page still answers.")
    )

    objects = ListedQuerySet.as_manager()

    name = Bilingual()
    standfirst = Bilingual()
    route = ""

    class Meta:
        abstract = True
        ordering = ["position", "name_en"]

    def __str__(self) -> str:
        return self.name

    def address(self) -> str:
        """The address as it stands in English."""
        with translation.override("en"):
            return reverse(self.route, args=[self.slug])

    def get_absolute_url(self) -> str:
        return reverse(self.route, args=[self.slug])


class Subject(Listed):
    """What the institute works on, and where it stands in it."""

    statement_en = models.TextField(
        _("where the institute stands (English)"),
        blank=True,
        help_text=_("What it holds and works for in this; an empty line begins a new paragraph."),
    )
    statement_zh = models.TextField(_("where the institute stands (Chinese)"), blank=True)

    statement = Bilingual()

    class Meta(Listed.Meta):
        abstract = True


class Region(Subject):
    """A region of the world that the institute works on."""

    route = "region"

    class Meta(Subject.Meta):
        abstract = False
        verbose_name = _("region")
        verbose_name_plural = _("regions")


class Topic(Subject):
    """A subject that the institute works on."""

    route = "topic"

    class Meta(Subject.Meta):
        abstract = False
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
