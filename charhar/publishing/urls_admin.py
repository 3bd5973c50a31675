"""Addresses beneath ``/admin/publishing/`` that are not a model's: what the rich-text editor asks for."""

from django.urls import path

from . import richtext_views

urlpatterns = [
    path("richtext/images/", richtext_views.images, name="richtext-images"),
    path("richtext/clean/", richtext_views.cleaned, name="richtext-clean"),
]
