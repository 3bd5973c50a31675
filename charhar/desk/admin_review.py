"""A text's review in the admin: a page of its own, a summary beside the form, signs at the form's fields."""

import datetime
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin.utils import flatten, label_for_field
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.forms import Form, Media
from django.forms.widgets import Script
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from charhar.publishing.admin import PublishableAdmin
from charhar.publishing.admin_moves import Panel, badge
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import Publishable

from . import review, second_person
from .link_mail import name_of
from .models import Assignment, Comment, Opinion
from .review_forms import AnswerForm, AssignForm, CommentForm, DecideForm

DECISIONS_SHOWN = 20


class Act(NamedTuple):
    """What a button of the review does with the text, or with a comment, and what it then says."""

    does: Callable[[Any, Any, dict[str, Any]], Any]
    done: Any
    needs_form: bool = False


ON_TEXT = {
    "assign": Act(
        lambda text, user, given: review.assign(
            text, given["to"], user, due=given["due"], note=given["note"]
        ),
        _("The text is assigned."),
        needs_form=True,
    ),
    "finish": Act(lambda text, user, given: review.finish(text, user), _("The assignment is done.")),
    "release": Act(
        lambda text, user, given: review.release(text, user), _("The text is assigned to nobody.")
    ),
    "comment": Act(
        lambda text, user, given: review.comment(
            text, user, given["body"], field=given["field"], quote=given["quote"]
        ),
        _("Your comment stands below."),
        needs_form=True,
    ),
    "decide": Act(
        lambda text, user, given: review.decide(
            text, user, given["verdict"], version=given["version"], note=given["note"]
        ),
        _("Your decision is noted, and the author told."),
        needs_form=True,
    ),
}
ON_COMMENT = {
    "answer": Act(
        lambda comment, user, given: review.answer(comment, user, given["body"]),
        _("Your answer stands below."),
        needs_form=True,
    ),
    "reword": Act(
        lambda comment, user, given: review.reword(comment, user, given["body"]),
        _("Your words are changed."),
        needs_form=True,
    ),
    "remove": Act(lambda comment, user, given: review.remove(comment, user), _("Your words are gone.")),
    "resolve": Act(lambda comment, user, given: review.resolve(comment, user), _("The comment is resolved.")),
    "reopen": Act(lambda comment, user, given: review.reopen(comment, user), _("The comment is open again.")),
}


# What its writer does to the last word of a thread, be it a comment or an answer.
ON_LAST_WORD = {"reword", "remove"}


class LastWord(NamedTuple):
    """What its writer may still change or take back."""

    pk: int
    form: AnswerForm
    reword_url: str
    remove_url: str


class Thread(NamedTuple):
    """A comment with its answers, as the page shows it to one person."""

    comment: Comment
    answers: list[Comment]
    last_word: LastWord | None
    about: Any
    where: Any
    form: AnswerForm | None
    may_resolve: bool
    urls: dict[str, str]


class ReviewAdmin(PublishableAdmin):
    """Assignments, comments and decisions at every text; who may read it unpublished takes part."""

    @property
    def media(self) -> Media:
        scripts: list[Any] = [Script(f"desk/{name}.js", type="module") for name in ("comments", "mentions")]
        return super().media + Media(js=scripts, css={"all": ["desk/comments.css"]})

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_review"
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/review/", view(self.review_view), name=name),
            path("<path:object_id>/review/<slug:act>/", view(self.review_act_view), name=f"{name}_act"),
            path(
                "<path:object_id>/review/<int:comment>/<slug:act>/",
                view(self.review_act_view),
                name=f"{name}_comment",
            ),
            *super().get_urls(),
        ]

    # -- Beside the form --

    def for_form(self, texts: Any) -> Any:
        """The text with its open assignment and its last decision, in the same query."""
        kind = ContentType.objects.get_for_model(self.model)
        here = {"content_type": kind, "object_id": OuterRef("pk")}
        assigned = Assignment.objects.filter(**here, done_at=None).values(
            row=JSONObject(due="due", note="note")
        )
        decided = Opinion.objects.filter(**here).values(
            row=JSONObject(verdict="verdict", name="user_name", version="version")
        )
        texts = super().for_form(texts).select_related("assigned_to")
        return texts.annotate(review_assignment=Subquery(assigned[:1]), review_opinion=Subquery(decided[:1]))

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        panels = super().panels(request, obj)
        if obj is None or not review.may_read(request.user, obj):
            return panels
        labels = self.fields_to_comment()
        comments = review.said_of(Comment, obj, request.user).filter(parent=None, resolved_at=None)
        opinion = obj.review_opinion
        context = {
            "url": self._url("review", obj.pk),
            "assignment": _assignment(obj.review_assignment),
            "owner": name_of(obj.assigned_to),
            "opinion": opinion and {**opinion, "label": Opinion.Verdict(opinion["verdict"]).label},
            "comments": [(c, labels.get(c.field, c.field)) for c in comments.order_by("-created_at", "-pk")],
            "fields": " ".join(labels),
            "version": obj.version,
        }
        return [*panels, Panel("aside", "admin/desk/review_panel.html", context)]

    def fields_to_comment(self) -> dict[str, str]:
        """The names and labels of all that is content in the form, in its order; inlines by their prefix."""
        labels: dict[str, str] = {}
        inlines = {str(i.after): i for i in self.inlines if getattr(i, "after", "")}  # type: ignore[attr-defined]
        rest = [i for i in self.inlines if not getattr(i, "after", "")]
        for heading, options in self.fieldsets or ():
            for name in flatten(options["fields"]):
                if name not in self.readonly_fields:
                    labels[str(name)] = capfirst(str(label_for_field(name, self.model, self)))
            labels |= self._inline_label(inlines.get(str(heading)))
        for inline in rest:
            labels |= self._inline_label(inline)
        return labels

    def _inline_label(self, inline: Any) -> dict[str, str]:
        for name in self.model.CONTENT_INLINES if inline is not None else ():  # type: ignore[attr-defined]
            if getattr(self.model, name).rel.related_model is inline.model:
                return {name: capfirst(str(inline.model._meta.verbose_name_plural))}
        return {}

    # -- The page --

    def _reviewed(self, request: HttpRequest, object_id: str) -> Any:
        text = self._found(request, object_id)
        if not review.may_read(request.user, text):
            raise PermissionDenied
        return text

    def review_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Who sees to the text, what was decided, what was said; with ``?field=``, said of that field."""
        return self._review_page(request, self._reviewed(request, object_id), {})

    def review_act_view(
        self, request: HttpRequest, object_id: str, act: str, comment: int | None = None
    ) -> HttpResponse:
        """Do one thing in the review; only by POST. What was refused comes back with all that was typed."""
        acts = ON_TEXT if comment is None else ON_COMMENT
        if act not in acts:
            raise Http404("There is no such button.")
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        text = self._reviewed(request, object_id)
        on: Any = text
        if comment is not None:
            said = review.said_of(Comment, text, request.user)
            on = get_object_or_404(said if act in ON_LAST_WORD else said.filter(parent=None), pk=comment)
        form = self._form(request, text, act, comment) if acts[act].needs_form else None
        if form is None or form.is_valid():
            try:
                acts[act].does(on, request.user, form.cleaned_data if form else {})
            except ValidationError as error:
                if form is None:
                    self.message_user(request, " ".join(error.messages), messages.ERROR)
                else:
                    form.add_error(None, error)
            else:
                self.message_user(request, acts[act].done, messages.SUCCESS)
                form = None
        if form is not None:
            bound = {act if comment is None else (act, comment): form}
            return self._review_page(request, text, bound, status=400)
        field = request.GET.get("field", "")
        return redirect(self._url("review", text.pk) + (f"?{urlencode({'field': field})}" if field else ""))

    def _form(self, request: HttpRequest, text: Publishable, act: str, comment: int | None) -> Form:
        if act == "assign":
            return AssignForm(request.POST, text=text, standing=None)
        if act == "comment":
            return CommentForm(request.POST, choices=self.fields_to_comment())
        if act in ("answer", "reword"):
            return AnswerForm(request.POST, key=comment or 0, auto_id=f"{act}_{comment}_%s")
        return DecideForm(request.POST)

    def _review_page(
        self, request: HttpRequest, text: Any, bound: dict[Any, Form], status: int = 200
    ) -> HttpResponse:
        user: Any = request.user
        labels = self.fields_to_comment()
        field = request.GET.get("field", "")
        standing = review.open_assignment(text)
        may_assign = review.may_assign(user, text)
        is_open = text.trashed_at is None
        people = [{"name": p.get_username(), "full": p.get_full_name()} for p in review.readers_of(text)]
        opinions, comments = self._spoken(text, user)
        said_of = {text.pk} | {said.object_id for said in (*opinions, *comments)}
        rows = review.family(text, user).select_related("corrects").in_bulk(said_of)
        threads = self._threads(request, text, rows, comments, bound)
        if field in labels:
            threads = [thread for thread in threads if thread.comment.field == field]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Review"),
            "subtitle": str(text),
            "text": text,
            "opts": self.opts,
            "badge": badge(text),
            "change_url": self._url("change", text.pk),
            "urls": {name: self._act_url(request, text, name) for name in ON_TEXT},
            "people": json.dumps(people),
            "field": field if field in labels else "",
            "field_label": labels.get(field, ""),
            "is_open": is_open,
            "standing": standing,
            "may_assign": may_assign and is_open,
            "may_finish": is_open and standing is not None and (may_assign or standing.to_id == user.pk),
            "assign_form": bound.get("assign")
            or (AssignForm(text=text, standing=standing) if may_assign and is_open else None),
            "opinions": self._decisions(text, rows, opinions),
            "may_decide": is_open and not text.is_published and review.may_decide(user, text),
            "decide_form": bound.get("decide") or DecideForm(initial={"version": text.version}),
            "verdicts": Opinion.Verdict,
            "wanting": second_person.missing(text, None) if is_open and not text.is_published else "",
            "open_threads": [t for t in threads if t.comment.resolved_at is None],
            "resolved_threads": [t for t in threads if t.comment.resolved_at is not None],
            "comment_form": bound.get("comment") or CommentForm(choices=labels, initial={"field": field}),
        }
        return TemplateResponse(request, "admin/desk/review.html", context, status=status)

    def _act_url(self, request: HttpRequest, text: Publishable, act: str, comment: int | None = None) -> str:
        url = (
            self._url("review_act", text.pk, act)
            if comment is None
            else self._url("review_comment", text.pk, comment, act)
        )
        field = request.GET.get("field", "")
        return f"{url}?{urlencode({'field': field})}" if field else url

    def _spoken(self, text: Any, user: Any) -> tuple[list[Opinion], list[Comment]]:
        """The last decisions, newest first, and all comments, oldest first, on the text and its copies."""
        opinions = review.said_of(Opinion, text, user)
        comments = review.said_of(Comment, text, user).select_related("resolved_by")
        return list(opinions[:DECISIONS_SHOWN]), list(comments)

    def _threads(
        self,
        request: HttpRequest,
        text: Any,
        rows: dict[int, Any],
        comments: list[Comment],
        bound: dict[Any, Form],
    ) -> list[Thread]:
        """The comments newest first, each with its answers in their order."""
        labels = self.fields_to_comment()
        may_resolve = {key: review.resolver(request.user, row) for key, row in rows.items()}
        answers: dict[int, list[Comment]] = {}
        for comment in comments:
            if comment.parent_id:
                answers.setdefault(comment.parent_id, []).append(comment)
        return [
            Thread(
                comment,
                answers.get(comment.pk, []),
                self._last_word(request, text, comment, answers.get(comment.pk, []), rows, bound),
                labels.get(comment.field, comment.field),
                _where(comment, rows),
                self._answer_form(comment, rows, bound),
                may_resolve[comment.object_id](comment),
                {
                    act: self._act_url(request, text, act, comment.pk)
                    for act in ("answer", "resolve", "reopen")
                },
            )
            for comment in reversed(comments)
            if not comment.parent_id
        ]

    def _answer_form(self, comment: Comment, rows: dict[int, Any], bound: dict[Any, Form]) -> Any:
        if comment.resolved_at is not None or rows[comment.object_id].trashed_at is not None:
            return None
        return bound.get(("answer", comment.pk)) or AnswerForm(key=comment.pk)

    def _last_word(
        self,
        request: HttpRequest,
        text: Any,
        comment: Comment,
        answers: list[Comment],
        rows: dict[int, Any],
        bound: dict[Any, Form],
    ) -> LastWord | None:
        """What this person may change in a thread; what they were refused stands there with its reason."""
        refused = [said for said in (comment, *answers) if ("reword", said.pk) in bound]
        last = (refused or answers or [comment])[-1]
        mine = last.author_id == request.user.pk and self._answer_form(comment, rows, {}) is not None
        if not refused and not mine:
            return None
        form: Any = bound.get(("reword", last.pk)) or AnswerForm(
            key=last.pk, initial={"body": last.body}, auto_id=f"reword_{last.pk}_%s"
        )
        urls = [self._act_url(request, text, act, last.pk) for act in ("reword", "remove")]
        return LastWord(last.pk, form, *urls)

    def _decisions(
        self, text: Any, rows: dict[int, Any], opinions: list[Opinion]
    ) -> list[tuple[Opinion, Any, str]]:
        """Each decision with its version and, where the text has moved on, the way to what changed since."""
        versions = {o.version for o in opinions if o.object_id == text.pk and o.version != text.version}
        snapshots = dict(snapshots_of(text).filter(version__in=versions).values_list("version", "pk"))
        return [
            (
                opinion,
                _where(opinion, rows),
                self._url("version", text.pk, snapshots[opinion.version]) + "?with=now"
                if opinion.object_id == text.pk and opinion.version in snapshots
                else "",
            )
            for opinion in opinions
        ]


def _assignment(row: dict[str, Any] | None) -> Assignment | None:
    """The open assignment from the text's own query; its person is the text's ``assigned_to``."""
    if row is None:
        return None
    due = datetime.date.fromisoformat(row["due"]) if row["due"] else None
    return Assignment(due=due, note=row["note"])


def _where(said: Any, rows: dict[int, Any]) -> Any:
    """The version that something was said of."""
    if rows[said.object_id].is_copy:
        return _("working copy %(key)s, version %(version)s") % {
            "key": said.object_id,
            "version": said.version,
        }
    return _("version %s") % said.version
