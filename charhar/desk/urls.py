"""What a reviewer without an account opens; the token is all that they need."""

from django.urls import re_path

from .link_views import Review, document

SIGNED = r"(?P<token>[0-9]{1,19}-[0-9a-f]{32}\.[0-9A-Za-z_-]{20,100})"

urlpatterns = [
    re_path(rf"^review/{SIGNED}/$", Review.as_view(), name="review"),
    re_path(
        rf"^review/{SIGNED}/media/(?P<name>[0-9a-f]{{32}}\.[0-9a-z]{{1,10}})$",
        document,
        name="review-document",
    ),
]
