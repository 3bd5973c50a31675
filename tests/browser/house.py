"""A small whole site for the browser: one of everything that a reader can come across, and two of most."""

import datetime
import re
from urllib.parse import urldefrag, urljoin, urlsplit

from django.contrib.auth import get_user_model

from articles.models import Article, Byline
from charhar.members.models import Plan
from charhar.pages.models import FollowLink, InstitutePage, SiteSettings
from charhar.publishing import workflow
from charhar.publishing.models import State
from experts.models import RegionLead, TopicLead
from publications.models import Entry
from tests import factories

# What the accessibility checker visits, by the names that the figures use.
PATHS = {
    "home": "/",
    "home in Chinese": "/zh/",
    "article": "/articles/bridges-between-neighbours/",
    "article in Chinese": "/zh/articles/bridges-between-neighbours/",
    "list": "/topics/public-diplomacy/",
    "topics": "/topics/",
    "regions": "/regions/",
    "research": "/research/",
    "news": "/news/",
    "news section": "/news/charhar-news/",
    "tag": "/tags/dialogue/",
    "experts": "/experts/",
    "expert": "/experts/sample-pan/",
    "experts found": "/experts/?name=pan&topic=unknown",
    "write to an expert": "/experts/sample-pan/contact/",
    "for journalists": "/experts/for-journalists/",
    "catalogue": "/publications/?author=a",
    "office": "/offices/sampleville/",
    "programme": "/programmes/young-envoys/",
    "publications": "/publications/",
    "series": "/publications/quarterly/",
    "publication": "/publications/quarterly/issue-12/",
    "about": "/about/",
    "contact": "/about/contact/",
    "membership": "/about/membership/",
    "sign in as a member": "/membership/sign-in/",
    "careers": "/about/careers/",
    "support": "/about/support/",
    "subscribe": "/subscribe/",
    "privacy": "/legal/privacy/",
    "search": "/search/?q=bridges",
    "search without a hit": "/search/?q=zyzzyva",
}

LONG_TITLE = (
    "“Between Neighbours”: What Forty Small Towns on Both Banks of a River Can Teach the Practitioners of "
    "Public Diplomacy about Patience, Translation and the Keeping of Promises"
)
SENTENCE = "The towns kept a common calendar of fairs, and each spring they read it aloud in both languages. "


def build():
    """Fill the database; returns the main article."""
    settings = SiteSettings(
        tagline_en="An independent think tank.",
        quotation_en="A sample sentence about patience.",
        quotation_by_en="A sample person",
        disclaimer_en="The article reflects the author's opinions and not necessarily the Institute's.",
        phone="+86 10 0000 0000",
        email="office@charhar.example",
        copyright_en="The Charhar Institute",
    )
    settings.save()
    FollowLink.objects.create(settings=settings, label="Facebook", url="https://social.example/charhar")

    topics = [
        factories.TopicFactory(slug="public-diplomacy", name_en="Public Diplomacy", name_zh="公共外交"),
        factories.TopicFactory(slug="energy", name_en="Energy, Safety and Peace", name_zh="能源、安全与和平"),
    ]
    regions = [factories.RegionFactory(slug="asia", name_en="Asia", name_zh="亚洲")]
    section = factories.NewsSectionFactory(slug="charhar-news", name_en="Charhar News")
    group = factories.GroupFactory(name_en="Adjunct Fellows")
    office = factories.OfficeFactory(slug="sampleville")
    programme = factories.ProgrammeFactory(slug="young-envoys")
    experts = [
        factories.ExpertFactory(
            slug="sample-pan",
            given_name="Deng",
            family_name="Pan",
            display_name_en="PAN Deng",
            portrait=factories.ImageFactory(title="Portrait"),
            biography_en="<p>A sample person who studies samples.</p>",
            office=office,
        ),
        factories.ExpertFactory(slug="second-sample"),
    ]
    for expert in experts:
        expert.groups.add(group)
        expert.programmes.add(programme)
        TopicLead.objects.create(expert=expert, topic=topics[0])
    RegionLead.objects.create(expert=experts[0], region=regions[0])

    picture = factories.ImageFactory(title="A bridge", alt_en="A stone bridge over a slow river")
    article = factories.ArticleFactory(
        slug="bridges-between-neighbours",
        title=LONG_TITLE,
        subtitle="A sample of a subtitle",
        key_points="<ul><li>Towns agree on a calendar first.</li><li>Bridges come later.</li></ul>",
        body=_body(picture),
        references="<ol><li>Sample, A. (2019). <em>On bridges</em>. Sample Press.</li></ol>",
        corrections=[{"at": "2022-01-20T03:00:00+00:00", "note": "An earlier version misnamed a town."}],
        modified_at=datetime.datetime(2022, 1, 20, 3, tzinfo=datetime.UTC),
        lead_image=picture,
        outlet=factories.OutletFactory(url="https://times.example/"),
        outlet_url="https://times.example/bridges",
        outlet_date=datetime.date(2022, 1, 15),
        authors=experts,
        topics=topics,
        regions=regions,
        sections=[section],
    )
    Byline.objects.create(article=article, name="A Guest", role="Professor, Sample University", position=9)
    chinese = factories.ArticleFactory(
        slug=article.slug,
        language="zh-hans",
        translation_of=article,
        title="邻里之间：河两岸四十座小镇给公共外交的启示",
        standfirst="一句话说明文章的意思。",
        body="<p>小镇共用一本集市日历，每年春天用两种语言朗读。</p>" * 6,
        authors=experts,
        topics=topics,
        regions=regions,
        sections=[section],
    )
    for edition in (article, chinese):
        edition.tags.add("dialogue")
    others = [
        factories.ArticleFactory(
            title=f"A sample of a title, number {number}",
            date=datetime.date(2016 + number % 6, 3, 1),
            kind=list(Article.Kind)[number % 4],
            authors=experts[number % 2 :],
            topics=[topics[number % 2]],
            regions=regions,
            sections=[section],
        )
        for number in range(24)
    ]

    series = [factories.SeriesFactory(slug="quarterly", name_en="Sample Quarterly", name_zh="样例季刊")]
    series += [factories.SeriesFactory(slug="books", name_en="Other books", name_zh="其他图书")]
    issue = factories.PublicationFactory(
        series=series[0],
        slug="issue-12",
        title="Sample Quarterly, No. 12",
        cover=factories.ImageFactory(title="Cover"),
        file=factories.DocumentFactory(title="The issue"),
        abstract="<p>What the issue holds.</p>",
    )
    entry = Entry.objects.create(
        publication=issue,
        title=article.title,
        authors="PAN Deng",
        position=1,
        first_page="12",
        last_page="19",
    )
    Entry.objects.create(publication=issue, title="In print alone", authors="A Guest", position=2)
    Article.objects.filter(pk=article.pk).update(entry=entry, superseded_by=others[0])
    next_entry = Entry.objects.create(publication=issue, title=others[1].title, position=3)
    Article.objects.filter(pk=others[1].pk).update(entry=next_entry)
    publications = [issue, factories.PublicationFactory(series=series[1], cover=None)]

    Plan.objects.create(
        name_en="Individual member", name_zh="个人会员", fee=600, benefits_en="<p>The Quarterly by post.</p>",
        benefits_zh="<p>获寄季刊。</p>",
    )  # fmt: skip
    about = factories.PageFactory(slug="about", title="About Us")
    pages = [about]
    for position, (slug, title) in enumerate(
        {
            "founding-chairman": "Founding Chairman",
            "membership": "Membership",
            "contact": "Contact Us",
            "careers": "Careers",
            "support": "Support Charhar",
        }.items()
    ):
        pages.append(factories.PageFactory(slug=slug, title=title, parent=about, position=position))
    for slug, title in {"privacy": "Privacy Policy", "terms": "Terms of Use"}.items():
        pages.append(factories.PageFactory(root="legal", slug=slug, title=title))

    for page in list(pages):
        above = page.parent and next(made for made in pages if made.translation_of_id == page.parent_id)
        pages.append(
            factories.PageFactory(
                root=page.root,
                slug=page.slug,
                title=f"样例页面{page.position}：{page.slug}",
                language="zh-hans",
                translation_of=page,
                parent=above,
                position=page.position,
            )
        )
    for text in [article, chinese, *others, *experts, *publications, *pages]:
        text.refresh_from_db()
        workflow.record(text, user=None, action="save")
    assert InstitutePage.objects.filter(state=State.PUBLISHED).count() == len(pages)
    return article


def administrator():
    """Somebody who may do everything in the admin."""
    return get_user_model().objects.create_superuser("administrator", password="only-for-tests")


def fill_in_like_a_robot(page):
    """Fill in a public form whole, the trap too, and send it."""
    form = page.locator("main form.form").filter(has=page.locator("[name=website]"))
    for field in form.locator("input:not([type=hidden]), textarea, select").all():
        kind = field.evaluate("field => field.type")
        if kind == "select-one":
            field.evaluate("field => { field.selectedIndex = field.options.length - 1 }")
        elif kind in {"checkbox", "radio"}:
            field.evaluate("field => { field.checked = true }")
        elif kind == "email":
            field.fill("ann@example.org")
        elif kind not in {"submit", "button", "file"}:
            field.evaluate("field => { field.value = 'A sample of what people type' }")
    form.evaluate("form => { form.noValidate = true }")
    form.locator("button:not([name], [type])").click()


def _body(picture):
    """Around 900 words with everything in them that the editor offers."""
    paragraphs = [f"<p>{SENTENCE * 6}</p>" for _ in range(8)]
    paragraphs[2:2] = [
        "<h2>What a river joins</h2>",
        f'<figure data-image="{picture.pk}"><figcaption>In <em>spring</em>.</figcaption></figure>',
        '<p>One with a note<span class="footnote">In the <em>town chronicle</em>, p. 4.</span> in it, ',
        'and <a href="https://chronicle.example/">a source</a>, and <span lang="zh-Hans">桥</span>.</p>',
        "<blockquote><p>We counted the fairs, not the flags.</p></blockquote>",
        "<h3>The fairs in figures</h3>",
        "<table><caption>Fairs a year</caption><thead><tr><th scope='col'>Year</th>",
        "<th scope='col'>Fairs</th></tr></thead>",
        "<tbody><tr><th scope='row'>2020</th><td>12</td></tr></tbody></table>",
        "<ul><li>one bank</li><li>the other</li></ul><ol><li>first</li><li>then</li></ol><hr>",
        f"<pre>a_line_that_does_not_break_and_scrolls_by_itself = {'on_a_telephone_' * 8}</pre>",
    ]
    return "".join(paragraphs)


def crawl(client, *starts, most=400):
    """Follow every internal link from the starting pages: {path: response} of all that a reader can reach."""
    seen, waiting = {}, list(starts)
    while waiting:
        path = waiting.pop(0)
        if path in seen:
            continue
        assert len(seen) < most, f"more than {most} pages; the last was {path}"
        response = seen[path] = client.get(path)
        if getattr(response, "streaming", False):
            response.close()
        if response.status_code != 200 or not response["Content-Type"].startswith("text/html"):
            continue
        for link in re.findall(r"""<a\b[^>]*?\bhref=["']([^"']*)["']""", response.content.decode()):
            target = urlsplit(urljoin(path, urldefrag(link.replace("&amp;", "&")).url))
            if not target.netloc and not target.scheme and not target.path.startswith(("/admin/", "/media/")):
                waiting.append(target._replace(fragment="").geturl())
    return seen
