"""What happened with a person, on each page that is about one: with notes, and ways to what else is held."""

import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Min, OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from .fields import ParagraphsField
from .held import everything_held
from .models import Person, TimelineEvent

EVENTS_SHOWN = 100
SAME_NOTE = datetime.timedelta(minutes=5)


class NoteForm(forms.Form):
    """A note that staff leave for each other."""

    text = ParagraphsField(label=_("Note"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))


class TimelineAdmin(admin.ModelAdmin):
    """A change page with its person's timeline below, and a note to add to it."""

    change_form_template = "admin/contacts/with_timeline.html"

    def person_of(self, obj: Any) -> Person | None:
        """Whom a row is about."""
        return obj if isinstance(obj, Person) else obj.person

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        """The row; a page that is only looked at reads it once."""
        if request.method not in {"GET", "HEAD"}:
            return super().get_object(request, object_id, from_field)
        known = request.__dict__.setdefault("rows_read", {})
        if object_id not in known:
            known[object_id] = super().get_object(request, object_id, from_field)
        return known[object_id]

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_note"
        view = self.admin_site.admin_view(self.note_view)
        return [path("<path:object_id>/note/", view, name=name), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more: dict[str, Any] = {}
        obj: Any = self.get_object(request, unquote(object_id))
        person = self.person_of(obj) if obj else None
        if person is not None and request.user.has_perm("contacts.view_timelineevent"):
            shown = list(person.timeline.select_related("by", "about_type")[: EVENTS_SHOWN + 1])
            more = {
                "timeline_person": person,
                "timeline": shown[:EVENTS_SHOWN],
                "timeline_is_cut": len(shown) > EVENTS_SHOWN,
                "ways": ways_to(self.admin_site, request, person, besides=obj),
                "note_form": NoteForm(auto_id="note_%s"),
                "note_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_note", args=[obj.pk])
                if self.has_change_permission(request, obj)
                else "",
            }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @method_decorator([require_POST, csrf_protect])
    def note_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Add a note; the same words within minutes, as after a double click, are one."""
        obj: Any = self.get_object(request, unquote(object_id))
        by: Any = request.user
        person = self.person_of(obj) if obj else None
        if person is None:
            raise Http404
        if not self.has_change_permission(request, obj):
            raise PermissionDenied
        form = NoteForm(request.POST)
        if form.is_valid():
            text = form.cleaned_data["text"]
            since = timezone.now() - SAME_NOTE
            kind = TimelineEvent.Kind.NOTE
            if not person.timeline.filter(kind=kind, text=text, by=by, at__gt=since).exists():
                TimelineEvent.objects.note(person, kind, by=by, text=text, about=obj)
        else:
            self.message_user(request, " ".join(map(str, form.errors["text"])), messages.ERROR)
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[obj.pk])
        return HttpResponseRedirect(f"{page}#timeline")


def ways_to(site: Any, request: HttpRequest, person: Person, *, besides: Any = None) -> list[dict[str, Any]]:
    """Where else in the admin there is something about a person, each with name and address. One query."""
    ways: list[dict[str, Any]] = []
    if besides != person and site.is_registered(Person) and request.user.has_perm("contacts.view_person"):
        ways.append({"name": _("Person"), "url": reverse("admin:contacts_person_change", args=[person.pk])})
    tables = [
        held
        for held in everything_held()
        if held.model is not TimelineEvent
        and "__" not in held.person  # what hangs on other rows is on their pages
        and site.is_registered(held.model)
        and site.get_model_admin(held.model).has_view_permission(request)
    ]
    columns: dict[str, Any] = {}
    for number, held in enumerate(tables):
        rows = held.model._default_manager.filter(**{held.person: OuterRef("pk")}).order_by()
        for name, aggregate in (("least", Min("pk")), ("most", Max("pk"))):
            found = rows.values(held.person).annotate(found=aggregate).values("found")
            columns[f"{name}_{number}"] = Subquery(found)
    row = Person.objects.annotate(**columns).values(*columns).get(pk=person.pk) if columns else {}
    for number, held in enumerate(tables):
        least, most = row[f"least_{number}"], row[f"most_{number}"]
        if least is None or (least == most and isinstance(besides, held.model)):
            continue
        opts: Any = held.model._meta
        base = f"admin:{opts.app_label}_{opts.model_name}"
        if least == most:
            name, url = opts.verbose_name, reverse(f"{base}_change", args=[least])
        else:
            name = opts.verbose_name_plural
            url = f"{reverse(f'{base}_changelist')}?{held.person}__id__exact={person.pk}"
        ways.append({"name": capfirst(str(name)), "url": url})
    return ways
