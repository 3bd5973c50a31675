"""The search app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete


def index_recorded_text(sender: Any, text: Any, **kwargs: Any) -> None:
    """Every save of a text keeps its entry, in the same transaction."""
    from .index import index

    index(text)


def forget_deleted_text(sender: Any, instance: Any, **kwargs: Any) -> None:
    """A deleted text leaves the index."""
    from charhar.publishing.models import Publishable

    from .index import forget

    if isinstance(instance, Publishable):
        forget(instance)


def drop_from_index(sender: Any, instance: Any, **kwargs: Any) -> None:
    """An entry's words go with it."""
    from .engines import engine

    engine().remove(instance.pk)


class SearchConfig(AppConfig):
    """Search."""

    name = "charhar.search"
    verbose_name = "Search"

    def ready(self) -> None:
        from charhar.publishing.signals import text_recorded

        text_recorded.connect(index_recorded_text, dispatch_uid="search.index")
        post_delete.connect(forget_deleted_text, dispatch_uid="search.forget")
        post_delete.connect(drop_from_index, self.get_model("SearchEntry"), dispatch_uid="search.drop")
