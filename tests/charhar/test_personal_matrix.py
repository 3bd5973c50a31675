"""Every address of the site, for every role: somebody's data show to the secretariat's roles and to nobody else.

The addresses come from the site's own list of addresses, so that a page which is added later stands in the table.
"""

import re
import sys

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.resolvers import LocalePrefixPattern, RoutePattern
from django.utils import timezone

from charhar.contacts.held import everything_held
from charhar.contacts.models import TimelineEvent
from tests.contacts.filled import ADDRESS, NAME, OURS, fill_everything, make_person
from tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.matrix]

GIVEN, FAMILY = NAME.split()
ROLES = {
    "anonymous": None,
    "no role": {},
    "Authors": {"roles": ["Authors"]},
    "Fellows": {"roles": ["Fellows"]},
    "Editors": {"roles": ["Editors"]},
    "Secretariat": {"roles": ["Secretariat"]},
    "Administrators": {"roles": ["Administrators"]},
    "superuser": {"is_superuser": True},
}
MAY_SEE = {"Secretariat", "Administrators", "superuser"}


def routes(patterns, prefix=""):
    """Every address that the site answers at, with its converters, in English."""
    for entry in patterns:
        if isinstance(entry, URLResolver):
            own = "" if isinstance(entry.pattern, LocalePrefixPattern) else str(entry.pattern)
            yield from routes(entry.url_patterns, prefix + own)
        elif isinstance(entry, URLPattern) and isinstance(entry.pattern, RoutePattern):
            yield prefix + str(entry.pattern)


ROUTES = sorted(set(routes(get_resolver().url_patterns)))


def filled(route, rows):
    """The route with a row's key, or with something, in each of its places."""
    parts = route.split("/")
    row = None
    if parts[0] == "admin" and len(parts) > 3:
        row = next((r for label, r in rows.items() if label.lower() == ".".join(parts[1:3])), None)

    def place(match):
        kind, _colon, name = match[1].rpartition(":")
        if name in {"object_id", "pk"} or (row is not None and kind in {"int", "path"}):
            return str(row.pk if row is not None else 1)
        return "2025" if kind == "int" else "x"

    return "/" + re.sub(r"<([^>]+)>", place, route)


def variants(path):
    """A page, and what is asked of it: a search by one name, which must not give the other."""
    yield path, {}
    if path == "/admin/autocomplete/":
        for model in admin.site._registry:
            for field in model._meta.get_fields():
                related = getattr(field, "related_model", None)
                if getattr(field, "many_to_one", False) and related in admin.site._registry:
                    yield path, {
                        "app_label": model._meta.app_label, "model_name": model._meta.model_name,
                        "field_name": field.name, "term": GIVEN,
                    }  # fmt: skip
    elif "<" not in path and path.count("/") in {2, 4}:
        yield path, {"q": GIVEN}
        if path.startswith("/admin/"):
            yield path, {"_popup": "1"}


def shows(response):
    if response.streaming:
        return False
    text = response.content.decode("utf-8", "replace")
    return ADDRESS in text or FAMILY in text


@pytest.fixture
def rows():
    person = make_person()
    rows = {"contacts.Person": person, **fill_everything(person)}
    TimelineEvent.objects.note(person, TimelineEvent.Kind.NOTE, text=f"About {NAME}", at=timezone.now())
    return rows


# The daily run asks for an editor, the most that anybody outside the secretariat may, and for the two ends.
DAILY = {"anonymous", "Editors", "Secretariat"}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "role", [pytest.param(role, marks=() if role in DAILY else pytest.mark.long) for role in ROLES]
)
def test_personal_data_show_to_their_roles_only(client, rows, role, capsys):
    client.raise_request_exception = False
    if ROLES[role] is not None:
        client.force_login(UserFactory(**ROLES[role]))
    cells, leaks, faults, seen = 0, [], [], set()
    for route in ROUTES:
        if "logout" in route:
            continue
        for path, query in variants(filled(route, rows)):
            response = client.get(path, query)
            cells += 1
            in_office = path.startswith("/admin/") and role in MAY_SEE
            if response.status_code >= 500:
                faults.append((path, query))
            elif shows(response):
                seen.add(route)
                if not in_office:
                    leaks.append((path, query))
        if role not in MAY_SEE and route.startswith("admin/"):
            path = filled(route, rows)
            for data in ({}, *chosen(path, rows)):
                response = client.post(path, data)
                cells += 1
                if shows(response):
                    leaks.append((path, data))
    with capsys.disabled():
        sys.stdout.write(f"\n{role}: {cells} cells, {len(leaks)} leaks, {len(seen)} routes with the marker\n")
    assert (leaks, faults) == ([], [])
    if role in MAY_SEE:
        # The table would find a leak: those who may see do see, on the list and the page of every table.
        assert not {
            route for route in ROUTES if re.match(rf"admin/({'|'.join(WITH_MARKER)})/(<path:object_id>/change/)?$", route)
        } - seen  # fmt: skip


WITH_MARKER = ["contacts/person", "contacts/consent", "outreach/contactmessage", "members/application"]


def chosen(path, rows):
    """Every action of a list, with its rows chosen."""
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label in OURS and path == reverse(
            f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        ):
            row = rows.get(model._meta.label)
            for action in [*model_admin.actions, "delete_selected"]:
                name = action if isinstance(action, str) else action.__name__
                yield {"action": name, "_selected_action": [row.pk if row else 1]}


def test_every_admin_page_and_address_about_people_is_in_the_table(rows):
    paths = {filled(route, rows) for route in ROUTES}
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label not in OURS:
            continue
        for pattern in model_admin.get_urls():
            if pattern.name is None:
                continue
            row = rows.get(model._meta.label)
            names = list(pattern.pattern.converters)
            values = {
                name: str(row.pk if row else 1) if name in {"object_id", "pk"} else None for name in names
            }
            values = {n: v or (str(row.pk if row else 1) if pattern.pattern.converters[n].regex == "[0-9]+" else "x")
                      for n, v in values.items()}  # fmt: skip
            assert reverse(f"admin:{pattern.name}", kwargs=values) in paths, pattern.name
    assert {held.model._meta.label for held in everything_held()} <= set(rows)
    for module in ("outreach", "members"):
        assert any(route.startswith(("about/contact", "about/membership")) for route in ROUTES), module
