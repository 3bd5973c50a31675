"""The publications, planned: their days and numbers, and which articles stand in their contents."""

import datetime
from dataclasses import dataclass, field
from typing import Any

from django.utils.text import slugify
from django.utils.timezone import get_default_timezone

from .compose import Plan
from .stock import read_yaml

FOUNDED = 2009
SERIES_WITH_ISSUES = {"public-diplomacy-quarterly": FOUNDED, "charhar-newsletter": FOUNDED + 3}


@dataclass
class Issue:
    """One publication to be."""

    slug: str
    spec: dict[str, Any]
    date: datetime.date
    volume: int | None = None
    number: str = ""
    online: list[Plan] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What its first snapshot is known by."""
        return f"publication en {self.spec['series']} {self.slug}"

    @property
    def moment(self) -> datetime.datetime:
        """When it was published."""
        return datetime.datetime.combine(self.date, datetime.time(10), get_default_timezone())

    @property
    def line(self) -> str:
        """What stands beneath the title on the cover: the issue, or the authors."""
        if self.volume:
            return f"Vol. {self.volume}, No. {self.number}"
        people = {row["slug"]: row["name"][2] for row in read_yaml("people")}
        return ", ".join(people[slug] for slug in self.spec["authors"])


def plan_issues(plans: list[Plan], today: datetime.date) -> list[Issue]:
    """Every publication, the newest first; each article stands in one of them at most."""
    issues = [_issue(spec, today) for spec in read_yaml("publications")]
    free = [p for p in reversed(plans) if p.language == "en" and p.state == "published"]
    for issue in sorted(issues, key=lambda issue: issue.moment, reverse=True):
        fitting = [plan for plan in free if plan.date <= issue.date and _fits(plan, issue)]
        issue.online = fitting[: issue.spec["online"]]
        free = [plan for plan in free if plan not in issue.online]
    return issues


def _issue(spec: dict[str, Any], today: datetime.date) -> Issue:
    months = today.year * 12 + today.month - 1 - spec["months"]
    date = datetime.date(months // 12, months % 12 + 1, 15)
    first = SERIES_WITH_ISSUES.get(spec["series"])
    if first is None:
        return Issue(spec.get("slug") or slugify(spec["title"].replace("’", "")), spec, date)
    quarter = (date.month + 2) // 3
    return Issue(f"{date.year}-{quarter}", spec, date, date.year - first, str(quarter))


def _fits(plan: Plan, issue: Issue) -> bool:
    if issue.spec["series"] == "charhar-newsletter":
        return plan.kind == "news"
    if "authors" in issue.spec:
        return plan.kind != "news" and plan.signatures[0].expert in issue.spec["authors"]
    return plan.kind in {"commentary", "research"} and plan.outlet == ""


def isbn_of(number: int) -> str:
    """A valid ISBN-13 for a sample book, with its check digit."""
    digits = f"978000{number:06d}"
    check = -sum(int(digit) * (3 if i % 2 else 1) for i, digit in enumerate(digits)) % 10
    return f"978-0-00-{number:06d}-{check}"
