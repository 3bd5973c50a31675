"""How long a search takes, ranked, counted and with its facets: see README.md in this folder."""

import argparse
import datetime
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from pages import set_up

AT_MOST_MS = 15
WORDS, CHARACTERS = 600, 900
PARAGRAPHS = 6
BATCH = 500
DAYS = 5000
TOPICS, REGIONS, EXPERTS = 7, 5, 60
FOUND = "ranked, counted, with facets"


class Language:
    """Texts whose words are as unevenly common as in a real language."""

    def __init__(self, chance: random.Random, vocabulary: list[str], joint: str, length: int) -> None:
        self.chance, self.vocabulary, self.joint, self.length = chance, vocabulary, joint, length
        self.weights = list(accumulate(1 / (rank + 3) for rank in range(len(vocabulary))))

    def text(self, length: int) -> str:
        """So many words."""
        return self.joint.join(self.chance.choices(self.vocabulary, cum_weights=self.weights, k=length))


def languages(chance: random.Random) -> dict[str, Language]:
    """English of 30,000 words, Chinese of 20,000 words of two characters."""
    letters, ideographs = "aeioubdfglmnprst", [chr(code) for code in range(0x4E00, 0x4E00 + 2500)]
    english = ["".join(chance.choices(letters, k=chance.randint(3, 10))) for _ in range(30_000)]
    chinese = ["".join(chance.choices(ideographs, k=2)) for _ in range(20_000)]
    return {
        "en": Language(chance, english, " ", WORDS),
        "zh-hans": Language(chance, chinese, "", CHARACTERS // 2),
    }


def fill(articles: int, known: dict[str, Language], chance: random.Random) -> None:
    """So many published articles, every fourth in Chinese, filed as the institute files; not indexed yet."""
    from django.db import transaction
    from django.utils import timezone

    from articles.models import Article, ArticleRegion, ArticleTopic, Byline
    from charhar.taxonomy.models import Region, Topic
    from experts.models import Expert
    from tests.factories import ExpertFactory, RegionFactory, TopicFactory

    makers: list[tuple[Any, int]] = [
        (TopicFactory, TOPICS),
        (RegionFactory, REGIONS),
        (ExpertFactory, EXPERTS),
    ]
    for factory, count in makers:
        factory.create_batch(count)
    topics, regions, experts = (list(model.objects.all()) for model in (Topic, Region, Expert))
    now, day = timezone.now(), datetime.date(2010, 1, 1)

    def article(number: int, code: str) -> Article:
        language = known[code]
        pieces = [language.text(language.length // PARAGRAPHS) for _ in range(PARAGRAPHS)]
        return Article(
            title=language.text(8), slug=f"kept-{number}", language=code, state="published", publish_at=now,
            body="".join(f"<p>{piece}</p>" for piece in pieces),
            date=day + datetime.timedelta(days=number * DAYS // articles),  # as an archive grows
        )  # fmt: skip

    for start in range(0, articles, BATCH):
        with transaction.atomic():
            numbers = range(start, min(start + BATCH, articles))
            rows = Article.objects.bulk_create(
                article(number, "zh-hans" if number % 4 == 3 else "en") for number in numbers
            )
            for model, subjects in ((ArticleTopic, topics), (ArticleRegion, regions)):
                model.objects.bulk_create(
                    model(article=row, subject=chance.choice(subjects), language=row.language, date=row.date)
                    for row in rows
                )
            Byline.objects.bulk_create(
                Byline(article=row, expert=chance.choice(experts), name="A Sample") for row in rows
            )


def index() -> int:
    """All of them, as ``manage.py rebuild_search`` does; how many there are of all kinds."""
    from django.db import connection

    from charhar.search.index import rebuild

    written = {kind: total for kind, _done, total in rebuild()}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return sum(written.values())


class Spent(NamedTuple):
    """Seconds by the clock, and those that a processor worked: a busy machine stretches the first alone."""

    clock: float
    work: float

    @classmethod
    def on(cls, do: Callable[[], Any]) -> tuple[Any, "Spent"]:
        """What ``do()`` gives, and what it took, PostgreSQL's own work on this machine included."""
        clock, work = time.perf_counter(), time.process_time() + work_of_postgresql()
        result = do()
        return result, cls(time.perf_counter() - clock, time.process_time() + work_of_postgresql() - work)


def work_of_postgresql() -> float:
    """Seconds that the process behind this connection has worked; 0 with SQLite and on another machine."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0
    process = connection.connection.info.backend_pid if connection.connection else 0
    try:
        # In billionths of a second, unlike those of the process's own "stat", which are hundredths.
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0


def queries(known: dict[str, Language], chance: random.Random, count: int) -> list[str]:
    """One to three words each, as common as the words of the texts; in Chinese also single characters."""
    made = []
    for number in range(count):
        language = known["zh-hans" if number % 2 else "en"]
        rank = int(len(language.vocabulary) ** chance.random())
        word = language.vocabulary[min(rank, len(language.vocabulary) - 1)]
        others = [chance.choice(language.vocabulary[:200]) for _ in range(number % 3)]
        made.append(" ".join([word, *others]))
    return made


def measure(rounds: list[str]) -> bool:
    """Print the table; whether half of the searches were quick enough."""
    from django.db import connection
    from django.test import Client

    from charhar.search.finding import find
    from charhar.search.segments import parse

    reader = Client(headers={"host": "localhost"})
    reader.get("/search/")
    steps: dict[str, list[Spent]] = {FOUND: [], "the page whole": []}
    hits = []

    def found(query: str) -> int:
        answer = find(parse(query))
        answer.keys()
        assert answer.counts is not None
        return len(answer.hits)

    def page(query: str) -> None:
        assert reader.get("/search/", {"q": query}).status_code == 200

    for query in rounds:
        count, spent = Spent.on(lambda query=query: found(query))  # type: ignore[misc]
        steps[FOUND].append(spent)
        steps["the page whole"].append(Spent.on(lambda query=query: page(query))[1])  # type: ignore[misc]
        hits.append(count)
    print(f"{connection.vendor}, {len(rounds)} queries, {statistics.median(hits):.0f} hits in the middle, "
          f"{max(hits)} at most\n")  # fmt: skip
    print("| step | median, ms | p95, ms | worked, median, ms | worked, p95, ms |\n|---|---:|---:|---:|---:|")
    for name, spents in steps.items():
        columns = [[1000 * spent.clock for spent in spents], [1000 * spent.work for spent in spents]]
        figures = [
            f"{f:.1f}" for c in columns for f in (statistics.median(c), statistics.quantiles(c, n=20)[-1])
        ]
        print(f"| {name} | {' | '.join(figures)} |")
    return statistics.median(1000 * spent.work for spent in steps[FOUND]) <= AT_MOST_MS


def main() -> None:
    """Command line; ends with 1 where half of the searches took too much work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000, help="how many are published (20,000)")
    parser.add_argument("--queries", type=int, default=200, help="how many searches are made (200)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        from django.db import connection

        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = os.path.join(folder, "benchmark.sqlite3")
        original = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True)
        try:
            chance = random.Random(1)
            known = languages(chance)
            fill(options.articles, known, chance)
            count, spent = Spent.on(index)
            print(f"{count} texts indexed in {spent.clock:.0f} s, {spent.work:.0f} s of work: "
                  f"{count / spent.clock:.0f} and {count / spent.work:.0f} a second")  # fmt: skip
            in_time = measure(queries(known, chance, options.queries))
        finally:
            connection.creation.destroy_test_db(original, verbosity=0)
    sys.exit(0 if in_time else f"Half of the searches took more than {AT_MOST_MS} ms of work.")


if __name__ == "__main__":
    main()
