"""The editorial desk as an app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete


def plan_effects(sender: Any, text: Any, snapshot: Any, **kwargs: Any) -> None:
    """What follows from a text's going public is written down in the same transaction."""
    from .effects import plan

    plan(text, snapshot)


def keep_links(sender: Any, text: Any, snapshot: Any, **kwargs: Any) -> None:
    """The links of what readers see are kept with it, in the same transaction."""
    from .dead_links import keep

    keep(text, snapshot)


class DeskConfig(AppConfig):
    """What people at work on texts need: open forms, comments, assignments, review links, plans."""

    name = "charhar.desk"
    verbose_name = "Editorial desk"

    def ready(self) -> None:
        from charhar.publishing.signals import text_recorded

        from . import dead_links, links, review, second_person  # noqa: F401  (its check registers itself)

        post_delete.connect(links.forget, dispatch_uid="desk.links")
        post_delete.connect(dead_links.forget, dispatch_uid="desk.dead_links")
        text_recorded.connect(plan_effects, dispatch_uid="desk.effects")
        text_recorded.connect(keep_links, dispatch_uid="desk.dead_links")
        text_recorded.connect(review.follow, dispatch_uid="desk.review.follow")
        post_delete.connect(review.forget, dispatch_uid="desk.review.forget")
