"""The institute's own pages, and what stands on every page: contact, follow links, quotation, filings."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from charhar.library.models import Image
from charhar.publishing.documents import SearchDocument
from charhar.publishing.models import Publishable, Translated
from charhar.publishing.richtext import RichTextField, plain_text
from charhar.publishing.translation import other_edition_of
from charhar.taxonomy.bilingual import Bilingual


class InstitutePage(Translated, Publishable):
    """A page about the institute, in a tree of at most two levels: About Us and what lies beneath it."""

    ROOTS = ("about", "legal")
    # The title too, so that every list can name the draft.
    EDITION_CARRIES = ("root", "parent", "title", "picture", "position", "in_menu")
    EDITION_WRITES = ("menu_title", "standfirst", "body")

    root = models.CharField(
        _("stands under"),
        max_length=10,
        choices=[("about", "/about/"), ("legal", "/legal/")],
        default="about",
    )
    parent = models.ForeignKey(
        "self", verbose_name=_("beneath"), null=True, blank=True,
        on_delete=models.PROTECT, related_name="children",
        help_text=_("Empty for the page at the top of the tree."),
    )  # fmt: skip
    title = models.CharField(_("title"), max_length=200)
    menu_title = models.CharField(
        _("title in menus"), max_length=60, blank=True, help_text=_("Empty: the title.")
    )
    standfirst = models.TextField(_("standfirst"), blank=True)
    body = RichTextField(_("body"), blank=True)
    picture = models.ForeignKey(
        Image, verbose_name=_("picture"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    in_menu = models.BooleanField(_("in the menu"), default=True)

    class Meta(Publishable.Meta):
        verbose_name = _("institute page")
        verbose_name_plural = _("institute pages")
        ordering = ["root", "position", "title"]
        constraints = [
            *Publishable.Meta.constraints,
            *Translated.Meta.constraints,
            models.UniqueConstraint(
                fields=["root", "language", "slug"],
                condition=Q(corrects__isnull=True),
                name="institutepage_slug_is_unique",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def address(self) -> str:
        with translation.override("en"):
            if self.root == "legal":
                return reverse("legal", args=[self.slug])
            if self.slug == "about":
                return reverse("about")
            return reverse("page", args=[self.slug])

    def moves_with(self) -> Iterable[models.Model]:
        return ()

    def fit_to_language(self) -> None:
        """Beneath the same page in its own language, where there is one."""
        above = self.parent and other_edition_of(self.parent)
        self.parent = above if above is not None and above.trashed_at is None else None

    @property
    def label(self) -> str:
        """The title as menus show it."""
        return self.menu_title or self.title

    def siblings(self) -> Any:
        """The pages that stand with this one under the same root, itself included. One query."""
        beside = InstitutePage.objects.published().in_language(self.language).filter(root=self.root)
        return beside.only("title", "menu_title", "slug", "root", "language")

    def clean(self) -> None:
        super().clean()
        if self.parent is None:
            return
        if self.parent.pk == self.pk:
            raise ValidationError({"parent": _("A page can not stand beneath itself.")})
        if self.parent.parent_id or (self.pk and self.children.exists()):
            raise ValidationError({"parent": _("Pages stand in a tree of at most two levels.")})
        if self.parent.language != self.language:
            raise ValidationError({"parent": _("The page above must be in the same language.")})

    def search_document(self) -> SearchDocument:
        return SearchDocument(
            title=self.title, standfirst=self.standfirst, body=plain_text(self.body),
            language=self.language, kind="page", date=None,
        )  # fmt: skip


class SiteSettings(models.Model):
    """The one row with what stands on every page."""

    name_en = models.CharField(_("name (English)"), max_length=100, default="The Charhar Institute")
    name_zh = models.CharField(_("name (Chinese)"), max_length=100, default="察哈尔学会")
    tagline_en = models.CharField(_("what the institute is (English)"), max_length=300, blank=True)
    tagline_zh = models.CharField(_("what the institute is (Chinese)"), max_length=300, blank=True)
    quotation_en = models.TextField(_("quotation (English)"), blank=True)
    quotation_zh = models.TextField(_("quotation (Chinese)"), blank=True)
    quotation_by_en = models.CharField(_("whose (English)"), max_length=150, blank=True)
    quotation_by_zh = models.CharField(_("whose (Chinese)"), max_length=150, blank=True)
    disclaimer_en = models.TextField(_("disclaimer in editor's notes (English)"), blank=True)
    disclaimer_zh = models.TextField(_("disclaimer in editor's notes (Chinese)"), blank=True)
    phone = models.CharField(_("telephone"), max_length=50, blank=True)
    fax = models.CharField(_("fax"), max_length=50, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    press_phone = models.CharField(
        _("telephone for the press"), max_length=50, blank=True, help_text=_("Empty: as for everybody.")
    )
    press_email = models.EmailField(
        _("e-mail for the press"), blank=True, help_text=_("Empty: as for everybody.")
    )
    postal_en = models.TextField(_("postal address (English)"), blank=True)
    postal_zh = models.TextField(_("postal address (Chinese)"), blank=True)
    copyright_en = models.CharField(_("copyright line (English)"), max_length=200, blank=True)
    copyright_zh = models.CharField(_("copyright line (Chinese)"), max_length=200, blank=True)
    icp_filing = models.CharField(_("ICP filing"), max_length=60, blank=True)
    police_filing = models.CharField(_("public security filing"), max_length=60, blank=True)

    name = Bilingual()
    tagline = Bilingual()
    quotation = Bilingual()
    quotation_by = Bilingual()
    disclaimer = Bilingual()
    postal = Bilingual()
    copyright = Bilingual()

    class Meta:
        verbose_name = _("site settings")
        verbose_name_plural = _("site settings")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="sitesettings_is_one_row")]

    def __str__(self) -> str:
        return str(_("Site settings"))

    def save(self, *args: object, **kwargs: object) -> None:
        self.pk = 1
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @classmethod
    def load(cls) -> "SiteSettings":
        """The settings; with their defaults where nobody has saved them yet. One query."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class FollowLink(models.Model):
    """A place where the institute can be followed, a QR picture included."""

    settings = models.ForeignKey(SiteSettings, on_delete=models.CASCADE, related_name="follow_links")
    label = models.CharField(_("label"), max_length=60)
    url = models.CharField(
        _("address"), max_length=300, blank=True, validators=[URLValidator(["http", "https"])]
    )
    handle = models.CharField(_("name there"), max_length=100, blank=True)
    qr_picture = models.ForeignKey(
        Image,
        verbose_name=_("QR picture"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    in_header = models.BooleanField(_("also at the top"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("follow link")
        verbose_name_plural = _("follow links")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(url="") | Q(qr_picture__isnull=False),
                name="followlink_leads_somewhere",
                violation_error_message=_("Give an address or a QR picture."),
            )
        ]

    def __str__(self) -> str:
        return self.label
