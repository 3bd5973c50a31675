"""Fill the site with its real structure and with sample texts, people and pictures."""

import secrets
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from charhar.demo.loader import Count, Loader

SIGN_IN = "demo-sign-in.txt"


class Command(BaseCommand):
    """Repeatable: what is there already, edited or not, is left as it is."""

    help = "Load the sample content and see to it that somebody can sign in to the admin."

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()

        def say(what: str, count: Count) -> None:
            line = f"{what:<32}{count.made:>4} new {count.left:>4} already there"
            self.stdout.write(f"{line}{time.monotonic() - started:>8.1f} s")
            self.stdout.flush()

        self.stdout.write("Loading the sample content.")
        Loader(say).load()
        self.stdout.write(sign_in())


def sign_in() -> str:
    """How to sign in to the admin, in a sentence; makes the user “admin” where there is none.

    The password is random and kept in a file that only this machine's user may read; it is told as long as
    nobody has changed it.
    """
    users = get_user_model().objects
    path = Path(settings.VAR_DIR) / SIGN_IN
    user = users.filter(username="admin").first()
    if user is None:
        password = secrets.token_urlsafe(12)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(f"admin {password}\n", "utf-8")
        users.create_superuser("admin", password=password)
        return f"Sign in to the admin as admin with the password {password} (kept in {path})."
    name, _, password = path.read_text("utf-8").strip().partition(" ") if path.exists() else ("", "", "")
    if name == "admin" and user.check_password(password):
        return f"Sign in to the admin as admin with the password {password} (kept in {path})."
    return "Sign in to the admin as admin with the password that was chosen for it."
