"""How many times an empty view's time each kind of page takes: see README.md in this folder."""

import argparse
import gzip
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = {
    "home": "/",
    "home in Chinese": "/zh/",
    "article": "/articles/bridges-between-neighbours/",
    "topic": "/topics/public-diplomacy/",
    "topic, last page": "/topics/public-diplomacy/?page={last}",
    "latest research": "/research/",
    "expert": "/experts/sample-pan/",
    "series": "/publications/quarterly/",
    "search": "/search/?q=title",
}
EMPTY = "/benchmark-empty/"


def set_up(folder: str) -> None:
    """Configure Django so that it keeps off what the surroundings' variables name: Redis, media, mail."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="charhar.settings",
        SECRET_KEY="only-for-benchmarks",
        VAR_DIR=folder,
        LOG_LEVEL="ERROR",
        REDIS_URL="",
        EMAIL_URL="dummymail://",
    )
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.conf import settings

    settings.STATIC_ROOT.mkdir()
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


def fill(articles: int) -> None:
    """The small whole site of the browser tests, with many more articles under its first topic."""
    from django.db import transaction

    from charhar.taxonomy.models import Topic
    from tests import factories
    from tests.browser import house

    with transaction.atomic():
        house.build()
        topics = list(Topic.objects.filter(slug="public-diplomacy"))
        for number in range(articles):
            factories.ArticleFactory(title=f"One more title, number {number}", topics=topics)


def add_empty_view() -> None:
    """Put the view that everything is compared with beside the site's own, behind the same middleware."""
    from django.http import HttpResponse
    from django.urls import path

    from charhar import urls

    urls.urlpatterns.append(path(EMPTY.strip("/") + "/", lambda request: HttpResponse("hello")))


def timed(client, address: str) -> float:
    """Milliseconds of one request."""
    began = time.perf_counter()
    response = client.get(address)
    took = (time.perf_counter() - began) * 1000
    assert response.status_code == 200, f"{address} answers {response.status_code}"
    return took


def measure(rounds: int, articles: int) -> None:
    """Print the table."""
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "localhost"})
    last = max(1, articles // 20)
    addresses = {name: path.format(last=last) for name, path in PAGES.items()} | {"an empty view": EMPTY}
    anew = {name: [] for name in addresses}
    kept = {name: [] for name in addresses}
    for address in addresses.values():
        timed(client, address)
    for _ in range(rounds):
        for name, address in addresses.items():
            cache.clear()
            anew[name].append(timed(client, address))
            kept[name].append(timed(client, address))
    empty = statistics.median(kept["an empty view"])
    print(f"{connection.vendor}, {articles} articles under one topic, medians of {rounds} requests\n")
    print("| page | made anew, ms | kept, ms | × empty | queries | gzipped |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, address in addresses.items():
        timed(client, address)
        with CaptureQueriesContext(connection) as queries:
            size = len(gzip.compress(client.get(address).content))
        middle = statistics.median(kept[name])
        print(
            f"| {name} | {statistics.median(anew[name]):.1f} | {middle:.1f} | {middle / empty:.1f} "
            f"| {len(queries)} | {size:,} |"
        )


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=300, help="how many there are under one topic (300)")
    parser.add_argument("--rounds", type=int, default=50, help="how often each page is asked for (50)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        from django.db import connection

        # A test database: beside whatever DATABASE_URL names, never in it.
        original = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            fill(options.articles)
            add_empty_view()
            measure(options.rounds, options.articles)
        finally:
            connection.creation.destroy_test_db(original, verbosity=0)


if __name__ == "__main__":
    main()
