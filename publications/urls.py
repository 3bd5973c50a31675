"""Series, their publications, and the files beneath these."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.publications, name="publications"),
    path("<slug:slug>/", views.series, name="series"),
    path("<slug:series>/<slug:slug>/", views.publication, name="publication"),
    path("<slug:series>/<slug:slug>/<slug:name>.pdf", views.publication_file, name="publication-file"),
]
