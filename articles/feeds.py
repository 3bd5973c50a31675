"""Feeds."""
from django.contrib.syndication.views import Feed


class Everything(Feed):
    pass


class EverythingAtom(Feed):
    pass


class Subject(Feed):
    pass


class SubjectAtom(Feed):
    pass
