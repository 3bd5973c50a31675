"""What stands between a public form and the database."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from charhar.contacts.export import csv_response
from charhar.contacts.guard import network_address, require_own_page
from charhar.contacts.models import Attempt
from tests.factories import UserFactory

HOUR = datetime.timedelta(hours=1)


def request_with(**headers):
    return RequestFactory(headers=headers).post("/subscribe/", SERVER_NAME="127.0.0.1")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Referer": "http://127.0.0.1/about/contact/"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    ],
)
def test_a_post_from_our_own_page_passes(headers):
    assert require_own_page(request_with(**headers)) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "nonsense", "Origin": "http://127.0.0.1"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://[not-an-address"},
        {"Referer": "https://evil.example/about/contact/"},
    ],
)
def test_a_post_from_another_site_is_refused(headers):
    with pytest.raises(PermissionDenied):
        require_own_page(request_with(**headers))


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("", ""),
    ],
)
def test_an_ipv6_network_counts_as_one(address, counted):
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    assert network_address(request) == counted


def test_only_behind_a_proxy_is_a_forwarded_address_believed(settings):
    request = RequestFactory(headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}).get(
        "/", REMOTE_ADDR="10.0.0.1"
    )
    assert network_address(request) == "10.0.0.1"
    settings.BEHIND_PROXY = True
    assert network_address(request) == "203.0.113.9"


@pytest.mark.django_db
def test_behind_a_proxy_a_stranger_does_not_lock_somebody_else_out(settings, client):
    settings.AXES_ENABLED = settings.BEHIND_PROXY = True
    UserFactory(username="editor")
    url = reverse("admin:login")

    def sign_in(address):
        data = {"username": "editor", "password": "wrong"}
        return client.post(url, data, headers={"X-Forwarded-For": address}).status_code

    assert [sign_in("203.0.113.9") for _ in range(settings.AXES_FAILURE_LIMIT)][-1] == 429
    assert sign_in("2001:db8::7") == 200


@pytest.mark.django_db
def test_different_posts_count_and_the_same_one_counts_once():
    def allow(digest, address="203.0.113.7", form="contact"):
        return Attempt.allow(form, address, digest, most=2, within=HOUR)

    assert [allow("a"), allow("a"), allow("b"), allow("c"), allow("a")] == [True, True, True, False, True]
    assert allow("c", address="203.0.113.8") is True
    assert allow("c", form="subscribe") is True
    Attempt.objects.update(at=timezone.now() - HOUR)
    assert allow("c") is True


@pytest.mark.django_db
def test_the_network_address_is_kept_as_a_keyed_hash_only():
    Attempt.allow("contact", "203.0.113.7", "a", most=2, within=HOUR)
    attempt = Attempt.objects.get()
    assert len(attempt.sender) == 64
    assert "203.0.113.7" not in attempt.sender


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("=cmd()", "'=cmd()"),
        (" =cmd()", "' =cmd()"),
        ("+86 10", "'+86 10"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("＝1", "'＝1"),
        ("王安", "王安"),
        (None, '""'),
        (7, "7"),
    ],
)
def test_no_cell_of_a_csv_is_a_formula(cell, kept):
    text = csv_response("list", ["name"], [[cell]]).content.decode()
    assert text == f"\ufeffname\r\n{kept}\r\n"
