"""Experts at home: what somebody may change in the profile that is their own, and what only editors place."""

from typing import Any

from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from charhar.desk.admin import DeskAdmin
from charhar.publishing.admin_moves import Panel
from charhar.publishing.history import snapshots_of
from charhar.publishing.models import Action, Publishable, State

# What a profile says of the person. All else (slug, title, place at the institute, areas) the institute says.
PERSONAL = frozenset(
    {
        "family_name", "given_name", "display_name_en", "family_name_zh", "given_name_zh", "display_name_zh",
        "portrait", "biography_en", "biography_zh", "affiliations_en", "affiliations_zh", "orcid", "cv",
        "email", "email_shown", "takes_messages", "takes_media", "media_note_en", "media_note_zh",
    }
)  # fmt: skip


class OwnProfileAdmin(DeskAdmin):
    """Fellows write what their profile says of them; the rest of the form only shows."""

    def places(self, request: HttpRequest, obj: Any) -> bool:
        """Whether the person decides where an expert stands at the institute: makes or publishes profiles."""
        if obj is None or self._may(request, Action.ADD):
            return True
        return self._may(request, Action.PUBLISH, obj.corrects or obj)

    def held_fields(self, request: HttpRequest, obj: Any) -> list[str]:
        held = super().held_fields(request, obj)
        if self.places(request, obj):
            return held
        named = flatten_fieldsets(self.get_fieldsets(request, obj))
        return [*held, *(name for name in named if name not in PERSONAL and name not in held)]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_prepopulated_fields(request, obj) if self.places(request, obj) else {}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With the account, for who may publish; a working copy has none of its own."""
        *others, (name, options) = super().get_fieldsets(request, obj)
        fields = list(options["fields"])
        if self._may(request, Action.PUBLISH) and not (obj is not None and obj.is_copy):
            fields.append("account")
        return [*others, (name, {**options, "fields": fields})]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "account":
            people = get_user_model().objects.filter(is_staff=True, is_active=True)
            kwargs["queryset"] = people.order_by("username")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    # An earlier version holds the institute's fields too, so that who may not write these restores none.

    def _may_restore(self, request: HttpRequest, text: Publishable) -> bool:
        return super()._may_restore(request, text) and self.places(request, text)

    def restore_version_view(self, request: HttpRequest, object_id: str, snapshot: int) -> HttpResponse:
        """As for every text; for those alone who decide where experts stand."""
        text: Any = self._with_history(request, object_id) if request.method == "POST" else None
        if not self.places(request, text):
            raise PermissionDenied
        return super().restore_version_view(request, object_id, snapshot)

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """First, to whom the profile belongs: what they may change, and with what note it came back."""
        panels = super().panels(request, obj)
        if obj is None or self.places(request, obj):
            return panels
        owner = (obj.corrects or obj).account_id
        if owner != request.user.pk:
            return panels
        back = None
        if obj.is_copy and obj.trashed_at is None and obj.state == State.DRAFT:
            back = snapshots_of(obj).filter(action="send_back").select_related("user").defer("data").first()
        says = _("This is your profile as readers see it. Press “Correct this text” to change it.")
        if obj.is_copy or not obj.is_published:
            says = _(
                "Your profile. What can not be typed here the institute decides: write to the editors."
                " When it is as you want it, press “Submit for review”; readers see it once an editor has"
                " published it."
            )
        if obj.state == State.REVIEW:
            says = _("Your changes wait for an editor. Until then you may go on changing them.")
        return [Panel("top", "admin/experts/own_profile.html", {"says": says, "back": back}), *panels]
