"""Every kind of text that the site publishes."""

from django.apps import apps

from .models import Publishable


def kinds_of_text() -> list[type[Publishable]]:
    """The models of all texts, in the order of their apps."""
    return [model for model in apps.get_models() if issubclass(model, Publishable)]


def kinds_by_name() -> dict[str, type[Publishable]]:
    """The same by the word that stands for each in addresses and filters: ``article``, ``expert``."""
    return {str(model._meta.model_name): model for model in kinds_of_text()}
