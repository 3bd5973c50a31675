"""Every kind of text with something in every field, inline and relation; and a reader of all of it.

Neither knows a field by name, but for what a validator asks: whoever adds one finds it filled and compared.
"""

import datetime
import functools

from django.db import models

from articles.models import Article
from charhar.library.models import Document, Image
from charhar.pages.models import InstitutePage
from charhar.publishing.richtext import RichTextField
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert, ExpertGroup, Office, Programme
from publications.models import Entry, Publication, Series
from tests import factories

KINDS = {
    Article: factories.ArticleFactory,
    Publication: factories.PublicationFactory,
    Expert: factories.ExpertFactory,
    InstitutePage: factories.PageFactory,
}
MAKERS = {
    **KINDS,
    Image: factories.ImageFactory,
    Document: factories.DocumentFactory,
    Topic: factories.TopicFactory,
    Region: factories.RegionFactory,
    ExpertGroup: factories.GroupFactory,
    Office: factories.OfficeFactory,
    Programme: factories.ProgrammeFactory,
    Series: factories.SeriesFactory,
    Entry: lambda: Entry.objects.create(publication=factories.PublicationFactory(), title="An entry"),
}
VALID = {
    "orcid": ["0000-0002-1825-0097", "0000-0001-5109-3700"],
    "isbn": ["978-0-306-40615-7", "978-3-16-148410-0"],
    "doi": ["10.1000/182", "10.1000/183"],
    "slug": ["about-one", "about-two"],
    "canonical": ["theirs", "theirs"],
}
# About the text, not of it.
BESIDE = {"imported_from", "home_slots", "newsletter_items"}


def make(model):
    """A row of any model that texts point at."""
    maker = MAKERS.get(model) or getattr(factories, f"{model.__name__}Factory")
    return maker()


def value_for(field, number):
    """Something valid and not the default, another for each number."""
    if field.name in VALID:
        return VALID[field.name][number % 2]
    if field.is_relation:
        return make(field.related_model)
    if getattr(field, "choices", None):
        keys = [key for key, _label in field.choices if key != field.get_default()] + [field.get_default()]
        return keys[number % len(keys)] or keys[0]
    if isinstance(field, RichTextField):
        return f"<p>{field.name} <em>{number}</em>.</p>"
    if isinstance(field, models.BooleanField):
        return not field.get_default() if number % 2 == 0 else field.get_default()
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        return datetime.date(2019, 1, 1) + datetime.timedelta(days=number)
    if isinstance(field, models.IntegerField):
        return 40 - number
    if isinstance(field, models.URLField):
        return f"https://example.org/{field.name}/{number}"
    if isinstance(field, models.EmailField):
        return f"{field.name}-{number}@example.org"
    if isinstance(field, models.CharField | models.TextField):
        return f"{number} {field.name}"[: field.max_length].strip()
    raise AssertionError(f"Say in value_for what fills a {type(field).__name__}: {field}")


def own_relations(model):
    """The reverse relations whose rows go when the text goes: they belong to it."""
    through = {f.remote_field.through for f in model._meta.many_to_many}
    return [
        relation
        for relation in model._meta.related_objects
        if relation.on_delete is models.CASCADE
        and relation.related_model is not model
        and relation.related_model not in through
        and relation.get_accessor_name() not in BESIDE
    ]


def fill(text, number):
    """Put something into everything that ``text`` can hold; another thing for each number."""
    for field in text._meta.concrete_fields:
        if field.name not in text.LIFE_FIELDS:
            setattr(text, field.name, value_for(field, number))
    text.save()
    for relation in own_relations(type(text)):
        rows = relation.related_model.objects.filter(**{relation.field.name: text})
        kept = functools.partial(rows.filter, origin__isnull=False)
        if any(f.name == "origin" for f in relation.related_model._meta.fields) and kept().exists():
            kept().last().delete()  # one that is taken out; the others are changed
            for row in kept():
                row.title = f"changed {number}"
                row.save()
        else:
            rows.delete()
        for step in (2, 1):
            row = relation.related_model(**{relation.field.name: text})
            for field in row._meta.concrete_fields:
                if not field.primary_key and field != relation.field and field.name != "origin":
                    setattr(row, field.name, value_for(field, 2 * number + step))
            row.save()
    for field in text._meta.many_to_many:
        if field.name == "tags":
            text.tags.set([f"tag {number}", "shared"])
        else:
            chosen = [make(field.related_model) for _ in range(2)]
            getattr(text, field.name).set(chosen, through_defaults=text.filing_defaults() or None)
    return text


def contents(text):
    """All that ``text`` holds, read from the database column by column."""
    text = type(text).versions.get(pk=text.pk)
    columns = {
        f.name: f.value_from_object(text)
        for f in text._meta.concrete_fields
        if f.name not in text.LIFE_FIELDS
    }
    rows = {}
    through = [f.remote_field.through for f in text._meta.many_to_many]
    owned = [(r.related_model, r.field) for r in own_relations(type(text))]
    owned += [
        (model, next(f for f in model._meta.fields if f.related_model is type(text)))
        for model in through
        if model._meta.app_label != "taggit"
    ]
    for model, back in owned:
        rows[model.__name__] = [
            {
                f.name: f.value_from_object(row)
                for f in model._meta.concrete_fields
                if not f.primary_key and f != back and f.name != "origin"
            }
            for row in model._base_manager.filter(**{back.name: text}).order_by("pk")
        ]
        if model in through:
            rows[model.__name__].sort(key=str)
    return columns, rows, sorted(text.tags.names()) if hasattr(text, "tags") else []
