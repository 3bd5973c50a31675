"""Pages."""
from django.http import HttpRequest, HttpResponse


def page(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse('page')

