"""What search knows of every text."""

from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models

from .folding import fold


class SearchEntry(models.Model):
    """One text as search compares and quotes it; written in the transaction of each of its saves.

    It says nothing about who may see the text: that is asked of the text itself, at the moment of the search.
    """

    content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
    object_id = models.PositiveBigIntegerField()
    content = GenericForeignKey("content_type", "object_id")
    language = models.CharField(max_length=10, blank=True)
    kind = models.CharField(max_length=20)
    title = models.CharField(max_length=1000)
    body = models.TextField(help_text="Standfirst and body as plain text, to quote from.")
    folded_title = models.CharField(max_length=2000)
    folded_text = models.TextField(help_text="Title, standfirst and body, to compare with.")
    date = models.DateField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content_type", "object_id"], name="searchentry_once")]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def defaults_for(cls, text: Any) -> dict[str, Any]:
        """The columns of a text's entry."""
        document = text.search_document()
        body = " ".join(f"{document.standfirst} {document.body}".replace("\0", "").split())
        title = " ".join(document.title.split())[:1000]
        folded_title = " ".join(fold(title).split())[:2000]
        return {
            "language": document.language,
            "kind": document.kind,
            "title": title,
            "body": body,
            "folded_title": folded_title,
            "folded_text": f"{folded_title} {fold(body)}",
            "date": document.date,
        }
