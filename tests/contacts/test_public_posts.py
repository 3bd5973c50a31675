"""What readers send needs no form token of Django's, on whichever page: the guard looks at where it came from."""

from django.urls import URLResolver, get_resolver

from charhar.contacts.guard import GuardedFormView
from charhar.contacts.private import Private


def views(resolver):
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern)
        else:
            yield pattern.callback


def test_no_page_for_readers_asks_for_a_token_that_it_does_not_hold():
    ours = {
        view
        for view in views(get_resolver())
        if issubclass(getattr(view, "view_class", object), GuardedFormView | Private)
    }
    assert len(ours) > 10
    assert [view.view_class.__name__ for view in ours if not getattr(view, "csrf_exempt", False)] == []
