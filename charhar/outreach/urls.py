"""The pages that people write, apply and subscribe on; mounted before the institute's other pages."""

from django.urls import path

from . import views, views_contact, views_newsletters, views_offers, views_subscribe

urlpatterns = [
    path("about/contact/", views_contact.Contact.as_view(), name="contact"),
    path("about/contact/thanks/", views.thanks, {"step": "contact"}, name="contact-thanks"),
    path("about/careers/", views.careers, name="careers"),
    path("about/careers/<slug:slug>/", views_offers.vacancy, name="vacancy"),
    path("about/support/funding/", views_offers.funding, name="funding"),
    path("about/support/funding/<int:year>.csv", views_offers.funding_csv, name="funding-csv"),
    path("about/support/", views_contact.Support.as_view(), name="support"),
    path("about/support/thanks/", views.thanks, {"step": "support"}, name="support-thanks"),
    path("newsletters/", views_newsletters.archive, name="newsletters"),
    path("newsletters/<slug:slug>/", views_newsletters.newsletter, name="newsletter"),
    path("subscribe/", views_subscribe.Subscribe.as_view(), name="subscribe"),
    path("subscribe/sent/", views.thanks, {"step": "sent"}, name="subscribe-sent"),
    path("subscribe/confirm/<str:token>/", views_subscribe.Confirm.as_view(), name="subscribe-confirm"),
    path("subscribe/confirmed/", views.thanks, {"step": "subscribed"}, name="subscribed"),
    path("subscribe/end/<str:token>/", views_subscribe.Unsubscribe.as_view(), name="unsubscribe"),
    path("subscribe/preferences/", views_subscribe.AskForLink.as_view(), name="preferences-link"),
    path("subscribe/preferences/sent/", views.thanks, {"step": "link"}, name="preferences-sent"),
    path("subscribe/preferences/<str:token>/", views_subscribe.Preferences.as_view(), name="preferences"),
    path("subscribe/ended/", views.thanks, {"step": "unsubscribed"}, name="unsubscribed"),
]
