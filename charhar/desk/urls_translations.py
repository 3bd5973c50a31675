"""The translation desk's one page, under ``/admin/desk/``."""

from django.contrib import admin
from django.urls import path

from .translations import translations

urlpatterns = [path("translations/", admin.site.admin_view(translations), name="desk-translations")]
