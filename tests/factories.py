"""Rows for tests: whole ones by default, so that a test names only what it is about."""

import datetime
import io

import factory
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image as Pillow

from articles.models import Article, Byline, NewsSection, Outlet
from charhar.library.models import Document, Image
from charhar.pages.models import InstitutePage
from charhar.publishing.models import State
from charhar.taxonomy.models import Region, Topic
from experts.models import Expert, ExpertGroup, Office, Programme
from publications.models import Publication, Series


def picture_bytes(width=64, height=48, kind="JPEG", colour=(168, 42, 29)):
    """A real picture of one colour."""
    buffer = io.BytesIO()
    Pillow.new("RGB", (width, height), colour).save(buffer, kind)
    return buffer.getvalue()


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = get_user_model()
        skip_postgeneration_save = True

    username = factory.Sequence("user{}".format)
    is_staff = True

    @factory.post_generation
    def roles(self, create, names):
        for name in names or []:
            self.groups.add(Group.objects.get(name=name))


class TopicFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Topic

    name_en = factory.Sequence("Topic {}".format)
    name_zh = factory.Sequence("议题{}".format)
    slug = factory.Sequence("topic-{}".format)
    position = factory.Sequence(int)


class RegionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Region

    name_en = factory.Sequence("Region {}".format)
    name_zh = factory.Sequence("地区{}".format)
    slug = factory.Sequence("region-{}".format)
    position = factory.Sequence(int)


class NewsSectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = NewsSection

    name_en = factory.Sequence("Section {}".format)
    slug = factory.Sequence("section-{}".format)


class OutletFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Outlet

    name_en = factory.Sequence("The Sample Times {}".format)


class ImageFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Image

    title = factory.Sequence("Picture {}".format)
    file = factory.LazyFunction(lambda: ContentFile(picture_bytes(), "picture.jpg"))
    alt_en = "A red square"
    credit = "Illustration: Sample/Charhar"


class DocumentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Document

    title = factory.Sequence("Document {}".format)
    file = factory.LazyFunction(lambda: ContentFile(b"%PDF-1.4\n%%EOF\n", "document.pdf"))


class PublishableFactory(factory.django.DjangoModelFactory):
    """Published yesterday, unless told otherwise."""

    class Meta:
        abstract = True
        skip_postgeneration_save = True

    state = State.PUBLISHED
    publish_at = factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(days=1))

    class Params:
        draft = factory.Trait(state=State.DRAFT, publish_at=None)
        review = factory.Trait(state=State.REVIEW, publish_at=None)
        scheduled = factory.Trait(
            publish_at=factory.LazyFunction(lambda: timezone.now() + datetime.timedelta(days=1))
        )
        expired = factory.Trait(
            publish_at=factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(days=2)),
            expire_at=factory.LazyFunction(lambda: timezone.now() - datetime.timedelta(days=1)),
        )
        withdrawn = factory.Trait(
            state=State.WITHDRAWN,
            withdrawn_at=factory.LazyFunction(timezone.now),
            withdrawal_reason="A sample reason.",
        )
        trashed = factory.Trait(trashed_at=factory.LazyFunction(timezone.now))


class GroupFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ExpertGroup

    name_en = factory.Sequence("Group {}".format)
    slug = factory.Sequence("group-{}".format)


class OfficeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Office

    name_en = factory.Sequence("Office {}".format)
    city_en = "Sampleville"
    slug = factory.Sequence("office-{}".format)


class ProgrammeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Programme

    name_en = factory.Sequence("Programme {}".format)
    slug = factory.Sequence("programme-{}".format)


class ExpertFactory(PublishableFactory):
    class Meta:
        model = Expert
        skip_postgeneration_save = True

    given_name = "Sample"
    family_name = factory.Sequence("Person{}".format)
    display_name_en = factory.LazyAttribute(lambda e: f"{e.family_name.upper()} {e.given_name}")
    display_name_zh = factory.Sequence("样例{}".format)
    title_en = "Adjunct Fellow"
    title_zh = "客座研究员"
    slug = factory.Sequence("expert-{}".format)


class ArticleFactory(PublishableFactory):
    class Meta:
        model = Article
        skip_postgeneration_save = True

    title = factory.Sequence("Article {}".format)
    slug = factory.Sequence("article-{}".format)
    standfirst = "What the article says, in a sentence."
    body = "<p>A first paragraph.</p><p>A second one.</p>"
    date = datetime.date(2022, 1, 18)

    @factory.post_generation
    def authors(self, create, experts):
        """A draft is ready to be published: somebody has signed it, unless ``authors=[]`` says nobody has."""
        if experts is None and create and self.state in (State.DRAFT, State.REVIEW) and not self.corrects_id:
            Byline.objects.create(article=self, name="A sample guest")
        for position, expert in enumerate(experts or []):
            Byline.objects.create(article=self, expert=expert, position=position)

    @factory.post_generation
    def topics(self, create, topics):
        if topics:
            self.topics.set(topics, through_defaults={"language": self.language, "date": self.date})

    @factory.post_generation
    def regions(self, create, regions):
        if regions:
            self.regions.set(regions, through_defaults={"language": self.language, "date": self.date})

    @factory.post_generation
    def sections(self, create, sections):
        if sections:
            self.sections.set(sections, through_defaults={"language": self.language, "date": self.date})


class SeriesFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Series

    name_en = factory.Sequence("Series {}".format)
    name_zh = factory.Sequence("丛书{}".format)
    slug = factory.Sequence("series-{}".format)
    position = factory.Sequence(int)


class PublicationFactory(PublishableFactory):
    class Meta:
        model = Publication
        skip_postgeneration_save = True

    series = factory.SubFactory(SeriesFactory)
    title = factory.Sequence("Publication {}".format)
    slug = factory.Sequence("publication-{}".format)
    date = datetime.date(2020, 3, 25)
    year = 2020


class PageFactory(PublishableFactory):
    class Meta:
        model = InstitutePage
        skip_postgeneration_save = True

    title = factory.Sequence("Page {}".format)
    slug = factory.Sequence("page-{}".format)
    body = "<p>About the institute.</p>"
