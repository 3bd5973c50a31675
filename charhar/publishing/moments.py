"""Days and moments in words, in Beijing time and in the order of the reader's language."""

import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def day_said(day: datetime.date) -> str:
    """“3 March 2027”."""
    return date_format(day, pgettext("a date's format", "j F Y"))


def moment_said(moment: datetime.datetime) -> str:
    """“3 March 2027, 09:00”."""
    return date_format(timezone.localtime(moment), pgettext("a moment's format", "j F Y, H:i"))


def moment_named(moment: datetime.datetime) -> str:
    """“3 March 2027, 09:00 (UTC+8)”."""
    return _("%s (UTC+8)") % moment_said(moment)
