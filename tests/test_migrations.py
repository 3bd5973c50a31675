"""The migrations and the models say the same."""

import io

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader


@pytest.mark.django_db
def test_no_migration_is_pending():
    said = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said)
    except SystemExit:
        pytest.fail(f"models have changed without a migration:\n{said.getvalue()}")


@pytest.mark.django_db
def test_no_app_has_two_last_migrations():
    assert MigrationLoader(connection).detect_conflicts() == {}
