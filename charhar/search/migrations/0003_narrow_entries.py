"""Entries without what the index and the texts hold now. PostgreSQL wants this in a transaction of its own."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0002_index'),
    ]

    operations = [
        migrations.RemoveField(model_name='searchentry', name='body'),
        migrations.RemoveField(model_name='searchentry', name='folded_title'),
        migrations.RemoveField(model_name='searchentry', name='folded_text'),
    ]
