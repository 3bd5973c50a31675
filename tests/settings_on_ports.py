"""The site's own settings, with files that nobody collected and passwords that are quick to check."""

from charhar.settings import *  # noqa: F403
from charhar.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
