"""Review links in the admin: the panel below a text's form, making, renewing and revoking."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from charhar.publishing.admin_moves import Panel

from . import links
from .link_forms import LinkForm
from .models import ReviewLink

SHOWN = 20


class LinksAdmin(admin.ModelAdmin):
    """Texts that people without an account are asked to review."""

    @property
    def media(self) -> forms.Media:
        script: Any = forms.Script("desk/links.js", type="module")
        return super().media + forms.Media(js=[script], css={"all": ["desk/links.css"]})

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        guarded = self.admin_site.admin_view
        return [
            path("<path:object_id>/links/", guarded(self.links_view), name=f"{name}_links"),
            path(
                "<path:object_id>/links/<int:key>/revoke/",
                guarded(self.revoke_link_view),
                name=f"{name}_revoke_link",
            ),
            path(
                "<path:object_id>/links/<int:key>/renew/",
                guarded(self.renew_link_view),
                name=f"{name}_renew_link",
            ),
            *super().get_urls(),
        ]

    def panels(self, request: HttpRequest, obj: Any) -> list[Panel]:
        """With the links, for those who may make some. One query, one more where there are links."""
        panels: list[Panel] = super().panels(request, obj)  # type: ignore[misc]
        if obj is None or not links.may_invite(request.user, obj):
            return panels
        context = self._links_context(obj)
        if not context["entries"] and context["refusal"]:
            return panels
        return [*panels, Panel("below", "admin/desk/links_panel.html", context)]

    def links_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """All links of a text, and the form to make one; a post makes it."""
        text = self._invited(request, object_id)
        form = LinkForm(request.POST or None, auto_id="link_%s")
        if request.method == "POST" and form.is_valid():
            try:
                link = links.make_link(text, request.user, **form.terms())
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return self._made(request, text, link)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Review links"),
            "subtitle": str(text),
            "text": text,
            "opts": self.opts,
            "panel": self._links_context(text, form, most=None),
            "media": self.media,
        }
        status = 422 if request.method == "POST" else 200
        return TemplateResponse(request, "admin/desk/links.html", context, status=status)

    def renew_link_view(self, request: HttpRequest, object_id: str, key: int) -> HttpResponse:
        """A link to the newest version, on the terms of an earlier one; only by POST."""
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        text, link = self._link(request, object_id, key)
        try:
            made = links.renew_link(link, text, request.user)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
            return self._back(text)
        return self._made(request, text, made)

    def revoke_link_view(self, request: HttpRequest, object_id: str, key: int) -> HttpResponse:
        """End a link at once; only by POST."""
        if request.method != "POST":
            return HttpResponse(status=405, headers={"Allow": "POST"})
        text, link = self._link(request, object_id, key)
        links.revoke_link(link, text, request.user)
        self.message_user(
            request,
            _("The link for %s is revoked; it opens nothing any more.") % link.reviewer,
            messages.SUCCESS,
        )
        return self._back(text)

    def _made(self, request: HttpRequest, text: Any, link: ReviewLink) -> HttpResponse:
        if link.email:
            said = _("The link for %(who)s is made and sent to %(email)s.") % {
                "who": link.reviewer,
                "email": link.email,
            }
        else:
            said = _("The link for %s is made. Copy its address below and pass it on.") % link.reviewer
        self.message_user(request, said, messages.SUCCESS)
        return self._back(text)

    def _back(self, text: Any) -> HttpResponse:
        return redirect(f"{self._url('change', text.pk)}#review-links")  # type: ignore[attr-defined]

    def _invited(self, request: HttpRequest, object_id: str) -> Any:
        text = self._found(request, object_id)  # type: ignore[attr-defined]
        if not links.may_invite(request.user, text):
            raise PermissionDenied
        return text

    def _link(self, request: HttpRequest, object_id: str, key: int) -> tuple[Any, ReviewLink]:
        text = self._invited(request, object_id)
        try:
            return text, links.links_of(text).get(pk=key)
        except ReviewLink.DoesNotExist as error:
            raise Http404("There is no such link of this text.") from error

    def _links_context(
        self, text: Any, form: LinkForm | None = None, most: int | None = SHOWN
    ) -> dict[str, Any]:
        found: list[Any] = list(
            links.links_of(text).annotate(said=Count("comments")).prefetch_related("opinions")[:most]
        )
        standings, refusal = links.with_standings(text, found), links.refusal(text)
        newest = {(link.reviewer, link.email) for link, standing in standings if standing.code == links.OPEN}
        return {
            "form": form or LinkForm(auto_id="link_%s"),
            "refusal": refusal,
            "version": text.version,
            "make_url": self._url("links", text.pk),  # type: ignore[attr-defined]
            "more": most is not None and len(found) == most,
            "entries": [
                {
                    "link": link,
                    "standing": standing,
                    "address": links.address_of(link, text) if standing.is_readable else "",
                    "opinion": next(iter(link.opinions.all()), None),
                    "comments": link.said,  # type: ignore[attr-defined]
                    "revoke_url": self._url("revoke_link", text.pk, link.pk)  # type: ignore[attr-defined]
                    if standing.is_readable
                    else "",
                    "renew_url": self._url("renew_link", text.pk, link.pk)  # type: ignore[attr-defined]
                    if not refusal and self._may_renew(link, standing, newest)
                    else "",
                }
                for link, standing in standings
            ],
        }

    def _may_renew(self, link: ReviewLink, standing: links.Standing, newest: set[tuple[str, str]]) -> bool:
        return standing.code in {links.NEWER, links.EXPIRED} and (link.reviewer, link.email) not in newest
