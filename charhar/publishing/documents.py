"""What search needs to know of a text."""

import datetime
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """One text as search sees it; plain text, no markup.

    ``language`` is empty where one document serves both languages (an expert's profile). ``filed`` has the
    keys of what the text is filed under: ``topic``, ``region``, ``author``, ``series``.
    """

    title: str
    standfirst: str
    body: str
    language: str
    kind: str
    date: datetime.date | None
    filed: dict[str, list[int]] = field(default_factory=dict)
