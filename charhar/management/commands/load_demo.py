"""Fill the site with its real structure and with sample texts, people and pictures."""

import secrets
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand

from charhar.demo.desk import COLLEAGUES, load_desk
from charhar.demo.inbox import load_inbox
from charhar.demo.loader import Count, Loader
from charhar.demo.secretariat import load_secretariat
from charhar.members.models import Application, Membership

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
        password = secrets.token_urlsafe(12)
        is_new = load_desk(password)
        made = load_secretariat()
        there = Membership.objects.count() + Application.objects.count()
        say("Members and applications", Count(made, there - made))
        say("Messages, reply templates", Count(*load_inbox()))
        said = sign_in()
        if is_new:
            keep(f"{', '.join(name for name, *_rest in COLLEAGUES)}: {password}")
        self.stdout.write(f"{said} {colleagues()}".strip())


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
        keep(f"admin {password}", anew=True)
        users.create_superuser("admin", password=password)
        return f"Sign in to the admin as admin with the password {password} (kept in {path})."
    line = path.read_text("utf-8").splitlines()[0] if path.exists() else ""
    name, _, password = line.partition(" ")
    if name == "admin" and user.check_password(password):
        return f"Sign in to the admin as admin with the password {password} (kept in {path})."
    return "Sign in to the admin as admin with the password that was chosen for it."


def colleagues() -> str:
    """How to sign in as one of the sample colleagues, in a sentence; empty where nobody knows any more."""
    path = Path(settings.VAR_DIR) / SIGN_IN
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return f"Sample colleagues and their password: {lines[1]}." if len(lines) > 1 else ""


def keep(line: str, *, anew: bool = False) -> None:
    """Write a line into the file of passwords, which only this machine's user may read."""
    path = Path(settings.VAR_DIR) / SIGN_IN
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("w" if anew else "a", encoding="utf-8") as file:
        file.write(f"{line}\n")
