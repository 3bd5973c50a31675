"""Links in published texts that lead nowhere: kept with the texts, asked of the database and of the web.

The rows follow each save of a text that readers see or will see. Links to this site are asked anew by
``tick`` whenever the content has changed, so that what is withdrawn shows where it is linked from; links
elsewhere are asked by ``manage.py check_links --external`` (``web``).
"""

import hashlib
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from charhar.publishing.links import PROBLEMS, Target, links_in, problems_of, target_of
from charhar.publishing.models import Publishable, Snapshot, State
from charhar.publishing.version import current_version

from . import web
from .models import Heartbeat, TextLink


def keep(text: Publishable, snapshot: Snapshot) -> None:
    """Let the rows follow what the text says now, in the caller's transaction.

    No query for a draft that is saved; else one, and two more where links came or went.
    """
    if text.is_copy:
        return
    if text.state == State.PUBLISHED and text.trashed_at is None:
        _replace(text, snapshot.data)
    elif snapshot.action in {"withdraw", "trash"}:
        links_of(text).delete()


def links_of(text: Publishable) -> Any:
    """The rows of one text."""
    kind = ContentType.objects.get_for_model(text)
    return TextLink.objects.filter(content_type=kind, object_id=text.pk)


def forget(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Receive ``post_delete``: the links of a text deleted for ever go with it."""
    if isinstance(instance, Publishable):
        links_of(instance).delete()


def _replace(text: Publishable, data: dict[str, Any]) -> None:
    wanted = {}
    for field, url in links_in(type(text), data):
        target = target_of(url)
        if target is None and not url.startswith(("http://", "https://", "//")):
            continue  # mail, telephone, a place on the same page
        key = hashlib.sha256(f"{field}\n{url}".encode()).hexdigest()
        wanted[key] = TextLink(
            content_type=ContentType.objects.get_for_model(text), object_id=text.pk, field=field, url=url,
            key=key, path=target.path[:500] if target else "", language=target.language if target else "",
        )  # fmt: skip
    kept = set(links_of(text).values_list("key", flat=True))
    if gone := kept - wanted.keys():
        links_of(text).filter(key__in=gone).delete()
    if new := [link for key, link in wanted.items() if key not in kept]:
        TextLink.objects.bulk_create(new, ignore_conflicts=True)


def index_all(model: type[Publishable]) -> int:
    """Make the rows anew from every published text of a kind; how many texts. Reads each one's content."""
    from charhar.publishing.history import serialise

    kind = ContentType.objects.get_for_model(model)
    texts = model.objects.filter(state=State.PUBLISHED)
    TextLink.objects.filter(content_type=kind).exclude(object_id__in=texts.order_by().values("pk")).delete()
    keys = list(texts.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        with transaction.atomic():
            text = model.versions.select_for_update().filter(pk=key, state=State.PUBLISHED).first()
            if text is not None:
                _replace(text, serialise(text))
    return len(keys)


def check_own_if_changed() -> str:
    """Check the links to this site if any content changed since the last time; what was found, in words."""
    version = current_version().key
    done, _made = Heartbeat.objects.get_or_create(pk=1, defaults={"at": timezone.now()})
    if done.links_version == version:
        return "nothing changed"
    found = check_own()
    Heartbeat.objects.filter(pk=1).update(links_version=version)
    return found


def check_own() -> str:
    """Ask of every link to this site whether it leads somewhere, and write down what changed."""
    own = TextLink.objects.exclude(path="")
    targets = [Target(*row) for row in own.values_list("language", "path").distinct().order_by()]
    wrong = problems_of(targets)
    known = {
        (Target(language, path), problem)
        for language, path, problem in own.exclude(problem="")
        .values_list("language", "path", "problem")
        .distinct()
        .order_by()
    }
    for target in {target for target, _problem in known} - wrong.keys():
        own.filter(language=target.language, path=target.path).update(problem="", broken_since=None)
    for target, problem in wrong.items():
        note_problem(own.filter(language=target.language, path=target.path), problem)
    return f"{len(targets)} checked, {len(wrong)} broken"


def note_problem(links: Any, problem: str) -> None:
    """Write down what is wrong with some links; since when stays as it was known."""
    links.filter(~Q(problem="")).exclude(problem=problem).update(problem=problem)
    links.filter(problem="").update(problem=problem, broken_since=timezone.now())


def problem_in_words(problem: str) -> str:
    """What is wrong with a link, for people."""
    return str(PROBLEMS.get(problem) or web.problem_in_words(problem))
