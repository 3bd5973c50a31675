"""Find links in published texts that lead nowhere; by hand, or once a week by cron."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models import F
from django.utils import timezone

from charhar.desk.dead_links import check_own, index_all, note_problem
from charhar.desk.models import TextLink
from charhar.desk.web import problems_of_pages
from charhar.publishing.kinds import kinds_of_text


class Command(BaseCommand):
    """Collect the links of all published texts anew, check those to this site and, if asked, those elsewhere.

    What is found shows on the admin's start page. Elsewhere, those that were not checked for longest come
    first; each site is asked once a second at most.
    """

    help = "Find links in published texts that lead nowhere; with --external those to other sites too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--external", action="store_true", help="ask the other sites too")
        parser.add_argument("--limit", type=int, default=5000, help="at most so many pages elsewhere (5000)")
        parser.add_argument(
            "--allow-private", action="store_true", help="also follow links to addresses of this network"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        texts = sum(index_all(model) for model in kinds_of_text())
        self.stdout.write(f"Links of {texts} published texts collected: {TextLink.objects.count()}.")
        self.stdout.write(f"To this site: {check_own()}.")
        if options["external"]:
            elsewhere = TextLink.objects.filter(path="")
            age = F("checked_at").asc(nulls_first=True)
            oldest_first = elsewhere.order_by(age, "pk").values_list("url", flat=True)
            urls = list(dict.fromkeys(oldest_first))[: options["limit"]]
            broken = 0
            for url, problem in problems_of_pages(urls, allow_private=options["allow_private"]):
                self._keep(elsewhere.filter(url=url), problem)
                broken += bool(problem)
            self.stdout.write(f"Elsewhere: {len(urls)} checked, {broken} broken.")

    def _keep(self, links: Any, problem: str) -> None:
        if problem:
            note_problem(links, problem)
        else:
            links.exclude(problem="").update(problem="", broken_since=None)
        links.update(checked_at=timezone.now())
