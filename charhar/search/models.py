"""What search knows of every text. The index itself is a table of each database's own: ``engines.py``."""

import datetime

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.translation import gettext_lazy as _


class SearchEntry(models.Model):
    """One text as search names, narrows and counts it; written in the transaction of each of its saves.

    Its key says its place among all: the newer the higher, people and pages, which have no date, highest.
    When readers may see the text is written here too, since a search asks it of ten thousand; what is then
    shown of a text is asked of the text itself. PostgreSQL keeps the words in a column of its own, ``words``.
    """

    # The day, the kind and the key in 22, 10 and 30 bits: no two texts share one, whatever their dates.
    UNDATED = 2**22 - 1

    id = models.BigIntegerField(primary_key=True)
    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    content = GenericForeignKey("content_type", "object_id")
    kind = models.CharField(max_length=20)
    date = models.DateField(null=True)
    visible_from = models.DateTimeField(null=True, help_text="Empty: readers do not see it.")
    visible_until = models.DateTimeField(null=True)
    filed = models.TextField(
        default="", help_text="Kind, languages, topics, regions, authors and series: “kind:news topic:3”."
    )
    title = models.CharField(max_length=1000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content_type", "object_id"], name="searchentry_once")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def place(cls, content_type: int, object_id: int, date: datetime.date | None) -> int:
        """The key of the entry of a text."""
        if content_type >= 2**10 or object_id >= 2**30:
            raise OverflowError("A key of a text that the order of search has no room for.")
        return (date.toordinal() if date else cls.UNDATED) << 40 | content_type << 30 | object_id

    @staticmethod
    def day(place: int) -> int:
        """The ordinal of the day in the key of an entry."""
        return place >> 40


class SearchText(models.Model):
    """The words of a text as they are written, to quote from, and what ranks it.

    PostgreSQL keeps the tokens in their order too, to look for phrases: the column ``sequence``.
    """

    entry = models.OneToOneField(
        SearchEntry, primary_key=True, on_delete=models.CASCADE, related_name="text", db_constraint=False
    )
    weights = models.TextField(default="", help_text="See ranking.py.")
    body = models.TextField()

    def __str__(self) -> str:
        return self.body[:50]


class SearchWord(models.Model):
    """A Latin word of some text as it is spelled; what a mistyped one may have been meant to be."""

    word = models.CharField(max_length=64, unique=True)
    stem = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.word


class SearchForm(models.Model):
    """A word itself, and without each of its letters in turn: two words an error apart share one of these."""

    form = models.CharField(max_length=64, db_index=True)
    word = models.ForeignKey(SearchWord, on_delete=models.CASCADE, related_name="forms")

    def __str__(self) -> str:
        return self.form


class SearchRebuild(models.Model):
    """How far the making of the whole index has come in one kind of text; gone when all is made."""

    content_type = models.OneToOneField(ContentType, on_delete=models.CASCADE)
    last = models.PositiveBigIntegerField(help_text="The key of the last text that was written.")
    edition = models.CharField(max_length=64, help_text="How the index was made: a hash of its makers.")

    def __str__(self) -> str:
        return f"{self.content_type} up to {self.last}"


class MissedSearch(models.Model):
    """What was searched for and not found: the words and the day, nothing of who searched."""

    query = models.CharField(_("searched for"), max_length=100, unique=True)
    count = models.PositiveIntegerField(_("times"), default=1)
    first_on = models.DateField(_("first on"), db_index=True)
    last_on = models.DateField(_("last on"))

    class Meta:
        verbose_name = _("search without an answer")
        verbose_name_plural = _("searches without an answer")
        ordering = ["-count", "-last_on", "query"]

    def __str__(self) -> str:
        return self.query
