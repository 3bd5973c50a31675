"""Pages."""
from django.http import HttpRequest, HttpResponse


def regions(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('regions')


def region(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('region')


def topics(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('topics')


def topic(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('topic')

