"""Two people at random in one text: everything typed is in the text, in its history, or was given up knowingly.

Each word typed is one of its kind, so that it can be followed. A thousand interleavings are made of forms, the
rule of merging and a text on paper, without a database; two hundred go through the admin's own views, workflow,
publications and corrections; some more the whole way of a browser. All three must hold to the same.
"""

import datetime
import os
import random
import re
from collections import Counter
from urllib.parse import parse_qs

import pytest
from django import forms
from django.contrib import admin
from django.http import QueryDict
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from articles.models import Article, Byline
from charhar.publishing import workflow
from charhar.publishing.compare import Names
from charhar.publishing.copies import is_frozen, open_copy_of
from charhar.publishing.history import canonical, content_fields, family_of, serialise
from charhar.publishing.merging import Opened, mergeable, settle, subject_of
from charhar.publishing.merging_parts import Choices, as_posted, bare, hidden
from charhar.publishing.merging_rows import RowsMerger
from tests.admin_forms import values_of
from tests.factories import ArticleFactory, UserFactory

pytestmark = pytest.mark.django_db

WORD = re.compile(r"w\d{6}q")
BATCH = 25  # interleavings before a new text is begun
SOON = "%Y-%m-%dT%H:%M"


def words(value):
    """The words of ours in anything."""
    return set(WORD.findall(str(value)))


class Messages:
    """In place of the middleware's."""

    def add(self, *args, **kwargs):
        pass


class Bare(type(admin.site._registry[Article])):
    """The articles' admin without what only a page needs: panels, buttons, Django's own log."""

    def render_change_form(self, request, context, **kwargs):
        return {**context, **self.merging_context(request, context)}

    def log_change(self, *args):
        pass


class ShortWay:
    """The admin's views without middleware; the forms read from their context instead of from HTML."""

    only_saves = False

    def __init__(self, user):
        self.user, self.factory, self.desk = user, RequestFactory(), Bare(Article, admin.site)

    def _ask(self, view, request, key):
        request.user, request._messages = self.user, Messages()
        request._dont_enforce_csrf_checks = True
        response = view(request, str(key))
        if isinstance(response, dict):
            return 200, response
        return response.status_code, getattr(response, "context_data", None)

    def get(self, text):
        """The form as it is opened: values and context."""
        _status, context = self._ask(self.desk.changeform_view, self.factory.get("/"), text.pk)
        return self.values(context), context

    def post(self, text, data, word="change"):
        """Status, values of the form that came back, context."""
        view = self.desk.changeform_view if word == "change" else self.desk.correct_view
        status, context = self._ask(view, self.factory.post("/", data), text.pk)
        return status, self.values(context) if status == 200 else {}, context

    def values(self, context):
        form = context["adminform"].form
        values = {"opened_row": [str(context["original"].pk)], "opened_fields": [context["opened_fields"]]}
        for formset in context["inline_admin_formsets"]:
            for one in (formset.formset.management_form, *formset.formset.forms):
                self._add(values, one)
        self._add(values, form)
        merged = context["merged"]
        for clash in merged.clashes if merged else ():
            values.setdefault("clash", []).append(clash.name)
            values[f"shown-{clash.name}"] = [clash.shown]
            values |= {name: [value] for name, value in clash.carried}
        return values

    def _add(self, values, form):
        for field in form:
            widget, value = bare(field.field.widget), field.value()
            if isinstance(widget, forms.CheckboxInput):
                given = ["on"] if value else []
            elif isinstance(widget, forms.RadioSelect):
                given = [value] if value else []
            else:
                given = widget.format_value(value)
                given = (
                    [""]
                    if given is None
                    else [str(g) for g in given]
                    if isinstance(given, list)
                    else [str(given)]
                )
            if given:
                values[field.html_name] = given
            if field.field.show_hidden_initial:
                known = form.data.get(field.html_initial_name) if form.is_bound else None
                values[field.html_initial_name] = [hidden(field.field, value) if known is None else known]


class WholeWay:
    """A browser's way: addresses, middleware, HTML."""

    only_saves = False

    def __init__(self, user):
        self.client = Client()
        self.client.force_login(user)

    def _at(self, word, text):
        return reverse(f"admin:articles_article_{word}", args=[text.pk])

    def get(self, text):
        response = self.client.get(self._at("change", text))
        return values_of(response), response.context

    def post(self, text, data, word="change"):
        response = self.client.post(self._at(word, text), data)
        return (
            response.status_code,
            values_of(response) if response.status_code == 200 else {},
            response.context,
        )


class Writer:
    """One person with one form: what it showed, what was typed into it, what was knowingly given up."""

    def __init__(self, way, user, chance, book):
        self.way, self.user, self.chance, self.book = way(user), user, chance, book
        self.text, self.values = None, None

    def open(self, text):
        """Open the text, or the working copy of a live one."""
        if is_frozen(text):
            self.way.post(text, {}, "correct")
            text = open_copy_of(text)
        self.text = text
        self.values, _context = self.way.get(text)
        self.seen, self.typed, self.gave_up = words(self.values), set(), set()

    def edit(self):
        """Type a new word into one place, or take out a row or a tag that is seen there."""
        word, values, chance = self.book.new(), self.values, self.chance
        rows = int(values["bylines-TOTAL_FORMS"][0])
        what = chance.choice(
            [
                "title",
                "subtitle",
                "standfirst",
                "body",
                "row",
                "row",
                "new row",
                "tag",
                "no row",
                "no tag",
                "order",
            ]
        )
        if what == "body":
            self._replace("body", f"<p>{word}</p>", word)
        elif what == "tag":
            values["tags"] = [", ".join(filter(None, [values.get("tags", [""])[0], word]))]
            self.typed.add(word)
        elif what == "no tag":
            tags = [t.strip() for t in values.get("tags", [""])[0].split(",") if t.strip()]
            if tags:
                self.drop(tags.pop(chance.randrange(len(tags))))
                values["tags"] = [", ".join(tags)]
        elif what == "new row" and rows < 8:
            stem = f"bylines-{rows}-"
            values |= {
                f"{stem}name": [word],
                f"{stem}id": [""],
                f"{stem}contribution": ["author"],
                f"{stem}role": [""],
            }
            values |= {f"{stem}position": [""], f"{stem}expert": [""]}
            values["bylines-TOTAL_FORMS"] = [str(rows + 1)]
            self.typed.add(word)
        elif what in {"row", "no row", "order"} and rows:
            stem = f"bylines-{chance.randrange(rows)}-"
            if f"{stem}DELETE" in values:
                return
            if what == "row":
                self._replace(stem + chance.choice(["name", "role"]), word, word)
            elif what == "order":
                values[f"{stem}position"] = [str(chance.randrange(1, 9))]
            elif values[f"{stem}id"][0]:
                for cell in ("name", "role"):
                    self.drop(values.get(stem + cell, [""])[0])
                values[f"{stem}DELETE"] = ["on"]
        elif what not in {"row", "no row", "order", "new row"}:
            self._replace(what, word, word)

    def _replace(self, name, value, word):
        self.drop(self.values.get(name, [""])[0])
        self.values[name] = [value]
        self.typed.add(word)

    def drop(self, shown):
        """What the person sees and takes out or writes over is given up knowingly."""
        self.typed -= words(shown)
        self.gave_up |= words(shown)

    def press(self):
        """Save, or bring before readers; then go on until it is saved or left lying."""
        button = self.chance.choice(["_save"] * 6 + ["_publish", "_schedule"])
        if self.way.only_saves:
            button = "_save"
        elif self.text.is_copy:
            button = self.chance.choice(["_save"] * 4 + ["_publish_correction", "_schedule_correction"])
        soon = (timezone.localtime() + datetime.timedelta(days=1)).strftime(SOON)
        extra = {button: "1", "told": "minor", "publish_from": soon if "schedule" in button else ""}
        self.book.count[button] += 1
        before = self.book.of(self.text)
        status, values, context = self.way.post(self.text, {**self.values, **extra})
        self.book.count[status] += 1
        if status == 302:
            self._saved(before, button)
        elif status == 200:
            self._came_back(values, context)
        else:
            self._kept(context)

    def _saved(self, before, button):
        after = self.book.of(self.text)
        silent = before - after - self.gave_up
        assert silent == set(), "overwritten without a word"
        assert self.typed - self.gave_up <= after, "typed and saved, but not in the text"
        if button == "_publish_correction":
            assert self.book.of(self.text.corrects) == after
        self.text = self.values = None

    def _came_back(self, values, context):
        merged = context["merged"]
        if merged is None:  # the checklist held it back (somebody took the last author out), whole as well
            assert "first mend what the checklist names" in str(context["adminform"].form.errors)
        assert self.typed - self.gave_up <= words(values), "typed, and not in the form that came back"
        self.values = values
        self.seen |= words(values)
        for clash in merged.clashes if merged is not None else ():
            self.book.count["clashes"] += 1
            answer = self.chance.choice(["mine", "theirs", "mine", "theirs", ""])
            if not answer:
                continue
            values[f"merge-{clash.name}"] = [answer]
            kinds = {"mine": "out", "theirs": "in"}
            shown = {
                w
                for line in clash.lines
                for run in line
                if run.kind == kinds[answer]
                for w in words(run.words)
            }
            # Said by the words shown; of a row, what stands on both sides stays.
            self.gave_up |= shown

    def _kept(self, context):
        assert self.typed - self.gave_up <= words(context["raw"]), "typed, and not among what is kept"
        self.book.count["kept"] += 1
        if not context["into"]:
            self.book.kept |= words(context["raw"])
            self.text = self.values = None
            return
        root = self.text.corrects or self.text
        status, values, _context = self.way.post(root, {"typed": context["raw"]}, "correct")
        assert status == 200
        self.text = Article.versions.get(pk=parse_qs("pk=" + values["opened_row"][0])["pk"][0])
        assert self.typed - self.gave_up <= words(values)
        self.values, self.seen = values, self.seen | words(values)


class Book:
    """What was typed by anybody, and where it must be found."""

    def __init__(self):
        self.number, self.count, self.kept = 0, Counter(), set()
        self.root = None

    def fresh(self):
        return Article.versions.get(pk=self.root.pk)

    def new(self):
        self.number += 1
        return f"w{self.number:06d}q"

    def begin(self):
        self.root = ArticleFactory(draft=True, body="<p>Begun.</p>")
        for place in (1, 2, 3):
            Byline.objects.create(article=self.root, name=self.new(), position=place)
        workflow.record(self.root, user=None, action="save")

    def content(self):
        """The words in the text and its open copy now."""
        rows = [Article.versions.get(pk=self.root.pk)]
        copy = open_copy_of(self.root)
        return words([canonical(serialise(row)) for row in [*rows, *filter(None, [copy])]])

    def of(self, text):
        """The words in one row now."""
        return words(canonical(serialise(Article.versions.get(pk=text.pk))))

    def history(self):
        return words([canonical(data) for data in family_of(self.root).values_list("data", flat=True)])


class Row:
    """A row on paper, as far as merging asks a form of it."""

    def __init__(self, key, values):
        self.instance, self.values = Byline(pk=key), values

    def get_initial_for_field(self, field, name):
        return self.values[name]


class Paper(Book):
    """A text without a database: its content in every version, its rows under their keys."""

    FIELDS = ("title", "subtitle", "standfirst", "body")
    prefix, fk, model = "bylines", Byline._meta.get_field("article"), Byline

    def __init__(self):
        super().__init__()
        request = RequestFactory().get("/")
        request.user = AnyBody()
        desk = admin.site._registry[Article]
        self.form = desk.get_form(request, None, change=True)()
        formset = desk.inlines[0](Article, admin.site).get_formset(request, None)
        self.empty_form = formset(instance=Article(), queryset=Byline.objects.none()).empty_form

    def begin(self):
        self.root = self.instance = Article(pk=1, version=0, title="Begun")
        self.rows, self.tags, self.versions = {}, [], []
        for place in (1, 2, 3):
            self._row({"name": self.new(), "role": "", "position": place})
        self._close()

    def _row(self, values):
        blank = {"expert": None, "contribution": "author", "name": "", "role": "", "position": 0}
        self.rows[max(self.rows, default=0) + 1] = {**blank, **values}

    def _close(self):
        self.root.version += 1
        self.versions.append(self.data())

    def data(self):
        fields = {f.attname: f.value_from_object(self.root) for f in content_fields(Article)}
        relations = {"topics": [], "regions": [], "sections": []}
        rows = [dict(row) for row in self.rows.values()]
        return {
            "fields": fields,
            "inlines": {"bylines": rows},
            "relations": relations,
            "tags": sorted(self.tags),
        }

    @property
    def initial_forms(self):
        return [
            Row(key, values)
            for key, values in sorted(self.rows.items(), key=lambda r: (r[1]["position"], r[0]))
        ]

    def fresh(self):
        return self.root

    def content(self):
        return words(canonical(self.data()))

    def of(self, text):
        return self.content()

    def history(self):
        return words(self.versions)

    def values(self):
        """The form as it is opened."""
        now, values = self.data(), QueryDict(mutable=True)
        values["opened_row"], values["opened_version"] = "1", str(self.root.version)
        values["opened_fields"] = " ".join(mergeable(self.form, [self.prefix]))
        for name, field in self.form.fields.items():
            column = subject_of(self.form, name)
            if column is not None:
                value = (
                    now["tags"]
                    if name == "tags"
                    else []
                    if column.many_to_many
                    else column.value_from_object(self.root)
                )
                values.setlist(name, as_posted(field, value))
                if name in Article.LIFE_FIELDS:
                    values[f"initial-{name}"] = hidden(field, value)
        rows = RowsMerger(self, values, Choices(values), "", Names())
        rows.take_theirs()
        rows.write(values)
        return values

    def save(self, posted):
        """302 where it was written; else what a person is asked."""
        opened = Opened.of(posted)
        if opened.version != self.root.version or "clash" in posted:
            who = {"": "somebody"}
            base = self.versions[opened.version - 1]
            merged = settle(self.form, [self], self.root, posted, opened, base, self.data(), who)
            if merged.clashes:
                return merged
            posted = merged.data
        for name in self.FIELDS:
            setattr(self.root, name, self.form.fields[name].clean(posted[name]))
        self.tags = self.form.fields["tags"].clean(posted["tags"])
        first, cells = int(posted["bylines-INITIAL_FORMS"]), self.empty_form.fields
        for at in range(int(posted["bylines-TOTAL_FORMS"])):
            stem = f"bylines-{at}-"
            row = {name: posted.get(stem + name, "") for name in ("name", "role", "contribution")}
            row["position"] = cells["position"].clean(posted.get(f"{stem}position") or 0)
            if at >= first:
                self._row(row)
            elif posted.get(f"{stem}DELETE"):
                del self.rows[int(posted[f"{stem}id"])]
            else:
                self.rows[int(posted[f"{stem}id"])] |= row
        self._close()
        return None


class AnyBody:
    """Somebody who may do everything, without a row."""

    is_superuser = is_staff = is_active = True
    pk = 1

    def has_perm(self, *args):
        return True


class PaperWay:
    """Forms, merging and a text on paper."""

    only_saves = True

    def __init__(self, book):
        self.book = book

    def get(self, text):
        return dict(self.book.values().lists()), {}

    def post(self, text, data, word="change"):
        posted = QueryDict(mutable=True)
        for name, value in data.items():
            posted.setlist(name, value if isinstance(value, list) else [value])
        merged = self.book.save(posted)
        if merged is None:
            return 302, {}, {}
        values = dict(merged.data.lists())
        for clash in merged.clashes:
            values |= {name: [value] for name, value in clash.carried}
            values[f"shown-{clash.name}"] = [clash.shown]
        return 200, values, {"merged": merged}


def interleave(way, times, seed):
    """So many interleavings; what happened how often."""
    chance = random.Random(seed)
    if way is PaperWay:
        book = Paper()
        people, way = ("Ada", "Ben"), lambda user: PaperWay(book)
    else:
        book = Book()
        people = [UserFactory(is_superuser=True, first_name=name) for name in ("Ada", "Ben")]
    typed = set()
    for number in range(times):
        if number % BATCH == 0:
            book.begin()
            both = [Writer(way, user, chance, book) for user in people]
        steps = [(writer, step) for writer in both for step in ("open", "edit", "edit", "press")]
        order = chance.sample(range(len(steps)), len(steps))
        queues = {writer: ["open", *["edit"] * chance.randrange(1, 3), "press", "press"] for writer in both}
        for index in order:
            writer = steps[index][0]
            if not queues[writer]:
                continue
            step = queues[writer].pop(0)
            if step == "open":
                if writer.values is None:
                    writer.open(book.fresh())
            elif writer.values is not None:
                getattr(writer, step)()
                if step == "edit":
                    typed |= writer.typed
        waiting = set().union(*(words(w.values) for w in both if w.values is not None))
        given_up = set().union(*(w.gave_up for w in both if hasattr(w, "gave_up")))
        book.given_up = getattr(book, "given_up", set()) | given_up
        if number % BATCH == BATCH - 1 or number == times - 1:
            missing = typed - book.content() - book.history() - waiting - book.kept - book.given_up
            assert missing == set(), f"lost: {missing}"
            typed = set()
    return book.count


def test_a_thousand_interleavings_lose_nothing_and_overwrite_nothing_silently():
    count = interleave(PaperWay, 1000, seed="on paper")
    assert count[302] > 1000
    assert count["clashes"] > 100


PARTS = range(int(os.environ.get("INTERLEAVINGS", "200")) // BATCH)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("part", [pytest.param(part, marks=[pytest.mark.long][:part]) for part in PARTS])
def test_so_do_two_hundred_with_publications_and_corrections(part):
    count = interleave(ShortWay, BATCH, seed=f"part {part}")
    assert count[302] > BATCH / 2
    assert count["_publish"] + count["_publish_correction"] > 0


def test_the_whole_way_of_a_browser_is_the_same():
    count = interleave(WholeWay, 12, seed=7)
    assert count[302] > 10
    assert count[200] > 2
