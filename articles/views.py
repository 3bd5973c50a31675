"""Pages."""
from django.http import HttpRequest, HttpResponse


def article(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('article')


def news_section(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('news_section')


def tag(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('tag')

