"""Entries in the order of their dates, with all that a search reads; the index begins empty: rebuild_search."""

import django.db.models.deletion
from django.db import migrations, models

MONTH = """CREATE FUNCTION search_month(place bigint) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT 12 * date_part('year', day)::int + date_part('month', day)::int - 1
    FROM (SELECT date '0001-01-01' + ((place >> 40)::int - 1) AS day) AS days
$$"""
MAKE = {
    "sqlite": [
        "DROP TABLE search_fts",
        "CREATE VIRTUAL TABLE search_fts USING fts5(title, body, facets, tokenize = 'ascii')",
        # A batch of the rebuild is written at once rather than in pieces of a megabyte.
        "INSERT INTO search_fts (search_fts, rank) VALUES ('hashsize', 16777216)",
    ],
    "postgresql": [
        MONTH,
        "DROP FUNCTION search_holding(tsquery)",
        "DROP TABLE search_part",
        "ALTER TABLE search_searchentry ADD words tsvector NOT NULL DEFAULT ''",
        "ALTER TABLE search_searchtext ADD sequence text NOT NULL DEFAULT ''",
        # LZ4, where the server knows it, takes a fifth of the work.
        """DO $$ BEGIN
            ALTER TABLE search_searchentry ALTER words SET COMPRESSION lz4;
            ALTER TABLE search_searchtext ALTER body SET COMPRESSION lz4, ALTER sequence SET COMPRESSION lz4,
                ALTER weights SET COMPRESSION lz4;
        EXCEPTION WHEN OTHERS THEN NULL; END $$""",
        "CREATE INDEX search_entry_words ON search_searchentry USING gin (words) WITH (fastupdate = off)",
        # The newest entries that hold all words, none of a title alone; phrases are compared with the tokens in
        # order. The index has no order of its own: a large archive is asked month by month, then, as few are
        # found, several months and years at a time, until there are enough.
        """CREATE FUNCTION search_newest(
            wanted tsquery, phrases text[], avoided text[], in_title boolean, moment timestamptz, most int
        ) RETURNS TABLE (id bigint, filed text) LANGUAGE plpgsql STABLE
        SET enable_seqscan = off SET jit = off AS $$
        DECLARE
            is_small boolean := (SELECT reltuples < 50000 FROM pg_class WHERE oid = 'search_searchentry'::regclass);
            undated CONSTANT bigint := 4194303::bigint << 40;
            place bigint; month int; first int; width int := 1; asked int := 0;
            span tsquery; got int; total int := 0;
        BEGIN
            LOOP
                IF is_small THEN
                    span := wanted;
                ELSIF month IS NULL THEN
                    span := wanted && '§undated'::tsquery;
                ELSE
                    width := least(width, month - first + 1);
                    span := wanted && (SELECT string_agg(quote_literal('§month' || each), '|')::tsquery
                        FROM generate_series(month - width + 1, month) AS each);
                END IF;
                RETURN QUERY SELECT entry.id, entry.filed FROM search_searchentry AS entry
                    WHERE entry.words @@ span AND entry.visible_from <= moment
                    AND (entry.visible_until IS NULL OR entry.visible_until > moment)
                    AND (phrases IS NULL AND avoided IS NULL OR (
                        SELECT NOT EXISTS (SELECT FROM unnest(phrases) AS each WHERE position(each IN within) = 0)
                        AND NOT EXISTS (SELECT FROM unnest(avoided) AS each WHERE position(each IN held) > 0)
                        FROM (SELECT sequence AS held, CASE WHEN in_title
                            THEN split_part(sequence, '| ', 1) ELSE sequence END AS within
                            FROM search_searchtext WHERE entry_id = entry.id) AS tokens))
                    ORDER BY entry.id + 0 DESC LIMIT most - total;
                GET DIAGNOSTICS got = ROW_COUNT;
                total := total + got;
                EXIT WHEN is_small OR total >= most;
                IF month IS NULL THEN
                    SELECT max(e.id) INTO place FROM search_searchentry AS e WHERE e.id < undated;
                    EXIT WHEN place IS NULL;
                    month := search_month(place);
                    SELECT search_month(min(e.id)) INTO first FROM search_searchentry AS e;
                ELSE
                    month := month - width;
                    asked := asked + width;
                    -- As many months as hold what is missing, by what was found so far; at most five times more.
                    width := least(5 * asked, greatest(1, (most - total) * asked / greatest(total, 1) * 5 / 4));
                END IF;
                EXIT WHEN month < first;
            END LOOP;
        END $$""",
    ],
}
DROP = {
    "sqlite": [
        "DROP TABLE search_fts",
        "CREATE VIRTUAL TABLE search_fts USING fts5(title, body, tokenize = 'ascii')",
    ],
    "postgresql": [
        "DROP FUNCTION search_newest(tsquery, text[], text[], boolean, timestamptz, int)",
        "DROP FUNCTION search_month(bigint)",
        "CREATE TABLE search_part (entry_id bigint NOT NULL, words tsvector NOT NULL)",
        "CREATE INDEX search_part_entry ON search_part (entry_id)",
        "CREATE INDEX search_part_words ON search_part USING gin (words) WITH (fastupdate = off)",
        "CREATE FUNCTION search_holding(tsquery) RETURNS SETOF bigint LANGUAGE sql STABLE ROWS 2000"
        " SET enable_seqscan = off SET jit = off"
        " AS 'SELECT entry_id FROM search_part WHERE words @@ $1'",
    ],
}


def make(apps, schema_editor):
    for statement in MAKE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    for statement in DROP[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('contenttypes', '0002_remove_content_type_name'),
        ('search', '0007_holding'),
    ]

    operations = [
        migrations.DeleteModel('SearchText'),
        migrations.DeleteModel('SearchEntry'),
        # What was begun in the old way is not gone on with.
        migrations.RunSQL('DELETE FROM search_searchrebuild', migrations.RunSQL.noop),
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('object_id', models.PositiveBigIntegerField()),
                ('kind', models.CharField(max_length=20)),
                ('date', models.DateField(null=True)),
                ('visible_from', models.DateTimeField(help_text='Empty: readers do not see it.', null=True)),
                ('visible_until', models.DateTimeField(null=True)),
                ('filed', models.TextField(default='', help_text='Kind, languages, topics, regions, authors and series: “kind:news topic:3”.')),
                ('title', models.CharField(max_length=1000)),
                ('content_type', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='contenttypes.contenttype')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('content_type', 'object_id'), name='searchentry_once')],
            },
        ),
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('entry', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='text', serialize=False, to='search.searchentry')),
                ('weights', models.TextField(default='', help_text='See ranking.py.')),
                ('body', models.TextField()),
            ],
        ),
        migrations.RunPython(make, drop, elidable=False),
    ]
