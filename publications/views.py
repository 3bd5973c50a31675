"""Pages."""
from django.http import HttpRequest, HttpResponse


def publications(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('publications')


def series(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('series')


def publication(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('publication')


def publication_file(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('publication_file')

