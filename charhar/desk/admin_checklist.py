"""The checklist beside a text's form, and beside the fields that it names when a publication is refused."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.http import HttpRequest

from charhar.publishing.admin_forms import OVERRIDE
from charhar.publishing.admin_moves import Panel, moves_for
from charhar.publishing.checklist import MUST, Finding, Unready, findings
from charhar.publishing.copies import is_frozen
from charhar.publishing.models import Action

TEMPLATE = "admin/desk/checklist.html"


class ChecklistAdmin(admin.ModelAdmin):
    """Texts whose page says what must, and what should, be mended before readers see them.

    And whose button to schedule follows the moment as it is typed.
    """

    @property
    def media(self) -> forms.Media:
        scripts: list[Any] = [
            forms.Script(f"desk/{name}.js", type="module") for name in ("checklist", "schedule")
        ]
        return super().media + forms.Media(js=scripts)

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """With the checklist of what is saved, or of what was refused; for texts still to be published."""
        panels: list[Panel] = super().panels(request, obj)  # type: ignore[misc]
        refused = getattr(request, "refused", None)
        if isinstance(refused, Unready):  # before the fields: it is why the page came back
            context = self._checklist(request, obj, refused.findings) | self._override(request, obj)
            context["refused"] = True
            return [Panel("top", TEMPLATE, context), *panels]
        if obj is None or is_frozen(obj) or not self.has_change_permission(request, obj):
            return panels
        found = findings(obj, user=request.user)
        return [Panel("aside", TEMPLATE, self._checklist(request, obj, found)), *panels]

    def _checklist(self, request: HttpRequest, obj: Any, found: list[Finding]) -> dict[str, Any]:
        shown = set(flatten_fieldsets(self.get_fieldsets(request, obj)))
        shown -= set(self.get_readonly_fields(request, obj))
        rows = {*self.model.CONTENT_INLINES}  # type: ignore[attr-defined]

        def placed(finding: Finding) -> tuple[Finding, str]:
            if finding.field in shown:
                return finding, f"id_{finding.field}"
            return finding, f"{finding.field}-group" if finding.field in rows else ""

        return {
            "must": [placed(finding) for finding in found if finding.level == MUST],
            "should": [placed(finding) for finding in found if finding.level != MUST],
        }

    def _override(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """The button that makes the refused move all the same, for those with the grant."""
        text = obj if obj is not None else self.model(created_by=request.user)
        if not (text.corrects or text).may(request.user, Action.OVERRIDE):  # type: ignore[attr-defined]
            return {}
        names = {move.name: move.label for move in moves_for(text, request.user)}
        pressed = next((name for name in names if name in request.POST), "_save")
        return {"override": pressed, "value": OVERRIDE, "label": names.get(pressed, "")}

    def _create_formsets(self, request: HttpRequest, obj: Any, change: bool) -> Any:
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        refused = getattr(request, "refused", None)
        if isinstance(refused, Unready):
            for formset in formsets:
                formset.refused = tuple(
                    f.message for f in refused.findings if f.level == MUST and f.field == formset.prefix
                )
        return formsets, inlines
