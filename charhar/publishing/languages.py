"""The two languages and where each lives: English without a prefix, Chinese under ``/zh/``."""

from typing import Any

from django.urls import URLResolver
from django.urls.resolvers import LocalePrefixPattern
from django.utils.text import slugify
from django.utils.translation import get_language

from .richtext_lines import CJK

ENGLISH = "en"
CHINESE = "zh-hans"
LANGUAGES = [(ENGLISH, "English"), (CHINESE, "中文")]
PREFIXES = {ENGLISH: "/", CHINESE: "/zh/"}


def current_language() -> str:
    """The language of the page being made; English where none is active."""
    return CHINESE if (get_language() or ENGLISH).startswith("zh") else ENGLISH


def language_of_path(path: str) -> str:
    """The language of an address."""
    return CHINESE if path == "/zh" or path.startswith(PREFIXES[CHINESE]) else ENGLISH


def without_prefix(path: str) -> str:
    """The address as it stands in English: ``/zh/about/`` becomes ``/about/``."""
    return path[3:] if path.startswith(PREFIXES[CHINESE]) else path


def with_prefix(path: str, language: str) -> str:
    """The address of ``path`` (as it stands in English) in ``language``."""
    return PREFIXES[language] + path.lstrip("/")


def latin_slug(words: str) -> str:
    """The words as a part of an address, which is ASCII: Chinese in pinyin; empty where nothing is left."""
    if not CJK.search(words):
        return slugify(words)
    from pypinyin import lazy_pinyin  # some megabytes, which only Chinese words need

    return slugify(" ".join(lazy_pinyin(words)))


class _LanguagePrefix(LocalePrefixPattern):
    """Django's language prefix, with ``zh/`` for Simplified Chinese and nothing for English."""

    def __init__(self) -> None:
        super().__init__(prefix_default_language=False)

    @property
    def language_prefix(self) -> str:
        return PREFIXES[current_language()].lstrip("/")


def in_both_languages(*urls: Any) -> list[URLResolver]:
    """URL patterns that answer without a prefix in English and under ``/zh/`` in Chinese."""
    return [URLResolver(_LanguagePrefix(), list(urls))]
