"""How long a search takes, ranked, counted and with its facets: see README.md in this folder."""

import argparse
import datetime
import os
import random
import statistics
import sys
import tempfile
import time
from itertools import accumulate

from pages import set_up

AT_MOST_MS = 20
WORDS, CHARACTERS = 600, 900
BATCH = 500
SUBJECTS = {"topic": 7, "region": 5, "author": 60, "series": 6}


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
    """So many published articles, every fourth in Chinese, filed as the institute files."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection, transaction
    from django.utils import timezone

    from articles.models import Article
    from charhar.publishing.documents import SearchDocument
    from charhar.search import index

    kind, now, day = ContentType.objects.get_for_model(Article), timezone.now(), datetime.date(2024, 1, 1)
    for start in range(0, articles, BATCH):
        with transaction.atomic():
            rows = Article.objects.bulk_create(
                Article(
                    title=known[language].text(8), slug=f"kept-{number}", language=language,
                    state="published", publish_at=now, date=day - datetime.timedelta(days=number % 5000),
                )
                for number in range(start, min(start + BATCH, articles))
                for language in ["zh-hans" if number % 4 == 3 else "en"]
            )  # fmt: skip
            documents = []
            for row in rows:
                language = known[row.language]
                filed = {facet: [chance.randrange(count)] for facet, count in SUBJECTS.items()}
                body = language.text(language.length)
                documents.append(
                    (row.pk, SearchDocument(row.title, "", body, row.language, "commentary", row.date, filed))
                )
            index.write(kind, documents)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


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
    spent: dict[str, list[float]] = {"ranked, counted, with facets": [], "the page whole": []}
    hits = []
    for query in rounds:
        began = time.perf_counter()
        answer = find(parse(query))
        answer.keys()
        assert answer.counts is not None
        spent["ranked, counted, with facets"].append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        assert reader.get("/search/", {"q": query}).status_code == 200
        spent["the page whole"].append(1000 * (time.perf_counter() - began))
        hits.append(len(answer.hits))
    print(f"{connection.vendor}, {len(rounds)} queries, {statistics.median(hits):.0f} hits in the middle, "
          f"{max(hits)} at most\n")  # fmt: skip
    print("| step | median, ms | p95, ms |\n|---|---:|---:|")
    for name, times in spent.items():
        print(f"| {name} | {statistics.median(times):.1f} | {statistics.quantiles(times, n=20)[-1]:.1f} |")
    return statistics.median(spent["ranked, counted, with facets"]) <= AT_MOST_MS


def main() -> None:
    """Command line; ends with 1 where half of the searches took too long."""
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
            began = time.perf_counter()
            fill(options.articles, known, chance)
            print(f"{options.articles} articles indexed in {time.perf_counter() - began:.0f} s")
            in_time = measure(queries(known, chance, options.queries))
        finally:
            connection.creation.destroy_test_db(original, verbosity=0)
    sys.exit(0 if in_time else f"Half of the searches took more than {AT_MOST_MS} ms.")


if __name__ == "__main__":
    main()
