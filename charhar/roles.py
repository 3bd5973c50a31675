"""The roles of the house and what each may do, as they stand in a new database.

They are written once, by a migration; from then on they belong to the administrators, who may change them.
"""

from typing import Any

# Grants on texts: role -> (kind or None for every kind, action, own only).
EVERY_KIND = None
EDITING = ("view", "add", "change", "submit", "publish", "withdraw", "trash")

GRANTS: dict[str, list[tuple[str | None, str, bool]]] = {
    "Authors": [
        ("articles.article", "add", False),
        *(("articles.article", action, True) for action in ("view", "change", "submit", "trash")),
        ("experts.expert", "view", True),  # with what is public, enough to choose bylines and entries
        ("publications.publication", "view", True),
    ],
    "Fellows": [
        ("articles.article", "add", False),
        *(("articles.article", action, True) for action in ("view", "change", "submit", "trash")),
        *(("experts.expert", action, True) for action in ("view", "change", "submit")),
        ("publications.publication", "view", True),
    ],
    "Editors": [(EVERY_KIND, action, False) for action in EDITING],
    "Secretariat": [],
    "Administrators": [(EVERY_KIND, action, False) for action in (*EDITING, "override", "delete")],
}

# Django's own permissions, for everything that is not a text: role -> actions -> models (or whole apps).
FILING = [
    "taxonomy",
    "taggit",
    "articles.newssection",
    "articles.outlet",
    "publications.series",
    "experts.expertgroup",
    "experts.office",
    "experts.programme",
]
PERSONAL = ["contacts", "members", "outreach"]
PERSONAL_ROLES = ["Secretariat", "Administrators"]
# What the secretariat's roles may do besides Django's four actions: model -> codename, name.
PERSONAL_DEEDS = {"contacts.person": ("export_person", "Can export everything about a person")}
MISSED = "search.missedsearch"
ALL = ("view", "add", "change", "delete")

MODEL_PERMISSIONS: dict[str, list[tuple[tuple[str, ...], list[str]]]] = {
    "Authors": [(("view",), [*FILING, "library"]), (("add",), ["library"])],
    "Fellows": [(("view",), [*FILING, "library"]), (("add",), ["library"])],
    "Editors": [
        (ALL, [*FILING, "library", "charhar"]),
        (("view",), ["publishing.address", MISSED]),
    ],
    "Secretariat": [(ALL, PERSONAL)],
    "Administrators": [
        (ALL, [*FILING, *PERSONAL, "library", "charhar", "pages", "publishing", "auth", "axes"]),
        (("view",), [MISSED]),
    ],
}


def set_up_roles(apps: Any, using: str) -> None:
    """Create the roles with their grants and permissions in a database that has none of these groups.

    ``apps`` is the registry to read models from, a migration's or the real one. A role that is already there
    is left exactly as its administrators made it.
    """
    groups = apps.get_model("auth", "Group").objects.using(using)
    for role, grants in GRANTS.items():
        group, created = groups.get_or_create(name=role)
        if created:
            _grant(apps, using, group, grants)
            _permit(apps, using, group, MODEL_PERMISSIONS[role])
            if role in PERSONAL_ROLES:
                _permit_deeds(apps, using, group)


def grant_override(apps: Any, using: str) -> None:
    """Give Administrators of a database from before the checklist the right to publish in spite of it."""
    grants = apps.get_model("publishing", "Grant").objects.using(using)
    role = apps.get_model("auth", "Group").objects.using(using).get(name="Administrators")
    grants.get_or_create(role_id=role.pk, action="override", kind_id=None, own=False)


def show_missed_searches(apps: Any, using: str) -> None:
    """Let editors and administrators of a database from before see what was searched for in vain."""
    for group in (
        apps.get_model("auth", "Group").objects.using(using).filter(name__in=["Editors", "Administrators"])
    ):
        _permit(apps, using, group, [(("view",), [MISSED])])


def grant_personal(apps: Any, using: str) -> None:
    """Give the secretariat's roles of a database from before what is new among people's data.

    New is a table on which none of the two roles has any permission; what their administrators gave or took
    elsewhere is left. A migration that follows one with new tables calls it, as often as there are such.
    """
    groups = list(apps.get_model("auth", "Group").objects.using(using).filter(name__in=PERSONAL_ROLES))
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    given = set(
        permissions.filter(group__in=groups).values_list("content_type__app_label", "content_type__model")
    )
    new = [
        f"{app_label}.{model._meta.model_name}"
        for app_label in PERSONAL
        for model in apps.get_app_config(app_label).get_models()
        if (app_label, model._meta.model_name) not in given
    ]
    deeds = [codename for codename, _name in PERSONAL_DEEDS.values()]
    known = permissions.filter(group__in=groups, codename__in=deeds).exists()
    for group in groups:
        _permit(apps, using, group, [(ALL, new)])
        if not known:
            _permit_deeds(apps, using, group)


def _permit_deeds(apps: Any, using: str, group: Any) -> None:
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    for label, (codename, name) in PERSONAL_DEEDS.items():
        kind = _kind(apps, using, *label.split("."))
        permission, _created = permissions.get_or_create(
            content_type_id=kind.pk, codename=codename, defaults={"name": name}
        )
        group.permissions.add(permission.pk)


def _kind(apps: Any, using: str, app_label: str, model: str) -> Any:
    kinds = apps.get_model("contenttypes", "ContentType").objects.using(using)
    return kinds.get_or_create(app_label=app_label, model=model)[0]


def _grant(apps: Any, using: str, group: Any, grants: list[tuple[str | None, str, bool]]) -> None:
    model = apps.get_model("publishing", "Grant")
    for kind, action, own in grants:
        model.objects.using(using).create(
            role_id=group.pk,
            action=action,
            own=own,
            kind_id=_kind(apps, using, *kind.split(".")).pk if kind else None,
        )


def _knows(apps: Any, label: str) -> bool:
    try:
        return bool(apps.get_model(label))
    except LookupError:
        return False


def _permit(apps: Any, using: str, group: Any, rules: list[tuple[tuple[str, ...], list[str]]]) -> None:
    """Give the group its permissions, making those rows that Django makes only after all migrations.

    A handful of queries for all of them and one for each kind: tests and new databases do this often.
    """
    wanted: dict[tuple[int, str], str] = {}
    for actions, labels in rules:
        for label in labels:
            app_label, _dot, name = label.partition(".")
            if label == MISSED and not _knows(apps, label):
                continue  # a migration from before it: a later one gives this
            models = [apps.get_model(label)] if name else apps.get_app_config(app_label).get_models()
            for model in models:
                opts = model._meta
                kind = _kind(apps, using, app_label, opts.model_name)
                wanted |= {
                    (kind.pk, f"{action}_{opts.model_name}"): f"Can {action} {opts.verbose_name_raw}"
                    for action in actions
                }
    model = apps.get_model("auth", "Permission")
    permissions = model.objects.using(using)

    def found() -> dict[tuple[int, str], int]:
        of_kinds = permissions.filter(content_type_id__in={kind for kind, _codename in wanted})
        return {
            (kind, codename): pk
            for pk, kind, codename in of_kinds.values_list("pk", "content_type_id", "codename")
        }

    there = found()
    permissions.bulk_create(
        [
            model(content_type_id=kind, codename=codename, name=name)
            for (kind, codename), name in wanted.items()
            if (kind, codename) not in there
        ]
    )
    there = found()
    group.permissions.add(*(there[which] for which in wanted))
