"""A stored text as readers get it: pictures from the library, numbered notes, headings one can link to."""

from collections.abc import Mapping
from itertools import count
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from charhar.library.models import Image
from charhar.library.templatetags.pictures import picture

from .languages import latin_slug
from .prepared import Prepared
from .richtext import guard
from .richtext_tree import Node, Raw, image_number, is_footnote, parse, serialise

# The column of text is 70 characters wide at most.
SIZES = "(min-width: 48rem) 44rem, 100vw"


def render(html: str, *, prefix: str = "") -> SafeString:
    """Safe HTML for a page. One query for all pictures of the text together, none where it has none.

    Two texts on one page need different prefixes where both may have notes or headings: it stands before
    every id. Anything that the vocabulary does not allow is dropped, however it came into the database.
    """
    if not html:
        return SafeString("")
    tree = parse(guard(html))
    numbers = {number for number in map(image_number, tree.find("figure")) if number}
    images = {image.pk: image for image in pictures(keys=sorted(numbers))} if numbers else {}
    page = _Page(prefix, images)
    page.visit(tree)
    tree.children.extend(page.notes_section())
    return mark_safe(serialise(tree))  # noqa: S308 -- guarded above, and written with everything escaped


@Prepared
def pictures(keys: list[int]) -> QuerySet:
    """The library's pictures with these keys."""
    return Image.objects.filter(pk__in=keys).order_by()


class _Page:
    """One text on its way to the page: what it needs to know across its elements."""

    def __init__(self, prefix: str, images: Mapping[int, Image]) -> None:
        self.prefix = prefix
        self.images = images
        self.notes: list[Node] = []
        self.ids: set[str] = set()

    def visit(self, node: Node) -> None:
        children: list[Node | Raw | str] = []
        for child in node.children:
            if isinstance(child, Node):
                children.extend(self.element(child))
            else:
                children.append(child)
        node.children = children

    def element(self, node: Node) -> list[Node | Raw | str]:
        if is_footnote(node):
            return [self.note(node)]
        if node.tag in {"h2", "h3"}:
            node.attrs["id"] = self.heading_id(node)
        if node.tag == "a" and _is_elsewhere(node.attrs.get("href", "")):
            node.attrs["rel"] = "noopener"
        self.visit(node)
        if node.tag == "figure":
            return self.figure(node)
        if node.tag == "table":
            return [_scrolling(node)]
        if node.tag == "pre":
            node.attrs["tabindex"] = "0"  # long lines scroll by themselves, with the keyboard too
        return [node]

    def heading_id(self, node: Node) -> str:
        """The heading's words, in Latin letters so that a link to it can be read and sent anywhere.

        Told apart from the page's own ids and from the same words before.
        """
        name = f"{self.prefix}s-{latin_slug(node.text(skip=is_footnote))[:60].strip('-')}"
        numbers = count(2)
        unique = name
        while unique in self.ids:
            unique = f"{name}-{next(numbers)}"
        self.ids.add(unique)
        return unique

    def note(self, node: Node) -> Node:
        """Keep the note for the end and leave its number."""
        self.visit(node)
        self.notes.append(node)
        number = str(len(self.notes))
        link = {
            "id": f"{self.prefix}fnref-{number}",
            "href": f"#{self.prefix}fn-{number}",
            "role": "doc-noteref",
            "aria-label": _("Note %(number)s") % {"number": number},
        }
        return Node("sup", {}, [Node("a", link, [number])])

    def notes_section(self) -> list[Node]:
        """The notes with their numbers and the ways back, or nothing."""
        if not self.notes:
            return []
        items: list[Node | Raw | str] = []
        for number, note in enumerate(self.notes, 1):
            back = {
                "href": f"#{self.prefix}fnref-{number}",
                "role": "doc-backlink",
                "aria-label": _("Back to where note %(number)s belongs") % {"number": number},
            }
            # The selector keeps phones from making a coloured picture of the arrow.
            items.append(
                Node(
                    "li",
                    {"id": f"{self.prefix}fn-{number}"},
                    [*note.children, " ", Node("a", back, ["↩\ufe0e"])],
                )
            )
        title = f"{self.prefix}notes"
        section = {"class": "notes", "role": "doc-endnotes", "aria-labelledby": title}
        return [Node("section", section, [Node("h2", {"id": title}, [_("Notes")]), Node("ol", {}, items)])]

    def figure(self, node: Node) -> list[Node | Raw | str]:
        """The picture with caption and credit line; the caption alone where the library has it no more."""
        image = self.images.get(image_number(node) or 0)
        caption = next(node.find("figcaption"), None)
        if image is None:
            return [Node("figure", {}, [caption])] if caption else []
        if image.credit:
            caption = caption or Node("figcaption")
            credit = Raw(format_html('<span class="credit">{}</span>', image.credit))
            caption.children.extend([" ", credit] if caption.children else [credit])
        shown = Raw(picture(image, sizes=SIZES))
        return [Node("figure", {"class": "figure"}, [shown, caption] if caption else [shown])]


def _scrolling(table: Node) -> Node:
    """A wide table scrolls by itself, with the keyboard too."""
    caption = next(table.find("caption"), None)
    label = caption.text(skip=lambda node: node.tag == "sup").strip() if caption else _("Table")
    return Node("div", {"class": "table", "tabindex": "0", "role": "region", "aria-label": label}, [table])


def _is_elsewhere(href: str) -> bool:
    try:
        parts = urlsplit(href)
    except ValueError:
        return True
    return bool(parts.netloc) and parts.netloc != urlsplit(settings.SITE_URL).netloc
