"""Mail that comes back, read from a real mail server: by IMAP what is unseen, by POP all, each taken once."""

import mailbox
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from charhar.contacts.models import Suppression
from tests.outreach.test_reading import answer_to, dsn, letter

# Not on the path of every account.
DOVECOT = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(
        DOVECOT is None or os.getuid() != 0, reason="needs dovecot (IMAP and POP3) and root to start it"
    ),
]
CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
listen = 127.0.0.1
protocols = imap pop3
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{folder}/mail
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail
}}
service imap-login {{
  inet_listener imap {{
    port = {imap}
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop}
  }}
}}
"""
NAME, PASSWORD = "office", "pass word/@"
IN_ADDRESS = "office:pass%20word%2F%40@127.0.0.1"


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Server:
    """Dovecot with one mailbox, on free ports."""

    def __init__(self, folder):
        self.folder, self.imap, self.pop = folder, free_port(), free_port()
        nobody = pwd.getpwnam("nobody")
        self.owner = nobody.pw_uid, nobody.pw_gid
        (folder / "users").write_text(f"{NAME}:{{PLAIN}}{PASSWORD}:\n")
        self.box = mailbox.Maildir(folder / "mail")
        configuration = folder / "dovecot.conf"
        configuration.write_text(
            CONFIGURATION.format(
                folder=folder, imap=self.imap, pop=self.pop, uid=self.owner[0], gid=self.owner[1]
            )
        )
        folder.chmod(0o755)
        self.own()
        self.process = subprocess.Popen([DOVECOT, "-F", "-c", configuration])
        until = time.monotonic() + 60
        while not all(self.answers(port) for port in (self.imap, self.pop)):
            assert time.monotonic() < until, (folder / "log").read_text()
            time.sleep(0.05)

    def answers(self, port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def own(self):
        """Let the mailbox be the one's whom the server reads it as."""
        for path in (self.folder / "mail", *(self.folder / "mail").rglob("*")):
            os.chown(path, *self.owner)

    def receive(self, *mails):
        for mail in mails:
            self.box.add(mail)
        self.own()

    def seen(self):
        return sorted("S" in path.name.rpartition(":2,")[2] for path in (self.folder / "mail/cur").iterdir())


@pytest.fixture(scope="module")
def running():
    with tempfile.TemporaryDirectory(prefix="dovecot-") as folder:
        server = Server(Path(folder))
        yield server
        server.process.terminate()
        server.process.wait(30)


@pytest.fixture
def server(running):
    yield running
    running.box.clear()


@pytest.fixture
def read(settings, capsys):
    """``read(scheme, port)``: what ``read_mail`` says of the mailbox."""

    def read(address, **options):
        settings.INBOX_URL = address
        call_command("read_mail", **options)
        return capsys.readouterr().out.strip()

    return read


def test_imap_gives_what_is_unseen_and_marks_it_seen(server, read):
    mail, address = letter(), f"imap://{IN_ADDRESS}:{server.imap}/INBOX"
    server.receive(dsn(mail.message_id), answer_to("<unknown@example.org>"))
    assert read(address, dry_run=True) == "Would be: 1 bounce, 1 foreign"
    assert Suppression.objects.count() == 0
    assert read(address) == "1 bounce, 1 foreign"
    mail.refresh_from_db()
    assert (mail.state, Suppression.objects.get().reason) == ("failed", "bounce")
    assert server.seen() == [True, True]
    assert read(address) == "nothing new"
    server.receive(dsn(letter("bo@example.org").message_id, recipient="bo@example.org", own="<second@mx>"))
    assert read(address) == "1 bounce"


def test_pop_gives_all_and_each_counts_once_and_none_is_deleted(server, read):
    mail, address = letter(), f"pop://{IN_ADDRESS}:{server.pop}"
    server.receive(dsn(mail.message_id), b"From: x@example.org\r\nSubject: .\r\n\r\n.\r\n..\r\n")
    assert read(address) == "1 bounce, 1 foreign"
    mail.refresh_from_db()
    assert (mail.state, Suppression.objects.count()) == ("failed", 1)
    assert read(address) == "2 known"
    assert (len(server.box), Suppression.objects.count()) == (2, 1)


@pytest.mark.parametrize("scheme", ["imap", "pop"])
def test_a_wrong_password_is_an_error_without_the_password(server, read, scheme):
    port = server.imap if scheme == "imap" else server.pop
    with pytest.raises(CommandError) as error:
        read(f"{scheme}://{NAME}:wrong-secret@127.0.0.1:{port}")
    assert "wrong-secret" not in str(error.value)
