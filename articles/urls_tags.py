"""Tags, under /tags/. A tag in Chinese has a slug in Chinese, which a slug pattern would refuse."""

from django.urls import path

from . import views

urlpatterns = [path("<str:slug>/", views.tag, name="tag")]
