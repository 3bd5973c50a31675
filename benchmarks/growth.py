"""What each kind of page costs as the archive grows: see README.md in this folder."""

import argparse
import datetime
import json
import os
import platform
import statistics
import tempfile
from functools import partial
from pathlib import Path

from pages import set_up
from searching import Spent

RESULTS = Path(__file__).resolve().parent / "results"
AT_MOST = 1.5
PAGES = {
    "home": "/",
    "home, menu and foot made anew": "/",
    "home in Chinese": "/zh/",
    "article": "{article}",
    "topic": "/topics/scale-topic-0/",
    "topic, last page": "/topics/scale-topic-0/?page={last}",
    "topic in Chinese": "/zh/topics/scale-topic-0/",
    "region": "/regions/scale-region-0/",
    "latest research": "/research/",
    "latest research, page 500 or last": "/research/?page={far}",
    "news and events": "/news/",
    "expert": "/experts/scale-expert-0/",
    "tag": "/tags/scale-tag-0/",
    "feed of all": "/feeds/rss/",
    "feed of a topic": "/feeds/topic/scale-topic-0/rss/",
    "publications": "/publications/",
    "sitemap's index": "/sitemap.xml",
    "sitemap, a part": "/sitemap-articles.xml",
    "admin: start": "/admin/",
    "admin: articles": "/admin/articles/article/",
    "admin: an article's form": "{form}",
    "admin: calendar": "/admin/calendar/",
    "admin: topics": "/admin/taxonomy/topic/",
}


def last_page(under: str, subject: int) -> int:
    """The number of a list's last page in English."""
    from charhar.publishing.listing import PER_PAGE
    from charhar.publishing.shelf import Shelf

    return -(-sum(Shelf(under, subject, "en", {}).per_year().values()) // PER_PAGE)


def addresses() -> dict[str, str]:
    """Where each kind of page is in this database."""
    from django.urls import reverse

    from articles.models import Article
    from charhar.taxonomy.models import Topic

    article = Article.objects.published().filter(language="en", kind="commentary").newest_first()[0]
    places = {
        "article": article.get_absolute_url(),
        "form": reverse("admin:articles_article_change", args=[article.pk]),
        "last": last_page("topic", Topic.objects.get(slug="scale-topic-0").pk),
        "far": min(500, last_page("research", 0)),
    }
    named = {name: path.format(**places) for name, path in PAGES.items()}
    return named | {"admin: calendar": reverse("desk-calendar")}


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of work and queries of each page; pages take turns, so that a busy moment falls on all."""
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from tests.factories import UserFactory

    host = {"host": "localhost"}
    reader, editor = Client(headers=host), Client(headers=host)
    editor.force_login(UserFactory(roles=["Editors"]), "django.contrib.auth.backends.ModelBackend")
    found = {}
    named = addresses()
    spent: dict[str, list[float]] = {name: [] for name in named}
    for turn in range(rounds + 1):
        for name, path in named.items():
            client = editor if name.startswith("admin") else reader
            if "made anew" in name:
                cache.clear()
            response, took = Spent.on(partial(client.get, path))
            assert response.status_code == 200, f"{path} answers {response.status_code}"
            if turn:  # the first fills what is kept
                spent[name].append(1000 * took.work)
    for name, path in named.items():
        client = editor if name.startswith("admin") else reader
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        found[name] = {"ms": statistics.median(spent[name]), "queries": len(queries)}
    return found


def grown(size: int, rounds: int, folder: str) -> dict[str, dict[str, float]]:
    """Load a database of its own of that size, and measure in it."""
    from django.db import connection

    from charhar.demo.scale import Scale
    from charhar.publishing.standing import set_aside

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = os.path.join(folder, f"growth-{size}.sqlite3")
    original = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        with set_aside():
            for _done in Scale().load(size):
                pass
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
        return measure(rounds)
    finally:
        connection.creation.destroy_test_db(original, verbosity=0)


def table(sizes: list[int], found: dict[int, dict[str, dict[str, float]]]) -> str:
    """The results as Markdown: milliseconds of work by size, and the largest against the smallest."""
    head = [f"{size:,}" for size in sizes]
    lines = [f"| page | {' | '.join(head)} | ratio | queries |", f"|---|{'---:|' * (len(sizes) + 2)}"]
    for name in found[sizes[0]]:
        taken = [found[size][name]["ms"] for size in sizes]
        queries = "/".join(dict.fromkeys(f"{found[size][name]['queries']:.0f}" for size in sizes))
        figures = " | ".join(f"{ms:.1f}" for ms in taken)
        lines.append(f"| {name} | {figures} | {taken[-1] / taken[0]:.2f} | {queries} |")
    return "\n".join(lines)


def picture(sizes: list[int], found: dict[int, dict[str, dict[str, float]]]) -> str:
    """Each page's growth as a line, in SVG: sizes across, times the smallest's work upwards, at most 4."""
    across = [40 + 400 * place / max(1, len(sizes) - 1) for place in range(len(sizes))]

    def height(ratio: float) -> float:
        return 280 - 60 * min(ratio, 4.2)

    lines = []
    for name in found[sizes[0]]:
        ratios = [found[size][name]["ms"] / found[sizes[0]][name]["ms"] for size in sizes]
        points = " ".join(f"{x:.0f},{height(y):.0f}" for x, y in zip(across, ratios, strict=True))
        lines.append(
            f'<polyline points="{points}" fill="none" stroke="#a82a1d" stroke-opacity=".6">'
            f"<title>{name}</title></polyline>"
        )
    rules = "".join(
        f'<line x1="40" x2="440" y1="{height(y):.0f}" y2="{height(y):.0f}" stroke="#ccc"/>'
        f'<text x="4" y="{height(y) + 4:.0f}">×{y}</text>'
        for y in (1, AT_MOST, 2, 3, 4)
    )
    labels = "".join(
        f'<text x="{x:.0f}" y="296" text-anchor="middle">{size:,}</text>'
        for x, size in zip(across, sizes, strict=True)
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 500 300" font-family="sans-serif"'
        ' font-size="11">'
        f"{rules}{labels}{''.join(lines)}</svg>\n"
    )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000], help="numbers of articles")
    parser.add_argument("--rounds", type=int, default=15, help="how often each page is asked for (15)")
    options = parser.parse_args()
    sizes = sorted(options.sizes)
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        from django.db import connection

        found = {size: grown(size, options.rounds, folder) for size in sizes}
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        machine = {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "database": connection.vendor,
        }
        connection.ensure_connection()
        machine["version"] = ".".join(map(str, connection.get_database_version()))
        RESULTS.mkdir(exist_ok=True)
        name = RESULTS / f"growth-{connection.vendor}-{day}"
        results = {"date": day, **machine, "rounds": options.rounds, "pages": found}
        name.with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
        name.with_suffix(".svg").write_text(picture(sizes, found))
        print(f"{connection.vendor} {machine['version']}, medians of {options.rounds}, ms of work\n")
        print(table(sizes, found))


if __name__ == "__main__":
    main()
