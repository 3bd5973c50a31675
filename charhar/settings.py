"""Every switch of the site, in one place.

Each comes from the environment, is typed, and stops the start with a clear sentence when it makes no
sense. README.md lists them for the people who run the site.
"""

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent


def switch(name: str, *, default: bool) -> bool:
    """Read a yes-or-no variable; anything but the words below stops the start."""
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    raw = env.str(name, default="").strip().lower()
    if not raw:
        return default
    if raw not in words:
        raise ImproperlyConfigured(f"{name} is {raw!r}; say one of: {', '.join(words)}.")
    return words[raw]


def number(name: str, *, default: int, least: int, most: int) -> int:
    """Read a whole number between two bounds."""
    raw = env.str(name, default="").strip()
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or not least <= int(raw) <= most:
        raise ImproperlyConfigured(f"{name} is {raw!r}; it must be a whole number from {least} to {most}.")
    return int(raw)


def choice(name: str, *, default: str, among: tuple[str, ...]) -> str:
    """Read one of a few words, in capitals or not."""
    raw = env.str(name, default="").strip().upper() or default
    if raw not in among:
        raise ImproperlyConfigured(f"{name} is {raw!r}; say one of: {', '.join(among)}.")
    return raw


def address(name: str, *, default: str) -> str:
    """Read an absolute http(s) address without a path; returned without a slash at its end."""
    raw = env.str(name, default="").strip() or default
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise ImproperlyConfigured(
            f"{name} is {raw!r}; it must look like https://www.example.org, without a path."
        )
    return f"{parts.scheme}://{parts.netloc}"


def services(name: str) -> list[str]:
    """Read http(s) addresses with commas between; none is the default."""
    found = [raw.strip() for raw in env.str(name, default="").split(",") if raw.strip()]
    for raw in found:
        parts = urlsplit(raw)
        if parts.scheme not in {"http", "https"} or not parts.netloc or len(raw) > 500:
            raise ImproperlyConfigured(
                f"{name} holds {raw!r}; each must look like https://www.example.org/path, commas between."
            )
    return list(dict.fromkeys(found))


def mailbox(name: str) -> str:
    """Read the address of a mailbox; none is the default. It is never shown: it holds a password."""
    raw = env.str(name, default="").strip()
    try:
        parts = urlsplit(raw)
        sound = parts.scheme in {"imap", "imaps", "pop", "pops"} and parts.hostname and parts.username
        sound = sound and parts.password and (parts.port or 1)
    except ValueError:
        sound = False
    if raw and not sound:
        raise ImproperlyConfigured(
            f"{name} makes no sense; it must look like imaps://user:password@mail.example.org/INBOX or "
            "pops://user:password@mail.example.org, with %40 for an @ in the name."
        )
    return raw


class Bucket(NamedTuple):
    """Where media lie in an S3-compatible store."""

    endpoint: str
    name: str
    key: str
    secret: str
    region: str


def bucket(name: str) -> Bucket | None:
    """Read the address of a bucket; None is the default. It is never shown: it holds a password."""
    raw = env.str(name, default="").strip()
    if not raw:
        return None
    try:
        parts = urlsplit(raw)
        queries = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.username and parts.password
        sound = sound and (parts.port or 1) and not queries.keys() - {"region"} and not parts.fragment
        sound = sound and re.fullmatch(r"/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/?", parts.path)
    except ValueError:
        sound = False
    if not sound:
        raise ImproperlyConfigured(
            f"{name} makes no sense; it must look like https://key:secret@s3.example.org/bucket?region=eu-1,"
            " with %2F for a / in the secret."
        )
    where = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
    return Bucket(
        f"{parts.scheme}://{where}",
        parts.path.strip("/"),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        queries.get("region", ["us-east-1"])[0],
    )


# -- The essentials ---------------------------------------------------------------------------------

SHORTEST_KEY = 20

DEBUG = switch("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is not set. Make one of 50 random characters and keep it secret.")
# Keys that were used before: what they signed, sessions and review links, stays good.
SECRET_KEY_FALLBACKS = [key.strip() for key in env.list("SECRET_KEY_FALLBACKS", default=[]) if key.strip()]
if any(len(key) < SHORTEST_KEY for key in SECRET_KEY_FALLBACKS):
    raise ImproperlyConfigured(
        f"SECRET_KEY_FALLBACKS holds a key of fewer than {SHORTEST_KEY} characters; it takes whole earlier"
        " values of SECRET_KEY, with commas between."
    )
SITE_URL = address("SITE_URL", default="http://127.0.0.1:8000")
ALLOWED_HOSTS = [
    host.strip()
    for host in env.list("ALLOWED_HOSTS", default=[urlsplit(SITE_URL).hostname, "127.0.0.1", "localhost"])
    if host.strip()
]
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

ROOT_URLCONF = "charhar.urls"
WSGI_APPLICATION = "charhar.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "charhar",
    "articles",
    "publications",
    "experts",
    "charhar.search",
    "charhar.outreach",
    "charhar.members",
    "charhar.pages",
    "charhar.desk",
    "charhar.publishing",
    "charhar.library",
    "charhar.taxonomy",
    "charhar.contacts",
    "taggit",
    "django_prose_editor",
    "js_asset",
    "axes",
    "csp",
    "charhar.apps.CharharAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "charhar.publishing.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "charhar.publishing.middleware.CacheHeadersMiddleware",
    "charhar.publishing.middleware.AddressMiddleware",
    "charhar.publishing.middleware.ClockMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "charhar.context_processors.site",
            ],
        },
    },
]

# -- Database, cache, media -------------------------------------------------------------------------
# The engines are Django's own with one addition: they raise the content version as the last statement of
# every transaction that wrote to a row a public page reads (charhar/publishing/backends/).

ENGINES = {
    "django.db.backends.sqlite3": "charhar.publishing.backends.sqlite3",
    "django.db.backends.postgresql": "charhar.publishing.backends.postgresql",
}
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'charhar.sqlite3'}")}
if DATABASES["default"].get("ENGINE") not in ENGINES:
    raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgres://.")
DATABASES["default"]["ENGINE"] = ENGINES[DATABASES["default"]["ENGINE"]]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Measured: as Django sets SQLite up, 392 of 2,000 concurrent writes fail; with these three, none.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # What is deleted is overwritten at once: an erased address is not to be found in the file.
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; "
            "PRAGMA secure_delete=ON;"
        ),
    }
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# To open SQLite's file and read what tables it has takes longer than all queries of a page.
DATABASES["default"]["CONN_MAX_AGE"] = number("CONN_MAX_AGE", default=60, least=0, most=86400)

REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured(
        f"REDIS_URL is {REDIS_URL!r}; it must begin with redis://, rediss:// or unix://."
    )
# Without Redis a machine would learn of another's publications a second late, and each keep its own pages.
SEVERAL_MACHINES = switch("SEVERAL_MACHINES", default=False)
if SEVERAL_MACHINES and not (REDIS_URL and DATABASES["default"]["ENGINE"].endswith("postgresql")):
    raise ImproperlyConfigured(
        "SEVERAL_MACHINES is on; they share one PostgreSQL and one Redis: set DATABASE_URL and REDIS_URL."
    )
CACHES = {
    "default": (
        {
            "BACKEND": "charhar.publishing.backends.redis_cache.ForgivingRedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "charhar",
            "OPTIONS": {"socket_connect_timeout": 0.05, "socket_timeout": 0.05},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# Whole pages for readers without a session (charhar/page_cache.py), and where a machine keeps them.
PAGE_CACHE = switch("PAGE_CACHE", default=True)
PAGE_CACHE_DIR = VAR_DIR / "page-cache"
PAGE_CACHE_BYTES = number("PAGE_CACHE_MEGABYTES", default=512, least=1, most=1_000_000) * 1024 * 1024

MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
# A font with Chinese characters, for the pictures that shared links show; Debian's fonts-noto-cjk is found.
CARD_FONT_ZH = env.str("CARD_FONT_ZH", default="")
if CARD_FONT_ZH and not Path(CARD_FONT_ZH).is_file():
    raise ImproperlyConfigured(f"CARD_FONT_ZH is {CARD_FONT_ZH!r}; there is no such file.")
NOTO = Path("/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc")
CARD_FONT_ZH = CARD_FONT_ZH or (str(NOTO) if NOTO.is_file() else "")
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
# Media in an S3-compatible store in place of VAR_DIR/media; readers see the same addresses.
MEDIA_S3_URL = bucket("MEDIA_S3_URL")
STORAGES = {
    "default": (
        {
            "BACKEND": "charhar.library.storage.Bucket",
            "OPTIONS": {
                "endpoint_url": MEDIA_S3_URL.endpoint,
                "bucket_name": MEDIA_S3_URL.name,
                "access_key": MEDIA_S3_URL.key,
                "secret_key": MEDIA_S3_URL.secret,
                "region_name": MEDIA_S3_URL.region,
            },
        }
        if MEDIA_S3_URL
        else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    ),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# -- Languages and time -----------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "中文")]
LOCALE_PATHS = [BASE_DIR / "charhar" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# -- What a public page reads -----------------------------------------------------------------------
# A write to any table of these apps or models raises the content version.

CONTENT_MODELS = [
    "charhar",
    "articles",
    "publications",
    "experts",
    "pages",
    "library",
    "taxonomy",
    "taggit",
    "publishing.Address",
    "members.Plan",
    "outreach.Newsletter",
    "outreach.NewsletterItem",
    "outreach.Vacancy",
    "outreach.WayToGive",
    "outreach.Funding",
]

# -- Sign-in and security ---------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"
CSRF_FAILURE_VIEW = "charhar.views.form_refused"
AXES_FAILURE_LIMIT = number("SIGN_IN_ATTEMPTS", default=8, least=1, most=100)
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "charhar.contacts.guard.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "errors/locked_out.html"

HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS and switch("REDIRECT_TO_HTTPS", default=True)
SECURE_HSTS_SECONDS = number("HSTS_SECONDS", default=3600 if HTTPS else 0, least=0, most=63072000)
BEHIND_PROXY = switch("BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        # The nonce appears only where a template asks for it: the admin's import map, never a public page.
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# -- Files that people send -------------------------------------------------------------------------

MAX_IMAGE_PIXELS = number("MAX_IMAGE_MEGAPIXELS", default=40, least=1, most=400) * 1_000_000
MAX_UPLOAD_BYTES = number("MAX_UPLOAD_MEGABYTES", default=50, least=1, most=1000) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# -- Mail -------------------------------------------------------------------------------------------

try:
    vars().update(env.email("EMAIL_URL", default="consolemail://"))
except ImproperlyConfigured as error:
    raise ImproperlyConfigured(
        "EMAIL_URL makes no sense; it must look like smtp+tls://user:password@host:587 or consolemail://."
    ) from error
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Charhar Institute <secretariat@charhar.org.cn>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# The mailbox that ``read_mail`` reads, and the address that leads to it, also with "+anything" before the @.
INBOX_URL = mailbox("INBOX_URL")
INBOX_ADDRESS = env.str("INBOX_ADDRESS", default="").strip()
if INBOX_ADDRESS and not re.fullmatch(r"[^@\s+<>]+@[^@\s<>]+\.[^@\s<>]+", INBOX_ADDRESS):
    raise ImproperlyConfigured(
        f"INBOX_ADDRESS is {INBOX_ADDRESS!r}; it must look like answers@example.org, without a plus sign."
    )

# -- Services of the institute's own that hear when a text is published, corrected or withdrawn ------

PING_URLS = services("PING_URLS")

# -- Tags, logging ----------------------------------------------------------------------------------

TAGGIT_CASE_INSENSITIVE = True

LOG_LEVEL = choice("LOG_LEVEL", default="INFO", among=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
