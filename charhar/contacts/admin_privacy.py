"""A person's whole data as a file, their erasure, and the rules of what is forgotten when."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from .addresses import email_key
from .erasure import erase, plan
from .held import mentions_of
from .models import Person
from .personal import export

MOST_AT_ONCE = 20


class ReadOnly:
    """Rows that the site writes and nobody changes by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class EraseForm(forms.Form):
    """The address of each person, typed by hand: so that nobody is erased by a slip."""

    def __init__(self, people: list[Person], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = people
        for person in people:
            self.fields[f"address-{person.pk}"] = forms.CharField(
                label=_("Type the address %(address)s to confirm") % {"address": person.email},
                max_length=254,
                widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for person in self.people:
            typed = cleaned.get(f"address-{person.pk}")
            if typed is not None and email_key(typed.strip()) != person.email_key:
                self.add_error(f"address-{person.pk}", _("This is not the address of this person."))
        return cleaned


class PrivacyAdmin(admin.ModelAdmin):
    """People, whose rows go by erasure and in no other way."""

    actions = ["erase_chosen"]

    def get_urls(self) -> list[Any]:
        own = [
            path("erase/", self.admin_site.admin_view(self.erase_several),
                 name="contacts_person_erase_several"),
            path("<path:object_id>/export/", self.admin_site.admin_view(self.export_view),
                 name="contacts_person_export"),
            path("<path:object_id>/erase/", self.admin_site.admin_view(self.erase_view),
                 name="contacts_person_erase"),
        ]  # fmt: skip
        return own + super().get_urls()

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Whether this account may have everything about a person in one file."""
        return request.user.has_perm("contacts.export_person")

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's way to delete leads to erasure."""
        return HttpResponseRedirect(reverse("admin:contacts_person_erase", args=[object_id]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        more: dict[str, Any] = {
            "show_delete": False,  # the button above says what it does
            "may_export": self.has_export_permission(request),
            "may_erase": self.has_delete_permission(request),
        }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def export_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The file with everything. The admin notes the download; see ``looks``."""
        return require_POST(self._export)(request, object_id)

    def _export(self, request: HttpRequest, object_id: str) -> HttpResponse:
        person = self._find(request, object_id)
        if not self.has_export_permission(request):
            raise PermissionDenied
        return HttpResponse(
            export(person),
            content_type="application/zip",
            headers={
                "Content-Disposition": f'attachment; filename="personal-data-{person.pk}.zip"',
                "Cache-Control": "private, no-store",
            },
        )

    def erase_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Says what goes and what stays, asks for the address, and erases."""
        return self._erase(request, [self._find(request, object_id)])

    @admin.action(description=_("Erase everything about them"), permissions=["delete"])
    def erase_chosen(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        keys = [str(key) for key in queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1]]
        if len(keys) > MOST_AT_ONCE:
            self.message_user(
                request,
                _("At most %(count)d people are erased at a time.") % {"count": MOST_AT_ONCE},
                messages.ERROR,
            )
            return None
        return HttpResponseRedirect(
            f"{reverse('admin:contacts_person_erase_several')}?people={','.join(keys)}"
        )

    def erase_several(self, request: HttpRequest) -> HttpResponse:
        """The same page for those who were chosen in the list."""
        keys = [key for key in request.GET.get("people", "").split(",") if key.isdigit()][:MOST_AT_ONCE]
        people = list(Person.objects.filter(pk__in=keys))
        if not people:
            raise Http404
        return self._erase(request, people)

    def _find(self, request: HttpRequest, object_id: str) -> Person:
        person = self.get_object(request, unquote(object_id))
        if person is None:
            raise Http404
        if not self.has_view_permission(request, person):
            raise PermissionDenied
        return person

    def _erase(self, request: HttpRequest, people: list[Person]) -> HttpResponse:
        if not all(self.has_delete_permission(request, person) for person in people):
            raise PermissionDenied
        form = EraseForm(people, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            for person in people:
                erase(person, by=request.user)
            self.message_user(
                request,
                ngettext("%(count)d person was erased.", "%(count)d people were erased.", len(people))
                % {"count": len(people)},
            )
            return HttpResponseRedirect(reverse("admin:contacts_person_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Erase everything about a person"),
            "opts": self.opts,
            "form": form,
            "people": [
                {
                    "person": person,
                    "plan": plan(person),
                    "mentions": mentions_of(person),
                    "field": form[f"address-{person.pk}"],
                }
                for person in people
            ],
        }
        status = 422 if form.errors else 200
        return TemplateResponse(request, "admin/contacts/erase.html", context, status=status)
