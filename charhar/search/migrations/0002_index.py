"""The index of each database, and narrow entries: what was known is carried over and put into the index."""

import django.db.models.deletion
from django.db import migrations, models

MAKE = {
    "sqlite": ["CREATE VIRTUAL TABLE search_fts USING fts5(title, body, tokenize = 'ascii')"],
    "postgresql": [
        "CREATE TABLE search_part (entry_id bigint NOT NULL, words tsvector NOT NULL)",
        "CREATE INDEX search_part_entry ON search_part (entry_id)",
        "CREATE INDEX search_part_words ON search_part USING gin (words)",
    ],
}
DROP = {"sqlite": "DROP TABLE search_fts", "postgresql": "DROP TABLE search_part"}
BATCH = 200


def make_index(apps, schema_editor):
    for statement in MAKE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop_index(apps, schema_editor):
    schema_editor.execute(DROP[schema_editor.connection.vendor])


def carry_over(apps, schema_editor):
    """Move the bodies out. The index is filled by ``rebuild_search``."""
    from charhar.publishing.folding import clean

    Entry, Text = apps.get_model("search", "SearchEntry"), apps.get_model("search", "SearchText")
    last = 0
    while entries := list(Entry.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = entries[-1].pk
        for entry in entries:
            entry.title, entry.body = clean(entry.title)[:1000], clean(entry.body)
            entry.year = entry.date and entry.date.year
        Entry.objects.bulk_update(entries, ["title", "year"])
        Text.objects.bulk_create(Text(entry=entry, body=entry.body) for entry in entries)


class Migration(migrations.Migration):

    dependencies = [
        ('search', '0001_initial'),
    ]

    operations = [
        migrations.RunPython(make_index, drop_index, elidable=False),
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='text', serialize=False, to='search.searchentry')),
                ('body', models.TextField()),
            ],
        ),
        migrations.AddField(
            model_name='searchentry',
            name='year',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='searchentry',
            name='filed',
            field=models.TextField(default=' ', help_text='Topics, regions, authors and series by key, a space around each: “ topic:3 author:12 ”.'),
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
