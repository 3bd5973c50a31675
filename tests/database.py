"""The test database as the migrations left it, brought back after a test that really committed.

Django empties every table instead and makes permissions and roles anew, which takes longer than most tests.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction

# The order of the tables does not matter: references are checked at the end of the transaction.
KEEP = """DO $$ DECLARE name text; BEGIN
    DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TABLE kept.%1$I AS TABLE public.%1$I', name);
    END LOOP;
END $$"""
BRING_BACK = """DO $$ DECLARE name text; filled boolean; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM public.%I', name); END IF;
    END LOOP;
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'kept' LOOP
        EXECUTE format('INSERT INTO public.%1$I SELECT * FROM kept.%1$I', name);
    END LOOP;
    DELETE FROM public.publishing_listtouch;  -- of what was deleted just now
END $$"""


class Migrated:
    """One state of the database to go back to: on SQLite a file, on PostgreSQL a schema beside the public one."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "migrated.sqlite3"

    def keep(self) -> None:
        """Remember the state of now."""
        if connection.vendor == "sqlite":
            copy(connection.settings_dict["NAME"], self.file)
        else:
            with connection.cursor() as cursor:
                cursor.execute(KEEP)

    def bring_back(self) -> None:
        """Go back to it; waits for whoever is writing. No transaction may be open."""
        if connection.vendor == "sqlite":
            connection.close()
            copy(self.file, connection.settings_dict["NAME"])
        else:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(BRING_BACK)
        ContentType.objects.clear_cache()


def start_from_migrated() -> bool:
    """With CHARHAR_MIGRATED=1 the database that DATABASE_URL names is migrated and nobody's: start from a copy.

    True where the copy is there, for Django to keep; on PostgreSQL Django makes it.
    """
    if os.environ.get("CHARHAR_MIGRATED") != "1":
        return False
    migrated, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    if connection.vendor == "sqlite":
        copy(migrated, test["NAME"])
        return True
    test["TEMPLATE"] = migrated
    return False


def copy(source: Path | str, target: Path | str) -> None:
    """Copy one SQLite database over another, be it open or not."""
    with (
        closing(sqlite3.connect(source, timeout=20)) as old,
        closing(sqlite3.connect(target, timeout=20)) as new,
    ):
        old.backup(new)
