"""What the publishing base tells those who listen."""

from django.dispatch import Signal

text_recorded = Signal()
"""Sent within the transaction of every save and state change, with ``text`` and its new ``snapshot``."""
