"""Files of the library, beneath /media/. The patterns admit only names that the library itself gives."""

from django.urls import re_path

from . import views

urlpatterns = [
    re_path(
        r"^images/(?P<name>[0-9a-f]{32}/[0-9a-z-]{1,40}\.(?:avif|webp|jpg|png))$",
        views.image,
        name="media-image",
    ),
    re_path(r"^documents/(?P<name>[0-9a-f]{32}\.[0-9a-z]{1,10})$", views.document, name="media-document"),
]
