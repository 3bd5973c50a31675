"""The page Membership and what hangs on it, mounted before the institute's other pages."""

from django.urls import path

from . import views, views_me

urlpatterns = [
    path("about/membership/", views.Membership.as_view(), name="membership"),
    path("about/membership/thanks/", views.thanks, {"step": "sent"}, name="membership-thanks"),
    path("about/membership/saved/", views.thanks, {"step": "saved"}, name="membership-saved"),
    path("about/membership/forgotten/", views.thanks, {"step": "forgotten"}, name="membership-forgotten"),
    path("about/membership/answered/", views.thanks, {"step": "answered"}, name="membership-answered"),
    path("about/membership/withdrawn/", views.thanks, {"step": "withdrawn"}, name="membership-withdrawn"),
    path("about/membership/started/<str:token>/", views.Started.as_view(), name="membership-started"),
    path("about/membership/answer/<str:token>/", views.Answer.as_view(), name="membership-answer"),
    path("membership/sign-in/", views_me.AskToSignIn.as_view(), name="member-sign-in"),
    path("membership/sign-in/sent/", views_me.sent, name="member-sign-in-sent"),
    path("membership/sign-in/<str:token>/", views_me.Link.as_view(), name="member-link"),
    path("membership/address/<str:token>/", views_me.ConfirmAddress.as_view(), name="member-address"),
    path("membership/me/", views_me.Me.as_view(), name="member"),
    path("membership/me/data/", views_me.OwnData.as_view(), name="member-data"),
    path("membership/me/address/", views_me.NewAddress.as_view(), name="member-new-address"),
    path("membership/me/renew/", views_me.Renew.as_view(), name="member-renew"),
    path("membership/me/withdraw/<int:pk>/", views_me.Withdraw.as_view(), name="member-withdraw"),
    path("membership/me/resign/", views_me.Resign.as_view(), name="member-resign"),
    path("membership/me/download/", views_me.Download.as_view(), name="member-download"),
    path("membership/me/sign-out/", views_me.SignOut.as_view(), name="member-sign-out"),
]
