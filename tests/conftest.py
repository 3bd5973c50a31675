"""What every test stands on: a clean cache, plain static files, media in a folder of its own."""

import os

# Set up here, not by pytest-django's own setting, which reads the settings before any conftest: the suite
# needs no variable from outside.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "charhar.settings")
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0" * 40)
os.environ.setdefault("EMAIL_URL", "memorymail://")

import django
import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection

django.setup()

if connection.vendor == "sqlite":
    # Parallel runs take any engine but Django's own for one that keeps its test database in a file.
    connection.settings_dict["TEST"]["NAME"] = ":memory:"


@pytest.fixture(autouse=True, scope="session")
def _no_collected_static_files(tmp_path_factory):
    """What `make demo` collected may be an older state, and on a fresh clone is not there at all."""
    django_settings.STATIC_ROOT = tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def _own_surroundings(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.AXES_ENABLED = False
    cache.clear()
    yield
    cache.clear()
