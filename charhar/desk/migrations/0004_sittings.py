from django.db import migrations, models


def forget(apps, schema_editor):
    """Open forms that were known without a key: none was ever kept."""
    apps.get_model("desk", "Sitting").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("desk", "0003_links_version")]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.RemoveConstraint(model_name="sitting", name="sitting_one_per_person_and_text"),
        migrations.RemoveConstraint(model_name="sitting", name="sitting_one_per_person_and_new_text"),
        migrations.RemoveField(model_name="sitting", name="opened_version"),
        migrations.AddField(
            model_name="sitting",
            name="closed_at",
            field=models.DateTimeField(
                help_text="Saved or discarded: nothing more is kept.", null=True
            ),
        ),
        migrations.AddField(
            model_name="sitting",
            name="key",
            field=models.CharField(
                default="", help_text="Given by the form, new at each opening.", max_length=32, unique=True
            ),
            preserve_default=False,
        ),
    ]
