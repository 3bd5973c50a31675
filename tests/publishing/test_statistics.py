"""SQLite is told how its tables have grown, so that its planner chooses the indexes that were made for it."""

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from charhar.publishing.backends import statistics
from charhar.publishing.models import Snapshot
from tests.factories import ArticleFactory

pytestmark = pytest.mark.django_db


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps its own")
def test_tables_are_counted_anew_once_they_have_grown_by_half():
    text = ArticleFactory()
    kind = ContentType.objects.get_for_model(text)

    def save(times):
        for _ in range(times):
            version = 100 + Snapshot.objects.count()
            Snapshot.objects.create(
                content_type=kind, object_id=text.pk, version=version, action="save", data={}
            )

    save(10)
    assert statistics.refresh() == "counted anew"
    assert statistics.refresh() == "fresh enough"
    save(4)
    assert statistics.refresh() == "fresh enough"
    save(8)
    assert statistics.refresh() == "counted anew"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's own")
def test_postgresql_is_left_alone():
    assert statistics.refresh() == "the database keeps its own"
