"""Editors and administrators see what was searched for in vain."""

from django.db import migrations

from charhar.roles import show_missed_searches


def forwards(apps, schema_editor):
    show_missed_searches(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("charhar", "0005_home_position"), ("search", "0005_missed_searches")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
