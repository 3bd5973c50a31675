"""The secretariat's roles work with what is new among people's data."""

from django.db import migrations

from charhar.roles import grant_personal


def forwards(apps, schema_editor):
    grant_personal(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("charhar", "0006_missed_searches"),
        ("contacts", "0005_retention"),
        ("members", "0003_sign_in_address"),
        ("outreach", "0006_offers_and_funding"),
    ]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
