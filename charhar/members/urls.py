"""The page Membership, mounted before the institute's other pages."""

from django.urls import path

from . import views

urlpatterns = [
    path("about/membership/", views.Membership.as_view(), name="membership"),
    path("about/membership/thanks/", views.thanks, name="membership-thanks"),
]
