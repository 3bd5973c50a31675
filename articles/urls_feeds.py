"""Feeds, under /feeds/: everything, and each topic, region, news section and expert, as RSS and as Atom."""

from django.urls import path

from . import feeds

urlpatterns = [
    path("rss/", feeds.Everything(), name="feed-rss"),
    path("atom/", feeds.EverythingAtom(), name="feed-atom"),
    path("<str:kind>/<slug:slug>/rss/", feeds.Subject(), name="feed-subject-rss"),
    path("<str:kind>/<slug:slug>/atom/", feeds.SubjectAtom(), name="feed-subject-atom"),
]
