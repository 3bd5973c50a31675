"""What the site's lists are read from: which text stands in which, how many, and what is to be looked at.

See ``standing.py``, which alone writes these rows, and ``shelf.py``, which reads them.
"""

from django.db import models


class ListRow(models.Model):
    """One text in one list, for as long as readers see it there.

    ``under`` names the list (``research``, ``topic``) and ``subject`` whose it is, 0 where there is one such
    list alone. ``alone`` marks an English edition that Chinese lists show for want of a Chinese one. A text
    without a date has the first day there is, and so comes last.
    """

    what = models.CharField(max_length=12)
    text = models.BigIntegerField()
    under = models.CharField(max_length=12)
    subject = models.BigIntegerField(default=0)
    language = models.CharField(max_length=10)
    alone = models.BooleanField()
    kind = models.CharField(max_length=12)
    elsewhere = models.BooleanField()
    date = models.DateField()
    publish_at = models.DateTimeField()

    class Meta:
        indexes = [
            # A page of a list, from this index alone.
            models.Index(
                "under", "subject", "language", models.F("date").desc(), models.F("publish_at").desc(),
                models.F("text").desc(), "what", "alone", "kind", "elsewhere", name="listrow_newest_first",
            ),
            # A feed: by the moment of publication.
            models.Index(
                "under", "subject", "language", models.F("publish_at").desc(), models.F("text").desc(),
                "what", "alone", name="listrow_last_published",
            ),
            # Everything about one text, after it was written to.
            models.Index(fields=["text", "what"], name="listrow_of_text"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.what} {self.text} in {self.under} {self.subject}"


class ListCount(models.Model):
    """How many rows of a list in one edition fall into one month; the sum of them is how long the list is.

    ``edition`` is a language, or ``alone``; ``period`` is 202203, with 00 for a month where only years are
    asked for, and year 1 for what has no date.
    """

    under = models.CharField(max_length=24)
    subject = models.BigIntegerField(default=0)
    edition = models.CharField(max_length=10)
    period = models.PositiveIntegerField()
    number = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["under", "subject", "edition", "period"], name="listcount_one_a_month"
            )
        ]

    def __str__(self) -> str:
        return f"{self.under} {self.subject} {self.edition} {self.period}: {self.number}"


class ListTouch(models.Model):
    """A text written to in a transaction that is still open; the database's triggers write it down."""

    what = models.CharField(max_length=12)
    text = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.what} {self.text}"
