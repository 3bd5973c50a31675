"""Ways to an expert, under /experts/."""

from django.urls import path

from . import views_press

urlpatterns = [
    path("for-journalists/", views_press.journalists, name="for-journalists"),
    path("<slug:slug>/contact/", views_press.ExpertContact.as_view(), name="expert-contact"),
    path("<slug:slug>/contact/thanks/", views_press.expert_thanks, name="expert-contact-thanks"),
]
