"""What readers looked for in vain."""

from django.contrib import admin

from charhar.contacts.admin import ReadOnly

from .models import MissedSearch


@admin.register(MissedSearch)
class MissedSearchAdmin(ReadOnly, admin.ModelAdmin):
    """Searches that found nothing, the most frequent first."""

    list_display = ["query", "count", "last_on", "first_on"]
    search_fields = ["query"]
    date_hierarchy = "last_on"
