"""Taking texts over from an archive: each file new, changed, unchanged or refused, and what it lost.

The same files give the same rows however often they are read. What somebody has edited here since is never
overwritten: a row is written again only while it stands in the very version that the import left.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.urls import Resolver404, resolve

from charhar.publishing import workflow
from charhar.publishing.addresses import add_redirect
from charhar.publishing.copies import is_frozen, open_copy, publish_copy
from charhar.publishing.history import content_fields, fill
from charhar.publishing.languages import CHINESE, ENGLISH, language_of_path, with_prefix, without_prefix
from charhar.publishing.locks import heed
from charhar.publishing.models import Address, State
from experts.models import Expert

from .import_files import PAIRS, SourceFile
from .import_front_matter import (
    AUTHORS,
    IMAGE,
    IMAGE_ALT,
    IMAGE_CAPTION,
    KIND,
    OLD_ADDRESSES,
    RIGHTS,
    SLUG,
    STANDFIRST,
    SUBTITLE,
    TAGS,
    Note,
    Refused,
    Text,
    ascii_slug,
    name_of,
    old_addresses,
    plain,
    read_text,
    slug_without_letters,
)
from .import_markdown import convert, inline_text
from .models import Article, Byline, ImportedText

logger = logging.getLogger(__name__)

LONGEST_LINE = 300
LONGEST_TAG = 100
HAN = re.compile(r"[\u3400-\u9fff]")
LICENCE = re.compile(
    r"(?:licen[sc]e|授權|授权)\s*[:：]\s*(?:\[|<a [^>]*>)?(CC BY(?:[- ]NC[- ]ND)? 4\.0)", re.IGNORECASE
)


class Fate(StrEnum):
    """What became of a file."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    READ = "read"  # a list of pairs, which is no text itself


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the report."""

    name: str
    fate: Fate
    reason: str = ""
    address: str = ""
    notes: list[Note] = field(default_factory=list)


@dataclass(slots=True)
class Pair:
    """A text and its edition in the other language."""

    original: Text
    translation: Text


class Importer:
    """One run over a set of files. ``run`` yields a result a file; each text is a transaction of its own.

    Addresses are given out before anything is written, so that they do not depend on which text fails.
    """

    def __init__(self, files: list[SourceFile], *, dry_run: bool = False, publish: bool = False) -> None:
        self.dry_run = dry_run
        self.publish = publish
        self.before: list[Result] = []
        self.texts: dict[str, Text] = {}
        self.pairs: dict[str, Pair] = {}
        lists = []
        for file in files:
            if file.refused:
                self.before.append(Result(file.name, Fate.REFUSED, file.refused))
            elif PurePosixPath(file.name).name == PAIRS:
                lists.append(file)
            else:
                self._read(file)
        for file in lists:
            self._read_pairs(file)
        rows = ImportedText.objects.select_related("article").defer("article__body", "article__references")
        self.imported = {row.source: row for row in rows.iterator() if row.source in self.texts}
        self.slugs: dict[str, str] = {}
        self.clashes: dict[str, str] = {}
        self._give_addresses()
        self.moved = {key: text for text in self.texts.values() for key in _old_names(text)}
        self.resolved: dict[str, str | None] = {}
        self.taken: set[str] = set()
        self.experts: dict[str, Expert] = {}
        for expert in Expert.objects.order_by("-pk"):
            for name in filter(None, (expert.slug, expert.display_name_zh, expert.display_name_en)):
                self.experts[name] = expert

    def __len__(self) -> int:
        return len(self.texts)

    def run(self) -> Iterator[Result]:
        """Take every text in the order of names, an original before its translation."""
        yield from self.before
        for text in self._in_order():
            yield self._guarded(text)

    def _in_order(self) -> list[Text]:
        def order(text: Text) -> tuple[str, bool]:
            pair = self.pairs.get(text.source)
            return (pair.original.source, text is pair.translation) if pair else (text.source, False)

        return sorted(self.texts.values(), key=order)

    # -- Reading ---------------------------------------------------------------------------------------

    def _read(self, file: SourceFile) -> None:
        try:
            self.texts[file.name] = read_text(file)
        except Refused as refusal:
            self.before.append(Result(file.name, Fate.REFUSED, str(refusal)))
        except Exception as error:
            logger.exception("Reading %s failed", file.name)
            self.before.append(Result(file.name, Fate.REFUSED, f"An error while reading it: {error!r}."))

    def _read_pairs(self, file: SourceFile) -> None:
        """``pairs.tsv``: two names a line, relative to the list. A pair's original is the Chinese text."""
        notes: list[Note] = []
        folder = PurePosixPath(file.name).parent
        count = 0
        for number, line in enumerate(file.data.decode(errors="replace").splitlines(), start=1):
            if not line.strip():
                continue
            names = [str(folder / name.strip()) for name in line.split("\t")]
            texts = [self.texts[name] for name in names if name in self.texts]
            if len(names) != 2 or len(texts) != 2:
                notes.append(Note(number, "not two files that could be read: nothing is linked"))
            elif {text.language for text in texts} != {CHINESE, ENGLISH}:
                notes.append(Note(number, "not one Chinese and one English text: nothing is linked"))
            elif any(text.source in self.pairs for text in texts):
                notes.append(Note(number, "one of the two already has its pair: nothing is linked"))
            else:
                count += 1
                pair = Pair(*sorted(texts, key=lambda text: text.language == ENGLISH))
                self.pairs[pair.original.source] = self.pairs[pair.translation.source] = pair
        self.before.append(Result(file.name, Fate.READ, f"names {count} pairs of editions", notes=notes))

    # -- Addresses -------------------------------------------------------------------------------------

    def _give_addresses(self) -> None:
        """Give every text its slug: the one it has, else the first of its own that is free."""
        taken: dict[tuple[str, str], str] = {}
        wanted = {source: self._wanted_slug(text) for source, text in self.texts.items()}
        shared = Counter((self.texts[source].language, slug) for source, slug in wanted.items())
        texts = self._in_order()
        for text in texts:
            if row := self.imported.get(text.source):
                self.slugs[text.source] = row.article.slug
                taken[text.language, row.article.slug] = text.source
        for text in texts:
            if text.source in self.slugs:
                continue
            pair = self.pairs.get(text.source)
            if pair and text is pair.translation and pair.original.source in self.slugs:
                slugs = [self.slugs[pair.original.source]]
            else:
                slugs = [wanted[text.source]]
                if text.date and shared[text.language, slugs[0]] > 1:
                    slugs += [f"{slugs[0]}-{text.date.day:%Y}", f"{slugs[0]}-{text.date.day:%Y-%m-%d}"]
            # An original takes its address for its translation as well.
            languages = [ENGLISH, CHINESE] if pair and text is pair.original else [text.language]
            if pair and pair.translation.source in self.slugs:
                languages = [text.language]
            for slug in slugs:
                holders = (taken.get((code, slug)) or _holder(code, slug) for code in languages)
                holder = next(filter(None, holders), None)
                if holder is None:
                    self.slugs[text.source] = slug
                    taken[text.language, slug] = text.source
                    break
                self.clashes[text.source] = f"The address /articles/{slug}/ already belongs to “{holder}”."

    def _wanted_slug(self, text: Text) -> str:
        """From the English edition's name where there is one: both editions share it."""
        pair = self.pairs.get(text.source)
        named = pair.translation if pair else text
        slug = ascii_slug(named)
        if not slug:
            return slug_without_letters(named)
        if not pair and named.date and HAN.search(named.stem) and not named.first(SLUG):
            return f"{named.date.day:%Y-%m-%d}-{slug}"  # a few Latin letters say too little by themselves
        return slug

    # -- One text --------------------------------------------------------------------------------------

    def _guarded(self, text: Text) -> Result:
        try:
            result = self._take(text)
            self.taken.add(text.source)
            return result
        except Refused as refusal:
            reason = str(refusal)
        except ValidationError as error:
            reason = _in_words(error)
        except RecursionError:
            reason = "Nested too deeply."
        except DatabaseError as error:
            reason = f"The database refused it: {error}."
        except Exception as error:
            logger.exception("Importing %s failed", text.source)
            reason = f"An error while importing it: {error!r}."
        return Result(text.source, Fate.REFUSED, reason)

    def _take(self, text: Text) -> Result:
        row = self.imported.get(text.source)
        if row is None:
            if text.source not in self.slugs:
                raise Refused(
                    f"{self.clashes[text.source]} Give the file a “slug” of its own in its front matter."
                )
            return self._write(text, Article(slug=self.slugs[text.source]), Fate.NEW)
        touched = _touched(row)
        if row.digest == text.digest:
            return self._complete(text, row.article, touched)
        if touched:
            raise Refused(f"{touched} The file has changed since; take the change over by hand.")
        return self._write(text, row.article, Fate.CHANGED)

    def _complete(self, text: Text, article: Article, touched: str) -> Result:
        """Nothing new in the file: publish or link what an earlier run did not, if nobody has touched it."""
        address = with_prefix(article.address(), article.language)
        original = self._original(text)
        link = original is not None and article.translation_of_id is None and article.slug == original.slug
        publish = self._publishes(text) and article.state == State.DRAFT
        if touched or not (link or publish):
            return Result(text.source, Fate.UNCHANGED, address=address)
        if not self.dry_run:
            with transaction.atomic():
                _hold(article)
                if link:
                    article.translation_of = original
                    article.full_clean()
                    article.save()
                self._close(text, article, publish)
        done = " and ".join(filter(None, ["linked to its original" * link, "published" * publish]))
        return Result(text.source, Fate.CHANGED, done, address)

    def _write(self, text: Text, article: Article, fate: Fate) -> Result:
        converted = convert(text, self._resolve)
        notes = [*text.notes, *converted.notes]
        article.language = text.language
        article.title = text.title
        article.subtitle = text.first(SUBTITLE)
        article.standfirst = inline_text(text.first(STANDFIRST))
        article.date = text.date.day if text.date else None
        article.body = converted.html  # the field keeps to the vocabulary on saving
        article.lead_alt = _fitting(text, IMAGE_ALT, notes)
        article.lead_caption = _fitting(text, IMAGE_CAPTION, notes)
        _label(text, article, notes)
        if original := self._original(text):
            article.translation_of = original
        elif self._is_translation(text) and self.pairs[text.source].original.source not in self.taken:
            notes.append(Note(1, "its original was not taken, so it is not linked yet"))
        article.full_clean()
        bylines = self._bylines(text, article, notes)
        redirects = _redirects(text, article, notes)
        tags = [tag for tag in map(plain, text.all(TAGS)) if len(tag) <= LONGEST_TAG]
        notes += [
            Note(text.line(TAGS), f"tag “{tag[:40]}…” is too long")
            for tag in text.all(TAGS)
            if len(plain(tag)) > LONGEST_TAG
        ]
        if self.publish and not self._publishes(text):
            notes.append(
                Note(1, "stays a draft: " + ("its source says so" if text.is_draft else "it has no date"))
            )
        if not self.dry_run:
            with transaction.atomic():
                self._save(text, article, bylines, tags)
                for language, path in redirects:
                    add_redirect(path, language, article)
        notes = sorted(set(notes), key=lambda note: (note.line, note.text))
        return Result(
            text.source, fate, address=with_prefix(article.address(), article.language), notes=notes
        )

    def _save(self, text: Text, article: Article, bylines: list[Byline], tags: list[str]) -> None:
        """Write the row, its bylines and tags; what readers see, like every correction, by a working copy."""
        target = article
        if article.pk:
            _hold(article)
        if article.pk and is_frozen(article):
            target = open_copy(article)
            columns = {f.attname: getattr(article, f.attname) for f in content_fields(Article)}
            fill(target, {"fields": columns})
        target.save()
        target.bylines.all().delete()
        for byline in bylines:
            byline.article = target
            byline.save()
        target.tags.set(tags)
        if target is article:
            self._close(text, article, self._publishes(text) and article.state == State.DRAFT)
        else:
            self._remember(text, publish_copy(target))

    def _close(self, text: Text, article: Article, publish: bool) -> None:
        """Close the save, by publishing where asked, and remember the version that the row is left in."""
        if publish and text.date:
            workflow.publish(article, at=text.date.publish_at)
        else:
            workflow.record(article, user=None, action="import", note=text.source)
        self._remember(text, article)

    def _remember(self, text: Text, article: Article) -> None:
        self.imported[text.source], _created = ImportedText.objects.update_or_create(
            source=text.source,
            defaults={"article": article, "digest": text.digest, "version": article.version},
        )

    def _publishes(self, text: Text) -> bool:
        return self.publish and text.date is not None and not text.is_draft

    # -- Its relations ---------------------------------------------------------------------------------

    def _is_translation(self, text: Text) -> bool:
        pair = self.pairs.get(text.source)
        return pair is not None and pair.translation is text

    def _original(self, text: Text) -> Article | None:
        """The row of the text's original, where the text is a translation and its original was taken."""
        if not self._is_translation(text):
            return None
        row = self.imported.get(self.pairs[text.source].original.source)
        return row.article if row else None

    def _bylines(self, text: Text, article: Article, notes: list[Note]) -> list[Byline]:
        bylines = []
        for position, author in enumerate(text.authors):
            expert = self.experts.get(author.name)
            name = name_of(author.name) if expert is None else author.name
            if expert is not None and author.name == expert.slug:
                name = expert.name_in(article.language)
            if expert is None and name == author.name and re.fullmatch(r"[\w.@-]+", name, re.ASCII):
                notes.append(
                    Note(
                        text.line(AUTHORS),
                        f"author “{name}” is an id or a single name; the byline shows it as it is",
                    )
                )
            byline = Byline(article=article, position=position, expert=expert, name=name, role=author.role)
            byline.clean_fields(exclude=["article"])
            bylines.append(byline)
        return bylines

    def _resolve(self, address: str) -> str | None:
        """Where a path of the old site leads: to a text of this import, to a page that exists, or nowhere."""
        path = "/" + unquote(urlsplit(address).path).lstrip("/")
        if path not in self.resolved:
            self.resolved[path] = self._find(path)
        return self.resolved[path]

    def _find(self, path: str) -> str | None:
        text = self.moved.get(_key_of_path(path)) or self.moved.get(_key_of_path(PurePosixPath(path).name))
        if text is not None:
            slug = self.slugs.get(text.source)
            return None if slug is None else with_prefix(Article(slug=slug).address(), text.language)
        here = without_prefix(path)
        if Address.objects.filter(language=language_of_path(path), path__in=[here, f"{here}/"]).exists():
            return path
        try:
            return None if resolve(path).kwargs else path
        except Resolver404:
            return None


def _key_of_path(path: str) -> str:
    return path.strip("/").lower().removesuffix(".html").removesuffix(".md")


def _old_names(text: Text) -> Iterator[str]:
    """What links between the texts of an archive call this one: its old addresses, its dated name."""
    for _language, path in old_addresses(text)[0]:
        yield _key_of_path(path)
    dated = re.match(r"(\d{4})-(\d{1,2})-(\d{1,2})-(.+)", text.stem)
    if dated:
        yield text.stem.lower()
        days = {(int(dated[1]), int(dated[2]), int(dated[3]))}
        if text.date:
            days.add((text.date.day.year, text.date.day.month, text.date.day.day))
        for year, month, day in days:
            yield f"{year}/{month:02}/{day:02}/{dated[4].lower()}"


def _holder(language: str, slug: str) -> object:
    """What stands, or once stood, at an article's address."""
    address = Address.objects.filter(language=language, path=Article(slug=slug).address()).first()
    return None if address is None else address.target or address


def _hold(article: Article) -> None:
    """Lock the row, and refuse where it was saved, locked or taken up since the import began."""
    versions = Article.versions.select_for_update()
    if versions.values_list("version", flat=True).get(pk=article.pk) != article.version:
        raise Refused("It was edited here while the import ran. Run it again.")
    if Article.versions.filter(corrects=article, trashed_at__isnull=True).exists():
        raise Refused("A working copy of it was opened here while the import ran.")
    heed(article, None)


def _touched(row: ImportedText) -> str:
    """Why the import may not write a row again, or nothing."""
    article = row.article
    if article.trashed_at is not None:
        return "It lies in the trash here."
    if article.locked_at is not None:
        return "It is locked here."
    if row.version != article.version:
        return "It has been edited here since its import."
    if Article.versions.filter(corrects=article, trashed_at__isnull=True).exists():
        return "A working copy of it is open here."
    return ""


def _label(text: Text, article: Article, notes: list[Note]) -> None:
    """Kind, rights and what is said of the picture."""
    kind = text.first(KIND).lower()
    if kind in Article.Kind.values:
        article.kind = kind
    stated = LICENCE.search(text.body)
    said = (stated[1] if stated else text.first(RIGHTS)).upper().replace("-", " ")
    rights = {"CC BY 4.0": Article.Rights.CC_BY, "CC BY NC ND 4.0": Article.Rights.CC_BY_NC_ND}.get(said)
    if rights:
        article.rights = rights
    elif said:
        notes.append(Note(text.line(RIGHTS), f"rights “{said}”: choose them by hand"))
    for image in text.all(IMAGE)[:1]:
        words = "; its words wait for it" if article.lead_alt or article.lead_caption else ""
        notes.append(Note(text.line(IMAGE), f"lead image {image}: not in the archive{words}"))
    if any(inline_text(plain(words)) != article.standfirst for words in text.all(STANDFIRST)):
        notes.append(
            Note(text.line(("description", "summary")), "description and excerpt differ; the excerpt is kept")
        )


def _fitting(text: Text, keys: tuple[str, ...], notes: list[Note]) -> str:
    """A line that fits its column; what is cut is said."""
    words = inline_text(text.first(keys))
    if len(words) <= LONGEST_LINE:
        return words
    notes.append(Note(text.line(keys), f"longer than {LONGEST_LINE} characters, and cut"))
    return words[: LONGEST_LINE - 1].rstrip() + "…"


def _redirects(text: Text, article: Article, notes: list[Note]) -> list[tuple[str, str]]:
    """The old addresses that can lead to the article."""
    found, lost = old_addresses(text)
    notes += lost
    kept = []
    for language, path in found:
        if (language, path) == (article.language, article.address()):
            continue
        holder = Address.objects.filter(language=language, path=path).first()
        if holder is None or holder.target == article:
            kept.append((language, path))
        else:
            notes.append(
                Note(
                    text.line(OLD_ADDRESSES),
                    f"old address {with_prefix(path, language)} already leads to “{holder.target or holder}”",
                )
            )
    return kept


def _in_words(error: ValidationError) -> str:
    if hasattr(error, "error_dict"):
        return " ".join(f"{name}: {' '.join(words)}" for name, words in error.message_dict.items())
    return " ".join(error.messages)
