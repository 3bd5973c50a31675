"""The admin site: the institute's name, and its models grouped by desk instead of by app."""

from functools import update_wrapper
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

# Each desk with its models, in the order that people use them; a bare app label means all of that app.
DESKS: list[tuple[str, Any, list[str]]] = [
    (
        "texts",
        _("Texts"),
        ["articles.Article", "publications.Publication", "pages.InstitutePage", "charhar.HomeSlot"],
    ),
    ("people", _("People"), ["experts.Expert", "experts.ExpertGroup", "experts.Office", "experts.Programme"]),
    ("library", _("Library"), ["library"]),
    (
        "subjects",
        _("Subjects and series"),
        [
            "taxonomy.Topic",
            "taxonomy.Region",
            "articles.NewsSection",
            "publications.Series",
            "articles.Outlet",
            "taggit",
        ],
    ),
    ("secretariat", _("Secretariat"), ["members", "outreach", "contacts"]),
    ("site", _("Site and staff"), ["pages.SiteSettings", "search", "publishing", "desk", "auth", "axes"]),
]


def plans(request: HttpRequest) -> list[dict[str, Any]]:
    """Calendar and queue as a desk of their own, for those who may read anything before publication."""
    from charhar.desk.planning import may_plan

    if not may_plan(request.user):
        return []
    pages = [("Calendar", _("Calendar"), "desk-calendar"), ("Queue", _("Queue"), "desk-queue")]
    models = [
        {"name": name, "object_name": code, "admin_url": reverse(page), "add_url": None, "view_only": True}
        for code, name, page in pages
    ]
    return [
        {
            "name": _("Planning"),
            "app_label": "planning",
            "app_url": "",
            "has_module_perms": True,
            "models": models,
        }
    ]


def translation_desk(request: HttpRequest) -> list[dict[str, Any]]:
    """The way to the translation desk among the texts, for those who may read texts that have editions."""
    from charhar.desk.translations import kinds

    if not kinds(request.user):
        return []
    url = reverse("desk-translations")
    name = _("Translations")
    return [
        {"name": name, "object_name": "Translations", "admin_url": url, "add_url": None, "view_only": True}
    ]


def style_desk() -> dict[str, Any]:
    """The way to the style page, beside what else there is of the site."""
    return {
        "name": _("Style of the site"),
        "object_name": "Style",
        "admin_url": reverse("style"),
        "add_url": None,
        "view_only": True,
    }


class CharharAdminSite(AdminSite):
    """The one admin site."""

    site_header = _("The Charhar Institute")
    site_title = _("Charhar Institute")
    index_title = _("Desk")
    empty_value_display = "–"

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """Django's, with ``tick_silence`` for the pages that depend on ``tick``; asked only where shown."""
        from charhar.desk.heartbeat import silence

        return {**super().each_context(request), "tick_silence": SimpleLazyObject(silence)}

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """The start page: what waits for this person, above the list of desks."""
        from charhar.start import start_page

        return super().index(request, {**start_page(request), **(extra_context or {})})

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Django's; who looks at whose data is written down, and a text's form that comes when its session

        has ended is kept until its person is back.
        """
        from charhar.contacts import looks
        from charhar.desk.sittings import kept_page

        inner = super().admin_view(view, cacheable)

        def keeping(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method == "POST" and not self.has_permission(request):
                page = kept_page(request)
                if page:
                    messages.warning(
                        request, _("You were signed out. What you typed is kept: it opens after you sign in.")
                    )
                    if request.FILES:
                        messages.warning(request, _("Files can not be kept: choose them again."))
                    return redirect_to_login(page, reverse("admin:login", current_app=self.name))
            response = inner(request, *args, **kwargs)
            looks.watch(request, response)
            return response

        return update_wrapper(keeping, inner)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Desks instead of apps; what no desk names stands at the end, so that nothing is lost from sight."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {m["model"]._meta.label: m for app in apps for m in app["models"]}
        desks = plans(request)
        for code, name, labels in DESKS:
            found: list[Any] = []
            for label in labels:
                wanted = [k for k in models if k == label or ("." not in label and k.startswith(f"{label}."))]
                found += [models.pop(k) for k in wanted]
            if code == "texts":
                found += translation_desk(request)
            if code == "site" and found:
                found.append(style_desk())
            if found:
                desks.append(
                    {
                        "name": name,
                        "app_label": code,
                        "app_url": "",
                        "has_module_perms": True,
                        "models": found,
                    }
                )
        if models:
            desks.append(
                {
                    "name": _("More"),
                    "app_label": "more",
                    "app_url": "",
                    "has_module_perms": True,
                    "models": [*models.values()],
                }
            )
        return desks
