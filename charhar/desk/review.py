"""Review inside the house: assignments, comments, decisions; each act is one function.

Each holds permission, checks, rows and mail in one transaction, with the text's row locked. What belongs to
a change of state (submitting, sending back, closing a working copy) follows the workflow's signal.
"""

import datetime
from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from charhar.publishing import workflow
from charhar.publishing.history import canonical, snapshots_of
from charhar.publishing.models import Action, Publishable, Snapshot, State
from charhar.publishing.permissions import holders_q, owns, permitted_q

from . import mentions
from .link_mail import name_of
from .models import About, Assignment, Comment, Opinion
from .review_mail import tell

Verdict = Opinion.Verdict
# Whoever wrote or handed in what was judged hears of the judgement.
HANDED_IN = ("submit", "open")


# -- Who may ----------------------------------------------------------------------------------------


def may_read(user: Any, text: Publishable) -> bool:
    """Whether a person takes part in the review at all: may read the text before publication."""
    return text.may(user, Action.VIEW)


def may_assign(user: Any, text: Publishable) -> bool:
    """Whether a person may publish the text; a working copy's is asked of the live text."""
    return may_read(user, text) and (text.corrects or text).may(user, Action.PUBLISH)


def may_decide(user: Any, text: Publishable) -> bool:
    """Whoever may publish it, and the person to whom it is assigned. One query more for the latter."""
    if may_assign(user, text):
        return True
    return may_read(user, text) and Assignment.objects.filter(**about(text), to=user, done_at=None).exists()


# Who may say that an assignment is done is the same people's to decide.
may_finish = may_decide


def resolver(user: Any, text: Publishable) -> Callable[[Comment], bool]:
    """Which comments on a text a person may resolve, asked once for all of them: everybody their own;
    the text's owners and whoever may publish it every one, as long as they may read it."""
    if not may_read(user, text):
        return lambda comment: False
    every = owns(user, text) or may_assign(user, text)
    return lambda comment: every or comment.author_id == user.pk


def readers_of(text: Publishable) -> QuerySet[Any]:
    """The staff who may read the text before publication: those who can be mentioned."""
    return _staff(text, if_own=False)


def assignable(text: Publishable) -> QuerySet[Any]:
    """The staff who can be assigned the text: who may read it, or could if it were theirs."""
    return _staff(text, if_own=True)


def _staff(text: Publishable, *, if_own: bool) -> QuerySet[Any]:
    superusers = Q(is_superuser=True, is_active=True, is_staff=True)
    people = get_user_model().objects.filter(superusers | holders_q(Action.VIEW, text, if_own=if_own))
    return people.order_by("username")


# -- What there is ----------------------------------------------------------------------------------


def about(text: Publishable) -> dict[str, Any]:
    """The two columns by which a row is about a text."""
    return {"content_type": ContentType.objects.get_for_model(text), "object_id": text.pk}


def open_assignment(text: Publishable) -> Assignment | None:
    """The text's open assignment with its people, or None. One query."""
    rows = Assignment.objects.filter(**about(text), done_at=None)
    return rows.select_related("to", "by").first()


def family(text: Publishable, user: Any) -> QuerySet[Any]:
    """The text and all its working copies, open and closed, as far as the person may read them."""
    model: Any = type(text)
    root = text.corrects_id or text.pk
    return model.versions.filter(permitted_q(user, Action.VIEW, model), Q(pk=root) | Q(corrects=root))


def said_of(model: type[About], text: Publishable, user: Any) -> QuerySet[Any]:
    """What was said (``Comment`` or ``Opinion``) of a text and its working copies."""
    kind = ContentType.objects.get_for_model(text)
    rows: Any = model._default_manager  # type: ignore[attr-defined]
    return rows.filter(content_type=kind, object_id__in=family(text, user).order_by().values("pk"))


# -- Assignments ------------------------------------------------------------------------------------


def assign(
    text: Publishable, to: Any, user: Any, *, due: datetime.date | None = None, note: str = ""
) -> Assignment:
    """Ask somebody to see to the text until a day; takes the place of an open assignment, and tells them.

    Their own texts then count it in. For the same person the day and what is asked are moved, and they are
    told; asking the same again changes nothing. Raises ``PermissionDenied``, and ``ValidationError`` for
    somebody who could not open the text.
    """
    with transaction.atomic():
        _begin(text, user, may_assign)
        if not (to.is_active and to.is_staff):
            raise ValidationError(
                {
                    "to": _("%s may not sign in to the admin, so the text can not be assigned to them.")
                    % name_of(to)
                }
            )
        if not assignable(text).filter(pk=to.pk).exists():
            raise ValidationError(
                {"to": _("%s could not open the text: their roles give no access to it.") % name_of(to)}
            )
        standing = open_assignment(text)
        if standing is not None:
            if (standing.to_id, standing.due, standing.note) == (to.pk, due, note.strip()):
                return standing
            if standing.to_id == to.pk:
                standing.due, standing.note, standing.by = due, note.strip(), user
                standing.save(update_fields=["due", "note", "by"])
                tell([to], "assigned", text, user, assignment=standing)
                return standing
            _close(standing)
        assignment = Assignment.objects.create(**about(text), to=to, by=user, due=due, note=note.strip())
        _hand_to(text, to)
        tell([to], "assigned", text, user, assignment=assignment)
    return assignment


def finish(text: Publishable, user: Any) -> None:
    """Close the open assignment: done. The text stays among the person's own until it is taken away."""
    with transaction.atomic():
        _begin(text, user, may_finish)
        assignment = open_assignment(text)
        if assignment is not None:
            _close(assignment)


def release(text: Publishable, user: Any) -> None:
    """Take the text away from whom it was assigned to, done or not."""
    with transaction.atomic():
        _begin(text, user, may_assign)
        assignment = open_assignment(text)
        if assignment is not None:
            _close(assignment)
        _hand_to(text, None)


def _hand_to(text: Publishable, person: Any) -> None:
    """Bookkeeping, not a save: neither a version nor a clash with a form that somebody has open."""
    text.assigned_to = person
    text.save(update_fields=["assigned_to"])


def _close(assignment: Assignment) -> None:
    assignment.done_at = timezone.now()
    assignment.save(update_fields=["done_at"])


# -- Comments ---------------------------------------------------------------------------------------


def comment(text: Publishable, user: Any, body: str, *, field: str = "", quote: str = "") -> Comment:
    """Say something about the text or one field of its form; tells those mentioned.

    Raises ``PermissionDenied``, and ``ValidationError`` where it is empty or mentions nobody's name.
    """
    with transaction.atomic():
        _begin(text, user, may_read)
        return _say(text, user, body, field=field, quote=quote.strip())


def answer(parent: Comment, user: Any, body: str) -> Comment:
    """Answer beneath a comment, also an outsider's; one that is resolved is reopened first.

    Tells the comment's writer, where they may read the text still, and those mentioned.
    """
    with transaction.atomic():
        text, parent = _of(parent)
        _begin(text, user, may_read)
        if parent.resolved_at is not None:
            raise ValidationError(_("This comment is resolved by now. Reopen it to answer."))
        made = _say(text, user, body, parent=parent)
        writer = parent.author
        if writer is not None and may_read(writer, text) and not made.mentions.filter(pk=writer.pk).exists():
            tell([writer], "answered", text, user, comment=made)
        return made


def reword(comment: Comment, user: Any, body: str) -> None:
    """Write a comment or answer of one's own anew, while nobody has answered; tells those newly mentioned.

    Raises ``PermissionDenied``, and ``ValidationError`` where it is empty, mentions nobody's name or is
    answered or resolved by now.
    """
    with transaction.atomic():
        text, said = _unanswered(comment, user)
        said.body = _worded(body)
        named = _mentioned(text, said.body)
        before = set(said.mentions.values_list("pk", flat=True))
        said.save(update_fields=["body"])
        said.mentions.set(named)
        tell([p for p in named if p.pk not in before], "mentioned", text, user, comment=said)


def remove(comment: Comment, user: Any) -> None:
    """Take a comment or answer of one's own back, while nobody has answered. Raises as ``reword``."""
    with transaction.atomic():
        _text, said = _unanswered(comment, user)
        said.delete()


def is_last(comment: Comment, answers: list[Comment]) -> bool:
    """Whether nothing was said after a comment in its thread, of which these are the answers in order."""
    return comment.pk == answers[-1].pk if answers else comment.parent_id is None


def _unanswered(comment: Comment, user: Any) -> tuple[Any, Comment]:
    """The text, held, and a comment of the person's own that can still be changed."""
    text, thread = _of(comment)
    _begin(text, user, may_read)
    said = thread if comment.pk == thread.pk else thread.answers.filter(pk=comment.pk).first()
    if said is None:
        raise ValidationError(_("This comment was taken back meanwhile."))
    if said.author_id != user.pk:
        raise PermissionDenied(f"{comment.pk} is not {user}'s")
    if thread.resolved_at is not None:
        raise ValidationError(_("This comment is resolved by now. Reopen it to change it."))
    if not is_last(said, list(thread.answers.all())):
        raise ValidationError(_("Somebody has answered by now: what was said stands. Answer in your turn."))
    return text, said


def resolve(comment: Comment, user: Any) -> None:
    """Settle a comment with its answers; one that is settled stays as it is. Raises ``PermissionDenied``."""
    _settle(comment, user, timezone.now())


def reopen(comment: Comment, user: Any) -> None:
    """Bring a resolved comment back. Raises ``PermissionDenied``."""
    _settle(comment, user, None)


def _settle(comment: Comment, user: Any, at: datetime.datetime | None) -> None:
    with transaction.atomic():
        text, comment = _of(comment)
        if not resolver(user, text)(comment):
            raise PermissionDenied(f"{user} may not resolve {comment.pk}")
        if (comment.resolved_at is None) != (at is None):
            comment.resolved_at, comment.resolved_by = at, user if at else None
            comment.save(update_fields=["resolved_at", "resolved_by"])


def _of(comment: Comment) -> tuple[Any, Comment]:
    """The text of a comment, its row locked, and the comment as it is now: the one that began the thread.

    Raises ``ValidationError`` where its writer has taken it back meanwhile.
    """
    try:
        comment = Comment.objects.select_related("parent").get(pk=comment.pk)
        model: Any = comment.content_type.model_class()
        text = model.versions.select_for_update().get(pk=comment.object_id)
        comment = comment.parent or comment
        comment.refresh_from_db()
    except Comment.DoesNotExist as error:
        raise ValidationError(_("This comment was taken back meanwhile.")) from error
    return text, comment


def _say(text: Publishable, user: Any, body: str, **fields: Any) -> Comment:
    body = _worded(body)
    named = _mentioned(text, body)
    made = Comment.objects.create(
        **about(text), version=text.version, body=body, author=user, author_name=name_of(user)[:150], **fields
    )
    made.mentions.set(named)
    tell(named, "mentioned", text, user, comment=made)
    return made


def _worded(body: str) -> str:
    body = body.strip()
    if not body:
        raise ValidationError({"body": _("Write what you want to say.")})
    return body


def _mentioned(text: Publishable, body: str) -> list[Any]:
    """The people whom a comment names. Raises ``ValidationError`` for names that are nobody's, or of somebody
    who may not read the text: they would wait for an answer that never comes."""
    if "@" not in body and "＠" not in body:
        return []
    staff = {u.get_username(): u for u in get_user_model().objects.filter(is_active=True, is_staff=True)}
    found = mentions.find(body, staff)
    readers = set(readers_of(text).values_list("pk", flat=True)) if found.known else set()
    people = [staff[name] for name in sorted(found.known)]
    wrong = [
        _(
            "Nobody here is called @%s. Write the name as the list has it, or set a space after the"
            " sign if nobody is meant."
        )
        % name
        for name in dict.fromkeys(found.unknown)
    ]
    wrong += [
        _(
            "@%s may not read this text and would not see the comment. Have it assigned to them first,"
            " or leave the name out."
        )
        % person.get_username()
        for person in people
        if person.pk not in readers
    ]
    if wrong:
        raise ValidationError({"body": wrong})
    return people


# -- Decisions --------------------------------------------------------------------------------------


def decide(text: Publishable, user: Any, verdict: str, *, version: int, note: str = "") -> Opinion:
    """Approve the version that was read, or ask for changes; tells its author, of approval the assigner too.

    Asking for changes sends a text in review back to its author. The same decision twice is one. Raises
    ``PermissionDenied``, and ``ValidationError`` where the content has changed since, readers see the text
    already, or changes are wanted without saying which.
    """
    note = note.strip()
    with transaction.atomic():
        _begin(text, user, may_decide)
        if text.is_published:
            raise ValidationError(
                _("Readers see this text already. Judge a correction of it in its working copy.")
            )
        if not _stands(text, version):
            raise ValidationError(
                _(
                    "The text was saved since you opened this page (version %(old)s, now %(new)s). Read it"
                    " again and decide then."
                )
                % {"old": version, "new": text.version}
            )
        if verdict == Verdict.CHANGES and not note:
            raise ValidationError({"note": _("Say what is to be changed.")})
        last = Opinion.objects.filter(**about(text), user=user).first()
        if last is not None and (last.verdict, last.note, last.version) == (verdict, note, text.version):
            return last
        if verdict == Verdict.CHANGES and text.state == State.REVIEW and text.may(user, Action.CHANGE):
            workflow.send_back(text, user, note)  # ``follow`` writes the opinion, as for the form's button
            return Opinion.objects.filter(**about(text), user=user)[0]
        return _pronounce(text, user, verdict, note)


def _stands(text: Publishable, version: int) -> bool:
    """Whether the version that somebody read is the text's content still."""
    if version == text.version:
        return True
    contents = dict(
        snapshots_of(text).filter(version__in=[version, text.version]).values_list("version", "data")
    )
    return len(contents) == 2 and canonical(contents[version]) == canonical(contents[text.version])


def _pronounce(text: Publishable, user: Any, verdict: str, note: str) -> Opinion:
    opinion = Opinion.objects.create(
        **about(text),
        version=text.version,
        verdict=verdict,
        note=note,
        user=user,
        user_name=name_of(user)[:150],
    )
    people, assignment = authors_of(text), open_assignment(text)
    if verdict == Verdict.APPROVED and assignment is not None:
        if assignment.by is not None:
            people.append(assignment.by)
        if assignment.to_id == user.pk:
            _close(assignment)
    tell(people, "approved" if verdict == Verdict.APPROVED else "changes-wanted", text, user, opinion=opinion)
    return opinion


def authors_of(text: Publishable) -> list[Any]:
    """Who hears what became of the text: who created it, and who last handed it in or began the copy."""
    last = snapshots_of(text).filter(action__in=HANDED_IN).select_related("user").defer("data").first()
    return [person for person in (text.created_by, last.user if last else None) if person is not None]


# -- What follows the workflow ----------------------------------------------------------------------


def follow(sender: Any, text: Publishable, snapshot: Snapshot, **kwargs: Any) -> None:
    """Receive ``text_recorded``: mail, decision and ended assignments that belong to a save or a move."""
    user, action = snapshot.user, snapshot.action
    if action in ("correct", "discard"):
        _end_of_copies(text)
    if user is None:  # the system itself
        return
    if action == "submit":
        tell(_reviewers(text, user), "submitted", text, user)
    elif action == "send_back" and (snapshot.note or user not in authors_of(text)) and may_decide(user, text):
        _pronounce(text, user, Verdict.CHANGES, snapshot.note)
    elif action == "publish":
        Assignment.objects.filter(**about(text), to=user, done_at=None).update(done_at=timezone.now())


def _reviewers(text: Publishable, user: Any) -> list[Any]:
    """To whom a text is handed in: the one it is assigned to, else the editors whose remit covers it."""
    assignment = open_assignment(text)
    if assignment is not None and assignment.to_id != user.pk:
        return [assignment.to]
    judged = text.corrects or text
    return list(get_user_model().objects.filter(holders_q(Action.PUBLISH, judged)).order_by("pk"))


def _end_of_copies(text: Publishable) -> None:
    """Nothing is left to do at a working copy that is closed."""
    model: Any = type(text)
    closed = model.versions.filter(corrects=text.corrects_id or text.pk, trashed_at__isnull=False)
    kind = ContentType.objects.get_for_model(text)
    Assignment.objects.filter(content_type=kind, object_id__in=closed.values("pk"), done_at=None).update(
        done_at=timezone.now()
    )


def forget(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Receive ``post_delete``: what was said of a text deleted for ever goes with it."""
    if isinstance(instance, Publishable):
        for model in (Assignment, Comment, Opinion):
            rows: Any = model._default_manager
            rows.filter(**about(instance)).delete()


def _begin(text: Publishable, user: Any, may: Callable[[Any, Publishable], bool]) -> None:
    """Hold the row, read it anew, and refuse what may not be done or has no text to be done to any more."""
    text.refresh_from_db(from_queryset=type(text).versions.select_for_update())
    if not may(user, text):
        raise PermissionDenied(f"{user} may not do this to {text}")
    if text.trashed_at is not None:
        raise ValidationError(
            _("This working copy is closed. Go on at the live text or at its present copy.")
            if text.is_copy
            else _("The text lies in the trash; bring it back first.")
        )
