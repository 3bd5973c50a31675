"""Experts, offices, programmes."""

from django.urls import path

from . import views

urlpatterns = [
    path("experts/", views.experts, name="experts"),
    path("experts/<slug:slug>/", views.expert, name="expert"),
    path("offices/<slug:slug>/", views.office, name="office"),
    path("programmes/<slug:slug>/", views.programme, name="programme"),
]
