"""The base of every text's admin: rights by grant, states by the clock, moves by the workflow alone."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, NamedTuple

from django.contrib import admin, messages
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import models
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from charhar.taxonomy.admin import HTTPS_FIRST, CountingChangeList, KeepingAdmin, Refused

from . import workflow
from .admin_forms import (
    BeijingField,
    CheckboxGroup,
    DateWidget,
    MomentWidget,
    OrderedFormSet,
    PublishableForm,
    VisibleChoicesForm,
    beijing,
)
from .history import snapshots_of
from .models import Action, Address, Publishable, Snapshot, State, published_q
from .permissions import allowed, permitted_q
from .richtext import RichTextField
from .templatetags.richtext import richtext

# -- What one may do next ---------------------------------------------------------------------------


class Move(NamedTuple):
    """A button that changes a text's state: what it says will happen, which field it reads, what it did."""

    name: str
    label: Any
    says: Any
    does: Callable[[Publishable, Any, dict[str, Any]], None]
    done: Any
    asks: str = ""


def moves_for(text: Publishable, user: Any) -> list[Move]:
    """The buttons that this person gets for a text as it stands: permitted and sensible ones only."""
    may = set(workflow.available(text, user))
    public_once = text.was_public
    moves = []
    if "submit" in may:
        moves.append(
            Move(
                "_submit",
                _("Submit for review"),
                _("Editors see that it is ready; readers do not see it."),
                lambda text, user, given: workflow.submit(text, user),
                _("“%s” is handed in for review."),
            )
        )
    if "send_back" in may:
        judges = text.may(user, Action.PUBLISH)
        moves.append(
            Move(
                "_send_back",
                _("Send back") if judges else _("Take back"),
                _("A draft again; the note stands in its history.") if judges else _("A draft again."),
                lambda text, user, given: workflow.send_back(text, user, note=given.get("note", "")),
                _("“%s” is a draft again."),
                "note" if judges else "",
            )
        )
    if "publish" in may and (text.state != State.PUBLISHED or text.is_scheduled):
        moves.append(
            Move(
                "_publish",
                _("Publish again") if text.state == State.WITHDRAWN else _("Publish now"),
                _("Readers see it at once."),
                lambda text, user, given: workflow.publish(text, user),
                _("“%s” is published; readers see it now."),
            )
        )
        if not public_once:
            moves.append(
                Move(
                    "_schedule",
                    _("Change the time") if text.is_scheduled else _("Schedule"),
                    _("Readers see it from that moment."),
                    lambda text, user, given: workflow.publish(text, user, at=given["publish_from"]),
                    _("“%s” is scheduled."),
                    "publish_from",
                )
            )
    if "withdraw" in may:
        moves.append(
            Move(
                "_withdraw",
                _("Withdraw"),
                _("Readers get the reason in its place."),
                lambda text, user, given: workflow.withdraw(text, user, reason=given.get("reason", "")),
                _("“%s” is withdrawn."),
                "reason",
            )
            if public_once
            else Move(
                "_withdraw",
                _("Take off the schedule"),
                _("A draft again; it will not appear."),
                lambda text, user, given: workflow.withdraw(text, user),
                _("“%s” is a draft again."),
            )
        )
    if "reopen" in may:
        moves.append(
            Move(
                "_reopen",
                _("Reopen as a draft"),
                _("Readers go on seeing that it is gone until it is published."),
                lambda text, user, given: workflow.reopen(text, user),
                _("“%s” is a draft again."),
            )
        )
    return moves


class Desk(NamedTuple):
    """What stands beside the form: where the text is, what saving does, what can be done next."""

    badge: Any
    says: Any
    may_save: bool
    save_label: Any
    save_says: Any
    moves: list[tuple[Move, Any]]
    may_trash: bool


def status_of(text: Publishable) -> tuple[str, str]:
    """The status by the clock, as a code for its sign and in words."""
    if text.trashed_at is not None:
        return "trash", text.status_label
    if text.is_scheduled:
        return "scheduled", text.status_label
    if text.is_expired:
        return "expired", text.status_label
    return text.state, text.status_label


def badge(text: Publishable) -> SafeString:
    """The status as lists show it; its title says since or until when."""
    code, label = status_of(text)
    moment = {"published": text.publish_at, "scheduled": text.publish_at, "expired": text.expire_at}.get(code)
    return format_html(
        '<span class="status status-{}" title="{}">{}</span>', code, beijing(moment) if moment else "", label
    )


def short(moment: Any) -> str:
    """A moment as lists show it, in Beijing time."""
    return date_format(timezone.localtime(moment), "M j, Y, H:i")


def _explained(text: Publishable) -> Any:
    code, _label = status_of(text)
    if code == "trash":
        return _("Readers do not see it; its address stays reserved.")
    if code == "scheduled" and text.publish_at:
        return _("Readers see it from %s.") % beijing(text.publish_at)
    if code == "expired" and text.expire_at:
        return _(
            "Readers see since %s that it has expired. Empty “expires” and save to show it again."
        ) % beijing(text.expire_at)
    if code == State.PUBLISHED and text.publish_at:
        return _("Readers see it since %s.") % beijing(text.publish_at)
    if code == State.WITHDRAWN and text.withdrawn_at:
        return _("Withdrawn on %(when)s. Readers see: “%(reason)s”") % {
            "when": beijing(text.withdrawn_at),
            "reason": text.withdrawal_reason,
        }
    return _("Readers do not see it.")


def _saving(text: Publishable) -> tuple[Any, Any]:
    if text.state == State.DRAFT:
        return _("Save draft"), _("Readers will not see it.")
    if text.state == State.REVIEW:
        return _("Save"), _("It stays in review; readers will not see it.")
    if text.is_published:
        return _("Save for readers"), _("It is public: readers see the change at once.")
    if text.is_scheduled:
        return _("Save"), _("Readers will see it as it is then.")
    return _("Save"), _("Readers go on seeing that it is gone.")


def constant(word: str) -> Value:
    """A word as a column, to tell the parts of a union apart."""
    return Value(word, output_field=CharField())


# -- Filters ----------------------------------------------------------------------------------------


class RelatedFilter(admin.SimpleListFilter):
    """Texts that have to do with the chosen row. All such filters of a list take one query together."""

    field = ""  # by which the text is found: a relation of the text
    label = "name_en"
    position = "position"

    @classmethod
    def options(cls) -> QuerySet:
        """The rows to choose from."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        if not hasattr(request, "filter_options"):
            filters = [
                f for f in model_admin.list_filter if isinstance(f, type) and issubclass(f, RelatedFilter)
            ]
            named = [
                f.options()
                .order_by()
                .values_list(constant(str(f.parameter_name)), "pk", f.label, f.position or Value(0))
                for f in filters
            ]
            rows = named[0].union(*named[1:], all=True)
            request.filter_options = sorted(  # type: ignore[attr-defined]
                rows, key=lambda row: (row[3], row[2].casefold())
            )
        options: list[Any] = request.filter_options  # type: ignore[attr-defined]
        return [(str(key), label) for of, key, label, _position in options if of == self.parameter_name]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if not value:
            return queryset
        offered = {key for key, _label in self.lookup_choices}
        return self.narrow(queryset, int(value)) if value in offered else queryset.none()

    def narrow(self, queryset: Any, key: int) -> Any:
        """The texts that have to do with the chosen key; none of them twice."""
        return queryset.filter(**{self.field: key})


class StatusFilter(admin.SimpleListFilter):
    """Where a text stands by the clock; what lies in the trash shows only when asked for."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("draft", _("Draft")),
            ("review", _("In review")),
            ("scheduled", _("Scheduled")),
            ("published", _("Published")),
            ("expired", _("Expired")),
            ("withdrawn", _("Withdrawn")),
            ("trash", _("In the trash")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        if self.value() == "trash":
            return queryset.filter(trashed_at__isnull=False)
        queryset = queryset.filter(trashed_at__isnull=True)
        conditions = {
            "draft": Q(state=State.DRAFT),
            "review": Q(state=State.REVIEW),
            "scheduled": Q(state=State.PUBLISHED, publish_at__gt=now),
            "published": published_q(now),
            "expired": Q(state=State.PUBLISHED, expire_at__lte=now),
            "withdrawn": Q(state=State.WITHDRAWN),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class OwnerFilter(admin.SimpleListFilter):
    """One's own texts: created by, or assigned to, oneself."""

    title = _("owner")
    parameter_name = "own"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("mine", _("Mine"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "mine":
            return queryset.filter(Q(created_by=request.user.pk) | Q(assigned_to=request.user.pk))
        return queryset


# -- Rows that belong to a text ---------------------------------------------------------------------


class VisibleTexts(BaseModelAdmin):
    """Relations to texts offer what the person may see; dates and moments use the browser's own fields."""

    formfield_overrides = {
        models.DateField: {"widget": DateWidget},
        models.DateTimeField: {"form_class": BeijingField, "widget": MomentWidget},
        **HTTPS_FIRST,
    }

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        related = self.admin_site._registry.get(db_field.remote_field.model)
        if isinstance(related, SelectableAdmin):
            return related.selectable(request)
        return super().get_field_queryset(db, db_field, request)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name not in self.autocomplete_fields and db_field.name != "tags":
            kwargs.setdefault("widget", CheckboxGroup(db_field.verbose_name))
        return super().formfield_for_manytomany(db_field, request, **kwargs)


class SelectableAdmin(admin.ModelAdmin):
    """An admin whose rows are not everybody's: look-ups and relations offer ``selectable`` ones only."""

    def selectable(self, request: HttpRequest) -> Any:
        """The rows that this person may choose in a form."""
        raise NotImplementedError

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        if request.resolver_match is not None and request.resolver_match.url_name == "autocomplete":
            queryset = self.selectable(request)
        return super().get_search_results(request, queryset, search_term)


class TextInline(VisibleTexts, admin.TabularInline):
    """Rows that belong to a text: whoever may change the text may change them.

    ``after`` names the fieldset that they follow in the form; without it they stand at its end.
    """

    after: Any = ""
    form = VisibleChoicesForm
    formset = OrderedFormSet
    extra = 0

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return self.extra

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A row of a table has room for one sign beside a relation: the one to add."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_change_related = field.widget.can_view_related = False
        return field

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        parent: Any = self.admin_site._registry[self.parent_model]
        return (
            parent.has_add_permission(request) if obj is None else parent.has_change_permission(request, obj)
        )

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        parent: Any = self.admin_site._registry[self.parent_model]
        return parent.has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, obj)


# -- The texts --------------------------------------------------------------------------------------


class TextChangeList(CountingChangeList):
    """A list that may fetch, for the rows of its page, what their columns show."""

    model_admin: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        self.model_admin.attach(self.result_list)


def _rich(name: str, text: Publishable) -> SafeString:
    return richtext(getattr(text, name))


class PublishableAdmin(VisibleTexts, SelectableAdmin, KeepingAdmin):
    """Texts with a state: who may see, change and move them is in the table of grants.

    A subclass gives ``fieldsets`` and, where its list shows related names, ``attach``. Everything that
    changes a state goes through ``workflow``; every save writes one snapshot, after inlines and relations.
    """

    form = PublishableForm
    change_form_template = "admin/publishing/change_form.html"
    object_history_template = "admin/publishing/history.html"
    date_hierarchy: ClassVar[Any] = "updated_at"
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    form_select_related: tuple[str, ...] = ()
    life_fields: ClassVar[Any] = (
        _("Dates and owner"),
        {"fields": [("expire_at", "assigned_to"), "created_by", "created", "last_change"]},
    )

    def __init__(self, model: Any, admin_site: Any) -> None:
        super().__init__(model, admin_site)
        self.rich_texts = {f.name: f.verbose_name for f in self.opts.fields if isinstance(f, RichTextField)}
        for name, label in self.rich_texts.items():
            setattr(self, f"{name}_shown", admin.display(description=label)(partial(_rich, name)))

    # -- Rights --

    def _may(self, request: HttpRequest, action: str, obj: Any = None) -> bool:
        return allowed(request.user, action, self.model if obj is None else obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return any(self._may(request, action) for action in Action)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return self._may(request, Action.VIEW) or self._may(request, Action.CHANGE)
        return self.has_view_permission(request) and (
            obj.is_published or self._may(request, Action.VIEW, obj) or self._may(request, Action.CHANGE, obj)
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._may(request, Action.ADD)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, Action.CHANGE, obj) and (obj is None or obj.trashed_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """For ever, and only from the trash: what is or was public is withdrawn first, with a reason."""
        return self._may(request, Action.DELETE, obj) and (obj is None or obj.trashed_at is not None)

    def has_submit_permission(self, request: HttpRequest) -> bool:
        """Whether the person submits texts at all; each text is asked again."""
        return self._may(request, Action.SUBMIT)

    def has_trash_permission(self, request: HttpRequest) -> bool:
        """Whether the person uses the trash at all; each text is asked again."""
        return self._may(request, Action.TRASH)

    def get_queryset(self, request: HttpRequest) -> Any:
        """What readers see and what the person may read before publication; the trash included."""
        texts: Any = self.model.versions.filter(corrects__isnull=True)  # type: ignore[attr-defined]
        if not request.user.is_superuser:  # type: ignore[union-attr]
            seen = published_q() | permitted_q(request.user, Action.VIEW, self.model)  # type: ignore[arg-type]
            texts = texts.filter(pk__in=self.model.versions.filter(seen).values("pk"))  # type: ignore[attr-defined]
        ordering = self.get_ordering(request)
        return texts.order_by(*ordering) if ordering else texts

    def selectable(self, request: HttpRequest) -> Any:
        return self.get_queryset(request).filter(trashed_at__isnull=True)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The text with what its form shows, in one query; None where the person may not know of it."""
        texts = self.get_queryset(request).select_related("created_by", *self.form_select_related)
        field = self.opts.pk if from_field is None else self.opts.get_field(from_field)
        try:
            return texts.get(**{field.name: field.to_python(object_id)})  # type: ignore[union-attr]
        except (self.model.DoesNotExist, ValidationError, ValueError):
            return None

    # -- The list --

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TextChangeList

    def for_list(self, queryset: QuerySet) -> QuerySet:
        """The rows with who saved last, in the same query."""
        kind = ContentType.objects.get_for_model(self.model)
        last = Snapshot.objects.filter(content_type=kind, object_id=OuterRef("pk")).order_by("-version")
        return queryset.annotate(last_saved_by=Subquery(last.values("user_name")[:1])).select_related(
            "created_by"
        )

    def attach(self, texts: list[Any]) -> None:
        """Fetch what the columns of these rows show; a fixed number of queries."""

    @admin.display(description=_("status"), ordering="state")
    def status(self, obj: Publishable) -> SafeString:
        """The state by the clock; of what is scheduled also the moment, in Beijing time."""
        if not obj.is_scheduled or obj.trashed_at is not None:
            return badge(obj)
        return format_html('{}<br><span class="quiet">{}</span>', badge(obj), short(obj.publish_at))

    @admin.display(description=_("last changed"), ordering="updated_at")
    def changed(self, obj: Any) -> SafeString:
        """When, in Beijing time, and by whom."""
        return format_html(
            '{}<br><span class="quiet">{}</span>',
            short(obj.updated_at),
            obj.last_saved_by or "",
        )

    @admin.display(description=_("owner"), ordering="created_by")
    def owner(self, obj: Publishable) -> str:
        """Who created the text."""
        return str(obj.created_by) if obj.created_by else ""

    @admin.display(description=_("page"))
    def on_site(self, obj: Any) -> SafeString:
        """The way to what readers see, or to the preview."""
        if obj.trashed_at is not None:
            return SafeString("")
        return format_html(
            '<a href="{}">{}</a>', obj.get_absolute_url(), _("View") if obj.is_published else _("Preview")
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        trash = request.GET.get(StatusFilter.parameter_name) == "trash"
        hidden = {"submit_selected", "trash_selected"} if trash else {"restore_selected"}
        return {name: action for name, action in actions.items() if name not in hidden}

    actions = ["submit_selected", "trash_selected", "restore_selected"]

    @admin.action(description=_("Submit for review"), permissions=["submit"])
    def submit_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Hand several drafts to review."""
        self._each(
            request,
            queryset,
            workflow.submit,
            lambda n: ngettext("%d text submitted.", "%d texts submitted.", n) % n,
        )

    @admin.action(description=_("Move to the trash"), permissions=["trash"])
    def trash_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Move several texts to the trash; public ones are refused."""
        self._each(
            request,
            queryset,
            workflow.trash,
            lambda n: ngettext("%d text moved to the trash.", "%d texts moved to the trash.", n) % n,
        )

    @admin.action(description=_("Restore from the trash"), permissions=["trash"])
    def restore_selected(self, request: HttpRequest, queryset: QuerySet) -> None:
        """Bring several texts back."""
        self._each(
            request,
            queryset,
            workflow.untrash,
            lambda n: ngettext("%d text restored.", "%d texts restored.", n) % n,
        )

    def _each(
        self, request: HttpRequest, queryset: QuerySet, move: Callable, said: Callable[[int], str]
    ) -> None:
        """Make a move with each text; one that is refused says why and stops nothing."""
        done = 0
        for text in queryset:
            try:
                move(text, request.user)
                done += 1
            except ValidationError as error:
                self.message_user(request, f"“{text}”: {' '.join(error.messages)}", messages.ERROR)
            except PermissionDenied:
                self.message_user(
                    request, _("“%s”: you may not do that to this text.") % text, messages.ERROR
                )
        if done:
            self.message_user(request, said(done), messages.SUCCESS)

    # -- The form --

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*super().get_readonly_fields(request, obj), "created_by", "created", "last_change"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The subclass's fieldsets and, last, dates and owner; only who may publish assigns a text."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and not self.has_change_permission(request, obj):
            fieldsets = [
                (name, {**options, "fields": self._shown(options["fields"])}) for name, options in fieldsets
            ]
        name, options = self.life_fields
        fields: list[Any] = ["expire_at"]
        if self._may(request, Action.PUBLISH):
            fields = [("expire_at", "assigned_to")]
        if obj is not None:
            fields += ["created_by", "created", "last_change"]
        return [*fieldsets, (name, {**options, "fields": fields})]

    def _shown(self, fields: Any) -> list[Any]:
        return [
            self._shown(f) if isinstance(f, list | tuple) else f"{f}_shown" if f in self.rich_texts else f
            for f in fields
        ]

    @admin.display(description=_("created"))
    def created(self, obj: Publishable) -> str:
        """When the text was begun."""
        return beijing(obj.created_at)

    @admin.display(description=_("last changed"))
    def last_change(self, obj: Publishable) -> str:
        """When the text was last saved or moved."""
        return beijing(obj.updated_at)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "assigned_to":
            kwargs["queryset"] = (
                get_user_model().objects.filter(is_staff=True, is_active=True).order_by("username")
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def view_on_site(self, obj: Any) -> str:
        return obj.get_absolute_url()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.created_by = request.user
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save inlines and relations, then close the save: one snapshot, with the move that was asked for."""
        super().save_related(request, form, formsets, change)
        text = form.instance
        move = self._pressed(text, request.user, form)
        try:
            if move is None:
                workflow.record(text, user=request.user, action="save" if change else "add")
            else:
                move.does(text, request.user, form.cleaned_data)
        except ValidationError as error:
            raise Refused(error) from error
        if not self.has_view_permission(request, text):
            raise Refused(
                ValidationError(
                    _("The text lies outside your remit: choose one of your own topics or sections.")
                )
            )
        request.moved = move  # type: ignore[attr-defined]

    def _pressed(self, text: Publishable, user: Any, form: Any) -> Move | None:
        """The move whose button was pressed; a name that this person has no button for is refused."""
        if not form.pressed:
            return None
        for move in moves_for(text, user):
            if move.name == form.pressed:
                return move
        raise PermissionDenied(f"{user} has no {form.pressed} for {text}")

    def _said(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say what happened to the text, and stay with it, unless only saving was asked for."""
        move: Move | None = request.moved  # type: ignore[attr-defined]
        if move is not None:
            said = move.done % obj
        else:
            _label, consequence = _saving(obj)
            said = _("“%(text)s” is saved. %(consequence)s") % {"text": obj, "consequence": consequence}
        self.message_user(
            request,
            format_html(
                '{} <a href="{}">{}</a>',
                said,
                obj.get_absolute_url(),
                _("View") if obj.is_published else _("Preview"),
            ),
            messages.SUCCESS,
        )
        if move is None and "_continue" not in request.POST:
            return self.response_post_save_change(request, obj)
        if not self.has_view_permission(request, obj):
            return redirect(self._url("changelist"))
        return redirect(self._url("change", obj.pk))

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        if "_popup" in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return self._said(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if "_popup" in request.POST:
            return super().response_change(request, obj)
        return self._said(request, obj)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """As Django's; whoever may no longer change the text is shown what they typed, to copy."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PermissionDenied:
            text = (
                self.get_object(request, unquote(object_id))
                if object_id and request.method == "POST"
                else None
            )
            if text is None or not self.has_view_permission(request, text):
                raise
            return self._kept(request, text)

    def _kept(self, request: HttpRequest, text: Any) -> HttpResponse:
        typed = [
            (field.verbose_name, request.POST[field.name])
            for field in self.opts.concrete_fields
            if isinstance(field, models.CharField | models.TextField) and request.POST.get(field.name)
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Not saved"),
            "subtitle": str(text),
            "text": text,
            "opts": self.opts,
            "badge": badge(text),
            "typed": typed,
        }
        return TemplateResponse(request, "admin/publishing/kept.html", context, status=403)

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        form = context["adminform"].form
        text = obj if obj is not None else self.model(created_by=request.user)
        may_save = self.has_add_permission(request) if add else self.has_change_permission(request, obj)
        save_label, save_says = _saving(text)
        moves = moves_for(text, request.user) if may_save else []
        context["desk"] = Desk(
            badge=badge(text),
            says=_explained(text),
            may_save=may_save,
            save_label=save_label,
            save_says=save_says,
            moves=[(move, form[move.asks] if move.asks else None) for move in moves],
            may_trash=obj is not None and self._may(request, Action.TRASH, obj),
        )
        context["last_saved"] = snapshots_of(obj).defer("data").first() if obj is not None else None
        return super().render_change_form(request, context, add, change, form_url, obj)

    # -- The trash and the history --

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path(
                "<path:object_id>/trash/", self.admin_site.admin_view(self.trash_view), name=f"{name}_trash"
            ),
            path(
                "<path:object_id>/restore/",
                self.admin_site.admin_view(self.restore_view),
                name=f"{name}_restore",
            ),
            *super().get_urls(),
        ]

    def _url(self, page: str, *args: Any) -> str:
        return reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}",
            args=args,
            current_app=self.admin_site.name,
        )

    def _text(self, request: HttpRequest, object_id: str, action: str) -> Any:
        if not self._may(request, action):
            raise PermissionDenied
        text: Any = self.get_object(request, unquote(object_id))
        if text is None:
            raise Http404("There is no such text.")
        if not self._may(request, action, text):
            raise PermissionDenied
        return text

    def trash_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then move the text to the trash."""
        text = self._text(request, object_id, Action.TRASH)
        problem = _("It is already there.") if text.trashed_at is not None else ""
        if request.method == "POST" and not problem:
            try:
                workflow.trash(text, request.user)
            except ValidationError as error:
                problem = " ".join(error.messages)
            else:
                self.message_user(
                    request,
                    format_html(
                        '{} <a href="{}?status=trash">{}</a>',
                        _("“%s” lies in the trash.") % text,
                        self._url("changelist"),
                        _("Open the trash"),
                    ),
                    messages.SUCCESS,
                )
                return redirect(self._url("changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Move to the trash"),
            "subtitle": str(text),
            "text": text,
            "problem": problem,
            "opts": self.opts,
            "change_url": self._url("change", text.pk),
        }
        return TemplateResponse(
            request, "admin/publishing/trash.html", context, status=409 if problem else 200
        )

    def restore_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Bring the text back from the trash; only by POST."""
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        text = self._text(request, object_id, Action.TRASH)
        workflow.untrash(text, request.user)
        self.message_user(request, _("“%s” is back from the trash.") % text, messages.SUCCESS)
        return redirect(self._url("change", text.pk))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The text's snapshots, newest first: who, when, what. Django's own log knows less."""
        text: Any = self.get_object(request, unquote(object_id))
        if not self.has_view_or_change_permission(request, text):
            raise PermissionDenied
        if text is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        snapshots = snapshots_of(text).select_related("user").defer("data")
        page = Paginator(snapshots, 100).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("History"),
            "subtitle": str(text),
            "object": text,
            "opts": self.opts,
            "page": page,
            "entries": [(snapshot, DONE.get(snapshot.action, snapshot.action)) for snapshot in page],
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.object_history_template, context)


DONE = {
    "add": _("added"),
    "save": _("saved"),
    "submit": _("submitted for review"),
    "send_back": _("sent back"),
    "publish": _("published or scheduled"),
    "withdraw": _("withdrawn"),
    "reopen": _("reopened as a draft"),
    "trash": _("moved to the trash"),
    "untrash": _("restored from the trash"),
    "import": _("imported"),
}


# -- Addresses --------------------------------------------------------------------------------------


@admin.register(Address)
class AddressAdmin(admin.ModelAdmin):
    """All public addresses, to look up where one leads; they change only with their texts."""

    list_display = ["path", "language", "status", "leads_to", "created_at"]
    list_filter = ["status", "language", "content_type"]
    search_fields = ["path"]
    list_per_page = 100
    ordering = ["path", "language"]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("target")

    @admin.display(description=_("leads to"))
    def leads_to(self, obj: Address) -> str:
        """What stands under the address now."""
        return str(obj.target) if obj.target is not None else str(_("nothing any more"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
