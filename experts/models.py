"""People and where they sit: experts, their groups, the topics they lead, offices and programmes."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from charhar.library.models import Document, Image
from charhar.publishing.documents import SearchDocument
from charhar.publishing.languages import CHINESE
from charhar.publishing.models import Publishable
from charhar.publishing.richtext import RichTextField, plain_text
from charhar.taxonomy.bilingual import Bilingual, is_chinese
from charhar.taxonomy.models import Listed, Region, Topic


def validate_orcid(value: str) -> None:
    """Refuse an ORCID iD whose form or check digit (ISO 7064 MOD 11-2) is wrong."""
    digits = value.replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    if digits[-1] != ("X" if check == 10 else str(check)):
        raise ValidationError(
            _("This is not a valid ORCID iD: its last character does not match the others.")
        )


ORCID_FORM = RegexValidator(
    r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$", _("Write the ORCID iD as 0000-0002-1825-0097.")
)


class ExpertGroup(Listed):
    """A group on the experts' page: chairman, senior research fellows, adjunct fellows, former."""

    former = models.BooleanField(_("former members"), default=False)
    standfirst_en = None  # type: ignore[assignment]
    standfirst_zh = None  # type: ignore[assignment]

    class Meta(Listed.Meta):
        verbose_name = _("group of experts")
        verbose_name_plural = _("groups of experts")

    address = None  # type: ignore[assignment]  # a heading on the experts' page, not a page of its own

    def get_absolute_url(self) -> str:
        return f"{reverse('experts')}#{self.slug}"


class Office(Listed):
    """A place where the institute sits."""

    route = "office"

    city_en = models.CharField(_("city (English)"), max_length=100)
    city_zh = models.CharField(_("city (Chinese)"), max_length=100, blank=True)
    street_en = models.TextField(_("postal address (English)"), blank=True)
    street_zh = models.TextField(_("postal address (Chinese)"), blank=True)
    phone = models.CharField(_("telephone"), max_length=50, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    about_en = RichTextField(_("about (English)"), blank=True)
    about_zh = RichTextField(_("about (Chinese)"), blank=True)
    picture = models.ForeignKey(
        Image, verbose_name=_("picture"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    city = Bilingual()
    street = Bilingual()
    about = Bilingual()

    class Meta(Listed.Meta):
        verbose_name = _("office")
        verbose_name_plural = _("offices")


class Programme(Listed):
    """A standing programme of work."""

    route = "programme"

    about_en = RichTextField(_("about (English)"), blank=True)
    about_zh = RichTextField(_("about (Chinese)"), blank=True)
    picture = models.ForeignKey(
        Image, verbose_name=_("picture"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True, related_name="programmes")

    about = Bilingual()

    class Meta(Listed.Meta):
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")


class Expert(Publishable):
    """A person with a public profile; names as given, family and display name, in both scripts."""

    route = "expert"
    NO_SLUGS = ("for-journalists",)  # beside the profiles
    CONTENT_INLINES = ("spoken_languages", "social_links", "topic_leads", "region_leads")
    SEARCHED_WITH = ("topics", "regions")
    name_columns = ("display_name_en", "display_name_zh")
    LIFE_FIELDS = Publishable.LIFE_FIELDS | {"account"}
    # A working copy has no account of its own: who owns the profile owns its corrections.
    OWNERS = (*Publishable.OWNERS, "account", "corrects__account")

    given_name = models.CharField(_("given name"), max_length=100, blank=True)
    family_name = models.CharField(_("family name"), max_length=100)
    display_name_en = models.CharField(
        _("display name"), max_length=200, help_text=_("As bylines show it, for example “PAN Deng”.")
    )
    given_name_zh = models.CharField(_("given name (Chinese)"), max_length=50, blank=True)
    family_name_zh = models.CharField(_("family name (Chinese)"), max_length=50, blank=True)
    display_name_zh = models.CharField(_("display name (Chinese)"), max_length=100, blank=True)
    title_en = models.CharField(_("title at the institute (English)"), max_length=200, blank=True)
    title_zh = models.CharField(_("title at the institute (Chinese)"), max_length=200, blank=True)
    affiliations_en = models.TextField(
        _("other affiliations (English)"), blank=True, help_text=_("One a line.")
    )
    affiliations_zh = models.TextField(
        _("other affiliations (Chinese)"), blank=True, help_text=_("One a line.")
    )
    biography_en = RichTextField(_("biography (English)"), small=True, blank=True)
    biography_zh = RichTextField(_("biography (Chinese)"), small=True, blank=True)
    portrait = models.ForeignKey(
        Image,
        verbose_name=_("portrait"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="portraits",
    )
    press_photo = models.BooleanField(
        _("for the press"),
        default=False,
        help_text=_("Journalists may download the portrait and use it, with its credit line."),
    )
    groups = models.ManyToManyField(ExpertGroup, verbose_name=_("groups"), blank=True, related_name="experts")
    position = models.PositiveSmallIntegerField(
        _("position"), default=100, help_text=_("Within a group; equal ones stand by family name.")
    )
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), blank=True, related_name="experts")
    regions = models.ManyToManyField(Region, verbose_name=_("regions"), blank=True, related_name="experts")
    office = models.ForeignKey(
        Office,
        verbose_name=_("office"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="experts",
    )
    programmes = models.ManyToManyField(
        Programme, verbose_name=_("programmes"), blank=True, related_name="experts"
    )
    email = models.EmailField(_("e-mail"), blank=True)
    email_shown = models.BooleanField(_("show the e-mail address"), default=False)
    takes_messages = models.BooleanField(
        _("takes messages from the site"),
        default=True,
        help_text=_(
            "A form on the profile sends them to the e-mail address, which readers do not see."
            " Otherwise, or without an address, they go to the secretariat."
        ),
    )
    takes_media = models.BooleanField(
        _("takes questions from the media"),
        default=False,
        help_text=_("Journalists are shown the profile first."),
    )
    media_note_en = models.CharField(
        _("for journalists (English)"),
        max_length=300,
        blank=True,
        help_text=_("On what, when and how, for example “Trade law; Beijing mornings; by telephone”."),
    )
    media_note_zh = models.CharField(_("for journalists (Chinese)"), max_length=300, blank=True)
    orcid = models.CharField(
        _("ORCID iD"), max_length=19, blank=True, validators=[ORCID_FORM, validate_orcid]
    )
    cv = models.ForeignKey(
        Document,
        verbose_name=_("curriculum vitae"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("account"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="expert",
        help_text=_("Whoever signs in with it edits this profile; what changes in public, editors approve."),
        error_messages={
            "unique": _("This account is another expert's already; one in the trash counts too.")
        },
    )

    display_name = Bilingual()
    title = Bilingual()
    affiliations = Bilingual()
    biography = Bilingual()
    media_note = Bilingual()

    class Meta(Publishable.Meta):
        verbose_name = _("expert")
        verbose_name_plural = _("experts")
        ordering = ["position", "family_name", "given_name"]
        constraints = [
            *Publishable.Meta.constraints,
            models.UniqueConstraint(
                fields=["slug"], condition=Q(corrects__isnull=True), name="expert_slug_is_unique"
            ),
            models.UniqueConstraint(
                fields=["orcid"],
                condition=~Q(orcid="") & Q(corrects__isnull=True),
                name="expert_orcid_is_unique",
                violation_error_message=_("Another expert already has this ORCID iD."),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name

    def clean(self) -> None:
        super().clean()
        if self.slug in self.NO_SLUGS:
            raise ValidationError({"slug": _("Another page of the site has this address.")})

    def name_in(self, language: str) -> str:
        """The display name as an edition in ``language`` shows it."""
        return (self.display_name_zh if language == CHINESE else "") or self.display_name_en

    def title_in(self, language: str) -> str:
        """The title at the institute as an edition in ``language`` shows it."""
        return (self.title_zh if language == CHINESE else "") or self.title_en

    @property
    def other_name(self) -> str:
        """The name in the script that this page is not in, where it is known."""
        return self.display_name_en if is_chinese() and self.display_name_zh else self.display_name_zh

    @property
    def affiliation_lines(self) -> list[str]:
        """The other affiliations, one each."""
        return [line.strip() for line in self.affiliations.splitlines() if line.strip()]

    @property
    def is_reachable(self) -> bool:
        """Whether messages from the site go to the expert, and not to the secretariat alone."""
        return bool(self.email) and self.takes_messages

    def people_to_tell(self) -> Iterable[Any]:
        return [*super().people_to_tell(), *([self.account] if self.account else [])]

    def remit_subjects(self) -> Iterable[models.Model]:
        return [*self.topics.all(), *self.regions.all()] if self.pk else []

    def search_document(self) -> SearchDocument:
        return SearchDocument(
            title=" ".join(
                filter(None, [self.display_name_en, self.display_name_zh, self.given_name, self.family_name])
            ),
            standfirst=" ".join(filter(None, [self.title_en, self.title_zh])),
            body=" ".join(
                [
                    plain_text(self.biography_en + self.biography_zh),
                    self.affiliations_en,
                    self.affiliations_zh,
                ]
            ),
            language="",
            kind="expert",
            date=None,
            filed={
                "topic": [topic.pk for topic in self.topics.all()],
                "region": [region.pk for region in self.regions.all()],
            },
        )


class SpokenLanguage(models.Model):
    """A language in which an expert takes questions."""

    class Code(models.TextChoices):
        ARABIC = "ar", _("Arabic")
        CHINESE = "zh", _("Chinese")
        ENGLISH = "en", _("English")
        FRENCH = "fr", _("French")
        GERMAN = "de", _("German")
        HINDI = "hi", _("Hindi")
        JAPANESE = "ja", _("Japanese")
        KOREAN = "ko", _("Korean")
        PORTUGUESE = "pt", _("Portuguese")
        RUSSIAN = "ru", _("Russian")
        SPANISH = "es", _("Spanish")
        SWAHILI = "sw", _("Swahili")

    expert = models.ForeignKey(Expert, on_delete=models.CASCADE, related_name="spoken_languages")
    code = models.CharField(_("language"), max_length=3, choices=Code)

    class Meta:
        verbose_name = _("language spoken")
        verbose_name_plural = _("languages spoken")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["expert", "code"], name="spokenlanguage_once")]

    def __str__(self) -> str:
        return str(self.Code(self.code).label)


class SocialLink(models.Model):
    """Where else an expert can be followed."""

    expert = models.ForeignKey(Expert, on_delete=models.CASCADE, related_name="social_links")
    label = models.CharField(_("label"), max_length=50, help_text=_("For example LinkedIn or Weibo."))
    url = models.URLField(_("address"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("social link")
        verbose_name_plural = _("social links")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.label


class Lead(models.Model):
    """An expert who leads the work on a subject, in order."""

    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        abstract = True
        ordering = ["position", "pk"]


class TopicLead(Lead):
    """An expert who leads the work on a topic."""

    expert = models.ForeignKey(Expert, on_delete=models.CASCADE, related_name="topic_leads")
    topic = models.ForeignKey(Topic, verbose_name=_("topic"), on_delete=models.CASCADE, related_name="leads")

    class Meta(Lead.Meta):
        verbose_name = _("topic led")
        verbose_name_plural = _("topics led")
        constraints = [models.UniqueConstraint(fields=["expert", "topic"], name="topiclead_once")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.expert}"


class RegionLead(Lead):
    """An expert who leads the work on a region."""

    expert = models.ForeignKey(Expert, on_delete=models.CASCADE, related_name="region_leads")
    region = models.ForeignKey(
        Region, verbose_name=_("region"), on_delete=models.CASCADE, related_name="leads"
    )

    class Meta(Lead.Meta):
        verbose_name = _("region led")
        verbose_name_plural = _("regions led")
        constraints = [models.UniqueConstraint(fields=["expert", "region"], name="regionlead_once")]

    def __str__(self) -> str:
        return f"{self.region}: {self.expert}"
