"""News sections, under /news/."""

from django.urls import path

from . import views

urlpatterns = [path("<slug:slug>/", views.news_section, name="news-section")]
