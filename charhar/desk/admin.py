"""The base of the admins of texts, with everything that the desk puts beside a form."""

from .admin_checklist import ChecklistAdmin
from .admin_dead_links import TextLinkAdmin as TextLinkAdmin  # registered there
from .admin_editions import EditionsAdmin
from .admin_effects import SideEffectAdmin as SideEffectAdmin  # registered there
from .admin_keys import KeysAdmin
from .admin_links import LinksAdmin
from .admin_preview import PreviewAdmin
from .admin_review import ReviewAdmin
from .admin_sittings import SittingAdmin


class DeskAdmin(
    SittingAdmin, KeysAdmin, ChecklistAdmin, LinksAdmin, ReviewAdmin, EditionsAdmin, PreviewAdmin
):
    """A text's admin at the desk. Each of its parts adds addresses, panels and scripts of its own."""
