"""How many texts a topic, region, section or series has, for the admin's lists of these: from kept counts."""

from typing import Any

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from .list_models import ListCount
from .standing import ALONE


def listed_count(under: str) -> Any:
    """How many texts a row's list of that name holds in both languages, as an annotation.

    What the clock alone has changed is in it once ``current_version`` was asked, by any reader's page.
    """
    counts = ListCount.objects.filter(under=under, subject=OuterRef("pk")).exclude(edition=ALONE)
    total = counts.order_by().values("subject").annotate(total=Sum("number")).values("total")
    return Coalesce(Subquery(total), 0)
