"""Sample colleagues at work: somebody of each role, and something on every part of the desk."""

import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from articles.models import Article
from charhar.desk import links, review
from charhar.publishing import copies, workflow
from charhar.publishing.models import State
from experts.models import Expert

# The name to sign in with, the role, and a name that is plainly a sample's.
COLLEAGUES = [
    ("editor", "Editors", "Sample", "Editor"),
    ("author", "Authors", "Sample", "Author"),
    ("fellow", "Fellows", "Sample", "Fellow"),
    ("secretary", "Secretariat", "Sample", "Secretary"),
]


def load_desk(password: str) -> bool:
    """Make the sample colleagues, all with this password, and their work; False where one is there."""
    users = get_user_model().objects
    names = [name for name, *_rest in COLLEAGUES]
    if users.filter(username__in=names).exists():
        return False
    with transaction.atomic():
        people: dict[str, Any] = {}
        for name, role, first, last in COLLEAGUES:
            person = users.create_user(
                name, password=password, first_name=first, last_name=last, is_staff=True
            )
            person.groups.add(Group.objects.get(name=role))
            people[name] = person
        _reviewed(people)
        _corrected(people)
        _at_home(people)
    return True


def _reviewed(people: dict[str, Any]) -> None:
    """A text in review: assigned, with a comment on a field and a link for a reader without an account."""
    Article.objects.filter(state=State.DRAFT).update(created_by=people["author"])
    waiting = Article.objects.filter(state=State.REVIEW).order_by("pk").first()
    if waiting is None:
        return
    Article.objects.filter(pk=waiting.pk).update(created_by=people["author"])
    waiting.refresh_from_db()
    due = timezone.localdate() + datetime.timedelta(days=3)
    review.assign(waiting, people["editor"], people["editor"], due=due, note="Does the opening hold?")
    review.comment(waiting, people["editor"], "Say this in one sentence.", field="standfirst")
    link = links.make_link(
        waiting,
        people["editor"],
        reviewer="Sample Reviewer",
        expires_at=timezone.now() + datetime.timedelta(days=14),
        message="Please look at the figures in the second part.",
    )
    links.comment(link, name="Sample Reviewer", body="The second figure is from another year.")


def _corrected(people: dict[str, Any]) -> None:
    """One live text with a scheduled correction, one with a correction in progress."""
    live = list(Article.objects.published().in_language("en").order_by("-publish_at", "-pk")[1:3])
    for position, text in enumerate(live):
        copy = copies.open_copy(text, people["editor"])
        copy.standfirst = f"{copy.standfirst} (A sample of a correction.)"
        copy.save()
        workflow.record(copy, user=people["editor"], action="save")
        if position == 0:
            at = (timezone.localtime() + datetime.timedelta(days=5)).replace(hour=9, minute=0, second=0)
            copies.publish_copy(copy, at=at, note="A sample of a public correction note.")


def _at_home(people: dict[str, Any]) -> None:
    """The fellow's own profile, with a change that waits for an editor."""
    expert = Expert.objects.published().order_by("position", "family_name").last()
    if expert is None:
        return
    Expert.objects.filter(pk=expert.pk).update(account=people["fellow"])
    expert.refresh_from_db()
    copy = copies.open_copy(expert, people["fellow"])
    copy.affiliations_en = f"{copy.affiliations_en}\nA sample of another affiliation".strip()
    copy.save()
    workflow.record(copy, user=people["fellow"], action="save")
    workflow.submit(copy, people["fellow"])
