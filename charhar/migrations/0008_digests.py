"""The secretariat's roles work with what a digest's letters hold."""

from django.db import migrations

from charhar.roles import grant_personal


def forwards(apps, schema_editor):
    grant_personal(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("charhar", "0007_personal_data"),
        ("outreach", "0007_letters_of_digests"),
    ]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
