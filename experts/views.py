"""Pages."""
from django.http import HttpRequest, HttpResponse


def experts(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('experts')


def expert(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('expert')


def office(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('office')


def programme(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('programme')

