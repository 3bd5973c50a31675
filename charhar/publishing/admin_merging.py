"""What the admin does with a form whose text was written, moved or deleted while somebody typed in it."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from . import copies
from .admin_copies import CorrectedAdmin
from .admin_moves import badge
from .compare import Names
from .locks import held_against, who_and_when
from .merging import Merged, Opened, merge, mergeable
from .permissions import may_correct

# Buttons that bring a text before readers: what was taken over from others is looked at first.
FOR_READERS = ("_publish", "_schedule", "_publish_correction", "_schedule_correction")


def raw_form(posted: QueryDict) -> QueryDict:
    """What was typed, without the form's token and buttons."""
    kept = posted.copy()
    for name in [n for n in kept if n == "csrfmiddlewaretoken" or n == "typed" or n.startswith("_")]:
        del kept[name]
    return kept


def back_to(rows: Any, text: Any) -> Any:
    """The field by which rows of a text lead to it."""
    return next(field for field in rows._meta.fields if field.related_model is text)


def prefix_of(rows: Any, text: Any) -> str:
    """How a form names such rows."""
    return back_to(rows, text).remote_field.get_accessor_name()


class MergingAdmin(CorrectedAdmin):
    """Saving into a text that has moved on merges, asks where both changed the same, and loses nothing.

    The row is locked before the form is looked at, a working copy's live text first, as everywhere.
    """

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """As Django's; whoever may no longer change the text is shown what they typed."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)
        try:
            with transaction.atomic():
                if object_id is not None:
                    self._prepare(request, unquote(object_id))
                return super().changeform_view(request, object_id, form_url, extra_context)
        except Http404:
            return self.kept(request, None)
        except PermissionDenied:
            text = self.get_object(request, unquote(object_id)) if object_id is not None else None
            if text is None or not self.has_view_permission(request, text):
                raise
            return self.kept(request, text)

    def _prepare(self, request: HttpRequest, key: str) -> None:
        """Hold the row, refuse what may not be written any more, merge what was written meanwhile."""
        self._lock(key)
        text = self.get_object(request, key)
        if text is None:
            if not self.has_change_permission(request):
                raise PermissionDenied
            raise Http404("The text is gone.")
        self.refuse_content(request, text)
        if self.has_change_permission(request, text):
            self.merge_posted(request, text)

    def _lock(self, key: str) -> None:
        versions: Any = self.model.versions  # type: ignore[attr-defined]
        try:
            corrects = versions.filter(pk=key).values_list("corrects", flat=True).first()
        except (ValueError, ValidationError):
            return
        for pk in filter(None, (corrects, key)):
            versions.select_for_update().filter(pk=pk).values_list("pk", flat=True).first()

    def take_prepared(self, request: HttpRequest, object_id: str) -> Any:
        """The text that was prepared for this very post, so that it is not asked for twice; or None."""
        prepared = request.__dict__.pop("prepared_text", None)
        return prepared if prepared is not None and object_id == str(prepared.pk) else None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """As Django's; the form that was made to prepare this very post serves once more.

        Django then names the fields in ``kwargs``: those of the fieldsets, as it takes them unnamed.
        """
        prepared = request.__dict__.pop("prepared_form", None)
        if prepared is not None and obj is not None and prepared[0] == obj.pk:
            return prepared[1]
        return super().get_form(request, obj, change, **kwargs)

    def _unbound_rows(self, request: HttpRequest, text: Any) -> list[Any]:
        """The changeable rows of a text as they would be shown now."""
        return [
            formset(instance=text, prefix=formset.get_default_prefix(), queryset=inline.get_queryset(request))
            for formset, inline in self.get_formsets_with_inlines(request, text)
            if inline.has_change_permission(request, text)
        ]

    def _changeable_rows(self, request: HttpRequest, text: Any) -> list[str]:
        """How a form names those rows; costs no form."""
        return [
            prefix_of(inline.model, self.model)
            for inline in self.get_inline_instances(request, text)
            if inline.has_change_permission(request, text)
        ]

    def merge_posted(self, request: HttpRequest, text: Any) -> None:
        """Put in place of what was posted what it comes to, where it was not opened with this very text.

        A field that the form did not have (its text was live then, or somebody else's to change) stays as
        it is, so that its absence does not empty it.
        """
        posted, opened = request.POST, Opened.of(request.POST)
        form = self.get_form(request, text, change=True)
        same = (opened.row in (None, text.pk)) and opened.version == text.version
        if same and "clash" not in posted:
            rows = self._changeable_rows(request, text)
            if opened.fields in (None, mergeable(form, rows)):
                # Held until the end of the transaction, so Django's form would be made of just the same.
                request.prepared_text, request.prepared_form = text, (text.pk, form)  # type: ignore[attr-defined]
                return
        merged = merge(form(instance=text), self._unbound_rows(request, text), text, posted, opened)
        request.POST = merged.data  # type: ignore[assignment]
        request.merged = merged  # type: ignore[attr-defined]
        if merged.taken and any(name in posted for name in FOR_READERS):
            request.refused = ValidationError(  # type: ignore[attr-defined]
                _(
                    "Nothing was saved yet: what others wrote meanwhile was taken over into the form. Look it"
                    " over and press the button again."
                )
            )

    def say_merged(self, request: HttpRequest) -> None:
        """Say, after a save, what was taken over from whom."""
        merged: Merged | None = getattr(request, "merged", None)
        by_person: dict[str, list[str]] = {}
        for taken in merged.taken if merged else []:
            by_person.setdefault(taken.who, []).append(taken.label)
        for who, labels in by_person.items():
            self.message_user(
                request,
                _("Taken over from %(who)s, who saved while you wrote: %(what)s.")
                % {"who": who, "what": ", ".join(labels)},
                messages.INFO,
            )

    def merging_context(self, request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
        """What the page of a form says and carries for merging."""
        form = context["adminform"].form
        changeable = [f.formset.prefix for f in context["inline_admin_formsets"] if f.has_change_permission]
        found: dict[str, Any] = {
            "opened_fields": " ".join(sorted(mergeable(form, changeable))),
            "merged": getattr(request, "merged", None),
        }
        if getattr(request, "filled", None):  # what is missing in it stands beside its field
            found |= {"errors": None, "filled": request.filled}  # type: ignore[attr-defined]
        return found

    # -- A form that was typed earlier --

    def filled(self, request: HttpRequest, object_id: str | None, data: QueryDict, says: Any) -> HttpResponse:
        """The form with what was typed earlier, merged with the text as it is now; nothing is saved."""
        request.FILES  # noqa: B018  (reads the request before it is made to look like a post)
        request.method, request.POST = "POST", raw_form(data)  # type: ignore[assignment]
        request.filled = says  # type: ignore[attr-defined]
        request.refused = ValidationError(says)  # type: ignore[attr-defined]
        page = self._url("add") if object_id is None else self._url("change", unquote(object_id))  # type: ignore[attr-defined]
        return self.changeform_view(request, object_id, page)

    def kept(self, request: HttpRequest, text: Any) -> HttpResponse:
        """What was typed into a text that the person may not write any more, to copy or to put elsewhere."""
        raw = raw_form(request.POST)
        root = text and (text.corrects or text)
        into = ""
        locked = text is not None and held_against(text, request.user)
        if locked:
            root = None
        if root is not None and copies.is_frozen(root) and may_correct(request.user, root):
            into = "copy"
        elif root is not None and text.is_copy and self.may_write(request, root):
            into = "text"
        context = {
            **self.admin_site.each_context(request),
            "title": _("Not saved"),
            "subtitle": str(text) if text is not None else None,
            "text": text,
            "opts": self.opts,
            "badge": badge(text) if text is not None else "",
            "lock": who_and_when(text) if locked else "",
            "typed": self.typed(raw),
            "into": into,
            "correct_url": self._url("correct", root.pk) if into else "",  # type: ignore[attr-defined]
            "raw": raw.urlencode(),
        }
        status = 404 if text is None else 403
        return TemplateResponse(request, "admin/publishing/kept.html", context, status=status)

    def typed(self, raw: QueryDict) -> list[tuple[str, str]]:
        """Everything that a form says, as labels and words: fields, relations, rows."""
        names, filed = Names(), {v: k for k, v in getattr(self.form, "FILED", {}).items()}
        found = []
        for field in sorted(self.opts.get_fields(), key=lambda f: getattr(f, "creation_counter", 0)):
            name = filed.get(field.name, field.name)
            given = [value for value in raw.getlist(name) if value]
            if not isinstance(field, models.Field) or not given:
                continue
            if field.is_relation and field.name != "tags":
                given = names.of(field.related_model, [int(key) for key in given if key.isdigit()])
            found.append((str(field.verbose_name), ", ".join(given)))
        for inline in self.inlines:
            found += self._typed_rows(raw, inline.model, names)
        return found

    def _typed_rows(self, raw: QueryDict, model: Any, names: Names) -> list[tuple[str, str]]:
        back, prefix = back_to(model, self.model), prefix_of(model, self.model)
        total = raw.get(f"{prefix}-TOTAL_FORMS", "")
        found = []
        for index in range(min(int(total), 1000) if total.isdigit() else 0):
            row = {}
            for field in model._meta.concrete_fields:
                value = raw.get(f"{prefix}-{index}-{field.name}")
                if value and not field.primary_key and field is not back:
                    row[field.attname] = int(value) if field.is_relation and value.isdigit() else value
            if row and f"{prefix}-{index}-DELETE" not in raw:
                found.append((capfirst(str(model._meta.verbose_name)), names.row(model, back, row)))
        return found
