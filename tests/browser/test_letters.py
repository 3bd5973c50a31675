"""Stay Informed and newsletters in a browser: what axe says of them, and a subscriber's whole life."""

import functools
import re

import pytest
from django.core import mail
from django.utils import timezone

from articles.models import Article
from charhar.contacts import outbox
from charhar.contacts.models import Person
from charhar.outreach import newsletters
from charhar.outreach.links import preferences_url, unsubscribe_url
from charhar.outreach.models import Newsletter, Subscription
from tests.browser.house import administrator
from tests.browser.test_axe import in_every_look

pytestmark = pytest.mark.browser


@pytest.fixture
def letter(house):
    """A newsletter that was sent to one subscriber."""
    person = Person.objects.meet("reader@example.org")
    Subscription.objects.create(person=person, confirmed_at=timezone.now())
    made = Newsletter.objects.create(
        title="What the spring brought",
        subject="What the spring brought",
        preheader="Bridges, fairs and a new issue.",
        introduction="<p>Dear readers, here is <a href='/research/'>what was new</a>.</p>",
    )
    newsletters.add_texts(made, list(Article.objects.published().filter(language="en")[:3]))
    newsletters.schedule(made, timezone.now())
    newsletters.begin_due()
    outbox.deliver_due()
    made.refresh_from_db()
    return made


@pytest.fixture
def browse_freely(browse):
    """axe measures with inline styles of its own."""
    return functools.partial(browse, policy=False)


def path_of(url):
    return re.sub(r"^https?://[^/]+", "", url)


def test_axe_finds_nothing_on_the_public_pages(letter, browse_freely, axe):
    subscription = Subscription.objects.get()
    paths = [
        "/subscribe/?topic=energy",
        "/subscribe/preferences/",
        path_of(preferences_url(subscription)),
        path_of(unsubscribe_url(subscription)),
        "/newsletters/",
        letter.get_absolute_url(),
    ]
    assert {path: found for path in paths if (found := in_every_look(browse_freely(path), axe))} == {}


def test_axe_finds_nothing_at_the_desk(letter, browse_freely, axe):
    draft = Newsletter.objects.create(title="Next", subject="Next")
    newsletters.add_texts(draft, list(Article.objects.published()[:2]))
    user = administrator()
    paths = ["/admin/outreach/newsletter/", "/admin/outreach/newsletter/add/", draft.admin_url()]
    for name in ("texts", "send", "preview"):
        paths.append(f"/admin/outreach/newsletter/{draft.pk}/{name}/")
    paths.append(f"/admin/outreach/newsletter/{letter.pk}/progress/")
    found = {path: in_every_look(browse_freely(path, user=user), axe) for path in paths}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(("scripts", "width"), [(True, 1280), (False, 390)])
def test_a_subscribers_whole_life(house, browse, scripts, width, settings):
    """Signing up with choices, confirming, changing, ending by one click, and coming back."""

    def open_link(word):
        message = mail.outbox[-1]
        headers = message.extra_headers.get("List-Unsubscribe", "")
        [found] = set(
            re.findall(rf"https?://[^/]+(/subscribe/{word}/\S+?)(?=[\s>]|$)", message.body + headers)
        )
        return browse(found, scripts=scripts, width=width)

    def sign_up():
        page = browse("/subscribe/?topic=energy", scripts=scripts, width=width)
        page.fill("main input[name=email]", "ann@example.org")
        assert page.is_checked("input[name=topics][value=energy]")
        page.check("main input[name=rhythm][value=weekly]")
        page.click("main form.form button")
        assert "/subscribe/sent/" in page.url

    sign_up()
    subscription = Subscription.objects.get()
    assert (subscription.is_active, mail.outbox[-1].to) == (False, ["ann@example.org"])
    page = open_link("confirm")
    page.click("main form.form button")
    assert page.url.endswith("/subscribe/confirmed/")
    subscription.refresh_from_db()
    assert (subscription.is_active, subscription.rhythm) == (True, "weekly")
    assert [topic.slug for topic in subscription.topics.all()] == ["energy"]

    page = open_link("preferences")
    page.check("input[name=rhythm][value=at_once]")
    page.uncheck("input[name=topics][value=energy]")
    page.check("input[name=pause][value='30']")
    page.click("main form.form >> nth=0 >> button")
    assert page.is_visible("main [role=status]")
    assert page.is_checked("input[name=pause][value=keep]")
    subscription.refresh_from_db()
    assert (subscription.rhythm, subscription.topics.count()) == ("at_once", 0)
    assert not subscription.is_receiving_at(timezone.now())

    page = open_link("end")
    page.click("main form.form button")
    assert page.url.endswith("/subscribe/ended/")
    subscription.refresh_from_db()
    assert not subscription.is_active

    before = len(mail.outbox)
    sign_up()
    assert len(mail.outbox) == before + 1
    open_link("confirm").click("main form.form button")
    subscription.refresh_from_db()
    assert subscription.is_receiving_at(timezone.now())
    assert list(subscription.person.timeline.order_by("pk").values_list("kind", flat=True)) == [
        "subscribed", "changed", "unsubscribed", "subscribed",
    ]  # fmt: skip
