"""The institute's own pages."""

from django.urls import path

from . import views

urlpatterns = [
    path("about/", views.page, {"root": "about", "slug": "about"}, name="about"),
    path("about/<slug:slug>/", views.page, {"root": "about"}, name="page"),
    path("legal/<slug:slug>/", views.page, {"root": "legal"}, name="legal"),
]
