"""Two entries of one person in the admin: found, compared, and joined only after having been asked."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect

from .merging import duplicates, merge, what_moves
from .models import Person


class MergingAdmin(admin.ModelAdmin):
    """The list of those who may be one person, and the page on which two become one."""

    actions = ["merge_two"]

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("duplicates/", wrap(self.duplicates_view), name="contacts_person_duplicates"),
            path("<int:first>/merge/<int:second>/", wrap(self.merge_view), name="contacts_person_merge"),
            *super().get_urls(),
        ]

    def has_merge_permission(self, request: HttpRequest) -> bool:
        """Whether this account may join two entries: it changes one and ends the other."""
        return self.has_change_permission(request) and request.user.has_perm("contacts.delete_person")

    @admin.action(description=_("Join two entries of one person…"), permissions=["merge"])
    def merge_two(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        keys = list(queryset.order_by("pk").values_list("pk", flat=True)[:3])
        if len(keys) != 2:
            self.message_user(request, _("Choose two entries."), messages.ERROR)
            return None
        return HttpResponseRedirect(reverse("admin:contacts_person_merge", args=keys))

    def duplicates_view(self, request: HttpRequest) -> HttpResponse:
        """Those who may be one person, and why."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Who may be entered twice"),
            "groups": duplicates(),
            "may_merge": self.has_merge_permission(request),
        }
        return TemplateResponse(request, "admin/contacts/duplicates.html", context)

    @method_decorator(csrf_protect)
    def merge_view(self, request: HttpRequest, first: int, second: int) -> HttpResponse:
        """What each entry has, what would move; and, once it was chosen who stays, the joining."""
        if not self.has_merge_permission(request):
            raise PermissionDenied
        people = Person.objects.in_bulk([first, second])
        if len(people) < 2:
            raise Http404
        pair = [people[first], people[second]]
        chosen = request.POST.get("kept", "")
        if request.method == "POST" and chosen in {str(first), str(second)}:
            kept = people[int(chosen)]
            gone = pair[1] if kept is pair[0] else pair[0]
            try:
                merge(kept, gone, by=request.user)
            except Person.DoesNotExist:
                raise Http404 from None
            self.message_user(request, _("The two entries are one now."), messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:contacts_person_change", args=[kept.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Join two entries of one person"),
            "columns": [(person, what_moves(person)) for person in pair],
            "asked_who": request.method == "POST",
        }
        return TemplateResponse(request, "admin/contacts/merge.html", context)
