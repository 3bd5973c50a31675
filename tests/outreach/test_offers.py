"""A page for each vacancy, with what search engines ask for; and who funds the institute."""

import csv
import datetime
import io
import json
import re
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from charhar.outreach.funding import years
from charhar.outreach.models import Funding, Vacancy
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def vacancy(**more):
    now = timezone.now()
    return Vacancy.objects.create(
        **{"title_en": "Editor", "title_zh": "编辑", "place_en": "Beijing", "body_en": "<p>You edit.</p>",
           "apply_en": "<p>Write to us.</p>", "opens_at": now - DAY, "closes_at": now + DAY, **more}
    )  # fmt: skip


def posting(response):
    [text] = re.findall(
        r'<script type="application/ld\+json">(.*?)</script>', response.content.decode(), re.S
    )
    return next((row for row in json.loads(text)["@graph"] if row["@type"] == "JobPosting"), None)


def test_an_open_vacancy_has_a_page_with_a_job_posting(client):
    post = vacancy()
    response = client.get("/about/careers/editor/")
    assert response.status_code == 200
    data = posting(response)
    assert data["title"] == "Editor"
    assert data["description"] == "<p>You edit.</p><p>Write to us.</p>"
    assert (data["datePosted"], data["validThrough"]) == (
        post.opens_at.astimezone(datetime.UTC).isoformat(), post.closes_at.astimezone(datetime.UTC).isoformat(),
    )  # fmt: skip
    assert data["employmentType"] == "FULL_TIME"
    assert data["hiringOrganization"]["@type"] == "Organization"
    assert data["jobLocation"]["address"] == {
        "@type": "PostalAddress", "addressCountry": "CN", "addressLocality": "Beijing",
    }  # fmt: skip
    assert "applicantLocationRequirements" not in data
    assert data["url"].endswith("/about/careers/editor/")
    assert 'href="/about/careers/editor/"' in client.get("/about/careers/").content.decode()
    assert posting(client.get("/zh/about/careers/editor/"))["title"] == "编辑"


def test_what_is_done_from_home_says_from_which_country():
    from charhar.outreach.views_offers import job_posting

    data = job_posting(vacancy(remote=True, country="DE", closes_at=None))
    assert data["jobLocationType"] == "TELECOMMUTE"
    assert data["applicantLocationRequirements"] == {"@type": "Country", "name": "DE"}
    assert "validThrough" not in data


def test_the_page_follows_the_clock(client):
    now = timezone.now()
    vacancy(slug="closed", opens_at=now - 2 * DAY, closes_at=now - DAY)
    vacancy(slug="to-come", opens_at=now + DAY, closes_at=None)
    vacancy(slug="hidden", hidden=True)
    closed = client.get("/about/careers/closed/")
    assert closed.status_code == 410
    assert "can not be applied for any more" in closed.content.decode()
    assert 'content="noindex' in closed.content.decode()
    assert "JobPosting" not in closed.content.decode()
    assert "How to apply" not in closed.content.decode()
    for slug in ("to-come", "hidden", "unknown"):
        assert client.get(f"/about/careers/{slug}/").status_code == 404, slug
    assert client.post("/about/careers/closed/").status_code == 405


def test_an_address_is_made_from_the_title_and_is_its_own():
    assert [vacancy(title_en="Editor").slug for _time in range(3)] == ["editor", "editor-2", "editor-3"]
    assert vacancy(title_en="", title_zh="编辑").slug == "bian-ji"


def test_only_what_is_open_stands_in_the_sitemap(client):
    vacancy()
    vacancy(slug="closed", closes_at=timezone.now() - DAY / 2)
    text = client.get("/sitemap-lists.xml").content.decode()
    assert "/about/careers/editor/" in text
    assert "/about/support/funding/" in text
    assert "closed" not in text


# -- Funding ----------------------------------------------------------------------------------------


def gift(amount, year=2025, **more):
    return Funding(
        **{"year": year, "amount": Decimal(amount), "funder_en": "=A foundation", "funder_zh": "某基金会",
           "purpose_en": "Books", "purpose_zh": "购书", **more}
    )  # fmt: skip


def unnamed(amount, **more):
    return gift(amount, funder_en="", funder_zh="", anonymous=True,
                **{"reason_en": "Asked for it", "reason_zh": "本人要求", **more})  # fmt: skip


def test_shares_are_of_the_year_and_the_currency():
    gift("900").save()
    unnamed("100").save()
    gift("50", currency="EUR").save()
    gift("7", year=2024).save()
    gift("999", hidden=True).save()
    found = years()
    assert [each.year for each in found] == [2025, 2024]
    assert [(line.amount, round(line.share)) for line in found[0].lines] == [
        ("CNY 900", 90), ("CNY 100", 10), ("EUR 50", 100),
    ]  # fmt: skip
    assert [(total.amount, round(total.unnamed)) for total in found[0].totals] == [
        ("CNY 1,000", 10), ("EUR 50", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "fields"),
    [
        (gift("1", funder_zh=""), {"funder_zh"}),
        (gift("1", reason_en="Because"), {"reason_en"}),
        (unnamed("1", reason_en=""), {"reason_en"}),
        (gift("1", anonymous=True, reason_en="x", reason_zh="x"),
         {"funder_en", "funder_zh"}),
        (unnamed("16"), {"amount"}),
        (gift("0"), {"__all__"}),
        (gift("1", purpose_zh=""), {"purpose_zh"}),
    ],
)  # fmt: skip
def test_what_is_not_transparent_is_refused_beside_its_field(row, fields):
    gift("84").save()
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert set(refused.value.message_dict) == fields


def test_who_is_not_named_may_give_fifteen_percent_at_most():
    gift("85").save()
    unnamed("15").full_clean()
    with pytest.raises(ValidationError, match=r"15\.1%"):
        unnamed("15.15").full_clean()


def test_the_page_shows_each_year_with_its_totals_in_both_languages(client, django_assert_max_num_queries):
    gift("900").save()
    unnamed("100").save()
    page = client.get("/about/support/funding/").content.decode()
    for text in (
        "=A foundation",
        "Asked for it",
        "CNY 900",
        "90.0 %",
        "CNY 1,000",
        'href="/about/support/funding/2025.csv"',
    ):
        assert text in page, text
    chinese = client.get("/zh/about/support/funding/").content.decode()
    for text in ("某基金会", "本人要求", "购书", "/zh/about/support/funding/2025.csv"):
        assert text in chinese, text
    assert 'href="/about/support/funding/"' in client.get("/about/support/").content.decode()


def test_a_year_comes_as_csv_without_formulas(client):
    gift("1234567.5").save()
    gift("1", hidden=True, year=2024).save()
    response = client.get("/about/support/funding/2025.csv")
    assert response["Content-Disposition"] == 'attachment; filename="funding-2025.csv"'
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[1] == [
        "2025",
        "'=A foundation",
        "某基金会",
        "",
        "",
        "1234567.50",
        "CNY",
        "100.0",
        "Books",
        "购书",
    ]
    assert client.get("/about/support/funding/2024.csv").status_code == 404


def test_the_secretariat_writes_the_table(client):
    client.force_login(UserFactory(is_superuser=True))
    fields = {"year": 2025, "funder_en": "A foundation", "funder_zh": "某基金会", "amount": "5", "currency": "CNY",
              "purpose_en": "Books", "purpose_zh": "购书"}  # fmt: skip
    address = reverse("admin:outreach_funding_add")
    assert client.post(address, {**fields, "funder_zh": ""}).status_code == 200
    assert client.post(address, fields).status_code == 302
    assert Funding.objects.get().funder_zh == "某基金会"
