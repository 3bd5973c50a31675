"""What everything is compared with: the least that WSGI and Django can answer."""

from typing import Any

BODY = b"hello"
urlpatterns: list[Any] = []


def wsgi(environ, start_response):
    """Nothing but gunicorn's own work."""
    start_response(
        "200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(BODY)))]
    )
    return [BODY]


def django():
    """Django with one view and no middleware."""
    from django.conf import settings

    settings.configure(
        SECRET_KEY="only-for-benchmarks", ROOT_URLCONF="bare", MIDDLEWARE=[], ALLOWED_HOSTS=["*"]
    )
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import path

    urlpatterns.append(path("", lambda request: HttpResponse(BODY)))
    return get_wsgi_application()
