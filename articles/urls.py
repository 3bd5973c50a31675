"""Articles, under /articles/."""

from django.urls import path

from . import views

urlpatterns = [path("<slug:slug>/", views.article, name="article")]
