"""The site under gunicorn against the least that WSGI, Django and nginx do: see README.md in this folder."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from machine import (
    ROOT,
    Load,
    Server,
    backends,
    described,
    free_port,
    gunicorn,
    redis,
    require,
    shared_out,
    worked,
    wrk,
)

GZIP = {"Accept-Encoding": "gzip"}
RESULTS = ROOT / "benchmarks" / "results"
WSGI, DJANGO, STATIC = "bare WSGI", "bare Django", "nginx, a static file"


@dataclass
class Subject:
    """One row: who is asked for what, whose work that is, and what it is held against."""

    name: str
    server: Server
    path: str
    headers: dict[str, str] = field(default_factory=lambda: dict(GZIP))
    pids: Callable[[], list[int]] = list
    queries: int = 0
    size: int = 0
    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.port}{self.path}"

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def cost(self) -> float:
        """Milliseconds of processor time a request."""
        return statistics.median(self.costs)

    def measure(self, seconds: float, connections: int) -> None:
        """One turn."""
        before = worked(self.pids())
        load: Load = wrk(self.address, seconds, connections, self.headers)
        spent = worked(self.pids()) - before
        self.rates.append(load.a_second)
        self.costs.append(spent / max(1, load.requests))
        self.p50.append(load.p50)
        self.p99.append(load.p99)
        self.failed += load.failed


@dataclass
class Bound:
    """A row's rate must be at least ``must`` times the other's, or its cost at most.

    ``loose`` is for any machine, however busy: it finds gross mistakes alone.
    """

    row: str
    against: str
    by: str
    must: float
    loose: float


def bounds(vendor: str) -> list[Bound]:
    """Issue by issue, the figures that were asked for."""
    postgres = vendor == "postgresql"
    return [
        Bound("article, kept", WSGI, "rate", 0.8, 0.4),
        Bound("article, kept", DJANGO, "rate", 1.0, 0.5),
        Bound("article, not modified", WSGI, "rate", 0.85, 0.4),
        Bound("article, kept in Redis", WSGI, "rate", 0.55, 0.25),
        Bound("article, kept in Redis", DJANGO, "rate", 0.75, 0.35),
        Bound("article, nginx's microcache", STATIC, "rate", 0.5, 0.2),
        Bound("article, cold", DJANGO, "cost", 35 if postgres else 25, 80),
        Bound("home, cold", DJANGO, "cost", 45 if postgres else 35, 100),
        Bound("list, page 1, cold", DJANGO, "cost", 40 if postgres else 30, 90),
        Bound("list, page 500, cold", DJANGO, "cost", 40 if postgres else 30, 90),
        Bound("list, page 500, cold", "list, page 1, cold", "cost", 1.2, 2),
    ]


def manage(*command: str, **variables: str) -> None:
    """One management command."""
    subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env={**os.environ, **variables}, check=True
    )


@contextmanager
def database(folder: str) -> Iterator[str]:
    """The address of a database of this run's own: on the server of DATABASE_URL, or in a file."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield f"sqlite:///{folder}/site.sqlite3"
        return
    import psycopg

    name = f"charhar_serving_{os.getpid()}"
    server, _slash, _name = given.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as link:
        link.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as link:
            link.execute(f"DROP DATABASE {name} WITH (FORCE)")


def addresses(articles: int) -> dict[str, str]:
    """The pages that are asked for; of fewer than 20,000 articles, the far page is a nearer one."""
    from articles.models import Article

    text = Article.objects.published().filter(language="en").order_by("-publish_at")[5]
    return {
        "article": text.get_absolute_url(),
        "home": "/",
        "list, page 1": "/research/",
        "list, page 500": f"/research/?page={max(2, min(500, articles // 40))}",
    }


def counted(path: str) -> tuple[int, int]:
    """Queries and compressed bytes of a page that is rendered, menu and foot being there."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1"})
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path, headers={"accept-encoding": "gzip"})
    assert response.status_code == 200, f"{path} answers {response.status_code}"
    return len(queries), len(response.content)


def nginx(folder: Path, upstream: int) -> Server:
    """nginx before the site, as deploy/ sets it up, with a file beside it to be compared with."""
    port = free_port()
    folder.mkdir()
    page = folder / "static" / "article.html"
    page.parent.mkdir()
    command = [
        sys.executable,
        "deploy/render.py",
        "--server-name",
        "127.0.0.1",
        "--listen",
        f"127.0.0.1:{port}",
    ]
    command += ["--upstream", f"127.0.0.1:{upstream}", "--alone", str(folder), "--var-dir", str(folder)]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    beside = f"    location /static/article.html {{ root {folder}; access_log off; gzip_static on; }}"
    site = "    location / {"
    made = made.replace(site, f"{beside}\n{site}", 1)
    (folder / "nginx.conf").write_text(made)
    return Server(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], port)


def subjects(stack: ExitStack, folder: Path, url: str, articles: int) -> list[Subject]:
    """Start every server; each is ended with the stack."""

    def started(server: Server) -> Server:
        stack.callback(server.stop)
        return server

    paths = addresses(articles)
    name = url.rpartition("/")[2]
    of_database = (lambda: backends(name)) if url.startswith("postgres") else list
    bare = {"PYTHONPATH": str(ROOT / "benchmarks")}
    on = {"DATABASE_URL": url, "VAR_DIR": str(folder), "REDIS_URL": ""}
    plain, django = started(gunicorn("bare:wsgi", **bare)), started(gunicorn("bare:django()", **bare))
    kept = started(gunicorn("charhar.wsgi:application", **on))
    cold = started(gunicorn("charhar.wsgi:application", **on, PAGE_CACHE="no"))
    shared = started(redis())
    on["REDIS_URL"] = f"redis://127.0.0.1:{shared.port}/0"
    in_redis = started(gunicorn("charhar.wsgi:application", **on))
    front = started(nginx(folder / "nginx", kept.port))

    article = paths["article"]
    request = urllib.request.Request(f"http://127.0.0.1:{kept.port}{article}", headers=GZIP)
    with urllib.request.urlopen(request) as answer:
        tag, body = answer.headers["ETag"], answer.read()
    (folder / "nginx" / "static" / "article.html.gz").write_bytes(body)
    (folder / "nginx" / "static" / "article.html").write_bytes(body)

    def both(*servers: Server) -> Callable[[], list[int]]:
        return lambda: [pid for server in servers for pid in server.pids()] + of_database()

    rows = [
        Subject(WSGI, plain, "/", pids=plain.pids),
        Subject(DJANGO, django, "/", pids=django.pids),
        Subject("article, kept", kept, article, pids=both(kept)),
        Subject("article, not modified", kept, article, GZIP | {"If-None-Match": tag}, both(kept)),
        Subject("article, kept in Redis", in_redis, article, pids=both(in_redis, shared)),
        Subject(STATIC, front, "/static/article.html", pids=front.pids),
        Subject("article, nginx's microcache", front, article, pids=both(front, kept)),
    ]
    for kind, path in paths.items():
        row = Subject(f"{kind}, cold", cold, path, pids=both(cold))
        row.queries, row.size = counted(path)
        rows.append(row)
    for row in rows[2:5] + rows[6:7]:
        row.size = len(body)
    rows[3].size = 0
    return rows


def table(rows: list[Subject]) -> str:
    """Markdown."""
    by_name = {row.name: row for row in rows}
    wsgi, django = by_name[WSGI], by_name[DJANGO]
    lines = [
        "| asked | a second | ÷ bare WSGI | ÷ bare Django | processor, ms | × bare Django's | p50, ms "
        "| p99, ms | queries | bytes |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for row in rows:
        lines.append(
            f"| {row.name} | {row.rate:,.0f} | {row.rate / wsgi.rate:.2f} | {row.rate / django.rate:.2f} "
            f"| {row.cost:.3f} | {row.cost / django.cost:.1f} | {statistics.median(row.p50):.1f} "
            f"| {statistics.median(row.p99):.1f} | {row.queries or ''} | {row.size or ''} |"
        )
    return "\n".join(lines)


def held(rows: list[Subject], vendor: str, loose: bool) -> list[str]:
    """A line for each bound: what was asked, what was seen."""
    by_name, lines = {row.name: row for row in rows}, []
    for bound in bounds(vendor):
        row, against = by_name[bound.row], by_name[bound.against]
        must = bound.loose if loose else bound.must
        seen = getattr(row, bound.by) / getattr(against, bound.by)
        good = seen >= must if bound.by == "rate" else seen <= must
        sign = "at least" if bound.by == "rate" else "at most"
        what = "requests" if bound.by == "rate" else "processor time"
        verdict = "holds " if good else "MISSED"
        lines.append(f"{verdict} {bound.row} ÷ {bound.against}, {what}: {seen:.2f}, {sign} {must:g}")
    return lines


def keep(name: str, said: dict[str, Any], text: str) -> None:
    """Write a result down, with its day and the machine."""
    RESULTS.mkdir(exist_ok=True)
    stem = RESULTS / f"{time.strftime('%Y-%m-%d')}-{name}"
    stem.with_suffix(".json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    stem.with_suffix(".md").write_text(text + "\n")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=20_000, help="how many there are (20,000)")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each (5)")
    parser.add_argument("--seconds", type=float, default=3, help="length of a turn (3)")
    parser.add_argument("--loose", action="store_true", help="look for gross mistakes only, on any machine")
    parser.add_argument("--keep", action="store_true", help="write the result into benchmarks/results")
    options = parser.parse_args()
    require("wrk", "nginx", "redis-server")
    machine = described()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's workers are somebody else where root starts it
        url = stack.enter_context(database(name))
        os.environ.update(
            DJANGO_SETTINGS_MODULE="charhar.settings",
            SECRET_KEY="only-for-benchmarks-" + "0" * 40,
            VAR_DIR=name,
            DATABASE_URL=url,
            REDIS_URL="",
            LOG_LEVEL="ERROR",
            ALLOWED_HOSTS="127.0.0.1",
            EMAIL_URL="dummymail://",
        )
        manage("migrate", "--verbosity", "0")
        manage("load_scale", "--articles", str(options.articles))
        manage("collectstatic", "--noinput", "--verbosity", "0")
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        from django.db import connection

        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        vendor = connection.vendor
        rows = subjects(stack, folder, url, options.articles)
        connection.close()
        for row in rows:
            row.measure(1, 8)  # to warm up: connections, code, plans
        for row in rows:
            row.rates, row.costs, row.p50, row.p99, row.failed = [], [], [], [], 0
        for _ in range(options.rounds):
            for row in rows:
                row.measure(options.seconds, 8)
        memory = {
            row.name: round(max(shared_out(pid) for pid in row.server.pids()[1:]), 1)
            for row in rows
            if row.name in ("article, kept", "article, cold")
        }
        lines = held(rows, vendor, options.loose)
    text = "\n".join(
        [
            f"{vendor}, {options.articles} articles, {options.rounds} turns of {options.seconds:g} s, "
            + ", ".join(f"{key} {value}" for key, value in machine.items()),
            "",
            table(rows),
            "",
            f"Memory of a worker at the end (PSS), MB: {memory}",
            f"Failed requests: { {row.name: row.failed for row in rows if row.failed} or 'none' }",
            "",
            *[f"- {line}" for line in lines],
        ]
    )
    print(text)
    if options.keep:
        said = {
            "machine": machine,
            "vendor": vendor,
            "articles": options.articles,
            "memory": memory,
            "rows": {
                row.name: {
                    "a second": row.rates,
                    "processor ms": row.costs,
                    "p50": row.p50,
                    "p99": row.p99,
                    "queries": row.queries,
                    "bytes": row.size,
                    "failed": row.failed,
                }
                for row in rows
            },
        }
        keep(f"serving-{vendor}", said, text)
    failed = [line for line in lines if line.startswith("MISSED")]
    if failed or any(row.failed for row in rows):
        sys.exit(f"{len(failed)} of {len(lines)} figures were missed.")


if __name__ == "__main__":
    main()
