"""The staff's previews of what is saved, under /preview/, in both languages."""

from django.urls import path

from . import preview

urlpatterns = [path("<slug:kind>/<int:key>/", preview.saved, name="preview")]
