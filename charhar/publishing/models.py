"""What every published text has in common: state, hours, address, translation, history."""

import datetime
import secrets
from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .labels import Labelled
from .languages import CHINESE, ENGLISH, LANGUAGES, with_prefix
from .list_models import ListCount as ListCount
from .list_models import ListRow as ListRow
from .list_models import ListTouch as ListTouch
from .paths import address_of as address_of
from .prepared import Prepared


class ContentVersion(models.Model):
    """The one row that says which state of the content a page was made from; see version.py."""

    number = models.BigIntegerField(default=1)
    epoch = models.BigIntegerField()
    next_change = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(default=timezone.now)  # what the lists' rows hold for; see standing.py

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="contentversion_is_one_row")]

    def __str__(self) -> str:
        return f"{self.epoch:x}.{self.number}"

    @staticmethod
    def new_epoch() -> int:
        """A number that no earlier or restored database counts in: 62 random bits."""
        return secrets.randbits(62)


class Address(models.Model):
    """One public address, for ever: which text it leads to, now or once."""

    class Status(models.TextChoices):
        CURRENT = "current", _("current")
        REDIRECT = "redirect", _("redirect")
        RESERVED = "reserved", _("reserved")

    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES)
    path = models.CharField(_("path"), max_length=255, help_text=_("As it stands in English, without /zh."))
    status = models.CharField(_("status"), max_length=10, choices=Status)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    target = GenericForeignKey("content_type", "object_id")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints = [
            models.UniqueConstraint(fields=["language", "path"], name="address_leads_to_one_thing"),
            models.UniqueConstraint(
                fields=["content_type", "object_id", "language"],
                condition=~Q(status="redirect"),
                name="address_one_current_per_language",
            ),
        ]

    def __str__(self) -> str:
        return with_prefix(self.path, self.language)


class Snapshot(models.Model):
    """The whole content of a text as it was after one save: written once, never changed."""

    SCHEMA = 1

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    version = models.PositiveIntegerField()
    action = models.CharField(max_length=20)
    note = models.TextField(blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    user_name = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(default=timezone.now)
    schema = models.PositiveSmallIntegerField(default=SCHEMA)
    data = models.JSONField(encoder=DjangoJSONEncoder)

    class Meta:
        ordering = ["-version", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "object_id", "version"], name="snapshot_one_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.content_type.name} {self.object_id}, version {self.version}: {self.action}"


class Action(models.TextChoices):
    """What somebody may be allowed to do with a text."""

    VIEW = "view", _("read before publication")
    ADD = "add", _("add")
    CHANGE = "change", _("change")
    SUBMIT = "submit", _("submit for review")
    PUBLISH = "publish", _("publish and schedule")
    OVERRIDE = "override", _("publish in spite of the checklist")
    WITHDRAW = "withdraw", _("withdraw")
    TRASH = "trash", _("move to the trash and back")
    DELETE = "delete", _("delete for ever")


class Grant(models.Model):
    """One permission: what a role may do to which kind of text, within which remit, to all or to own."""

    role = models.ForeignKey(Group, verbose_name=_("role"), on_delete=models.CASCADE, related_name="grants")
    action = models.CharField(_("action"), max_length=10, choices=Action)
    kind = models.ForeignKey(
        ContentType,
        verbose_name=_("kind"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        help_text=_("Empty means every kind of text."),
    )
    own = models.BooleanField(
        _("own only"),
        default=False,
        help_text=_(
            "Created by or assigned to the person, or their own profile as an expert; to read, also what"
            " carries their name."
        ),
    )

    class Meta:
        verbose_name = _("permission on texts")
        verbose_name_plural = _("permissions on texts")
        constraints = [
            models.UniqueConstraint(
                fields=["role", "action", "kind", "own"],
                condition=Q(kind__isnull=False),
                name="grant_stands_once",
            ),
            models.UniqueConstraint(
                fields=["role", "action", "own"],
                condition=Q(kind__isnull=True),
                name="grant_for_all_stands_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.get_action_display()}"


class GrantRemit(models.Model):
    """A topic or section that a permission is limited to; no row means everything."""

    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="remits")
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey("content_type", "object_id")

    class Meta:
        verbose_name = _("remit")
        verbose_name_plural = _("remits")
        constraints = [
            models.UniqueConstraint(fields=["grant", "content_type", "object_id"], name="remit_stands_once")
        ]

    def __str__(self) -> str:
        return str(self.subject)


class State(models.TextChoices):
    """Where a text stands. Scheduled and expired are not states: the clock tells them."""

    DRAFT = "draft", _("Draft")
    REVIEW = "review", _("In review")
    PUBLISHED = "published", _("Published")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class PublishableQuerySet(models.QuerySet):
    """Texts, asked by the clock."""

    model: Any

    def published(self, now: datetime.datetime | None = None) -> Any:
        """Those that readers see at ``now``. The instance's ``is_published`` is the same rule."""
        return self.filter(published_q(now))

    def in_language(self, language: str) -> Any:
        """The editions in one language."""
        return self.filter(language=language)

    def for_readers_in(self, language: str, now: datetime.datetime | None = None) -> Any:
        """What lists in one language show: in English the English editions; in Chinese the Chinese ones and
        those English ones that have no published Chinese edition. Sort by ``-language`` first."""
        published = self.published(now)
        if language == ENGLISH:
            return published.filter(language=ENGLISH)
        chinese = self.model.versions.published(now).filter(language=language)
        return published.filter(
            Q(language=language)
            | Q(language=ENGLISH)
            & ~Exists(chinese.filter(translation_of=OuterRef("pk")))
            & ~Exists(chinese.filter(pk=OuterRef("translation_of")))
        )


def published_q(now: datetime.datetime | None = None, prefix: str = "") -> Q:
    """The rule of visibility as a condition; ``prefix`` reaches it across a relation (``"articles__"``)."""
    now = now or timezone.now()
    return Q(
        Q(**{f"{prefix}expire_at__isnull": True}) | Q(**{f"{prefix}expire_at__gt": now}),
        **{
            f"{prefix}state": State.PUBLISHED,
            f"{prefix}publish_at__lte": now,
            f"{prefix}trashed_at__isnull": True,
            f"{prefix}corrects__isnull": True,
        },
    )


class LiveManager(models.Manager.from_queryset(PublishableQuerySet)):  # type: ignore[misc]
    """Knows neither working copies nor what lies in the trash."""

    def get_queryset(self) -> PublishableQuerySet:
        return super().get_queryset().filter(corrects__isnull=True, trashed_at__isnull=True)


class Publishable(Labelled, models.Model):
    """A text with a state, hours of publication and expiry, an address, working copies and a history.

    State changes go through ``workflow``; ``objects`` holds what lives, ``versions`` everything.
    """

    # Dates of life and bookkeeping: what a working copy never carries over.
    LIFE_FIELDS = frozenset(
        {
            "id", "state", "publish_at", "expire_at", "withdrawn_at", "withdrawal_reason", "trashed_at",
            "corrects", "based_on", "version", "created_at", "updated_at", "created_by", "assigned_to",
            "language", "translation_of", "content_version", "translated_version", "modified_at",
            "corrections", "correction_note", "failure", "locked_by", "locked_at",
        }
    )  # fmt: skip
    # The columns at whose moments pages change by the clock alone; version.py looks ahead through them.
    clock_columns = ("publish_at", "expire_at")
    clock_condition = "state = 'published' AND trashed_at IS NULL AND failure = ''"
    # Which rows the clock itself has to publish at ``publish_at``, or had to: scheduled corrections.
    clock_task = f"corrects_id IS NOT NULL AND {clock_condition}"
    # Paths to the accounts that own a text: what a grant on own texts reaches.
    OWNERS: tuple[str, ...] = ("created_by", "assigned_to")
    # The path to the accounts of those whose name it carries: a grant to read own texts reaches them too.
    WRITERS = ""
    # Names of the reverse relations whose rows belong to the text; a test holds that none is missing.
    CONTENT_INLINES: tuple[str, ...] = ()
    # The relations that ``search_document`` reads, to fetch them at once for many texts.
    SEARCHED_WITH: tuple[str, ...] = ()
    # The column that names the text in plans and lists, of several the first that holds something.
    name_columns: tuple[str, ...] = ("title",)
    # The columns that decide in which lists a text stands, and what ``list_kind`` reads; see standing.py.
    LIST_COLUMNS: tuple[str, ...] = ()
    LIST_KIND: tuple[str, ...] = ()
    is_translated = False
    is_preview = False
    route = ""
    corrects_id: int | None

    slug = models.SlugField(
        _("slug"),
        max_length=150,
        help_text=_("The last part of the address; Latin letters, digits, hyphens."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT, editable=False)
    publish_at = models.DateTimeField(
        _("published from"), null=True, blank=True, db_index=True, editable=False
    )
    expire_at = models.DateTimeField(
        _("expires"),
        null=True,
        blank=True,
        db_index=True,
        help_text=_("From this moment readers see that the text has expired. Beijing time (UTC+8)."),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    withdrawal_reason = models.TextField(_("reason for withdrawal"), blank=True, editable=False)
    trashed_at = models.DateTimeField(_("in the trash since"), null=True, blank=True, editable=False)
    corrects = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="working_copies",
        db_index=False,  # all but a few are null, and an index of nulls misleads the planner
    )
    based_on = models.PositiveIntegerField(null=True, blank=True, editable=False)
    modified_at = models.DateTimeField(_("corrected"), null=True, blank=True, editable=False)
    corrections = models.JSONField(_("correction notes"), default=list, blank=True, editable=False)
    correction_note = models.TextField(blank=True, editable=False)  # a scheduled copy's, until it is due
    failure = models.TextField(blank=True, editable=False)  # why a due copy could not be published
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("created by"), null=True, blank=True, editable=False,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("assigned to"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip

    locked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("locked by"), null=True, blank=True, editable=False,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    locked_at = models.DateTimeField(_("locked"), null=True, blank=True, editable=False)

    objects: ClassVar[Any] = LiveManager()
    versions: ClassVar[Any] = models.Manager.from_queryset(PublishableQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "versions"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="published") | Q(publish_at__isnull=False),
                name="%(class)s_published_has_date",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | Q(withdrawn_at__isnull=False),
                name="%(class)s_withdrawn_has_date",
            ),
            models.CheckConstraint(
                condition=Q(expire_at__isnull=True)
                | Q(publish_at__isnull=True)
                | Q(expire_at__gt=F("publish_at")),
                name="%(class)s_expires_after_publication",
                violation_error_message=_("A text can not expire before it is published."),
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True, based_on__isnull=True)
                | Q(corrects__isnull=False, based_on__isnull=False),
                name="%(class)s_copy_knows_its_base",
            ),
            models.UniqueConstraint(
                fields=["corrects"],
                condition=Q(corrects__isnull=False, trashed_at__isnull=True),
                name="%(class)s_one_open_copy",
            ),
        ]
        indexes = [
            models.Index(
                fields=["corrects", "publish_at"],
                condition=Q(corrects__isnull=False),
                name="%(class)s_copies",
            ),
            # SQLite takes it for a query that says ``~Q(state=State.PUBLISHED)`` in so many words.
            models.Index(
                fields=["updated_at"], condition=~Q(state="published"), name="%(class)s_unpublished"
            ),
        ]

    # -- The clock ---------------------------------------------------------------------------------

    def is_published_at(self, now: datetime.datetime) -> bool:
        """Whether readers see the text at ``now``; ``published_q`` is the same rule for the database."""
        return (
            self.state == State.PUBLISHED
            and self.publish_at is not None
            and self.publish_at <= now
            and (self.expire_at is None or self.expire_at > now)
            and self.trashed_at is None
            and self.corrects_id is None
        )

    @property
    def is_published(self) -> bool:
        """Whether readers see the text now."""
        return self.is_published_at(timezone.now())

    @property
    def is_scheduled(self) -> bool:
        """Published, from a moment that is still to come."""
        return (
            self.state == State.PUBLISHED and self.publish_at is not None and self.publish_at > timezone.now()
        )

    @property
    def is_expired(self) -> bool:
        """Once public, over by the clock."""
        return (
            self.state == State.PUBLISHED and self.expire_at is not None and self.expire_at <= timezone.now()
        )

    @property
    def is_gone(self) -> bool:
        """Whether readers are told that the text is gone (410)."""
        return self.trashed_at is None and (
            (self.state == State.WITHDRAWN and self.was_public) or (self.is_expired and self.was_public)
        )

    @property
    def was_public(self) -> bool:
        """Whether readers have ever been able to see the text, so that its addresses must go on answering."""
        return self.publish_at is not None and self.publish_at <= timezone.now()

    @property
    def status_label(self) -> str:
        """The state in words, the clock included."""
        if self.trashed_at is not None:
            return str(_("In the trash"))
        if self.is_scheduled:
            return str(_("Scheduled"))
        if self.is_expired:
            return str(_("Expired"))
        return str(State(self.state).label)

    # -- Corrections -------------------------------------------------------------------------------

    @property
    def is_copy(self) -> bool:
        """Whether this is a working copy of another row, open or closed."""
        return self.corrects_id is not None

    @property
    def modified_for_readers(self) -> datetime.datetime | None:
        """When the text last changed in a way that readers are told of: its last noted correction, else its
        publication."""
        return self.modified_at or self.publish_at

    @property
    def correction_notes(self) -> list[tuple[datetime.date, str]]:
        """The public notes with their days in Beijing, newest first."""
        return [
            (timezone.localdate(datetime.datetime.fromisoformat(entry["at"])), entry["note"])
            for entry in reversed(self.corrections)
        ]

    def filing_defaults(self) -> dict[str, Any]:
        """What the rows between the text and its subjects carry besides, where they are rows of their own."""
        return {}

    # -- Addresses ---------------------------------------------------------------------------------

    def route_args(self) -> list[str]:
        """What the text's URL pattern takes."""
        return [self.slug]

    def address(self) -> str:
        """The address as it stands in English; the language's prefix comes before it."""
        return address_of(self.route, *self.route_args())

    def get_absolute_url(self) -> str:
        from .languages import current_language

        return with_prefix(self.address(), current_language())

    def served_documents(self) -> dict[str, Any]:
        """The addresses beneath the text's own that serve a document of the library, with the document."""
        return {}

    def moves_with(self) -> Iterable[models.Model]:
        """The rows whose addresses lie beneath this one's."""
        return ()

    # -- Rights ------------------------------------------------------------------------------------

    def may(self, user: Any, action: str) -> bool:
        """Whether a person may do this to this text. One query a person, then none."""
        from .permissions import allowed

        return allowed(user, action, self)

    def people_to_tell(self) -> Iterable[Any]:
        """The accounts of those whose text it is: they hear when readers see it."""
        return [person for person in (self.created_by, self.assigned_to) if person is not None]

    def remit_subjects(self) -> Iterable[models.Model]:
        """The topics and sections that decide whose remit the text falls into."""
        return ()

    def two_person_sections(self) -> list[str]:
        """The names of the sections it is filed under that let nothing out which only one person has seen."""
        return []

    @classmethod
    def prefetch_searched(cls, texts: list[Any]) -> None:
        """Fetch at once what ``search_document`` reads of many texts."""
        models.prefetch_related_objects(texts, *cls.SEARCHED_WITH)

    def search_document(self) -> Any:
        """What search knows of the text: a ``documents.SearchDocument``."""
        raise NotImplementedError

    def clean(self) -> None:
        """Errors beside the field: an address that leads, or once led, elsewhere."""
        super().clean()
        if self.slug and not self.corrects_id:
            from .addresses import taken_by

            try:
                other = taken_by(self)
            except ObjectDoesNotExist:
                return  # what its address stands under is not chosen yet, which its own field says
            if other is not None:
                raise ValidationError(
                    {
                        "slug": _("“%(path)s” already belongs to “%(other)s”. Choose another slug.")
                        % {"path": self.address(), "other": other}
                    }
                )


@Prepared
def other_editions(model: Any, language: str, by: str, key: int, now: datetime.datetime) -> models.QuerySet:
    """The published edition in another language than ``language``, by one of its columns."""
    return model.objects.published(now).exclude(language=language).filter(**{by: key}).order_by()[:1]


class Translated(models.Model):
    """A text with one row a language; the translation points at its original and shares its slug."""

    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default=ENGLISH)
    translation_of = models.ForeignKey(
        "self", verbose_name=_("translation of"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="translations",
        help_text=_("The original that this text translates; both share one slug."),
    )  # fmt: skip
    content_version = models.PositiveIntegerField(default=0, editable=False)  # see translation.py
    translated_version = models.PositiveIntegerField(null=True, blank=True, editable=False)
    is_translated = True
    # Fields, inlines and relations: what the other edition begins with, and what is written anew for it.
    EDITION_CARRIES: tuple[str, ...] = ()
    EDITION_WRITES: tuple[str, ...] = ()
    translation_of_id: int | None
    slug: Any

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["translation_of", "language"],
                condition=Q(corrects__isnull=True, translation_of__isnull=False),
                name="%(class)s_one_translation_per_language",
                violation_error_message=_("This original already has a translation in that language."),
            ),
            models.CheckConstraint(
                condition=Q(translation_of__isnull=True) | ~Q(translation_of=F("id")),
                name="%(class)s_not_its_own_translation",
            ),
        ]

    @property
    def html_lang(self) -> str:
        """The language tag for ``lang`` attributes."""
        return "zh-Hans" if self.language == CHINESE else "en"

    def get_absolute_url(self) -> str:
        return with_prefix(self.address(), self.language)  # type: ignore[attr-defined]

    def fit_to_language(self) -> None:
        """Make what was carried over from the original fit the text's own language; before it is saved."""

    def other_edition(self, now: datetime.datetime | None = None) -> Any:
        """The published edition in the other language, or None. One query."""
        # One condition that an index answers: a database asked for either of two reads by date instead.
        original = self.translation_of_id
        by, key = ("pk", original) if original else ("translation_of", self.pk)
        found = other_editions(type(self), self.language, by, key=key, now=now or timezone.now())
        return next(iter(found), None)

    def clean(self) -> None:
        super().clean()
        original = self.translation_of
        if original is None:
            return
        if original.pk == self.pk:
            raise ValidationError({"translation_of": _("A text can not translate itself.")})
        if original.translation_of_id:
            raise ValidationError(
                {"translation_of": _("That text is itself a translation; choose its original.")}
            )
        if original.language == self.language:
            raise ValidationError({"translation_of": _("The original is in the same language.")})
        self.slug = original.slug
