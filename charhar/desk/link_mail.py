"""The letters that go with review links: the invitation, and what reviewers say to those who asked."""

import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone, translation

from charhar.contacts.letters import letter
from charhar.contacts.models import OutgoingMail
from charhar.contacts.outbox import queue
from charhar.publishing.head import absolute
from charhar.publishing.languages import ENGLISH

from .models import Comment, Opinion, ReviewLink

# At most one letter about one reviewer's comments in this time.
COMMENTS_EVERY = datetime.timedelta(minutes=15)
COMMENTS = "review-comments"
LINK_HEADER = "X-Review-Link"


def name_of(user: Any) -> str:
    """What a reviewer is told that somebody of the staff is called."""
    return (user.get_full_name() or user.get_username()) if user is not None else ""


def invite(link: ReviewLink, text: Any, address: str, until: str, language: str) -> None:
    """Send the reviewer the link, with who asks, for what and until when."""
    context = {
        "link": link,
        "title": str(text),
        "asked_by": name_of(link.created_by),
        "address": address,
        "until": until,
    }
    queue(to=link.email, purpose="review-link", **letter("review-link", language, context)._asdict())


def tell_comment(link: ReviewLink, comment: Comment) -> None:
    """Tell staff of a comment: at once, or, soon after another one, in a letter that gathers what comes."""
    quoted = [f"> {line}" for line in comment.quote.splitlines()]
    entry = "\n".join([f"{comment.author_name}:", *quoted, comment.body, ""])
    now = timezone.now()
    lately = link.comments.exclude(pk=comment.pk).filter(created_at__gt=now - COMMENTS_EVERY)
    not_before = now + COMMENTS_EVERY if lately.exists() else None
    for address in recipients(link):
        if _added(link, address, entry, now):
            continue
        opening = letter("review-comments", ENGLISH, _about(link) | {"name": comment.author_name})
        queue(
            to=address,
            purpose=COMMENTS,
            subject=opening.subject,
            text=f"{opening.text}\n{entry}",
            headers={LINK_HEADER: str(link.pk)},
            not_before=not_before,
        )


def tell_decision(link: ReviewLink, opinion: Opinion) -> None:
    """Tell staff of a decision, at once."""
    with translation.override(ENGLISH):
        verdict = str(Opinion.Verdict(opinion.verdict).label)
    context = _about(link) | {"name": opinion.user_name, "verdict": verdict, "note": opinion.note}
    for address in recipients(link):
        queue(to=address, purpose="review-decision", **letter("review-decision", ENGLISH, context)._asdict())


def recipients(link: ReviewLink) -> list[str]:
    """Who is told what a reviewer says: who made the link and who is assigned to the text."""
    people = [link.created_by, getattr(link.text, "assigned_to", None)]
    addresses = [
        person.email for person in people if person is not None and person.is_active and person.email
    ]
    return list(dict.fromkeys(addresses))


def _about(link: ReviewLink) -> dict[str, Any]:
    opts = type(link.text)._meta  # type: ignore[union-attr]
    form = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[link.object_id])
    return {
        "title": str(link.text),
        "version": link.snapshot.version,
        "reviewer": link.reviewer,
        "form_url": absolute(f"{form}#review-links"),
    }


def _added(link: ReviewLink, address: str, entry: str, now: datetime.datetime) -> bool:
    """Add to the letter that still waits for its time; False where there is none, or it has just gone."""
    waiting = OutgoingMail.objects.filter(
        state=OutgoingMail.State.PENDING,
        purpose=COMMENTS,
        to=address,
        next_try_at__gt=now,
        attempts=0,
        **{f"headers__{LINK_HEADER}": str(link.pk)},
    ).first()
    if waiting is None:
        return False
    same = OutgoingMail.objects.filter(pk=waiting.pk, state=OutgoingMail.State.PENDING)
    return bool(same.update(text=f"{waiting.text}\n{entry}"))
