"""A text goes viral: 200 readers at once ask a site that has just started. See README.md in this folder."""

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from pages import fill, set_up

ROOT = Path(__file__).resolve().parent.parent
SLUG = "published-in-the-surge"
AT_MOST = 500  # milliseconds, for 99 of 100 answers
# Seven of ten want the one text; the others look about from there.
PATHS = ["/articles/bridges-between-neighbours/"] * 7 + ["/", "/research/", "/topics/public-diplomacy/"]
SCRIPT = """
local paths, at = {%s}, 0
function init(args) math.randomseed(os.time()); at = math.random(1, 100) end
function request()
    at = at + 1
    local headers = {["Host"] = "localhost", ["Accept-Encoding"] = "gzip, br"}
    return wrk.format("GET", paths[at %% #paths + 1], headers)
end
function done(summary, latency, requests)
    local e = summary.errors
    print(string.format("SURGE %%d %%d %%d", summary.requests, summary.duration,
        e.connect + e.read + e.write + e.timeout + e.status))
end
"""


class Surge(NamedTuple):
    """What wrk counted, and how long each answer took by nginx's log; seconds.

    wrk's own latencies would not do: it adds answers that it thinks it would have had without a pause.
    """

    requests: int
    duration: float
    failed: int
    took: list[float]

    @classmethod
    def of(cls, said: str, log: Path) -> "Surge":
        """From the line that the script prints, and the log of nginx."""
        found = re.search(r"^SURGE (\d+) (\d+) (\d+)$", said, re.M)
        if found is None:
            raise SystemExit(f"wrk said nothing of use:\n{said}")
        took = sorted(float(time) for time in re.findall(r'" \d{3} \d+ ([\d.]+) ', log.read_text()))
        return cls(int(found[1]), int(found[2]) / 1e6, int(found[3]), took)

    def milliseconds(self, share: float) -> float:
        """What that share of the answers took at most."""
        return self.took[round(share * (len(self.took) - 1))] * 1000


def work_of(group: int) -> float:
    """Seconds that the processes of a group have worked, their dead children included."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == group:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def publish(port: int) -> float:
    """Publish a text and ask for it through nginx; seconds from before the commit until it is seen."""
    from charhar.publishing import workflow
    from tests.factories import ArticleFactory, UserFactory
    from tests.front import ask

    draft = ArticleFactory(
        draft=True, slug="published-in-the-surge", title="Published in the surge", date=None
    )
    draft.bylines.create(name="A Guest", role="A sample role")
    began = time.monotonic()
    workflow.publish(draft, UserFactory(is_superuser=True))
    while ask(port, f"/articles/{SLUG}/")[0] != 200 or (
        b"Published in the surge" not in ask(port, "/research/")[2]
    ):
        if time.monotonic() > began + 20:
            raise SystemExit("The text that was published is not to be seen.")
    return time.monotonic() - began


def run(options: argparse.Namespace, folder: Path, variables: dict[str, str]) -> bool:
    """One surge; prints a row, and says whether it holds."""
    from tests.front import Web, nginx

    script = folder / "surge.lua"
    script.write_text(SCRIPT % ", ".join(f'"{path}"' for path in PATHS))
    web = Web(variables, words=options.gunicorn.split()).ready()
    try:
        words = ("--var-dir", folder, *(() if options.microcache else ("--no-microcache",)))
        with nginx(folder / "nginx", web.port, options=words) as port:
            command = [
                "wrk", "--threads", "2", "--connections", str(options.connections),
                "--duration", f"{options.seconds}s", "--timeout", "10s", "--script", script,
                f"http://127.0.0.1:{port}/",
            ]  # fmt: skip
            before = work_of(web.process.pid)
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as wrk:
                time.sleep(options.seconds / 2)
                seen = publish(port)
                said, _errors = wrk.communicate()
            work = work_of(web.process.pid) - before
            surge = Surge.of(said, folder / "nginx" / "access.log")
    finally:
        web.end()
    holds = surge.failed == 0 and surge.milliseconds(0.99) <= AT_MOST
    times = " | ".join(f"{surge.milliseconds(share):.0f}" for share in (0.5, 0.99, 0.999, 1))
    print(
        f"| {options.gunicorn or 'as configured'} | {surge.requests} |"
        f" {surge.requests / surge.duration:.0f} | {surge.failed} | {times} |"
        f" {work / surge.requests * 1000:.2f} | {seen * 1000:.0f} |",
        flush=True,
    )
    return holds


def main() -> None:
    """Command line; ends with 1 where an answer failed or one in a hundred took over half a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--microcache", action="store_true", help="with nginx's cache on")
    parser.add_argument("--gunicorn", default="", help='other words for gunicorn: "--worker-class sync"')
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="charhar-surge-") as name:
        folder = Path(name)
        set_up(name)
        from django.db import connection

        connection.settings_dict["TEST"]["NAME"] = (
            f"{folder}/surge.sqlite3" if connection.vendor == "sqlite" else "charhar_benchmark_surge"
        )
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            fill(options.articles)
            database = connection.settings_dict
            url = f"sqlite:///{database['NAME']}"
            if connection.vendor != "sqlite":
                user = f"{database['USER']}:{database['PASSWORD']}".rstrip(":")
                url = f"postgres://{user}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"
            variables = {
                "DATABASE_URL": url, "BEHIND_PROXY": "yes", "WEB_CONCURRENCY": "2", "VAR_DIR": name,
                "SITE_URL": "http://localhost", "PYTHONWARNINGS": "ignore",
            }  # fmt: skip
            subprocess.run(
                [sys.executable, ROOT / "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
                env=os.environ | variables, check=True,
            )  # fmt: skip
            print(f"{connection.vendor}, {options.connections} connections, {options.seconds} s\n")
            print(
                "| gunicorn | answers | a second | failed | median, ms | p99 | p99.9 | slowest |"
                " work each, ms | published → seen, ms |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
            )
            holds = run(options, folder, variables)
        finally:
            connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    sys.exit(not holds)


if __name__ == "__main__":
    main()
