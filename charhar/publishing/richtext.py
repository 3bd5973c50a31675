"""Rich text: one definition for the editor and the sanitiser."""

from django.db import models


class RichTextField(models.TextField):
    """Formatted text."""
