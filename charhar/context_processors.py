"""Context of every page."""


def site(request):
    return {}
