"""PostgreSQL that keeps the content version."""

from django.db.backends.postgresql import base

from charhar.publishing.backends.watching import WatchingMixin


class DatabaseWrapper(WatchingMixin, base.DatabaseWrapper):
    """Django's PostgreSQL wrapper, watched."""
