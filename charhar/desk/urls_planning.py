"""Addresses beneath ``/admin/desk/``: the calendar and the queue, for staff alone."""

from django.contrib import admin
from django.urls import path

from . import views_feed, views_moving
from . import views_planning as views

staff = admin.site.admin_view

urlpatterns = [
    path("calendar/", staff(views.calendar), name="desk-calendar"),
    path("calendar/move/", staff(views_moving.move_item), name="desk-move"),
    path("calendar/unschedule/", staff(views_moving.unschedule), name="desk-unschedule"),
    path("calendar/address/", staff(views_feed.feed_settings), name="desk-feed-settings"),
    path("queue/", staff(views.queue), name="desk-queue"),
    path("queue.csv", staff(views.queue_csv), name="desk-queue-csv"),
]
