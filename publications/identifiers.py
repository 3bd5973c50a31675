"""Identifiers of books and periodicals, checked as their standards say."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


def validate_isbn(value: str) -> None:
    """Refuse what is not an ISBN-13 or ISBN-10 (ISO 2108); hyphens and spaces do not matter."""
    digits = re.sub(r"[\s-]", "", value).upper()
    if re.fullmatch(r"97[89]\d{10}", digits):
        valid = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(digits)) % 10 == 0
    elif re.fullmatch(r"\d{9}[\dX]", digits):
        valid = sum((10 if d == "X" else int(d)) * (10 - i) for i, d in enumerate(digits)) % 11 == 0
    else:
        raise ValidationError(_("An ISBN has 13 digits beginning with 978 or 979, or 10."))
    if not valid:
        raise ValidationError(_("This ISBN's check digit is wrong; compare it with the book."))


def validate_issn(value: str) -> None:
    """Refuse what is not an ISSN (ISO 3297), written as 1234-567X."""
    if not re.fullmatch(r"\d{4}-\d{3}[\dX]", value):
        raise ValidationError(_("Write the ISSN as 1234-567X."))
    digits = value.replace("-", "")
    if sum((10 if d == "X" else int(d)) * (8 - i) for i, d in enumerate(digits)) % 11:
        raise ValidationError(_("This ISSN's check digit is wrong; compare it with the cover."))


def validate_doi(value: str) -> None:
    """Refuse what is not a bare DOI (ISO 26324), written as 10.1234/suffix."""
    if not re.fullmatch(r"10\.\d{4,9}/[^\s]+", value):
        raise ValidationError(_("Write the DOI bare, as 10.1234/suffix, without https://doi.org/."))
