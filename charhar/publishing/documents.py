"""What search needs to know of a text."""

import datetime
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """One text as search sees it; plain text, no markup.

    ``language`` is empty where one document serves both languages (an expert's profile).
    """

    title: str
    standfirst: str
    body: str
    language: str
    kind: str
    date: datetime.date | None
