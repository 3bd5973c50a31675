"""PostgreSQL asks its index, always: it takes reading all texts for cheap, since what they are kept in is small.

And writes into the index at once: a list of what is yet to be written would be read in each search.
"""

from django.db import migrations

MAKE = [
    "CREATE FUNCTION search_holding(tsquery) RETURNS SETOF bigint LANGUAGE sql STABLE ROWS 2000"
    " SET enable_seqscan = off SET jit = off"
    " AS 'SELECT entry_id FROM search_part WHERE words @@ $1'",
    "ALTER INDEX search_part_words SET (fastupdate = off)",
    "SELECT gin_clean_pending_list('search_part_words')",
]
DROP = ["ALTER INDEX search_part_words RESET (fastupdate)", "DROP FUNCTION search_holding(tsquery)"]


def _run(statements, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement)


def make(apps, schema_editor):
    _run(MAKE, schema_editor)


def drop(apps, schema_editor):
    _run(DROP, schema_editor)


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0006_rebuild'),
    ]

    operations = [migrations.RunPython(make, drop, elidable=False)]
