"""The desk of the institute's pages and the site's settings."""

import pytest
from django.urls import reverse
from lxml import html

from charhar.pages.models import InstitutePage, SiteSettings
from charhar.publishing import workflow
from tests.admin_forms import errors_of, send
from tests.factories import PageFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.plain]

LIST = "/admin/pages/institutepage/"
ADD = "/admin/pages/institutepage/add/"


@pytest.fixture
def editor(client):
    person = UserFactory(roles=["Editors"])
    client.force_login(person)
    return person


@pytest.fixture
def administrator(client):
    person = UserFactory(roles=["Administrators"])
    client.force_login(person)
    return person


@pytest.mark.parametrize("number", [1, 3, 30])
def test_the_list_takes_eight_queries_however_long(client, editor, number, django_assert_num_queries):
    for _ in range(number):
        workflow.record(PageFactory(created_by=editor), user=editor, action="save")
    client.get(LIST)
    with django_assert_num_queries(8):
        assert len(client.get(LIST).context["cl"].result_list) == number


def test_pages_are_listed_as_the_tree_they_are(client, editor):
    about = PageFactory(title="About Us", slug="about", position=1)
    PageFactory(title="Legal", root="legal", position=0)
    PageFactory(title="Careers", parent=about, position=2)
    PageFactory(title="Membership", parent=about, position=1)
    PageFactory(title="Second branch", position=2)
    page = html.fromstring(client.get(LIST).content.decode())
    tree = [(s.get("class"), s.text) for s in page.xpath("//span[starts-with(@class,'depth-')]")]
    assert tree == [
        ("depth-0", "About Us"), ("depth-1", "Membership"), ("depth-1", "Careers"), ("depth-0", "Second branch"),
        ("depth-0", "Legal"),
    ]  # fmt: skip


def test_a_third_level_is_refused_beside_the_field(client, editor):
    beneath = PageFactory(parent=PageFactory())
    response = send(client, ADD, title="Too deep", parent=beneath.pk)
    assert errors_of(response) == {"parent": ["Pages stand in a tree of at most two levels."]}


def test_a_page_is_added_beneath_another(client, editor):
    about = PageFactory()
    send(client, ADD, "_publish", title="Careers", parent=about.pk, slug="")
    assert InstitutePage.objects.get(parent=about).get_absolute_url() == "/about/careers/"


def test_settings_are_one_row_that_the_list_leads_to(client, administrator):
    url = reverse("admin:pages_sitesettings_changelist")
    assert client.get(url).headers["Location"] == reverse("admin:pages_sitesettings_add")
    send(client, reverse("admin:pages_sitesettings_add"), phone="+86 10 68290431")
    assert SiteSettings.objects.get().phone == "+86 10 68290431"
    assert client.get(url).headers["Location"] == reverse("admin:pages_sitesettings_change", args=[1])
    assert client.get(reverse("admin:pages_sitesettings_add")).status_code == 403
    assert client.get(reverse("admin:pages_sitesettings_delete", args=[1])).status_code == 403


def test_follow_links_are_kept_in_order_with_the_settings(client, administrator):
    SiteSettings().save()
    send(
        client, reverse("admin:pages_sitesettings_change", args=[1]),
        **{"follow_links-TOTAL_FORMS": 2, "follow_links-0-label": "Second", "follow_links-0-url": "https://example.org/2",
           "follow_links-0-position": 2, "follow_links-1-label": "First", "follow_links-1-url": "https://example.org/1",
           "follow_links-1-position": 1},
    )  # fmt: skip
    assert [link.label for link in SiteSettings.objects.get().follow_links.all()] == ["First", "Second"]


def test_a_follow_link_that_leads_nowhere_is_refused(client, administrator):
    SiteSettings().save()
    response = send(
        client, reverse("admin:pages_sitesettings_change", args=[1]),
        **{"follow_links-TOTAL_FORMS": 1, "follow_links-0-label": "Nowhere"},
    )  # fmt: skip
    [formset] = response.context["inline_admin_formsets"]
    assert formset.formset.errors == [{"__all__": ["Give an address or a QR picture."]}]
