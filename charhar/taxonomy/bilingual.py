"""Names that a row carries in both languages."""

from typing import Any

from django.utils.translation import get_language


def is_chinese() -> bool:
    """Whether the page being made is in Chinese."""
    return (get_language() or "").startswith("zh")


class Bilingual:
    """``name = Bilingual()`` reads ``name_zh`` on a Chinese page and ``name_en`` elsewhere.

    Where the wanted one is empty it gives the other; ``lang_of(row, "name")`` tells which language came.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        if row is None:
            return self
        return getattr(row, f"{self.name}_{lang_of(row, self.name, short=True)}")


def lang_of(row: Any, name: str, *, short: bool = False) -> str:
    """The language tag (or field suffix) of what ``Bilingual`` gives for a row's field on this page."""
    wanted, other = ("zh", "en") if is_chinese() else ("en", "zh")
    suffix = wanted if getattr(row, f"{name}_{wanted}") or not getattr(row, f"{name}_{other}") else other
    return suffix if short else {"zh": "zh-Hans", "en": "en"}[suffix]
