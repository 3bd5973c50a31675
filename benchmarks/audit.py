"""Lighthouse's audit of a running site on its simulated phone: medians by page, and whether they hold.

    .venv/bin/python benchmarks/audit.py http://127.0.0.1:8000 --runs 5

It needs `npm ci --prefix benchmarks/lighthouse` and a Chromium. Ends with an error where a median misses what
README.md of this folder promises. Five runs of ten pages take about ten minutes.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import urllib.request
from pathlib import Path

LIGHTHOUSE = Path(__file__).resolve().parent / "lighthouse" / "node_modules" / ".bin" / "lighthouse"
FLAGS = "--headless=new --no-sandbox --disable-gpu"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LEAST = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
LARGEST_PAINT = 1500  # milliseconds
TRIES = 3  # now and then it loses the trace of a page and asks to be run again


def first_link(site: str, page: str, beneath: str) -> str:
    """The first address on a page that lies beneath a path."""
    with urllib.request.urlopen(site + page, timeout=60) as answer:
        found = re.search(rf'<main.*?href="({beneath}[a-z0-9-]+/)"', answer.read().decode(), re.S)
    if found is None:
        sys.exit(f"{site}{page} leads to nothing beneath {beneath}.")
    return found[1]


def pages_of(site: str) -> dict[str, str]:
    """The audited pages by name, in both languages."""
    pages = {}
    for language, prefix in (("English", ""), ("Chinese", "/zh")):
        pages |= {
            f"home, {language}": f"{prefix}/",
            f"article, {language}": first_link(site, f"{prefix}/", f"{prefix}/articles/"),
            f"list, {language}": first_link(site, f"{prefix}/topics/", f"{prefix}/topics/"),
            f"expert, {language}": first_link(
                site, f"{prefix}/experts/", f"{prefix}/experts/(?!for-journalists)"
            ),
            f"search, {language}": f"{prefix}/search/?q=" + ("peace" if not prefix else "%E5%A4%96%E4%BA%A4"),
        }
    return pages


def audit(url: str) -> dict[str, float]:
    """One run: the four scores of 100, LCP in milliseconds, CLS, kilobytes and requests."""
    command = [str(LIGHTHOUSE), url, "--output=json", "--quiet", f"--chrome-flags={FLAGS}"]
    command.append(f"--only-categories={','.join(CATEGORIES)}")
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for _ in range(TRIES):
        result = subprocess.run(
            command, capture_output=True, text=True, timeout=300, env={**os.environ, "CHROME_PATH": chromium}
        )
        if result.returncode == 0:
            break
    else:
        sys.exit(f"Lighthouse failed on {url}: {result.stderr.strip()[-600:]}")
    report = json.loads(result.stdout)
    audits = report["audits"]
    scores = {name: round(100 * report["categories"][name]["score"]) for name in CATEGORIES}
    return scores | {
        "LCP ms": round(audits["largest-contentful-paint"]["numericValue"]),
        "CLS": audits["cumulative-layout-shift"]["numericValue"],
        "kB": round(audits["total-byte-weight"]["numericValue"] / 1000),
        "requests": len(audits["network-requests"]["details"]["items"]),
    }


def misses(name: str, row: dict[str, float]) -> list[str]:
    """What a page's medians do not reach; search is noindex, so its SEO does not count."""
    least = {**LEAST, "seo": 0} if name.startswith("search") else LEAST
    missed = [f"{name}: {key} {row[key]} < {limit}" for key, limit in least.items() if row[key] < limit]
    if row["LCP ms"] >= LARGEST_PAINT:
        missed.append(f"{name}: LCP {row['LCP ms']} ms")
    if row["CLS"] > 0:
        missed.append(f"{name}: CLS {row['CLS']}")
    return missed


def main() -> None:
    """Audit every page in turn, print the medians, and fail where one misses."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    if not LIGHTHOUSE.exists():
        sys.exit("Lighthouse is not there: npm ci --prefix benchmarks/lighthouse")
    pages = pages_of(given.site.rstrip("/"))
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in pages}
    for turn in range(given.runs):
        for name, path in pages.items():
            runs[name].append(audit(given.site.rstrip("/") + path))
        print(f"run {turn + 1} of {given.runs}", file=sys.stderr)
    missed = []
    columns = list(next(iter(runs.values()))[0])
    print("| page | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 1))
    for name, rows in runs.items():
        median = {key: statistics.median(row[key] for row in rows) for key in columns}
        print(f"| {name} | " + " | ".join(f"{median[key]:g}" for key in columns) + " |")
        missed += misses(name, median)
    if missed:
        sys.exit("\n".join(missed))


if __name__ == "__main__":
    main()
