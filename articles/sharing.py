"""Ways to hand an article on that tell nobody about it: a mail, the address, a picture of it for phones."""

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, urlencode

import segno
from django.utils.safestring import SafeString, mark_safe

from charhar.publishing.head import absolute

from .models import Article

MASK = 3  # stripes on the slant, which break up the runs that an address in plain letters makes


class Share(NamedTuple):
    """What the page needs to offer them."""

    url: str
    mail: str
    code: SafeString


def ways_to_share(text: Article) -> Share:
    """The article's address, a mail that holds it, and its QR code. No query."""
    url = absolute(text.get_absolute_url())
    words = urlencode({"subject": text.title, "body": f"{text.title}\n{url}"}, quote_via=quote)
    return Share(url, f"mailto:?{words}", qr_code(url))


@lru_cache(maxsize=1000)  # some 2 kB each; every publication has each page made anew, and no address changes
def qr_code(address: str) -> SafeString:
    """An address as a QR code: an SVG without a size of its own, black on the ground that the page gives."""
    # Any mask makes a valid code. To try all eight for the evenest takes longer than many a query.
    code = segno.make(address, micro=False, mask=MASK)
    # Written by segno, of an address that is no markup any more but modules of black and white.
    return mark_safe(code.svg_inline(omitsize=True, svgclass=None, lineclass=None))  # noqa: S308
