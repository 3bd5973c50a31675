"""Images and documents: credit, alternative text, focal point, renditions."""

import hashlib
import logging
import secrets
from collections.abc import Iterable
from contextlib import nullcontext
from functools import partial
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .renditions import (
    CARD,
    ORIGINAL_ENCODINGS,
    WIDTHS,
    Entry,
    encoded,
    planned,
    read_picture,
    rendered,
    stem_of,
)
from .validators import CONTENT_TYPES, ending_of, validate_document, validate_picture

log = logging.getLogger(__name__)


def image_path(image: Any, filename: str) -> str:
    """A folder whose name can not be guessed: 128 random bits.

    The original's own name holds as many again, so that who knows a rendition does not know the original.
    """
    return f"images/{secrets.token_hex(16)}/{secrets.token_hex(16)}.{ending_of(filename)}"


def document_path(document: Any, filename: str) -> str:
    """A name that can not be guessed: 128 random bits."""
    return f"documents/{secrets.token_hex(16)}.{ending_of(filename)}"


def former_name(name: str) -> str:
    """What is remembered of a replaced file's name: of a picture the folder, which its renditions share."""
    return name.rsplit("/", 1)[0] if name.startswith("images/") else name


def digest_of(file: Any) -> str:
    """The SHA-256 of a file's contents, in hexadecimal; the file is at its beginning afterwards."""
    digest = hashlib.sha256()
    file.seek(0)
    for chunk in iter(partial(file.read, 1 << 20), b""):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def remove_files(storage: Storage, name: str) -> None:
    """Remove a stored file; an image's takes its whole folder with it. A file that is gone is no error."""
    names = [name]
    if name.startswith("images/"):
        folder = name.rsplit("/", 1)[0]
        try:
            names = [f"{folder}/{each}" for each in storage.listdir(folder)[1]]
        except FileNotFoundError:
            return
        names.append(folder)
    for each in names:
        storage.delete(each)


class StoredFile(models.Model):
    """What images and documents share: the file's digest, who brought it and when."""

    digest = models.CharField(max_length=64, blank=True, editable=False, db_index=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("uploaded by"), null=True, blank=True, editable=False,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        abstract = True
        ordering = ["-created_at", "-pk"]

    @property
    def file_name(self) -> str:
        """The file's name in the storage."""
        return self.file.name or ""  # type: ignore[attr-defined]

    def has_new_file(self, update_fields: Iterable[str] | None) -> bool:
        """Whether saving brings a file that is not stored yet."""
        file = self.file  # type: ignore[attr-defined]
        return bool(file) and not file._committed and (update_fields is None or "file" in update_fields)

    def stored_name(self) -> str:
        """The name of the file that the row has in the database; one query, none for a new row."""
        if self.pk is None:
            return ""
        rows: Any = type(self)._default_manager.filter(pk=self.pk)
        return rows.values_list("file", flat=True).first() or ""

    def leave(self, name: str) -> None:
        """Let the name of a file that was just replaced lead to the one in its place."""
        if name:
            of: dict[str, Any] = {str(self._meta.model_name): self}
            FormerFile.objects.create(name=former_name(name), **of)

    def remove_after_commit(self, name: str) -> None:
        """Remove a file that no row names any longer, once that is certain."""
        if name:
            storage = self.file.storage  # type: ignore[attr-defined]
            transaction.on_commit(partial(remove_files, storage, name), robust=True)


class Rendition(NamedTuple):
    """One file of an image, as a page shows it."""

    url: str
    width: int
    height: int


class Image(StoredFile):
    """A picture with what is needed to show it well and credit it.

    Saving one with a new file makes it upright, sRGB and free of metadata, stores that as the original and
    all renditions beside it, and then writes the row: about a second for a photograph. The upload itself is
    not kept, only its digest. Raises ``ValidationError`` for what ``validators.validate_picture`` refuses.
    """

    title = models.CharField(
        _("title"), max_length=200, help_text=_("For finding it here; readers do not see it.")
    )
    file = models.FileField(
        _("picture"), upload_to=image_path, max_length=200, validators=[validate_picture],
        help_text=_("JPEG, PNG, WebP or AVIF. Data on place and camera are removed; it is turned upright."),
    )  # fmt: skip
    width = models.PositiveIntegerField(_("width"), editable=False, default=0)
    height = models.PositiveIntegerField(_("height"), editable=False, default=0)
    alt_en = models.CharField(
        _("alternative text (English)"), max_length=300, blank=True,
        help_text=_("What the picture shows, in a sentence, for readers who can not see it."),
    )  # fmt: skip
    alt_zh = models.CharField(_("alternative text (Chinese)"), max_length=300, blank=True)
    decorative = models.BooleanField(
        _("decorative"), default=False,
        help_text=_("Says nothing that the text does not; screen readers pass it by."),
    )  # fmt: skip
    credit = models.CharField(
        _("credit line"), max_length=200, blank=True, help_text=_("For example “Illustration: NAME/OUTLET”.")
    )
    rights = models.CharField(
        _("rights"), max_length=300, blank=True,
        help_text=_("Who allowed its use, for what and how long; readers do not see it."),
    )  # fmt: skip
    focal_x = models.FloatField(
        _("focal point, across"), default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("0 is the left edge, 1 the right. Crops keep this point."),
    )  # fmt: skip
    focal_y = models.FloatField(
        _("focal point, down"), default=0.5, validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text=_("0 is the upper edge, 1 the lower."),
    )  # fmt: skip
    renditions = models.JSONField(default=list, editable=False)

    # What showing one takes.
    SHOWN = ("file", "width", "height", "alt_en", "alt_zh", "decorative", "renditions")

    class Meta(StoredFile.Meta):
        verbose_name = _("image")
        verbose_name_plural = _("images")

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """An image says what it shows, or that it shows nothing worth saying."""
        super().clean()
        if not self.decorative and not self.alt_en.strip() and not self.alt_zh.strip():
            message = _("Describe the picture for readers who can not see it, or mark it as decorative.")
            raise ValidationError({"alt_en": message})

    @property
    def alt(self) -> str:
        """The alternative text in the page's language, or the other where it is missing."""
        if self.decorative:
            return ""
        chinese = (get_language() or "").startswith("zh")
        return (self.alt_zh or self.alt_en) if chinese else (self.alt_en or self.alt_zh)

    # -- Making ------------------------------------------------------------------------------------

    def save(
        self,
        *args: Any,
        widths: Iterable[int] | None = None,
        crops: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        """Store a new file with its renditions, or make the crops anew when the focal point has moved.

        For sample content, which must be quick, ``widths`` replaces the usual widths and ``crops`` names the
        only crops to make. Nothing is left behind when anything fails, the row included. Costs no query
        beyond the row's own unless a file is replaced; hold no transaction open around it without need.
        """
        update_fields = kwargs.get("update_fields")
        old, new = "", ""
        changed: set[str] = set()
        upload = self.file
        if self.has_new_file(update_fields):
            old, new = self.stored_name(), self._take_in(widths, crops)
            changed = {"file", "width", "height", "renditions", "digest"}
        elif update_fields is None or {"focal_x", "focal_y"} & set(update_fields):
            changed = self._follow_focal_point()
        if update_fields is not None:
            kwargs["update_fields"] = {*update_fields, *changed}
        try:
            with transaction.atomic() if old else nullcontext():
                super().save(*args, **kwargs)
                self.leave(old)
        except BaseException:
            if new:
                remove_files(self.file.storage, new)
                self.file = upload
            raise
        self.remove_after_commit(old)

    def _take_in(self, widths: Iterable[int] | None, crops: Iterable[str] | None) -> str:
        """Store what was uploaded, cleaned, and its renditions; the row's columns then say what there is."""
        upload = self.file.file
        digest = digest_of(upload)
        picture, kind = read_picture(upload)
        name = image_path(self, f".{kind}")
        fallback = "png" if picture.mode == "RGBA" else "jpg"
        entries = planned(*picture.size, self.focal_point, fallback, widths=widths, crops=crops)
        try:
            self._write(name, encoded(picture, *ORIGINAL_ENCODINGS[kind]))
            self._render(picture, entries, name)
        except BaseException:
            remove_files(self.file.storage, name)
            raise
        self.file = name
        self.width, self.height = picture.size
        self.renditions, self.digest = entries, digest
        return name

    def _follow_focal_point(self) -> set[str]:
        """Make the crops anew where they show another focal point than the row's; none that was not there.

        Files of the earlier point stay until the image goes: pages and feeds in readers' hands name them.
        """
        entries: list[Any] = [
            {**e, "stem": stem_of(e["crop"], e["width"], self.focal_point)} for e in self.renditions
        ]
        stale = [new for old, new in zip(self.renditions, entries, strict=True) if new["stem"] != old["stem"]]
        if not stale:
            return set()
        self._render(self.read_original(), stale, self.file_name)
        self.renditions = entries
        return {"renditions"}

    def make_missing(self) -> int:
        """Make every planned rendition whose file is not there and save their list; how many files were made.

        One look into the storage; decodes the original only where something is missing. Raises
        ``FileNotFoundError`` where the original itself is gone.
        """
        there = set(self.file.storage.listdir(self.folder)[1])
        if self.file_name.rsplit("/", 1)[1] not in there:
            raise FileNotFoundError(self.file_name)
        picture = None
        if not self.renditions or not self.width:
            picture = self.read_original()
            self.width, self.height = picture.size
        entries = planned(self.width, self.height, self.focal_point, self.fallback(picture))
        lacking: list[Entry] = []
        for entry in entries:
            types = [kind for kind in entry["types"] if f"{entry['stem']}.{kind}" not in there]
            if types:
                lacking.append({**entry, "types": types})
        if lacking:
            self._render(picture or self.read_original(), lacking, self.file_name)
        if entries != self.renditions:
            self.renditions = entries
            # Only where the row still shows what was worked from; an editor may have saved meanwhile.
            Image.objects.filter(
                pk=self.pk, file=self.file_name, focal_x=self.focal_x, focal_y=self.focal_y
            ).update(renditions=entries, width=self.width, height=self.height)
        return sum(len(entry["types"]) for entry in lacking)

    def read_original(self) -> Any:
        """The stored original, decoded, as a Pillow image."""
        with self.file.storage.open(self.file_name) as file:
            return read_picture(file)[0]

    def fallback(self, picture: Any = None) -> str:
        """The type for browsers that know neither AVIF nor WebP: ``png`` where something is transparent."""
        if self.renditions and picture is None:
            return next(e["types"][-1] for e in self.renditions if e["crop"] == "")
        return "png" if (picture or self.read_original()).mode == "RGBA" else "jpg"

    def _render(self, picture: Any, entries: list[Entry], original: str) -> None:
        folder = original.rsplit("/", 1)[0]
        for name, data in rendered(picture, entries, self.focal_point):
            self._write(f"{folder}/{name}", data)

    def _write(self, name: str, data: bytes) -> None:
        storage = self.file.storage
        storage.delete(name)  # a storage gives a taken name an addition, and that one nobody would look for
        storage.save(name, ContentFile(data))

    # -- Showing -----------------------------------------------------------------------------------

    @property
    def focal_point(self) -> tuple[float, float]:
        """Across and down, each from 0 to 1."""
        return self.focal_x, self.focal_y

    @property
    def folder(self) -> str:
        """The storage's folder that holds the original and all renditions."""
        return self.file_name.rsplit("/", 1)[0]

    def entries_for(self, crop: str = "") -> list[Entry]:
        """The renditions of one shape, the narrowest first; of the whole picture where it has none."""
        found = [e for e in self.renditions if e["crop"] == crop]
        return found or [e for e in self.renditions if e["crop"] == ""]

    def rendition(self, width: float, crop: str = "") -> Rendition:
        """A file that every browser knows, so wide if there is one: for thumbnails and feeds. No query."""
        base = self.file.url.rsplit("/", 1)[0]
        entries = self.entries_for(crop)
        if not entries:
            return Rendition(self.file.url, self.width, self.height)
        entry = next((e for e in entries if e["width"] >= width), entries[-1])
        return Rendition(f"{base}/{entry['stem']}.{entry['types'][-1]}", entry["width"], entry["height"])

    def successor_of(self, name: str) -> Rendition:
        """What stands now where a file of an earlier picture stood: the same shape, as wide. No query."""
        width, _dash, rest = name.rsplit(".", 1)[0].partition("-")
        crop = rest.split("-")[0]
        crop = crop if crop == CARD else crop.replace("x", ":")
        return self.rendition(int(width) if width.isdigit() else max(WIDTHS), crop)

    def card(self) -> Rendition:
        """The picture for a link in a social network, 1200 × 630 where the original allows. No query."""
        return self.rendition(1200, CARD)


class Document(StoredFile):
    """A file to download: an issue, a report, a curriculum vitae."""

    title = models.CharField(
        _("title"), max_length=200, help_text=_("Also the name of the file that readers save.")
    )
    file = models.FileField(
        _("file"), upload_to=document_path, max_length=200, unique=True, validators=[validate_document],
        help_text=_("PDF, EPUB, DOCX, XLSX, PPTX or CSV."),
    )  # fmt: skip
    size = models.PositiveBigIntegerField(_("size"), editable=False, default=0)
    pages = models.PositiveSmallIntegerField(
        _("pages"), null=True, blank=True, help_text=_("Counted by itself in a PDF.")
    )

    class Meta(StoredFile.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")

    def __str__(self) -> str:
        return self.title

    @property
    def ending(self) -> str:
        """The file's ending, which says its kind: ``pdf``."""
        return ending_of(self.file_name)

    @property
    def content_type(self) -> str:
        """The media type to serve it as; one that no browser opens for a kind that is not known."""
        return CONTENT_TYPES.get(self.ending, "application/octet-stream")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store a new file with its size, digest and, for a PDF, pages; remove the file that it replaces."""
        update_fields = kwargs.get("update_fields")
        old, new = "", self.has_new_file(update_fields)
        if new:
            old = self.stored_name()
            self.size, self.digest = self.file.size, digest_of(self.file.file)
            self.pages = (count_pages(self.file.file) if self.ending == "pdf" else None) or self.pages
            if update_fields is not None:
                kwargs["update_fields"] = {*update_fields, "size", "digest", "pages"}
        try:
            with transaction.atomic() if old else nullcontext():
                super().save(*args, **kwargs)
                self.leave(old)
        except BaseException:
            if new and self.file_name.startswith("documents/"):
                remove_files(self.file.storage, self.file_name)
            raise
        self.remove_after_commit(old)


class FormerFile(models.Model):
    """The name of a file that was replaced: texts, feeds and readers who still have it are led on."""

    name = models.CharField(max_length=200, unique=True)
    image = models.ForeignKey(Image, null=True, on_delete=models.CASCADE, related_name="former_files")
    document = models.ForeignKey(Document, null=True, on_delete=models.CASCADE, related_name="former_files")
    replaced_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(image__isnull=True, document__isnull=False)
                | Q(image__isnull=False, document__isnull=True),
                name="formerfile_of_one_row",
            )
        ]

    def __str__(self) -> str:
        return self.name


def count_pages(file: Any) -> int | None:
    """How many pages a PDF has, or None where it can not be told; the file is at its beginning afterwards."""
    from pypdf import PdfReader  # here because only an upload needs it, and it takes 0.2 s to load

    try:
        pages: int | None = len(PdfReader(file).pages)
    except Exception:  # a PDF that pypdf can not read may still be read by everyone else
        log.info("The pages of a PDF could not be counted.", exc_info=True)
        pages = None
    file.seek(0)
    return pages if pages and pages <= 32767 else None
