"""The site as it stands in production, in processes of the test's own: nginx, gunicorn, Redis, a browser's cookies."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http.cookies import SimpleCookie
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

ROOT = Path(__file__).resolve().parent.parent
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="there is no nginx on this machine")


def free_port():
    """A port of 127.0.0.1 that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=30, process=None):
    """Until somebody listens; fails loudly when nobody does, or when the process that should is gone."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process is not None and process.poll() is not None:
            break
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on port {port}")


def render(*arguments):
    """What deploy/render.py prints."""
    return subprocess.run(
        [sys.executable, ROOT / "deploy" / "render.py", *map(str, arguments)],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


@contextmanager
def nginx(folder, *upstreams, options=()):
    """nginx before some upstreams' ports; gives its own port."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    each = [word for upstream in upstreams for word in ("--upstream", f"127.0.0.1:{upstream}")]
    user = ("--user", "root") if os.geteuid() == 0 else ()  # pytest's folders are their owner's alone
    configuration = folder / "nginx.conf"
    configuration.write_text(
        render(
            "--server-name",
            "localhost",
            "--listen",
            f"127.0.0.1:{port}",
            "--alone",
            folder,
            *each,
            *user,
            *options,
        )
    )
    process = subprocess.Popen([NGINX, "-c", configuration], stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process=process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def ask(port, path, method="GET", body=None, **headers):
    """One request on a connection of its own: status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(
        method, path, body, {"Host": "localhost"} | {k.replace("_", "-"): v for k, v in headers.items()}
    )
    answer = connection.getresponse()
    got = answer.status, answer.headers, answer.read()
    connection.close()
    return got


@contextmanager
def redis():
    """A Redis that keeps nothing on disk; gives its port."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        wait_for(port, process=process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


class Web:
    """One gunicorn with its processes, in a group of its own, on a port of its own."""

    def __init__(self, variables, words=()):
        self.port, self.words = free_port(), words
        self.variables = os.environ | variables | {"PORT": str(self.port)}
        self.start()

    def start(self):
        """Begin to start; ``ready`` waits for it."""
        command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", *self.words]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.variables, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def ready(self):
        """Itself, once it answers."""
        wait_for(self.port, 60, self.process)
        return self

    def end(self, by=signal.SIGTERM):
        """Tell the first process to stop, or kill them all; waits for the first."""
        if by == signal.SIGKILL:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, by)
        else:
            self.process.send_signal(by)
        self.process.wait(60)


class Browser:
    """Keeps cookies, follows nothing; asks as Django's test client does, so that tests/admin_forms.py takes it."""

    def __init__(self, port):
        self.port, self.cookies = port, {}

    def get(self, path, **headers):
        """The answer to a GET."""
        return self.request("GET", path, None, **headers)

    def post(self, path, data, **headers):
        """The answer to a form of names and values (or lists of them)."""
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, urlencode(data, doseq=True), **form, **headers)

    def request(self, method, path, body, **headers):
        """One request on a connection of its own."""
        says = {"User-Agent": "Mozilla/5.0", "Accept-Language": "en"} | headers
        if self.cookies:
            says["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        status, got, content = ask(self.port, path, method, body, **says)
        for line in got.get_all("Set-Cookie") or ():
            self.cookies.update({name: each.value for name, each in SimpleCookie(line).items()})
        return SimpleNamespace(status_code=status, headers=got, content=content)
