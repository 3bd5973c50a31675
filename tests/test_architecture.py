"""The house keeps its shape: who may import whom, where code may stand, what a template may hold.

Each rule is a function from a text to what is wrong with it, so that every rule is also shown to find
what it forbids.
"""

import ast
import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.plain

ROOT = Path(__file__).resolve().parent.parent
CONTENT_APPS = ("articles", "publications", "experts")

LEVEL_0 = {"charhar.desk", "charhar.publishing", "charhar.library", "charhar.taxonomy", "charhar.contacts"}
CONTENT = set(CONTENT_APPS) | {"charhar.pages"}
MAY_IMPORT = {
    "charhar.search": CONTENT | LEVEL_0,
    "charhar.outreach": CONTENT | LEVEL_0,
    "charhar.members": {"experts", "charhar.pages"} | LEVEL_0,
    "charhar.events": {"experts", "charhar.pages"} | LEVEL_0,
    "articles": {"publications", "experts"} | LEVEL_0,
    "publications": {"experts"} | LEVEL_0,
    "experts": LEVEL_0,
    "charhar.pages": LEVEL_0,
    "charhar.desk": {"charhar.publishing", "charhar.library", "charhar.taxonomy", "charhar.contacts"},
    "charhar.publishing": {"charhar.library", "charhar.taxonomy"},
    "charhar.library": set(),
    "charhar.taxonomy": set(),
    "charhar.contacts": set(),
}
# A topic's page is taxonomy's own, and is made with the tools that every page is made with. Views are leaves:
# nobody imports them, so that this one arrow upwards closes no circle.
LEAVES = {
    "charhar.taxonomy.views": {
        "charhar.publishing.head",
        "charhar.publishing.languages",
        "charhar.publishing.listing",
        "charhar.publishing.subjects",
    }
}
# The composition root imports everything and is imported by nobody; so do its folders that hold no models.
COMPOSITION_ROOT = "charhar"

LONGEST_MODULE = 600
DRAWERS = {"utils", "util", "common", "helpers", "misc", "services"}


def modules():
    """Every Python file of ours that runs in the site: no tests, no migrations."""
    for top in ("charhar", *CONTENT_APPS):
        for path in sorted((ROOT / top).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def templates():
    """Every HTML template of ours."""
    yield from sorted((ROOT / "templates").rglob("*.html"))
    for top in ("charhar", *CONTENT_APPS):
        yield from sorted(path for path in (ROOT / top).rglob("*.html") if "templates" in path.parts)


def dotted(path):
    """charhar/pages/models.py -> charhar.pages.models; a package's __init__ answers to the package's name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(module):
    """The part of the house that a dotted name belongs to, or None when it is not ours."""
    for package in MAY_IMPORT:
        if module == package or module.startswith(package + "."):
            return package
    return COMPOSITION_ROOT if module.split(".")[0] == "charhar" else None


def imported(source, module, *, is_package):
    """(line, dotted name) of everything a module imports, wherever in it, by a string too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")
                cut = len(parents) - node.level + is_package
                base = ".".join([*parents[:cut], *([base] if base else [])])
            # "from charhar import views" names a module too, not only a thing inside one
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in {"import_module", "import_string", "__import__"} and isinstance(
                node.args[0].value, str
            ):
                yield node.lineno, node.args[0].value


def forbidden_imports(source, module, *, is_package=False):
    """The imports of a module that go upwards, sideways or into the composition root."""
    own = package_of(module)
    if own == COMPOSITION_ROOT:
        return []
    allowed = MAY_IMPORT[own] | {own}
    return [
        f"{module}, line {line}: {own} imports {name}"
        for line, name in imported(source, module, is_package=is_package)
        if package_of(name) is not None
        and package_of(name) not in allowed
        and name.rpartition(".")[0] not in LEAVES.get(module, ())
    ]


def missing_docstrings(source, module):
    """The module, and the public functions and classes at its top, that do not say what they are."""
    tree = ast.parse(source)
    if not tree.body:
        return []
    missing = [] if ast.get_docstring(tree) else [f"{module}: the module"]
    for node in tree.body:
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if named and not node.name.startswith("_") and not ast.get_docstring(node):
            missing.append(f"{module}, line {node.lineno}: {node.name}")
    return missing


def inline_code(source):
    """Whatever in a template the content security policy would refuse, or that calls on another host."""
    text = re.sub(r"{#.*?#}|{%\s*comment\b.*?{%\s*endcomment\s*%}|<!--.*?-->", "", source, flags=re.S)
    found = []
    for attributes in re.findall(r"<script\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", text, re.I):
        is_data = re.search(r"""\btype\s*=\s*["']application/(ld\+)?json["']""", attributes, re.I)
        if not re.search(r"\bsrc\s*=", attributes, re.I) and not is_data and "nonce" not in attributes:
            found.append(f"inline script: <script{attributes}>")
    found += [f"inline style sheet: {tag}" for tag in re.findall(r"<style\b[^>]*>", text, re.I)]
    for tag in re.findall(r"<[a-z](?:[^>\"']|\"[^\"]*\"|'[^']*')*>", text, re.I):
        found += [f"style attribute: {tag}" for _ in re.findall(r"\sstyle\s*=", tag, re.I)]
        found += [f"event handler: {tag}" for _ in re.findall(r"\son[a-z]+\s*=", tag, re.I)]
        found += [
            f"another host: {tag}"
            for _ in re.findall(r"\s(?:src|srcset|data|poster)\s*=\s*[\"']?\s*(?:https?:)?//", tag, re.I)
        ]
        if tag.lower().startswith("<link") and re.search(
            r"rel=[\"']?(?:stylesheet|preload|preconnect|icon)", tag
        ):
            found += [f"another host: {tag}" for _ in re.findall(r"href=[\"']?(?:https?:)?//", tag, re.I)]
    return found


def foreign_addresses(source):
    """What a style sheet or script would load from another host."""
    code = re.sub(r"/\*.*?\*/", "", source, flags=re.S)
    return re.findall(
        r"""(?:url\(\s*["']?|@import\s+["']|\bfrom\s+["']|\bimport\(?\s*["']|fetch\(\s*["'`])(?:https?:)?//[^"'`)\s]+""",
        code,
    )


# -- The house --------------------------------------------------------------------------------------


def test_imports_go_downwards_only():
    assert [
        line
        for path in modules()
        for line in forbidden_imports(path.read_text(), dotted(path), is_package=path.name == "__init__.py")
    ] == []


def test_nobody_imports_a_leaf_that_reaches_upwards():
    importers = [
        (dotted(path), name)
        for path in modules()
        for _line, name in imported(path.read_text(), dotted(path), is_package=path.name == "__init__.py")
        if any(name == leaf or name.startswith(f"{leaf}.") for leaf in LEAVES)
    ]
    assert importers == [("charhar.taxonomy.urls", "charhar.taxonomy.views")]


def test_the_import_table_itself_has_no_circle():
    done = set()
    while len(done) < len(MAY_IMPORT):
        ready = {package for package, below in MAY_IMPORT.items() if package not in done and below <= done}
        assert ready, f"a circle among {set(MAY_IMPORT) - done}"
        done |= ready


def test_every_app_of_ours_stands_in_the_import_table():
    from django.apps import apps

    ours = {
        app.name
        for app in apps.get_app_configs()
        if Path(app.path).is_relative_to(ROOT) and ".venv" not in app.path
    }
    assert ours - {COMPOSITION_ROOT} <= set(MAY_IMPORT)


def test_no_drawer_for_anything():
    names = {part for path in modules() for part in path.relative_to(ROOT).with_suffix("").parts}
    assert names & DRAWERS == set()


def test_no_module_is_too_long_to_be_read_in_one_sitting():
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in modules()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_public_functions_and_classes_say_what_they_are():
    assert [line for path in modules() for line in missing_docstrings(path.read_text(), dotted(path))] == []


def test_templates_hold_no_inline_code_and_call_no_other_host():
    # Letters have no other place for their styles: mail programs load no sheet, and some drop the element.
    found = {
        str(path.relative_to(ROOT)): [
            line
            for line in inline_code(path.read_text())
            if not (path.parent.name == "mail" and line.startswith(("inline style sheet", "style attribute")))
        ]
        for path in templates()
    }
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_style_sheets_and_scripts_call_no_other_host():
    files = [path for kind in ("css", "js") for path in (ROOT / "charhar").rglob(f"*.{kind}")]
    found = {str(path.relative_to(ROOT)): foreign_addresses(path.read_text()) for path in files}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_only_what_tools_expect_stands_at_the_top():
    import subprocess

    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    assert {line.split("/")[0] for line in listing.stdout.splitlines()} <= {
        *CONTENT_APPS, "charhar", "templates", "tests", "docs", "deploy", "benchmarks", "requirements",
        ".ci", ".gitignore", "CHANGELOG.md", "LICENSE", "Makefile", "README.md",
        "manage.py", "package-lock.json", "package.json", "pyproject.toml",
    }  # fmt: skip


# -- The rules find what they forbid ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("charhar.library.models", "from charhar.taxonomy.models import Topic"),
        ("charhar.taxonomy.views", "from articles.models import Article"),
        ("charhar.taxonomy.views", "def view(request):\n    from articles.models import Article"),
        ("charhar.publishing.workflow", "import experts.models"),
        ("charhar.publishing.workflow", "from charhar.contacts import models"),
        ("charhar.pages.views", "from charhar import views"),
        ("charhar.pages.views", "from charhar.navigation import header"),
        ("charhar.pages.views", "from .. import navigation"),
        ("charhar.pages.views", "from ..search.models import Entry"),
        ("experts.views", "from publications.models import Series"),
        ("publications.admin", "from articles.models import Article"),
        ("articles.models", "from charhar.pages.models import SiteSettings"),
        ("articles.models", "from charhar.templatetags import page"),
        ("charhar.members.views", "from articles.models import Article"),
        ("charhar.contacts.guard", "from importlib import import_module\nimport_module('charhar.members')"),
    ],
)
def test_the_import_rule_finds(module, source):
    assert len(forbidden_imports(source, module)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("articles.models", "import articles.views\nfrom . import views\nfrom .views import article"),
        (
            "articles.models",
            "from publications.models import Entry\nfrom charhar.publishing.models import State",
        ),
        (
            "charhar.publishing.models",
            "from charhar.library.models import Image\nimport django, charharmonica",
        ),
        ("charhar.navigation", "from charhar.views import home\nfrom articles.models import Article"),
        (
            "charhar.management.commands.tick",
            "from articles.models import Article\nfrom charhar import navigation",
        ),
    ],
)
def test_the_import_rule_lets_pass(module, source):
    assert forbidden_imports(source, module) == []


def test_a_packages_own_init_may_import_its_modules():
    assert forbidden_imports("from . import models", "charhar.pages", is_package=True) == []
    assert len(forbidden_imports("from .. import views", "charhar.pages", is_package=True)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        '<SCRIPT type="module">go()</SCRIPT>',
        '<script data-x="a > b">go()</script>',
        "<style>p { color: red }</style>",
        '<p class="x" style="color: red">',
        '<p\n  style = "color: red">',
        '<a href="/" onclick="go()">',
        '<img src="https://elsewhere.example/x.png">',
        '<script src="//elsewhere.example/x.js"></script>',
        '<link rel="stylesheet" href="https://elsewhere.example/x.css">',
    ],
)
def test_the_template_rule_finds(source):
    assert len(inline_code(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        '<script src="{% static \'charhar/js/site.js\' %}" type="module"></script>',
        '<script type="application/ld+json">{{ schema }}</script>',
        "{# <script>alert(1)</script> #}",
        '<a href="https://elsewhere.example/">a link is not a request</a>',
        '<link rel="canonical" href="https://elsewhere.example/">',
        '<p class="style">style = "none", onward</p>',
        "{% comment %}<style></style>{% endcomment %}",
    ],
)
def test_the_template_rule_lets_pass(source):
    assert inline_code(source) == []


def test_the_style_sheet_rule_finds():
    assert len(foreign_addresses("@font-face { src: url(https://elsewhere.example/f.woff2) }")) == 1
    assert len(foreign_addresses('@import "//elsewhere.example/x.css";')) == 1
    assert len(foreign_addresses('import { x } from "https://elsewhere.example/x.js";')) == 1
    assert (
        foreign_addresses("/* url(https://elsewhere.example/) */ a { background: url(../img/x.svg) }") == []
    )


def test_the_docstring_rule_finds():
    told = 'def told():\n    """Says."""\ndef _own():\n    pass\n'
    silent = "def silent():\n    pass\nclass Mute:\n    pass\n"
    assert missing_docstrings(f'"""A module."""\n{told}{silent}', "x") == [
        "x, line 6: silent",
        "x, line 8: Mute",
    ]
    assert missing_docstrings("x = 1", "x") == ["x: the module"]
    assert missing_docstrings("", "x") == []
