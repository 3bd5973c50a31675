"""The base of every text's admin: rights by grant, states by the clock, moves by the workflow alone."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from charhar.taxonomy.admin import CountingChangeList, KeepingAdmin, Refused

from . import checklist, workflow
from .admin_copies import is_outdated, with_correction
from .admin_filters import StatusFilter
from .admin_forms import PublishableForm, beijing
from .admin_history import HistoryAdmin
from .admin_locks import LockedAdmin
from .admin_merging import MergingAdmin
from .admin_moves import (
    Desk,
    Move,
    Panel,
    badge,
    correction_in_list,
    explained,
    moves_for,
    save_label,
    short,
)
from .admin_rows import VisibleTexts
from .admin_schedule import TYPED, SayingAdmin, unused_moment
from .copies import is_frozen, open_copy_of
from .history import snapshots_of
from .locks import held_against
from .models import Action, Address, Publishable, Snapshot, published_q
from .permissions import allowed, may_correct, permits_all, permitted_q
from .richtext import RichTextField
from .templatetags.richtext import richtext
from .translation import remember_other_edition

# How many texts a list is counted to: more are said to be more, without looking at each.
COUNTED = 10_000


class AtLeast(int):
    """A number that is this much or more."""

    def __str__(self) -> str:
        return f"{int(self):,}+"


class CappedPaginator(Paginator):
    """Counts no further than to ``COUNTED``; what is beyond the last page is for filters and search."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        number = rows.order_by().values("pk")[: COUNTED + 1].count()
        return AtLeast(COUNTED) if number > COUNTED else number


class TextChangeList(CountingChangeList):
    """A list that may fetch, for the rows of its page, what their columns show."""

    model_admin: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list: Any = list(self.result_list)
        self.model_admin.attach(self.result_list)


def _rich(name: str, text: Publishable) -> SafeString:
    return richtext(getattr(text, name))


class PublishableAdmin(SayingAdmin, LockedAdmin, MergingAdmin, HistoryAdmin, VisibleTexts, KeepingAdmin):
    """Texts with a state: who may see, change and move them is in the table of grants.

    A subclass gives ``fieldsets`` and, where its list shows related names, ``attach``. Everything that
    changes a state goes through ``workflow``; every save writes one snapshot, after inlines and relations.
    """

    form = PublishableForm
    change_form_template = "admin/publishing/change_form.html"
    date_hierarchy: ClassVar[Any] = "updated_at"
    paginator = CappedPaginator
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    form_select_related: tuple[str, ...] = ()
    life_fields: ClassVar[Any] = (
        _("Dates and owner"),
        {"fields": ["expire_at", "created_by", "created", "last_change"]},
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
        return self._may(request, Action.CHANGE, obj) and (
            obj is None or (obj.trashed_at is None and not held_against(obj, request.user))
        )

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
        texts = self._seen(request).filter(corrects__isnull=True)
        ordering = self.get_ordering(request)
        return texts.order_by(*ordering) if ordering else texts

    def _seen(self, request: HttpRequest) -> Any:
        texts: Any = self.model.versions.all()  # type: ignore[attr-defined]
        if not permits_all(request.user, Action.VIEW, self.model):  # type: ignore[arg-type]
            seen = published_q() | permitted_q(request.user, Action.VIEW, self.model)  # type: ignore[arg-type]
            # Asked of each row that is looked at, so that a form or a page of a list does not ask it of all.
            texts = texts.filter(Exists(self.model.versions.filter(seen, pk=OuterRef("pk"))))  # type: ignore[attr-defined]
        return texts

    def selectable(self, request: HttpRequest) -> Any:
        return self.get_queryset(request).filter(trashed_at__isnull=True)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The text or working copy with what its form shows, in one query; None where the person may not know
        of it."""
        prepared = self.take_prepared(request, object_id)
        if prepared is not None and from_field is None:
            return prepared
        texts = self.for_form(
            self._seen(request).select_related("created_by", "corrects", *self.form_select_related)
        )
        field = self.opts.pk if from_field is None else self.opts.get_field(from_field)
        try:
            return texts.get(**{field.name: field.to_python(object_id)})  # type: ignore[union-attr]
        except (self.model.DoesNotExist, ValidationError, ValueError):
            return None

    def for_form(self, texts: Any) -> Any:
        """Texts with what stands beside their form, for one query with them."""
        return texts

    # -- The list --

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TextChangeList

    def for_list(self, queryset: QuerySet) -> QuerySet:
        """The rows with who saved last, in the same query."""
        kind = ContentType.objects.get_for_model(self.model)
        last = Snapshot.objects.filter(content_type=kind, object_id=OuterRef("pk")).order_by("-version")
        return with_correction(
            queryset.annotate(last_saved_by=Subquery(last.values("user_name")[:1])).select_related(
                "created_by"
            )
        )

    def attach(self, texts: list[Any]) -> None:
        """Fetch what the columns of these rows show; a fixed number of queries."""

    @admin.display(description=_("status"), ordering="state")
    def status(self, obj: Publishable) -> SafeString:
        """The state by the clock, of what is scheduled also the moment in Beijing time; its correction."""
        correction = correction_in_list(obj)
        if not obj.is_scheduled or obj.trashed_at is not None:
            return format_html("{}{}", badge(obj), correction)
        return format_html(
            '{}<br><span class="quiet">{}</span>{}', badge(obj), short(obj.publish_at), correction
        )

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
        held = self.held_fields(request, obj)
        return [*super().get_readonly_fields(request, obj), "created_by", "created", "last_change", *held]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The subclass's fieldsets and, last, dates and owner."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and not self.may_write(request, obj):
            fieldsets = [
                (name, {**options, "fields": self._shown(options["fields"])}) for name, options in fieldsets
            ]
        name, options = self.life_fields
        fields: list[Any] = [] if obj is not None and obj.is_copy else ["expire_at"]
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

    def view_on_site(self, obj: Any) -> str:
        """Where staff see the text itself; a subclass knows it of working copies too."""
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
                self._close_save(request, form, change)
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
        request.typed_moment = unused_moment(form)  # type: ignore[attr-defined]
        request.due = form.cleaned_data.get(TYPED)  # type: ignore[attr-defined]

    def _close_save(self, request: HttpRequest, form: Any, change: bool) -> None:
        """Record a plain save; what it shows again, by a later expiry, must pass the checklist first."""
        text, override = form.instance, form.cleaned_data["override"]
        was = form.initial.get("expire_at")
        note = ""
        if change and was is not None and was <= timezone.now() and text.is_published:
            note = checklist.approve(text, request.user, override=override)
        action = "save" if change else "add"
        workflow.record(text, user=request.user, action=action, note=note, override=override)

    def _pressed(self, text: Publishable, user: Any, form: Any) -> Move | None:
        """The move whose button was pressed; a name that this person has no button for is refused."""
        if not form.pressed:
            return None
        for move in moves_for(text, user):
            if move.name == form.pressed:
                return move
        raise PermissionDenied(f"{user} has no {form.pressed} for {text}")

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """What else stands on the page of a text's form; ``obj`` is None for one not yet saved."""
        return self.lock_panels(request, obj)

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
        label, says = save_label(text)
        moves = moves_for(text, request.user) if may_save else []
        context["desk"] = Desk(
            badge=badge(text),
            says=explained(text),
            may_save=may_save,
            save_label=label,
            save_says=says,
            moves=[(move, form[move.asks] if move.asks else None) for move in moves],
            may_trash=obj is not None
            and not text.is_copy
            and text.locked_at is None
            and self._may(request, Action.TRASH, obj),
            may_correct=obj is not None
            and is_frozen(text)
            and may_correct(request.user, text)
            and not held_against(text, request.user),
            may_discard=may_save and text.is_copy,
            correction=(form["told"], form["public_note"])
            if any(move.name == "_publish_correction" for move in moves)
            else (),
            copy=open_copy_of(text) if obj is not None and is_frozen(text) else None,
            outdated=is_outdated(text),
        )
        context |= self.merging_context(request, context)
        if obj is not None and obj.is_translated:
            remember_other_edition(obj)
        context["panels"] = [] if context.get("is_popup") else self.panels(request, obj)
        # A panel may have fetched the newest version already, for its content.
        newest = getattr(obj, "newest_snapshot", None)
        if newest is None and obj is not None:
            newest = snapshots_of(obj).defer("data").first()
        context["last_saved"] = newest
        return super().render_change_form(request, context, add, change, form_url, obj)

    # -- The trash and the history --

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            *self.history_urls(),
            *self.copy_urls(),
            *self.lock_urls(),
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
        if text is None or text.is_copy:
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
