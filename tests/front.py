"""A real nginx in a folder of the test's own, with the configuration that deploy/render.py makes."""

import http.client
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

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
