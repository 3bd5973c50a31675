"""The sample content: whole, plausible, and loaded twice the same as once."""

import datetime
import io
import re
from collections import Counter
from types import SimpleNamespace

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from PIL import Image as Pillow
from pypdf import PdfReader

from articles.models import Article, Byline, NewsSection
from charhar.contacts.models import OutgoingMail, Person, TimelineEvent
from charhar.demo import pictures
from charhar.demo.compose import compose
from charhar.demo.drawing.covers import STYLES, Cover, draw_cover
from charhar.demo.drawing.illustrations import MOTIFS, draw_illustration, illustrations
from charhar.demo.drawing.portraits import draw_portrait
from charhar.demo.issues import isbn_of
from charhar.demo.pdf import write_pdf
from charhar.demo.stock import read_yaml
from charhar.desk.models import Assignment, Comment, ReviewLink
from charhar.library.models import Document, Image
from charhar.members.models import (
    Application,
    Membership,
    NumberSeries,
    Payment,
    Plan,
    Question,
    Standing,
    Term,
)
from charhar.models import HomeSlot
from charhar.outreach.models import (
    ContactMessage,
    Funding,
    Newsletter,
    Reply,
    ReplyTemplate,
    Vacancy,
    WayToGive,
)
from charhar.pages.models import FollowLink, InstitutePage, SiteSettings
from charhar.publishing import workflow
from charhar.publishing.models import Address, Snapshot, State
from charhar.publishing.richtext import clean, plain_text, word_count
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert, ExpertGroup, Office, Programme
from publications.identifiers import validate_isbn
from publications.models import Entry, Publication, Series

MODELS = [
    Application, Article, Byline, ContactMessage, Document, Entry, Expert, ExpertGroup, FollowLink, Funding, HomeSlot,
    Image, InstitutePage, Membership, NewsSection, NumberSeries, Office, OutgoingMail, Payment, Person, Plan, Programme,
    Publication, Question, Region, Reply, ReplyTemplate, Series, SiteSettings, Term, TimelineEvent, Topic, Vacancy,
    WayToGive,
]  # fmt: skip

pytestmark = pytest.mark.matrix


def spot(*args):
    """A picture of a few pixels in place of a drawn one: the encoding would take most of the suite's time."""
    buffer = io.BytesIO()
    Pillow.new("RGB", (12, 8), (168, 42, 29)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """The content, loaded once for this module in a transaction that is rolled back at its end."""
    folder = tmp_path_factory.mktemp("demo")
    told = io.StringIO()
    surroundings = override_settings(
        MEDIA_ROOT=folder / "media",
        VAR_DIR=folder,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    )
    with django_db_blocker.unblock(), transaction.atomic():
        with pytest.MonkeyPatch.context() as patch, surroundings:
            for name in ("draw_illustration", "draw_portrait", "draw_cover"):
                patch.setattr(pictures, name, spot)
            call_command("load_demo", stdout=told)
        yield SimpleNamespace(folder=folder, told=told.getvalue())
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded, db, settings):
    """The loaded content; what a test changes of it is undone."""
    settings.MEDIA_ROOT, settings.VAR_DIR = loaded.folder / "media", loaded.folder
    return loaded


def load_again():
    told = io.StringIO()
    call_command("load_demo", stdout=told)
    return told.getvalue()


def every_row():
    return {
        model: sorted(
            str(sorted((k, str(v)) for k, v in row.items())) for row in model._base_manager.values()
        )
        for model in MODELS
    }


def test_it_loads_all_that_the_site_needs(demo):
    published = Article.objects.published()
    assert published.in_language("en").count() == 125
    assert published.in_language("zh-hans").count() == 20
    assert published.filter(translation_of__isnull=False).count() == 16
    assert Counter(Article.objects.exclude(pk__in=published).values_list("state", flat=True)) == {
        "draft": 1, "review": 1, "published": 2, "withdrawn": 1,
    }  # fmt: skip
    assert Publication.objects.published().in_language("en").count() == 20
    assert Publication.objects.published().in_language("zh-hans").count() == 2
    assert {model: model.objects.count() for model in (Expert, ExpertGroup, Office, Programme, Region, Topic)} == {
        Expert: 25, ExpertGroup: 5, Office: 3, Programme: 3, Region: 5, Topic: 7,
    }  # fmt: skip
    assert Series.objects.count() == 6
    assert NewsSection.objects.count() == 6
    assert InstitutePage.objects.published().count() == 16
    assert FollowLink.objects.count() == 6
    assert Document.objects.count() == 6
    assert Image.objects.count() == len(illustrations()) + 24 + 20
    assert (Plan.objects.count(), Vacancy.objects.count(), WayToGive.objects.count()) == (3, 2, 3)
    assert [n.items.count() for n in Newsletter.objects.order_by("pk")] == [4, 4, 4]
    assert Newsletter.objects.in_archive().count() == 2
    assert OutgoingMail.objects.filter(mailing__isnull=False).count() == 0
    assert Funding.objects.count() == 6


def test_the_states_that_editors_meet_are_there(demo):
    by_title = {article.title: article for article in Article.objects.all()}
    assert by_title["The dry-season letter"].is_scheduled
    assert by_title["Registration for the spring lecture"].is_expired
    withdrawn = by_title["Seven stories and their tellers"]
    assert withdrawn.state == State.WITHDRAWN
    assert "the same case, told twice" in withdrawn.withdrawal_reason
    assert by_title["The oath of the interpreter"].state == State.REVIEW
    assert by_title["The dry-season letter"].date == timezone.localdate(
        by_title["The dry-season letter"].publish_at
    )


def test_every_entry_of_the_menu_has_something_to_show(demo):
    published = Article.objects.published().in_language("en")
    for field, model in (("topics", Topic), ("regions", Region), ("sections", NewsSection)):
        for row in model.objects.all():
            assert published.filter(**{field: row}).count() >= 4, row
    for series in Series.objects.all():
        assert series.publications.published().in_language("en").count() >= 2, series
    for topic in Topic.objects.all():
        assert topic.leads.count() >= 1, topic
    for region in Region.objects.all():
        assert region.leads.count() >= 1, region


@pytest.mark.parametrize("start", ["/", "/zh/"])
def test_every_link_of_menu_and_foot_leads_to_a_page(demo, client, start):
    page = client.get(start).content.decode()
    around = page[: page.index("<main")] + page[page.index("</main>") :]
    links = sorted(set(re.findall(r'href="(/[^"#?]*)"', around)))
    pages = [link for link in links if not link.startswith(("/static/", "/media/", "/feeds/"))]
    assert len(pages) > 40
    assert {link: client.get(link).status_code for link in pages} == dict.fromkeys(pages, 200)


def test_the_articles_stretch_over_six_years_up_to_yesterday(demo):
    today = timezone.localdate()
    dates = sorted(Article.objects.published().values_list("date", flat=True))
    assert today - datetime.timedelta(days=6 * 365 + 4) < dates[0] < today - datetime.timedelta(days=5 * 365)
    assert today - datetime.timedelta(days=3) <= dates[-1] < today
    assert len({date.year for date in dates}) >= 6


@pytest.mark.parametrize("shift", range(7))
def test_on_no_day_of_the_week_does_a_text_lie_in_the_future(shift):
    today = datetime.date(2026, 11, 23) + datetime.timedelta(days=shift)
    plans = compose(today)
    dates = [date for plan in plans for date in (plan.date, plan.edition.date if plan.edition else plan.date)]
    assert max(dates) < today
    assert len({plan.slug for plan in plans}) == len(plans) == 134


def test_no_article_says_a_paragraph_twice_and_none_is_like_another():
    bodies = ["".join(plan.pieces) for plan in compose(datetime.date(2026, 11, 24))]
    assert len(set(bodies)) == len(bodies)
    for body in bodies:
        paragraphs = re.findall(r"<(?:p|li|h2)>(.*?)</(?:p|li|h2)>", body)
        assert len(set(paragraphs)) == len(paragraphs), body[:80]


def test_texts_are_written_in_the_stored_vocabulary_and_have_no_gaps():
    for plan in compose(datetime.date(2026, 11, 24)):
        for each in filter(None, (plan, plan.edition)):
            body = re.sub(r"figure:[\w-]+", "", "".join(each.pieces))
            assert clean(body) == body, each.title
            assert not re.search(r"[{}*]|\s{2}|\[|\]", body.replace("［", "")), each.title


def test_english_texts_have_a_length_of_six_to_eleven_hundred_words_and_chinese_ones_six_hundred_characters(
    demo,
):
    for article in Article.objects.exclude(state=State.DRAFT):
        if article.language == "en":
            assert 600 <= word_count(article.body) <= 1100, article
        else:
            assert len(re.findall(r"[\u4e00-\u9fff]", plain_text(article.body))) >= 600, article


def test_texts_use_all_that_a_text_may_hold(demo):
    bodies = list(Article.objects.published().in_language("en").values_list("body", flat=True))
    for mark in (
        "<h2>",
        "<blockquote>",
        "<ul>",
        "<caption>",
        "<figure data-image=",
        'class="footnote"',
        "<em>",
    ):
        assert sum(mark in body for body in bodies) >= 20, mark
    images = {str(pk) for pk in Image.objects.values_list("pk", flat=True)}
    assert {pk for body in bodies for pk in re.findall(r'data-image="(\d+)"', body)} <= images


def test_bylines_are_as_various_as_real_ones(demo):
    published = Article.objects.published().in_language("en")
    numbers = Counter(a.bylines.count() for a in published.prefetch_related("bylines"))
    assert set(numbers) == {1, 2, 3}
    assert Byline.objects.filter(expert=None).exclude(name="The Secretariat").count() >= 8
    assert Byline.objects.filter(contribution="interviewee").count() >= 8
    assert Byline.objects.filter(contribution="translator").count() >= 4
    assert not Byline.objects.filter(
        article__language="zh-hans", expert=None, name__contains="Sample"
    ).exists()
    reprints = published.filter(outlet__isnull=False)
    assert Counter(reprints.values_list("canonical", flat=True)).keys() == {"ours", "theirs"}
    assert all(
        url.split("/")[2].endswith(".example.org") for url in reprints.values_list("outlet_url", flat=True)
    )
    assert sum(len(title) > 120 for title in published.values_list("title", flat=True)) >= 2


def test_every_row_passes_its_own_validation(demo):
    for model in (
        Article,
        Publication,
        Expert,
        InstitutePage,
        Region,
        Topic,
        Series,
        Office,
        Programme,
        SiteSettings,
    ):
        for row in model.objects.all():
            row.full_clean()


def test_contents_lead_to_articles_older_than_the_issue(demo):
    entries = Entry.objects.filter(articles__isnull=False).select_related("publication").distinct()
    assert len(entries) >= 30
    assert all(entry.title == entry.article.title for entry in entries)
    assert all(entry.article.date <= entry.publication.date for entry in entries)
    assert Entry.objects.filter(articles=None).count() == 12


def test_nobody_real_speaks(demo):
    chairman = Expert.objects.get(slug="han-fangming")
    assert chairman.portrait is None
    assert chairman.bylines.count() == 0
    others = Expert.objects.exclude(pk=chairman.pk)
    assert all("invented for this site" in expert.biography_en for expert in others)
    assert all("虚构" in expert.biography_zh for expert in others)
    settings = SiteSettings.load()
    assert settings.quotation_en.startswith("Sample quotation")
    assert settings.quotation_zh.startswith("样例引语")


def test_a_second_load_changes_nothing(demo):
    before = every_row()
    told = load_again()
    assert every_row() == before
    assert set(re.findall(r"(\d+) new", told)) == {"0"}


def test_what_was_edited_renamed_or_deleted_is_left_as_it_is(demo):
    edited, renamed, deleted = Article.objects.published().in_language("en")[:3]
    edited.title = "A title of our own"
    edited.save()
    workflow.record(edited, user=None, action="save")
    renamed.slug = "an-address-of-our-own"
    renamed.save()
    workflow.record(renamed, user=None, action="save")
    deleted.delete()
    topic = Topic.objects.first()
    topic.slug, topic.name_en = "a-topic-of-our-own", "A topic of our own"
    topic.save()
    SiteSettings.objects.update(phone="+86 10 00000000")
    HomeSlot.objects.filter(language="zh-hans").delete()
    before = every_row()
    load_again()
    assert every_row() == before


def test_a_load_that_broke_off_is_completed_by_the_next(demo):
    before = {article.slug for article in Article.objects.in_language("en")}
    gone = Article.objects.published().in_language("en").filter(entry__isnull=False)[:2]
    keys = [article.pk for article in gone]
    entries = {article.title: article.entry_id for article in gone}
    for model in (Snapshot, Address):
        model.objects.filter(object_id__in=keys, content_type__model="article").delete()
    Article.objects.filter(pk__in=keys).delete()
    told = load_again()
    assert re.search(r"Articles +2 new +132 already there", told)
    assert {article.slug for article in Article.objects.in_language("en")} == before
    assert dict(Article.objects.filter(title__in=entries).values_list("title", "entry_id")) == entries


def test_somebody_can_sign_in_until_the_password_is_changed(demo):
    name, password = (demo.folder / "demo-sign-in.txt").read_text().splitlines()[0].split()
    assert (demo.folder / "demo-sign-in.txt").stat().st_mode & 0o777 == 0o600
    user = get_user_model().objects.get(username=name)
    assert user.is_superuser
    assert user.check_password(password)
    assert password in demo.told
    assert password in load_again()
    user.set_password("a password of their own")
    user.save()
    assert password not in load_again()


@pytest.mark.parametrize("name", sorted({row["motif"] for row in read_yaml("illustrations").values()}))
def test_an_illustration_is_drawn_the_same_every_time(name):
    first = next(n for n, row in read_yaml("illustrations").items() if row["motif"] == name)
    drawn = draw_illustration(first)
    assert Pillow.open(io.BytesIO(drawn)).size == (1200, 800)
    assert draw_illustration(first) == drawn


def test_every_motif_is_used_and_no_two_illustrations_are_described_alike():
    assert {row["motif"] for row in read_yaml("illustrations").values()} == set(MOTIFS)
    assert len({picture.alt_en for picture in illustrations().values()}) == len(illustrations()) == 36
    assert len({picture.alt_zh for picture in illustrations().values()}) == 36


def test_portraits_differ_and_covers_follow_their_series():
    people = [row for row in read_yaml("people") if not row.get("real")]
    assert len({draw_portrait(row["slug"], row["hair"]) for row in people[:6]}) == 6
    cover = Cover("A series", "A title that is long enough for two lines", "Vol. 1, No. 2", 2026, "gauge")
    covers = {draw_cover(series, cover) for series in STYLES}
    assert len(covers) == 6
    assert set(STYLES) == {row["slug"] for row in read_yaml("house")["series"]}


def test_a_picture_has_two_widths_of_each_kind(demo):
    Image.objects.filter(title="Sample illustration: gauge").delete()
    image = pictures.Pictures().illustration("gauge")
    assert [(e["crop"], e["width"], e["types"]) for e in image.renditions if e["crop"] == ""] == [
        ("", 600, ["avif", "webp", "jpg"]),
        ("", 1200, ["avif", "webp", "jpg"]),
    ]
    assert image.credit == "Illustration: Sample/Charhar"
    assert pictures.Pictures().illustration("gauge").pk == image.pk


@pytest.mark.parametrize("number", [1, 9, 20, 999999])
def test_sample_isbns_are_valid(number):
    validate_isbn(isbn_of(number))


def test_the_sample_pdf_can_be_read():
    file = write_pdf("Knots (sample)", [[("A (first) page", 12)], [("Ça & “là” – 察", 10), ("Two", 10)]])
    reader = PdfReader(io.BytesIO(file), strict=True)
    assert [page.extract_text() for page in reader.pages] == ["A (first) page", "Ça & “là” – ?\nTwo"]
    assert reader.metadata.title == "Knots (sample)"


def test_each_role_has_a_sample_colleague_who_can_sign_in(demo):
    names, password = (demo.folder / "demo-sign-in.txt").read_text().splitlines()[1].split(": ")
    users = get_user_model().objects
    found = {name: users.get(username=name) for name in names.split(", ")}
    assert {name: user.groups.get().name for name, user in found.items()} == {
        "editor": "Editors",
        "author": "Authors",
        "fellow": "Fellows",
        "secretary": "Secretariat",
    }
    assert all(user.check_password(password) and user.is_staff for user in found.values())


def test_there_is_something_on_every_part_of_the_desk(demo):
    made = {model.__name__: model.objects.count() for model in (Assignment, Comment, ReviewLink)}
    assert made == {"Assignment": 1, "Comment": 2, "ReviewLink": 1}
    copies = Article.versions.filter(corrects__isnull=False)
    assert sorted(copies.values_list("state", flat=True)) == ["draft", "published"]
    assert Expert.versions.get(corrects__isnull=False).state == State.REVIEW


def test_the_desk_is_laid_out_once(demo):
    load_again()
    assert (Assignment.objects.count(), Comment.objects.count(), ReviewLink.objects.count()) == (1, 2, 1)
    assert get_user_model().objects.filter(username="editor").count() == 1


def test_the_roster_is_in_every_standing_and_the_queue_in_every_state(demo):
    assert Counter(m.standing for m in Membership.objects.all()) == {
        Standing.ACTIVE: 9, Standing.GRACE: 3, Standing.LAPSED: 2, Standing.ENDED: 1,
    }  # fmt: skip
    assert Counter(Application.objects.values_list("state", flat=True)) == {
        "new": 3, "review": 1, "asked": 1, "declined": 1, "withdrawn": 1,
    }  # fmt: skip
    assert Application.objects.get(state="review").assigned_to.username == "secretary"


def test_the_people_on_the_roster_are_plainly_samples_and_nobody_is_written_to(demo):
    people = list(Person.objects.filter(messages=None))
    assert len(people) == 22
    assert [p for p in people if not ("Sample" in p.name or "样例" in p.name)] == []
    assert {p.email.partition("@")[2] for p in people} == {"members.example"}
    assert OutgoingMail.objects.exclude(person__messages__isnull=False).count() == 0


def test_a_roster_that_was_emptied_is_not_filled_again(demo):
    Application.objects.all().delete()
    Payment.objects.all().delete()
    Membership.objects.all().delete()
    load_again()
    assert (Membership.objects.count(), Application.objects.count()) == (0, 0)


def test_the_inbox_holds_samples_in_both_languages_one_answered_and_nothing_is_sent(demo):
    states = Counter(ContactMessage.objects.values_list("state", "language"))
    assert states == {
        ("new", "en"): 2, ("assigned", "zh-hans"): 1, ("answered", "en"): 1,
    }  # fmt: skip
    for message in ContactMessage.objects.all():
        message.full_clean(exclude=["digest"])
        assert "(A sample message.)" in message.message or "本信为样例" in message.message
        assert (message.waiting_since is not None) == message.is_waiting
    templates = ReplyTemplate.objects.all()
    assert [bool(t.text_en and t.text_zh and "(sample)" in t.name) for t in templates] == [True, True]
    answered = ContactMessage.objects.get(state="answered")
    assert templates[0].text_en in answered.replies.get().text
    assert answered.replies.get().by.username == "secretary"
    assert set(OutgoingMail.objects.values_list("state", "to")) == {("sent", "reader@example.org")}
    writers = Person.objects.filter(messages__isnull=False)
    assert all(email.endswith("@example.org") for email in writers.values_list("email", flat=True))


def test_sample_messages_are_never_mixed_with_real_ones(demo):
    kept = ContactMessage.objects.get(state="answered")
    ContactMessage.objects.exclude(pk=kept.pk).delete()
    ReplyTemplate.objects.all().delete()
    told = load_again()
    assert re.search(r"Messages, reply templates +0 new +1 already there", told)
    assert ContactMessage.objects.get() == kept
