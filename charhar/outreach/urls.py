"""The pages that people write, apply and subscribe on; mounted before the institute's other pages."""

from django.urls import path

from . import views, views_contact

urlpatterns = [
    path("about/contact/", views_contact.Contact.as_view(), name="contact"),
    path("about/contact/thanks/", views.thanks, {"step": "contact"}, name="contact-thanks"),
    path("about/careers/", views.careers, name="careers"),
    path("about/support/", views_contact.Support.as_view(), name="support"),
    path("about/support/thanks/", views.thanks, {"step": "support"}, name="support-thanks"),
    path("subscribe/", views.Subscribe.as_view(), name="subscribe"),
    path("subscribe/sent/", views.thanks, {"step": "sent"}, name="subscribe-sent"),
    path("subscribe/confirm/<str:token>/", views.Confirm.as_view(), name="subscribe-confirm"),
    path("subscribe/confirmed/", views.thanks, {"step": "subscribed"}, name="subscribed"),
    path("subscribe/end/<str:token>/", views.Unsubscribe.as_view(), name="unsubscribe"),
    path("subscribe/ended/", views.thanks, {"step": "unsubscribed"}, name="unsubscribed"),
]
