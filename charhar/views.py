"""Pages."""
from django.http import HttpRequest, HttpResponse


def home(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('home')


def research(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('research')


def news(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('news')


def healthz(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('healthz')


def robots(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('robots')


def permission_denied(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('permission_denied')


def page_not_found(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('page_not_found')


def server_error(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('server_error')

