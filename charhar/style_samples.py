"""What the style page fills the components with: invented, plainly samples, and never saved."""

import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django import forms
from django.core.paginator import Paginator
from django.db.models import F
from django.utils.translation import gettext_lazy

from articles.models import Article, Byline
from charhar.library.models import Image
from charhar.publishing.languages import CHINESE, ENGLISH, LANGUAGES
from charhar.taxonomy.models import Topic
from experts.models import Expert
from publications.models import Publication, Series

FILE = Path(__file__).with_name("style_samples.yaml")


class SampleForm(forms.Form):
    """A field of each kind that the site's forms have."""

    name = forms.CharField(label=gettext_lazy("Your name"), max_length=150)
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        required=False,
        help_text=gettext_lazy("Only to answer you."),
    )
    subject = forms.ChoiceField(
        label=gettext_lazy("What it is about"), choices=[("", "–"), ("a", "A"), ("b", "B")]
    )
    way = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=LANGUAGES, widget=forms.RadioSelect, required=False
    )
    message = forms.CharField(label=gettext_lazy("Your message"), widget=forms.Textarea(attrs={"rows": 4}))
    agree = forms.BooleanField(label=gettext_lazy("You may keep my message."), required=True)


DAY = datetime.date(2022, 1, 18)


@cache
def sample_words() -> dict[str, dict[str, str]]:
    """The samples' words in each language."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def _article(language: str, image: Image | None, title: str = "title", **more: Any) -> Article:
    words = sample_words()[language]
    article = Article(
        pk=-1,  # never saved; without a key it has no bylines
        title=words[title],
        standfirst=words["standfirst"],
        slug="sample",
        language=language,
        date=DAY,
        lead_image=image,
        **more,
    )
    bylines = [Byline(article=article, name=words[name], role=words["role"]) for name in ("author", "second")]
    article._prefetched_objects_cache = {"bylines": bylines}  # type: ignore[attr-defined]
    return article


def _publication(language: str, image: Image | None, **more: Any) -> Publication:
    series = Series(pk=-1, name_en="Sample Quarterly", name_zh="样例季刊", slug="sample")
    book = Publication(
        pk=-1,
        title=sample_words()[language]["title"],
        standfirst=sample_words()[language]["standfirst"],
        slug="sample",
        language=language,
        series=series,
        date=DAY,
        cover=image,
        **more,
    )
    book._prefetched_objects_cache = {"contributors": []}  # type: ignore[attr-defined]
    return book


def samples(language: str) -> dict[str, Any]:
    """What the components are filled with. One query, for any picture that the library has."""
    image = Image.objects.filter(width__gt=F("height")).order_by("pk").first()
    other = ENGLISH if language == CHINESE else CHINESE
    words = sample_words()[language]
    article = _article(language, image)
    article.corrections = [{"at": "2022-02-03T08:00:00+08:00", "note": words["note"]}]
    names = {"display_name_en": "SAMPLE Author", "display_name_zh": "样例作者", "slug": "sample"}
    titles = {"title_en": "Sample Fellow", "title_zh": "样例研究员"}
    typed = {"refused-email": "nobody@nowhere", "refused-name": words["author"]}
    return {
        "words": words,
        "article": article,
        "image": image,
        "rows": [
            article,
            _article(language, None, "long", kind=Article.Kind.RESEARCH),
            _article(other, None, kind=Article.Kind.INTERVIEW),
            _publication(language, image, volume=12, number=3, year=2022),
        ],
        "covers": [
            _publication(language, image, volume=12, number=3, year=2022),
            _publication(language, None),
            _publication(other, None),
        ],
        "faces": [
            Expert(**names, **titles, portrait=image),
            Expert(**names, **titles),
            Expert(**names | {"display_name_en" if language == CHINESE else "display_name_zh": ""}),
        ],
        "topic": Topic(
            name_en="Sample topic", name_zh="" if language == CHINESE else "样例议题", slug="sample"
        ),
        "years": [2024, 2023, 2016],
        "year": 2016,
        "page": Paginator(range(190), 10).page(10),
        "form": SampleForm(prefix="empty"),
        "refused": SampleForm(typed, prefix="refused"),
    }
