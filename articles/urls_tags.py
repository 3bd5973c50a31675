"""Tags, under /tags/."""

from django.urls import path

from . import views

urlpatterns = [path("<slug:slug>/", views.tag, name="tag")]
