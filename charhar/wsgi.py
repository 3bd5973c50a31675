"""The WSGI entry point that gunicorn serves: the page cache, and behind it Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "charhar.settings")
django_application = get_wsgi_application()

from charhar.page_cache import with_page_cache  # noqa: E402  it needs the apps

application = with_page_cache(django_application)
