"""Each switch takes what README.md promises and refuses nonsense in a sentence that names it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.plain

ROOT = Path(__file__).resolve().parent.parent
READ = """
import json, sys
from django.core.exceptions import ImproperlyConfigured
try:
    import charhar.settings as s
except ImproperlyConfigured as error:
    sys.exit(f"refused: {error}")
print(json.dumps(eval(sys.argv[1]), default=str))
"""


def read(expression, **variables):
    """Import the settings in a process of their own; what the expression gives there, or the refusal."""
    surroundings = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ, expression],
        cwd=ROOT,
        env=surroundings | {"SECRET_KEY": "only-for-this-test"} | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if result.returncode == 0:
        return json.loads(result.stdout)
    assert result.stderr.startswith("refused: "), result.stderr
    return result.stderr.strip()


@pytest.mark.parametrize(
    ("name", "nonsense"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY_FALLBACKS", "an-earlier-key-that-is-long-enough,short"),
        ("DEBUG", "maybe"),
        ("DEBUG", "2"),
        ("BEHIND_PROXY", "nginx"),
        ("SITE_URL", "www.example.org"),
        ("SITE_URL", "ftp://example.org"),
        ("SITE_URL", "https://"),
        ("SITE_URL", "https://example.org/site"),
        ("DATABASE_URL", "mysql://root@127.0.0.1/site"),
        ("DATABASE_URL", "nonsense"),
        ("PING_URLS", "https://one.example/ping, two.example"),
        ("PING_URLS", "ftp://one.example/"),
        ("REDIS_URL", "127.0.0.1:6379"),
        ("REDIS_URL", "http://127.0.0.1:6379"),
        ("SEVERAL_MACHINES", "three"),
        ("SEVERAL_MACHINES", "yes"),
        ("MEDIA_S3_URL", "papers"),
        ("MEDIA_S3_URL", "s3://key:secret@s3.example.org/papers"),
        ("MEDIA_S3_URL", "https://s3.example.org/papers"),
        ("MEDIA_S3_URL", "https://key:secret@s3.example.org/"),
        ("MEDIA_S3_URL", "https://key:secret@s3.example.org/papers/media"),
        ("MEDIA_S3_URL", "https://key:secret@s3.example.org:port/papers"),
        ("MEDIA_S3_URL", "https://key:secret@s3.example.org/papers?acl=public"),
        ("EMAIL_URL", "nonsense"),
        ("EMAIL_URL", "pigeon://coop"),
        ("INBOX_URL", "https://mail.example.org"),
        ("INBOX_URL", "imaps://mail.example.org/INBOX"),
        ("INBOX_URL", "imaps://user:password@mail.example.org:mail"),
        ("INBOX_ADDRESS", "answers"),
        ("INBOX_ADDRESS", "answers+x@example.org"),
        ("LOG_LEVEL", "loud"),
        ("SIGN_IN_ATTEMPTS", "0"),
        ("SIGN_IN_ATTEMPTS", "many"),
        ("MAX_IMAGE_MEGAPIXELS", "-1"),
        ("MAX_IMAGE_MEGAPIXELS", "1.5"),
        ("MAX_IMAGE_MEGAPIXELS", "٤٠"),
        ("MAX_UPLOAD_MEGABYTES", "50MB"),
        ("HSTS_SECONDS", "for ever"),
        ("HSTS_SECONDS", "63072001"),
    ],
)
def test_nonsense_is_refused_by_name(name, nonsense):
    refusal = read("None", **{name: nonsense})
    assert refusal is not None
    assert name in refusal
    assert refusal.endswith(".")
    assert "\n" not in refusal


def test_nonsense_for_postgresql_alone_is_refused_there():
    postgres = "postgres://someone@127.0.0.1/site"
    assert "CONN_MAX_AGE" in read("None", DATABASE_URL=postgres, CONN_MAX_AGE="-1")
    assert read("s.DATABASES['default']['CONN_MAX_AGE']", DATABASE_URL=postgres, CONN_MAX_AGE="5") == 5


def test_https_needs_to_be_said_for_its_switches():
    https = {"SITE_URL": "https://example.org"}
    assert "REDIRECT_TO_HTTPS" in read("None", REDIRECT_TO_HTTPS="perhaps", **https)
    assert (
        read("[s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE]", **https) == [True] * 3
    )
    assert read("s.SECURE_SSL_REDIRECT", REDIRECT_TO_HTTPS="no", **https) is False
    assert read("[s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE, s.SECURE_HSTS_SECONDS]") == [
        False,
        False,
        0,
    ]


@pytest.mark.parametrize(
    ("word", "meaning"), [("1", True), ("Yes", True), ("on", True), ("0", False), ("", False)]
)
def test_a_switch_takes_the_usual_words(word, meaning):
    assert read("s.DEBUG", DEBUG=word) is meaning


def test_the_defaults_are_safe_and_need_a_key_alone():
    assert read("[s.DEBUG, s.SITE_URL, s.ALLOWED_HOSTS, s.TIME_ZONE]") == [
        False,
        "http://127.0.0.1:8000",
        ["127.0.0.1", "127.0.0.1", "localhost"],
        "Asia/Shanghai",
    ]
    assert read("s.DATABASES['default']['ENGINE']").endswith("sqlite3")
    assert read("s.CACHES['default']['BACKEND']") == "django.core.cache.backends.locmem.LocMemCache"


def test_the_hosts_follow_the_sites_address():
    assert "charhar.example" in read("s.ALLOWED_HOSTS", SITE_URL="https://charhar.example")
    assert read("s.ALLOWED_HOSTS", ALLOWED_HOSTS="a.example, b.example ,") == ["a.example", "b.example"]


def test_earlier_keys_are_taken_one_by_one():
    assert read("s.SECRET_KEY_FALLBACKS") == []
    assert read("s.SECRET_KEY_FALLBACKS", SECRET_KEY_FALLBACKS=f"{'a' * 50}, {'b' * 50},") == [
        "a" * 50,
        "b" * 50,
    ]


def test_the_services_to_ping_are_none_or_a_list_of_addresses():
    assert read("s.PING_URLS") == []
    assert read("s.PING_URLS", PING_URLS=" https://a.example/x, http://b.example ,https://a.example/x") == [
        "https://a.example/x",
        "http://b.example",
    ]


def test_redis_is_used_when_it_is_named():
    assert (
        read("s.CACHES['default']['LOCATION']", REDIS_URL="redis://127.0.0.1:6379")
        == "redis://127.0.0.1:6379"
    )


def test_several_machines_need_one_postgresql_and_one_redis():
    told = {"SEVERAL_MACHINES": "yes", "REDIS_URL": "redis://127.0.0.1:6379"}
    assert "SEVERAL_MACHINES is on" in read("None", **told)
    assert read("s.SEVERAL_MACHINES", DATABASE_URL="postgres://someone@127.0.0.1/site", **told) is True


def test_a_bucket_is_told_in_one_address_which_is_never_shown():
    url = "http://key:se%2Fcret@s3.example.org:9000/papers?region=eu-1"
    bucket = {
        "endpoint_url": "http://s3.example.org:9000",
        "bucket_name": "papers",
        "access_key": "key",
        "secret_key": "se/cret",
        "region_name": "eu-1",
    }
    assert read("s.STORAGES['default']['OPTIONS']", MEDIA_S3_URL=url) == bucket
    assert read("s.STORAGES['default'].get('OPTIONS')") is None
    assert "se%2Fcret" not in read("None", MEDIA_S3_URL=url.replace("/papers", "/"))


def test_the_content_security_policy_has_no_hole():
    directives = read("s.CONTENT_SECURITY_POLICY['DIRECTIVES']")
    sources = {str(source) for values in directives.values() for source in values}
    assert not {source for source in sources if "unsafe" in source or "://" in source or "*" in source}
    assert directives["default-src"] == ["'none'"]


def test_the_readme_lists_every_switch_and_no_other():
    code = (ROOT / "charhar" / "settings.py").read_text()
    table = (ROOT / "README.md").read_text().partition("## Settings")[2].partition("\ngunicorn")[0]
    read_here = set(
        re.findall(
            r"""\b(?:switch|number|choice|address|mailbox|services|bucket|env\.\w+)\(\s*"([A-Z0-9_]+)\"""",
            code,
        )
    )
    assert set(re.findall(r"^\| `([A-Z0-9_]+)` \|", table, re.M)) == read_here
