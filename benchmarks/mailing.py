"""A newsletter through a real mail server, its sender killed again and again: see README.md here."""

import argparse
import asyncio
import datetime
import os
import random
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from pages import set_up

ROOT = Path(__file__).resolve().parent.parent
UNCERTAIN_A_KILL = 10
LEAST_RATIO = 0.6
ROUNDS, LETTERS_A_ROUND = 6, 400
# Of the kills, how many fall anywhere, also while the letter is being addressed; the others while it is sent.
ANYWHERE = 5
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def sink(port: int, file: str) -> None:
    """A mail server that takes everything and writes each Message-ID down before it says so."""
    from aiosmtpd.controller import Controller

    log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    class Taker:
        async def handle_DATA(self, server, session, envelope):
            head = envelope.content.partition(b"\r\n\r\n")[0]
            line = next(each for each in head.split(b"\r\n") if each.lower().startswith(b"message-id:"))
            os.write(log, line.split(b":", 1)[1].strip() + b"\n")
            return "250 OK"

    controller = Controller(Taker(), hostname="127.0.0.1", port=port)
    controller.start()
    asyncio.new_event_loop().run_forever()


class Sink:
    """The server in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "sink"
        self.file.touch()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, __file__, "--sink", str(self.port), str(self.file)]
        self.process = subprocess.Popen(command)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise SystemExit("The mail server did not start.")

    def taken(self) -> Counter[str]:
        """How often each message was taken."""
        return Counter(self.file.read_text().split())

    def number(self) -> int:
        """How many messages were taken."""
        return self.file.read_bytes().count(b"\n")

    def stop(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()


def subscribers(number: int) -> None:
    """So many confirmed subscriptions."""
    from django.db import transaction
    from django.utils import timezone

    from charhar.contacts.models import Person
    from charhar.outreach.models import Subscription

    now = timezone.now()
    with transaction.atomic():
        people = Person.objects.bulk_create(
            Person(email=f"reader{n}@example.org", email_key=f"reader{n}@example.org") for n in range(number)
        )
        Subscription.objects.bulk_create(Subscription(person=person, confirmed_at=now) for person in people)


def newsletter(title: str):
    """A scheduled newsletter with an introduction and ten texts."""
    from django.utils import timezone

    from articles.models import Article
    from charhar.outreach import newsletters
    from charhar.outreach.models import Newsletter

    now = timezone.now()
    made = Newsletter.objects.create(
        title=title,
        subject="What was new this month: bridges, ports and patience",
        preheader="Ten texts to read.",
        introduction="<p>Dear readers, here is <a href='/research/'>what was new</a> this month.</p>" * 3,
    )
    texts = list(Article.objects.filter(slug__startswith="mailed-")) or Article.objects.bulk_create(
        Article(
            title=f"A text with a title of the usual length, number {number}",
            slug=f"mailed-{number}",
            standfirst="What the text says, in a sentence or two of the usual length, as lists show it. " * 2,
            state="published",
            publish_at=now,
            date=now.date(),
        )
        for number in range(10)
    )
    newsletters.add_texts(made, texts)
    newsletters.schedule(made, now)
    return made


def killed(recipients: int, kills: int, mail_server: Sink, chance: random.Random) -> list[str]:
    """Send a newsletter with senders that are killed; what went wrong. Prints the accounting."""
    from django.db import connection
    from django.utils import timezone

    from charhar.contacts.models import OutgoingMail
    from charhar.outreach import newsletters
    from charhar.outreach.models import Newsletter

    began = time.monotonic()
    made = newsletter("Killed")
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "tick"]
    wrong: list[str] = []
    looks, stop = [0], threading.Event()

    def look() -> dict[str, int]:
        mailing = Newsletter.objects.get(pk=made.pk).mailing
        counts = mailing.counts() if mailing else {}
        if counts and sum(counts.values()) != recipients:
            wrong.append(f"Not {recipients} at one moment: {counts}")
        looks[0] += 1
        return counts

    def watch() -> None:
        while not stop.wait(0.05):
            look()
        connection.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    done = 0
    try:
        while done < kills:
            before = mail_server.number()
            child = subprocess.Popen(command, env=environment, **QUIET)
            if done < min(ANYWHERE, kills // 2):
                time.sleep(chance.uniform(0.2, 4))
            else:
                while child.poll() is None and mail_server.number() == before:
                    time.sleep(0.002)
                # So that the kills fall on the whole of the letters.
                rest = (recipients - mail_server.number()) / max(kills - done, 1)
                aim = mail_server.number() + chance.uniform(0, 0.9) * rest
                while child.poll() is None and mail_server.number() < aim:
                    time.sleep(0.0005)
                time.sleep(chance.uniform(0, 0.005))
            if child.poll() is None:
                child.kill()
                done += 1
            child.wait()
            if (counts := look()) and not counts["pending"]:
                wrong += [f"All was sent after {done} kills."] if done < kills else []
                break
        while look().get("pending", 1):
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
        # It is closed a minute after the last message that a sender may still have in its hands.
        newsletters.begin_due(timezone.now() + datetime.timedelta(minutes=2))
    finally:
        stop.set()
        watcher.join()
    counts, taken = look(), mail_server.taken()
    mailing = Newsletter.objects.get(pk=made.pk).mailing
    rows = dict(OutgoingMail.objects.filter(mailing=mailing).values_list("message_id", "state"))
    missing = sum(1 for key, state in rows.items() if key not in taken and state != "uncertain")
    twice = sum(1 for times in taken.values() if times > 1)
    unknown = sum(1 for key in rows if key not in taken)
    print(
        f"{connection.vendor}: {recipients} recipients, {done} kills, {looks[0]} looks, "
        f"{time.monotonic() - began:.0f} s: {counts}; at the mail server {len(taken)}, twice {twice}, "
        f"missing {missing}; of the uncertain {unknown} had not arrived"
    )
    state = Newsletter.objects.get(pk=made.pk).state
    wrong += [f"{missing} are missing."] if missing else []
    wrong += [f"{twice} arrived twice."] if twice else []
    too_many = counts["uncertain"] > UNCERTAIN_A_KILL * done
    wrong += [f"{counts['uncertain']} are uncertain."] if too_many else []
    wrong += [f"The newsletter is {state}."] if state != "sent" else []
    return wrong


def throughput(mail_server: Sink) -> list[str]:
    """The outbox and a bare loop over the same letters, in turns; what went wrong. Prints the figures."""
    from django.conf import settings
    from django.db import connection
    from django.utils import timezone

    from charhar.contacts import outbox
    from charhar.contacts.models import Mailing, OutgoingMail
    from charhar.outreach.letterhead import addressed
    from charhar.outreach.models import Subscription
    from charhar.outreach.newsletters import letter_for, texts_of

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", mail_server.port
    made = newsletter("Measured")
    made.__class__.objects.update(state="cancelled")
    now = timezone.now()
    letter = letter_for(made, texts_of(made, now)[0], now)
    readers = list(Subscription.objects.select_related("person").order_by("pk")[:LETTERS_A_ROUND])
    ours, bare, ratios, work = [], [], [], []
    for _round in range(ROUNDS):
        mailing = Mailing.objects.create(
            purpose="newsletter", title="Measured", sender=settings.DEFAULT_FROM_EMAIL, begins_at=now,
            **letter._asdict(),
        )  # fmt: skip
        outbox.address_mailing(mailing, addressed(readers))
        ready = [
            (mail.to, outbox.built(mail))
            for mail in OutgoingMail.objects.filter(mailing=mailing).select_related("mailing")
        ]
        began, worked = time.monotonic(), time.process_time()
        counts = outbox.deliver_due()
        ours.append(len(ready) / (time.monotonic() - began))
        our_work = time.process_time() - worked
        assert counts == {"sent": len(ready)}, counts
        began, worked = time.monotonic(), time.process_time()
        with smtplib.SMTP("127.0.0.1", mail_server.port) as server:
            for to, message in ready:
                server.sendmail("office@example.org", [to], message)
        bare.append(len(ready) / (time.monotonic() - began))
        ratios.append(ours[-1] / bare[-1])
        work.append((time.process_time() - worked) / our_work)
    size = len(ready[0][1])
    ratio = statistics.median(ratios)
    print(
        f"{connection.vendor}: letters of {size} bytes a second: ours {statistics.median(ours):.0f}, "
        f"bare smtplib {statistics.median(bare):.0f}; ratio {ratio:.2f} (of {ROUNDS} rounds in turns); "
        f"of this process's work alone {statistics.median(work):.2f}"
    )
    return [f"The ratio is {ratio:.2f}."] if ratio < LEAST_RATIO else []


def database_url() -> str:
    """The database that this process uses, for another."""
    from django.db import connection

    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgres://{settings['USER']}:{settings['PASSWORD']}@{settings['HOST']}{port}/{settings['NAME']}"


def main() -> None:
    """Measure and print; ends with an error where a figure does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sink", nargs=2, metavar=("PORT", "FILE"), help=argparse.SUPPRESS)
    parser.add_argument("--recipients", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["kills", "throughput"])
    options = parser.parse_args()
    if options.sink:
        sink(int(options.sink[0]), options.sink[1])
        return
    with tempfile.TemporaryDirectory(prefix="charhar-benchmark-") as folder:
        set_up(folder)
        from django.db import connection

        connection.settings_dict["TEST"]["NAME"] = (
            f"{folder}/mailing.sqlite3" if connection.vendor == "sqlite" else "charhar_benchmark_mailing"
        )
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        servers: list[Sink] = []
        try:
            subscribers(options.recipients)
            wrong: list[str] = []
            if options.only != "kills":
                servers.append(Sink(Path(folder)))
                wrong += throughput(servers[-1])
                servers[-1].file.unlink()
            if options.only != "throughput":
                servers.append(Sink(Path(folder)))
                wrong += killed(options.recipients, options.kills, servers[-1], random.Random(options.seed))
        finally:
            for server in servers:
                server.stop()
            connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
