"""Fellows, who are experts with an account; and the right to publish in spite of the checklist."""

from django.db import migrations

from charhar.roles import grant_override, set_up_roles


def forwards(apps, schema_editor):
    set_up_roles(apps, schema_editor.connection.alias)
    grant_override(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("charhar", "0002_roles"), ("desk", "0001_initial"), ("publishing", "0002_desk")]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
