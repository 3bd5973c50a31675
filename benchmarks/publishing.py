"""How long from "Publish now" until readers see the text everywhere: see README.md in this folder."""

import argparse
import datetime
import os
import random
import statistics
import sys
import tempfile
import time
from typing import NamedTuple

from pages import EMPTY, add_empty_view, set_up, timed

TOPIC = "public-diplomacy"
PLACES = {
    "its own page": "/articles/{slug}/",
    "home": "/",
    "topic": f"/topics/{TOPIC}/",
    "feed": "/feeds/rss/",
    "search": "/search/?q={slug}",
}
AT_MOST = 0.3
WORDS = 700
BATCH = 1000


def fill(articles: int) -> None:
    """The small whole site of the browser tests, and so many published articles under its first topic.

    In bulk, with address, filing, byline and snapshot each, as years of publishing leave them.
    """
    from django.contrib.contenttypes.models import ContentType
    from django.db import transaction
    from django.utils import timezone

    from articles.models import Article, ArticleSection, ArticleTopic, Byline, NewsSection
    from charhar.publishing.documents import SearchDocument
    from charhar.publishing.models import Address, Snapshot
    from charhar.search import index as search
    from charhar.taxonomy.models import Topic
    from experts.models import Expert
    from tests import factories
    from tests.browser import house

    house.build()
    topic, experts = Topic.objects.get(slug=TOPIC), list(Expert.objects.all())
    section = NewsSection.objects.order_by("pk").first()
    kind, now, chance = ContentType.objects.get_for_model(Article), timezone.now(), random.Random(1)
    vocabulary = ["".join(chance.choices("aeioubdfglmnprst", k=chance.randint(3, 9))) for _ in range(5000)]

    def text(number: int) -> Article:
        before = datetime.timedelta(hours=number + 1)
        return factories.ArticleFactory.build(
            slug=f"kept-{number}", title=" ".join(chance.choices(vocabulary, k=8)), version=1,
            body=f"<p>{' '.join(chance.choices(vocabulary, k=WORDS))}</p>", publish_at=now - before,
            date=timezone.localdate(now - before),
        )  # fmt: skip

    for start in range(0, articles, BATCH):
        with transaction.atomic():
            rows = Article.objects.bulk_create(
                text(number) for number in range(start, min(start + BATCH, articles))
            )
            Address.objects.bulk_create(
                Address(
                    language="en", path=f"/articles/{row.slug}/", status="current", content_type=kind,
                    object_id=row.pk,
                )
                for row in rows
            )  # fmt: skip
            filed = {"subject": topic, "language": "en"}
            ArticleTopic.objects.bulk_create(
                ArticleTopic(article=row, date=row.date, **filed) for row in rows
            )
            news = {"subject": section, "language": "en"}
            ArticleSection.objects.bulk_create(
                ArticleSection(article=row, date=row.date, **news) for row in rows[::4]
            )
            Byline.objects.bulk_create(
                Byline(article=row, expert=chance.choice(experts), name="A Sample") for row in rows
            )
            Snapshot.objects.bulk_create(
                Snapshot(
                    content_type=kind, object_id=row.pk, version=1, action="publish", user_name="editor",
                    data={"fields": {"title": row.title, "body": row.body}},
                )
                for row in rows
            )  # fmt: skip
            search.write(
                kind,
                [
                    (
                        row.pk,
                        SearchDocument(
                            row.title, row.standfirst, row.body[3:-4], "en", "commentary", row.date,
                            {"topic": [topic.pk]},
                        ),
                    )
                    for row in rows
                ],
            )  # fmt: skip


class Moment(NamedTuple):
    """A moment by the clock, and by what this process worked: a busy machine stretches the first alone."""

    clock: float
    work: float

    @classmethod
    def now(cls) -> "Moment":
        """This one."""
        return cls(time.perf_counter(), time.process_time())

    def until_now(self) -> "Moment":
        """Seconds since then, of both."""
        now = self.now()
        return Moment(now.clock - self.clock, now.work - self.work)


def publish(editor, reader, number: int) -> dict[str, Moment]:
    """Write a draft, press the button as a browser does, and ask for each page: seconds of each step."""
    from django.urls import reverse

    from charhar.taxonomy.models import Topic
    from tests import factories
    from tests.admin_forms import opened

    slug = f"just-published-{number}"
    draft = factories.ArticleFactory(
        draft=True, slug=slug, title=f"Just published, number {number}", date=None,
        topics=[Topic.objects.get(slug=TOPIC)],
    )  # fmt: skip
    draft.bylines.create(name="A Guest", role="A sample role")
    url = reverse("admin:articles_article_change", args=[draft.pk])
    form = opened(editor, url)
    seconds = {}
    began = Moment.now()
    response = editor.post(url, {**form, "_publish": "1"})
    seconds["the button"] = began.until_now()
    assert response.status_code == 302, response.content.decode()[:2000]
    for name, path in PLACES.items():
        asked = Moment.now()
        page = reader.get(path.format(slug=slug))
        seconds[name] = asked.until_now()
        assert draft.title in page.content.decode(), f"{name} does not show it"
    seconds["all of it"] = began.until_now()
    return seconds


def lists(editor) -> dict[str, tuple[float, int]]:
    """What the admin's list and an article's form take: seconds and queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from articles.models import Article

    draft = Article.objects.filter(slug__startswith="just-published").first()
    urls = {
        "start page": reverse("admin:index"),
        "list of articles": reverse("admin:articles_article_changelist"),
        "form of an article": reverse("admin:articles_article_change", args=[draft.pk]),
    }
    found = {}
    for name, url in urls.items():
        timed(editor, url)
        took = statistics.median(timed(editor, url) for _ in range(5)) / 1000
        with CaptureQueriesContext(connection) as queries:
            editor.get(url)
        found[name] = (took, len(queries))
    return found


def measure(rounds: int, articles: int) -> bool:
    """Print the tables; whether they were seen everywhere in time, the median."""
    from django.db import connection
    from django.test import Client

    from tests.factories import UserFactory

    host = {"host": "localhost"}
    editor, reader = Client(headers=host), Client(headers=host)
    editor.force_login(UserFactory(roles=["Editors"]), "django.contrib.auth.backends.ModelBackend")
    publish(editor, reader, 0)
    empty = statistics.median(timed(reader, EMPTY) for _ in range(50)) / 1000
    runs = [publish(editor, reader, number) for number in range(1, rounds + 1)]
    print(f"{connection.vendor}, {articles} articles, {rounds} texts published one after the other\n")
    print("| step | median, s | slowest, s | worked, s | × empty |\n|---|---:|---:|---:|---:|")
    for name in runs[0]:
        clock = [run[name].clock for run in runs]
        middle, worked = statistics.median(clock), statistics.median(run[name].work for run in runs)
        print(f"| {name} | {middle:.3f} | {max(clock):.3f} | {worked:.3f} | {middle / empty:.0f} |")
    print("\n| admin, as an editor | s | queries |\n|---|---:|---:|")
    for name, (took, queries) in lists(editor).items():
        print(f"| {name} | {took:.3f} | {queries} |")
    return statistics.median(run["all of it"].clock for run in runs) <= AT_MOST


def main() -> None:
    """Command line; ends with 1 where half of the texts took too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000, help="how many are published (20,000)")
    parser.add_argument("--rounds", type=int, default=15, help="how many more are published (15)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        from django.db import connection

        from charhar.publishing.backends import statistics

        # A test database: beside whatever DATABASE_URL names, never in it; on SQLite in a file, as on a site.
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = os.path.join(folder, "benchmark.sqlite3")
        original = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            fill(options.articles)
            statistics.refresh()  # as `tick` does
            add_empty_view()
            in_time = measure(options.rounds, options.articles)
        finally:
            connection.creation.destroy_test_db(original, verbosity=0)
    sys.exit(0 if in_time else f"They were not seen everywhere within {AT_MOST} s.")


if __name__ == "__main__":
    main()
