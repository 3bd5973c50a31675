"""Writing the sample content: every text by way of the workflow, a few texts in each transaction.

A text is known by the note of its first snapshot, which stays whatever becomes of the text: one that was
renamed, edited or deleted since is left as it is. What has no history is known by its slug or its title.
"""

import datetime
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from articles.models import Article, Byline, NewsSection, Outlet
from charhar.contacts.models import Mailing
from charhar.library.models import Document
from charhar.members.models import Plan as MembershipPlan
from charhar.models import HomeSlot
from charhar.outreach.models import Funding, Newsletter, Vacancy, WayToGive
from charhar.outreach.newsletters import add_texts
from charhar.pages.models import FollowLink, InstitutePage, SiteSettings
from charhar.publishing import workflow
from charhar.publishing.addresses import taken_by
from charhar.publishing.languages import CHINESE, ENGLISH
from charhar.publishing.models import Publishable, Snapshot
from charhar.taxonomy.models import Region, Topic
from experts.models import (
    Expert,
    ExpertGroup,
    Office,
    Programme,
    RegionLead,
    SocialLink,
    SpokenLanguage,
    TopicLead,
)
from publications.models import Contributor, Entry, Publication, Series, Shop

from .compose import Plan, compose
from .issues import Issue, isbn_of, plan_issues
from .pdf import wrapped, write_pdf
from .pictures import Pictures
from .stock import read_texts, read_yaml

NOTE = "Sample content: "
CHUNK = 8
SAMPLE_PERSON = {
    "en": "<p><em>This profile is a sample. The person in it was invented for this site.</em></p>",
    "zh": "<p>本页为样例，人物系为本网站虚构。</p>",
}
EDITORS = {"public-diplomacy-quarterly": "gu-mingzhe", "charhar-newsletter": "wen-suyin"}
# Where an issue's first text begins, and how many pages a text has at least.
FIRST_PAGES = {"public-diplomacy-quarterly": (5, 15), "charhar-newsletter": (2, 3)}
PAGE_ORDER = ("about", "founding-chairman", "membership", "contact", "careers", "support", "privacy", "terms")


class Count(NamedTuple):
    """How many rows of one kind a step made, and how many it left as they were."""

    made: int
    left: int


class Loader:
    """One load of the sample content; ``say(what, count)`` hears of each step as it ends."""

    def __init__(self, say: Callable[[str, Count], None]) -> None:
        self.say = say
        self.now = timezone.now()
        self.today = timezone.localdate(self.now)
        self.known = set(
            Snapshot.objects.filter(version=1, note__startswith=NOTE).values_list("note", flat=True)
        )
        self.pictures = Pictures()
        self.plans = compose(self.today)
        self.issues = plan_issues(self.plans, self.today)

    def load(self) -> None:
        """Every step in order. A second load costs some seconds and changes nothing."""
        self.structure()
        self.settings()
        self.pages()
        self.experts()
        self.publications()
        self.articles()
        self.newsletters()

    # -- Steps -------------------------------------------------------------------------------------

    def structure(self) -> None:
        """Regions, topics, sections, series, groups, offices, programmes, outlets."""
        house = read_yaml("house")
        with transaction.atomic():
            self.regions = self._named("Regions", Region, house["regions"])
            self.topics = self._named("Topics", Topic, house["topics"])
            self.sections = self._named(
                "News sections", NewsSection, house["sections"], for_press=["announcement", "for-media"]
            )
            self.groups = self._named("Groups of experts", ExpertGroup, house["groups"], former=["former"])
            self.series = self._described("Series", Series, house["series"], "description", ("kind", "issn"))
            self.offices = self._described("Offices", Office, house["offices"], "about", ("phone", "email"))
            self.programmes = self._described("Programmes", Programme, house["programmes"], "about", ())
            made = 0
            self.outlets = {}
            for name, name_zh, url in house["outlets"]:
                self.outlets[name], new = Outlet.objects.get_or_create(
                    name_en=name, defaults={"name_zh": name_zh, "url": url}
                )
                made += new
            self.say("Outlets", Count(made, len(house["outlets"]) - made))

    def settings(self) -> None:
        """What stands on every page, unless somebody has saved it already."""
        house = read_yaml("house")
        new = not SiteSettings.objects.exists()
        if new:
            with transaction.atomic():
                settings = SiteSettings.objects.create(**house["settings"])
                for position, (label, url, handle, in_header) in enumerate(house["follow_links"]):
                    FollowLink.objects.create(
                        settings=settings, label=label, url=url, handle=handle, in_header=in_header,
                        position=position,
                    )  # fmt: skip
        self.say("Site settings", Count(int(new), int(not new)))

    def pages(self) -> None:
        """The institute's pages in both languages, and what three of them list."""
        opened = self.now - datetime.timedelta(days=365 * 6)
        made = left = 0
        for language, name in ((ENGLISH, "english"), (CHINESE, "chinese")):
            with transaction.atomic():
                for text in read_texts(f"pages/{name}"):
                    new = self._page(text.key, language, text.fields, text.body, opened)
                    made, left = made + new, left + (not new)
        self.say("Institute pages", Count(made, left))
        self._offers(made > 0)

    def experts(self) -> None:
        """People, each with a drawn portrait, their languages, links and leads."""
        self._in_chunks("Experts", read_yaml("people"), self._expert, lambda row: f"expert {row['slug']}")

    def publications(self) -> None:
        """Issues, books and reports with covers; some have a file, some a Chinese edition."""
        numbers = {issue.key: number for number, issue in enumerate(self.issues, start=1)}
        self._in_chunks(
            "Publications",
            sorted(self.issues, key=lambda issue: issue.moment),
            lambda issue: self._publication(issue, numbers[issue.key]),
            lambda issue: issue.key,
        )

    def articles(self) -> None:
        """Articles, the oldest first, with their Chinese editions; then the front page's lead."""
        self._in_chunks("Articles", self.plans, self._article, lambda plan: plan.key)
        translated = [plan for plan in self.plans if plan.edition]
        self._in_chunks(
            "Chinese editions",
            translated,
            self._edition,
            lambda plan: plan.edition.key if plan.edition else "",
        )
        self._front_page(translated)

    # -- Parts of steps ----------------------------------------------------------------------------

    def newsletters(self) -> None:
        """A newsletter in each language's archive, sent to nobody, and a draft; only where there is none."""
        made, left = 0, Newsletter.objects.count()
        if not left:
            newest = {
                language: list(
                    Article.objects.published().in_language(language).order_by("-publish_at", "-pk")[:8]
                )
                for language in (ENGLISH, CHINESE)
            }
            for fields in read_yaml("offers")["newsletters"]:
                texts = newest[fields.get("language", ENGLISH)]
                part = texts[4:] if fields["sent"] else texts[:4]
                with transaction.atomic():
                    newsletter = Newsletter.objects.create(**{k: v for k, v in fields.items() if k != "sent"})
                    add_texts(newsletter, part)
                    if fields["sent"]:
                        self._sent(newsletter)
                made += 1
        self.say("Newsletters", Count(made, left))

    def _sent(self, newsletter: Newsletter) -> None:
        """Let it stand in the archive as one that went out a week ago, without any letter."""
        then = self.now - datetime.timedelta(days=7)
        newsletter.mailing = Mailing.objects.create(
            purpose="newsletter",
            title=newsletter.title,
            sender=settings.DEFAULT_FROM_EMAIL,
            subject=newsletter.subject,
            text=newsletter.preheader,
            begins_at=then,
        )
        newsletter.state = Newsletter.State.SENT
        newsletter.send_at = newsletter.begun_at = newsletter.ended_at = then
        newsletter.save()

    def _named(self, what: str, model: Any, rows: list[list[str]], **marked: Iterable[str]) -> dict[str, Any]:
        statements = read_yaml("house")["statements"]

        def fields() -> Iterator[tuple[str, dict[str, Any]]]:
            for slug, name_en, name_zh, *standfirst in rows:
                more: dict[str, Any] = {}
                if slug in statements:
                    more = dict(zip(("statement_en", "statement_zh"), statements[slug], strict=True))
                if standfirst:
                    more |= {"standfirst_en": standfirst[0], "standfirst_zh": standfirst[1]}
                more |= {mark: True for mark, slugs in marked.items() if slug in slugs}
                yield slug, {"name_en": name_en, "name_zh": name_zh, **more}

        return self._listed(what, model, fields())

    def _described(
        self, what: str, model: Any, rows: list[dict[str, Any]], text: str, plain: Iterable[str]
    ) -> dict[str, Any]:
        def fields() -> Iterator[tuple[str, dict[str, Any]]]:
            for row in rows:
                both = {
                    f"{name}_{suffix}": row[name][place]
                    for name in ("name", "standfirst", "city", "street", text)
                    if name in row
                    for place, suffix in enumerate(("en", "zh"))
                }
                yield row["slug"], {**both, **{name: row[name] for name in plain if name in row}}

        found = self._listed(what, model, fields())
        for row in rows:
            if "topics" in row and found[row["slug"]].is_new:
                found[row["slug"]].topics.set(self.topics[slug] for slug in row["topics"])
        return found

    def _listed(self, what: str, model: Any, rows: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
        """The rows by the slugs that they have here; one that was given another is found by its address."""
        found: dict[str, Any] = {}
        for position, (slug, fields) in enumerate(rows):
            row = model.objects.filter(slug=slug).first()
            new = row is None
            if row is None:
                row = model(slug=slug, position=position, **fields)
                moved = taken_by(row) if row.address else None
                if isinstance(moved, model):
                    row, new = moved, False
                else:
                    row.save()
            row.is_new = new
            found[slug] = row
        made = sum(row.is_new for row in found.values())
        self.say(what, Count(made, len(found) - made))
        return found

    def _in_chunks(
        self, what: str, rows: list[Any], create: Callable[[Any], None], key: Callable[[Any], str]
    ) -> None:
        """Create what is not known yet, a few at a time: pictures first, outside of any transaction."""
        missing = [row for row in rows if NOTE + key(row) not in self.known]
        made = 0
        for start in range(0, len(missing), CHUNK):
            chunk = missing[start : start + CHUNK]
            for row in chunk:
                self.pictures.draw_for(row)
            with transaction.atomic():
                for row in chunk:
                    create(row)
            made += sum(NOTE + key(row) in self.known for row in chunk)
        self.say(what, Count(made, len(rows) - made))

    def _keep(self, text: Publishable, key: str, write: Callable[[], None] | None = None) -> bool:
        """Save a new text with its rows and record it; False where its address belongs to something else."""
        if taken_by(text) is not None:
            return False
        text.save()
        if write is not None:
            write()
        workflow.record(text, user=None, action="save", note=NOTE + key)
        self.known.add(NOTE + key)
        return True

    def _page(
        self, slug: str, language: str, fields: dict[str, str], body: str, opened: datetime.datetime
    ) -> bool:
        key = f"page {language} {slug}"
        if NOTE + key in self.known:
            return False
        there = InstitutePage.objects
        parent = fields.get("parent")
        page = InstitutePage(
            slug=slug, language=language, root=fields.get("root", "about"), title=fields["title"],
            standfirst=fields["standfirst"], body=body, position=PAGE_ORDER.index(slug),
            parent=there.filter(slug=parent, language=language).first() if parent else None,
            translation_of=there.filter(slug=slug, language=ENGLISH).first() if language == CHINESE else None,
        )  # fmt: skip
        if not self._keep(page, key):
            return False
        workflow.publish(page, at=opened)
        return True

    def _offers(self, pages_are_new: bool) -> None:
        """Plans, vacancies and ways to give, along with the pages that list them and never again."""
        made = 0
        if pages_are_new:
            offers = read_yaml("offers")
            with transaction.atomic():
                if not MembershipPlan.objects.exists():
                    for position, fields in enumerate(offers["plans"]):
                        MembershipPlan.objects.create(position=position, **fields)
                        made += 1
                if not Vacancy.objects.exists():
                    for fields in offers["vacancies"]:
                        days = fields["days"]
                        closes = self.now + datetime.timedelta(days=days) if days else None
                        rest = {name: value for name, value in fields.items() if name != "days"}
                        Vacancy.objects.create(opens_at=self.now, closes_at=closes, **rest)
                        made += 1
                if not WayToGive.objects.exists():
                    for position, fields in enumerate(offers["ways"]):
                        WayToGive.objects.create(position=position, **fields)
                        made += 1
                if not Funding.objects.exists():
                    for fields in offers["funding"]:
                        rest = {name: value for name, value in fields.items() if name != "years_ago"}
                        Funding.objects.create(year=self.now.year - fields["years_ago"], **rest)
                        made += 1
        there = sum(model.objects.count() for model in (MembershipPlan, Vacancy, WayToGive, Funding))
        self.say("Plans, vacancies, ways to give, funding", Count(made, there - made))

    def _expert(self, row: dict[str, Any]) -> None:
        (family, first, shown), zh = row["name"], row["zh"]
        sample = {"en": "", "zh": ""} if row.get("real") else SAMPLE_PERSON
        groups = [each[0] for each in read_yaml("house")["groups"]]
        expert = Expert(
            slug=row["slug"], given_name=first, family_name=family, display_name_en=shown,
            family_name_zh=zh[0], given_name_zh=zh[1], display_name_zh=zh[2],
            title_en=row["title"][0], title_zh=row["title"][1],
            affiliations_en=row.get("affiliations", {}).get("en", ""),
            affiliations_zh=row.get("affiliations", {}).get("zh", ""),
            biography_en=row["biography"]["en"] + sample["en"],
            biography_zh=row["biography"]["zh"] + sample["zh"],
            portrait=self.pictures.portrait(row),
            position=10 * groups.index(row["group"]),
            office=self.offices.get(row.get("office", "")),
            email=row.get("email", ""), email_shown=row.get("email_shown", False), orcid=row.get("orcid", ""),
            takes_media="media" in row, press_photo=not row.get("real"),
            media_note_en=(row.get("media") or ["", ""])[0], media_note_zh=(row.get("media") or ["", ""])[1],
        )  # fmt: skip

        def write() -> None:
            expert.groups.add(self.groups[row["group"]])
            expert.topics.set(self.topics[slug] for slug in row["topics"])
            expert.regions.set(self.regions[slug] for slug in row.get("regions", []))
            expert.programmes.set(self.programmes[slug] for slug in row.get("programmes", []))
            for code in row["languages"]:
                SpokenLanguage.objects.create(expert=expert, code=code)
            for position, (label, name) in enumerate(row.get("social", {}).items()):
                url = f"https://{label.lower()}.example.org/{name}"
                SocialLink.objects.create(expert=expert, label=label, url=url, position=position)
            for slug in row.get("leads", []):
                TopicLead.objects.create(expert=expert, topic=self.topics[slug])
            for slug in row.get("region_leads", []):
                RegionLead.objects.create(expert=expert, region=self.regions[slug])

        if self._keep(expert, f"expert {row['slug']}", write):
            workflow.publish(expert, at=self.now - datetime.timedelta(days=365 * 6))

    def _publication(self, issue: Issue, number: int) -> None:
        spec = issue.spec
        publication = Publication(
            series=self.series[spec["series"]], slug=issue.slug, title=spec["title"],
            subtitle=spec.get("subtitle", ""), volume=issue.volume, number=issue.number, year=issue.date.year,
            date=issue.date, cover=self.pictures.cover(issue), standfirst=spec["standfirst"],
            abstract=spec["abstract"], pages=spec["pages"], publisher="Charhar Institute (sample)",
            place="Beijing", isbn=isbn_of(number) if spec.get("isbn") else "",
            doi=f"10.5555/charhar.sample.{number}" if spec.get("doi") else "",
        )  # fmt: skip
        if spec.get("pdf"):
            publication.file = self._document(issue)

        def write() -> None:
            self._credit(publication, issue)
            self._contents(publication, issue)
            if spec.get("isbn"):
                url = f"https://books.example.org/{issue.slug}"
                Shop.objects.create(publication=publication, label="Sample bookshop", url=url)

        if self._keep(publication, issue.key, write):
            workflow.publish(publication, at=issue.moment)
            if spec.get("chinese"):
                self._chinese_publication(publication, issue)

    def _credit(self, publication: Publication, issue: Issue) -> None:
        publication.topics.set({self.topics[slug] for plan in issue.online[:2] for slug in plan.topics})
        publication.regions.set({self.regions[slug] for plan in issue.online[:2] for slug in plan.regions})
        people = self._people()
        authors = [people[slug] for slug in issue.spec.get("authors", ()) if slug in people]
        for position, expert in enumerate(authors):
            Contributor.objects.create(publication=publication, expert=expert, position=position)
        if not authors:
            editor = people.get(
                "gu-mingzhe" if issue.volume and "quarterly" in issue.spec["series"] else "wen-suyin"
            )
            if editor is not None:
                Contributor.objects.create(
                    publication=publication, expert=editor, role=Contributor.Role.EDITOR_IN_CHIEF
                )

    def _contents(self, publication: Publication, issue: Issue) -> None:
        heading = "" if issue.volume else "Excerpt"
        rows = [(heading, plan.title, plan.author_names) for plan in issue.online]
        if issue.spec["series"] == "public-diplomacy-quarterly":
            rows[0] = ("Essays", *rows[0][1:])
            offline = read_yaml("house")["offline"]
            rows += [tuple(offline[(issue.date.month + step) % len(offline)]) for step in (0, 2)]
        first, length = FIRST_PAGES.get(issue.spec["series"], (0, 0))
        for position, (heading, title, authors) in enumerate(rows):
            last = first + length - 1 + position % 3
            Entry.objects.create(
                publication=publication, position=position, heading=heading, title=title, authors=authors,
                first_page=str(first or ""), last_page=str(last) if first else "",
            )  # fmt: skip
            first = last + 1 if first else 0

    def _chinese_publication(self, original: Publication, issue: Issue) -> None:
        text = read_yaml("house")["translations"][issue.spec["title"]]
        edition = Publication(
            series=original.series, slug=original.slug, language=CHINESE, translation_of=original, **text,
            year=original.year, date=original.date, cover=original.cover, pages=original.pages,
            publisher="察哈尔学会（样例）", place="北京",
        )  # fmt: skip

        def write() -> None:
            edition.topics.set(original.topics.all())
            edition.regions.set(original.regions.all())
            for contributor in original.contributors.all():
                Contributor.objects.create(
                    publication=edition, expert=contributor.expert, role=contributor.role,
                    position=contributor.position,
                )  # fmt: skip

        if self._keep(edition, issue.key.replace(" en ", f" {CHINESE} ", 1), write):
            workflow.publish(edition, at=issue.moment)

    def _document(self, issue: Issue) -> Document:
        spec = issue.spec
        front = [(spec["series"].replace("-", " ").title(), 11), ("", 20), *wrapped(spec["title"], 26)]
        front += [
            ("", 12),
            *wrapped(spec.get("subtitle", ""), 15),
            (issue.line, 12),
            (str(issue.date.year), 12),
        ]
        front += [("", 30), *wrapped("Sample file, made for this site.", 11)]
        contents: list[tuple[str, int]] = [("Contents", 18), ("", 10)]
        for plan in issue.online:
            contents += [*wrapped(plan.title, 12), *wrapped(plan.author_names, 10), ("", 6)]
        summary = [("Summary", 18), ("", 10), *wrapped(spec["standfirst"], 12)]
        file = ContentFile(write_pdf(f"{spec['title']} (sample)", [front, contents, summary]), "sample.pdf")
        return Document.objects.create(title=f"{spec['title']} (sample)", file=file)

    def _article(self, plan: Plan) -> None:
        self._write_article(plan, None)

    def _edition(self, plan: Plan) -> None:
        original = Article.objects.filter(slug=plan.slug, language=ENGLISH).first()
        if original is not None and plan.edition is not None:
            self._write_article(plan.edition, original)

    def _write_article(self, plan: Plan, original: Article | None) -> None:
        entries = Entry.objects.filter(
            title=plan.title, articles=None, publication__in=Publication.objects.in_language(ENGLISH)
        )
        article = Article(
            slug=plan.slug, language=plan.language, translation_of=original, kind=plan.kind, title=plan.title,
            standfirst=plan.standfirst, date=plan.date if plan.was_public else None,
            key_points=plan.key_points, body=self._body(plan), references=plan.references, rights=plan.rights,
            lead_image=self.pictures.illustration(plan.picture) if plan.picture else None,
            entry=entries.first() if plan.language == ENGLISH else None,
        )  # fmt: skip
        if plan.outlet:
            article.outlet = self.outlets[plan.outlet]
            article.outlet_url = f"{article.outlet.url}{plan.slug}"
            article.outlet_date = plan.date - datetime.timedelta(days=3)
            article.canonical = plan.canonical
        if plan.state == "expired":
            article.expire_at = plan.moment + datetime.timedelta(days=90)

        def write() -> None:
            for field, rows, slugs in (
                (article.topics, self.topics, plan.topics),
                (article.regions, self.regions, plan.regions),
                (article.sections, self.sections, plan.sections),
            ):
                through = {"language": article.language, "date": article.date}
                field.set([rows[slug] for slug in slugs], through_defaults=through)
            article.tags.set(plan.tags)
            people = self._people()
            for position, each in enumerate(plan.signatures):
                Byline.objects.create(
                    article=article, expert=people.get(each.expert), role=each.role, position=position,
                    name=each.name or self._name_of(each.expert, plan), contribution=each.contribution,
                )  # fmt: skip

        if self._keep(article, plan.key, write):
            self._move(article, plan)

    def _name_of(self, slug: str, plan: Plan) -> str:
        """A name for the byline of an expert who is not there any more; empty for one who is."""
        if slug in self._people():
            return ""
        row = next(row for row in read_yaml("people") if row["slug"] == slug)
        return row["zh"][2] if plan.language == CHINESE else row["name"][2]

    def _move(self, article: Article, plan: Plan) -> None:
        """Bring an article into its state."""
        if plan.state == "review":
            workflow.submit(article)
        elif plan.state == "scheduled":
            workflow.publish(article, at=self.now + datetime.timedelta(days=10))
        elif plan.state != "draft":
            workflow.publish(article, at=plan.moment)
        if plan.state == "withdrawn":
            workflow.withdraw(article, reason=plan.reason)

    def _front_page(self, translated: list[Plan]) -> None:
        """Pin the newest article that has both editions, unless something is pinned already."""
        newest = translated[-1]
        made = 0
        if not HomeSlot.objects.exists():
            for article in Article.objects.published().filter(slug=newest.slug):
                HomeSlot.objects.create(article=article, language=article.language, place=HomeSlot.Place.LEAD)
                made += 1
        self.say("Places on the home page", Count(made, HomeSlot.objects.count() - made))

    def _people(self) -> dict[str, Expert]:
        """The experts by slug, read once when they are there."""
        if not hasattr(self, "_experts"):
            self._experts = {expert.slug: expert for expert in Expert.objects.all()}
        return self._experts

    def _body(self, plan: Plan) -> str:
        return "".join(
            self._figure(piece.removeprefix("figure:")) if piece.startswith("figure:") else piece
            for piece in plan.pieces
        )

    def _figure(self, name: str) -> str:
        image = self.pictures.illustration(name)
        return f'<figure data-image="{image.pk}"><figcaption>{image.alt_en}.</figcaption></figure>'
