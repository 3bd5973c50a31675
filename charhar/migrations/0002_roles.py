"""The four roles, with what each may do."""

from django.db import migrations

from charhar.roles import set_up_roles


def forwards(apps, schema_editor):
    set_up_roles(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("charhar", "0001_initial"),
        ("articles", "0001_initial"),
        ("publications", "0001_initial"),
        ("experts", "0001_initial"),
        ("outreach", "0001_initial"),
        ("members", "0001_initial"),
        ("pages", "0001_initial"),
        ("publishing", "0001_initial"),
        ("library", "0001_initial"),
        ("taxonomy", "0001_initial"),
        ("contacts", "0001_initial"),
        ("taggit", "0006_rename_taggeditem_content_type_object_id_taggit_tagg_content_8fc721_idx"),
        ("axes", "0010_accessattemptexpiration"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
