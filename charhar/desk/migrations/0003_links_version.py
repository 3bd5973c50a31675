from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("desk", "0002_effects_and_links")]

    operations = [migrations.RenameField("heartbeat", "links_checked_at", "links_version")]
