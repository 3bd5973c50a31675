"""Feeds, under /feeds/: everything and each subject, as RSS, Atom and JSON Feed."""

from django.urls import path

from . import feeds

urlpatterns = [
    path("rss/", feeds.Everything(), name="feed-rss"),
    path("atom/", feeds.EverythingAtom(), name="feed-atom"),
    path("json/", feeds.EverythingJson(), name="feed-json"),
    path("<str:kind>/<slug:slug>/rss/", feeds.Subject(), name="feed-subject-rss"),
    path("<str:kind>/<slug:slug>/atom/", feeds.SubjectAtom(), name="feed-subject-atom"),
    path("<str:kind>/<slug:slug>/json/", feeds.SubjectJson(), name="feed-subject-json"),
]
