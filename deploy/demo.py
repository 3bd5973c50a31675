"""`make demo`: from a fresh clone to the site at http://127.0.0.1:8000, and again in seconds.

Standard library only: it runs before anything is installed. Every step can be repeated, and what is there
already is kept. PORT, DATABASE_URL, REDIS_URL, VAR_DIR and every other variable of charhar/settings.py count.
"""

import errno
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import environment
from environment import PYTHON, ROOT, Trouble

VAR_DIR = Path(os.environ.get("VAR_DIR") or ROOT / "var").absolute()


def main() -> NoReturn:
    """Go through the steps and become the server; end with one clear line when a step can not be taken."""
    try:
        port = free_port()
        environment.ensure("base")
        variables = os.environ | {
            "DJANGO_SETTINGS_MODULE": "charhar.settings",
            "PORT": str(port),
            "SECRET_KEY": os.environ.get("SECRET_KEY") or secret_key(),
            "SITE_URL": os.environ.get("SITE_URL") or f"http://127.0.0.1:{port}",
            "VAR_DIR": str(VAR_DIR),
            "TICK": os.environ.get("TICK") or "yes",
            "LOG_LEVEL": os.environ.get("LOG_LEVEL") or "WARNING",
        }
        manage("Tables", variables, "migrate", "--verbosity", "0")
        sign_in = manage("Sample content", variables, "load_demo")
        manage("Static files", variables, "collectstatic", "--noinput", "--verbosity", "0")
    except Trouble as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit("\nStopped; the same command goes on from here.")
    serve(variables | {"READY_MESSAGE": ready_message(port, sign_in)})


def serve(variables: dict[str, str]) -> NoReturn:
    """Become gunicorn, so that Ctrl-C reaches the server itself."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(PYTHON, [str(PYTHON), "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"], variables)


def free_port() -> int:
    """The port that PORT asks for (8000 without it); Trouble when it makes no sense or somebody has it."""
    wanted = os.environ.get("PORT") or "8000"
    if not (wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= 65535):
        raise Trouble(f"PORT is {wanted!r}; it must be a whole number from 1 to 65535.")
    port = int(wanted)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Trouble(
                    f"Port {port} is taken (perhaps the site runs already): stop what has it, "
                    f"or choose another: make demo PORT={min(port + 1, 65535)}"
                ) from error
            raise Trouble(
                f"Port {port} can not be used: {error.strerror}. Choose another with PORT=..."
            ) from error
    return port


def secret_key() -> str:
    """The key in var/secret-key, made on the first run and readable by its owner alone."""
    path = VAR_DIR / "secret-key"
    try:
        VAR_DIR.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        raise Trouble(f"{VAR_DIR} can not be written to: {error.strerror}.") from error
    key = secrets.token_urlsafe(50)
    with os.fdopen(descriptor, "w") as file:
        file.write(key + "\n")
    return key


def manage(title: str, variables: dict[str, str], *command: str) -> str:
    """Run one management command under a title; show what it reports on the way and give its last line.

    Raises Trouble with the last line of its complaint when it fails; the whole of it is in var/demo.log.
    """
    print(f"{title} ...", flush=True)
    began = time.monotonic()
    complaint = VAR_DIR / "demo.log"
    with (
        complaint.open("w") as log,
        subprocess.Popen(
            [PYTHON, ROOT / "manage.py", *command],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        line = ""
        for line in process.stdout:
            print(f"  {line.rstrip()}", flush=True)
    if process.returncode:
        last = complaint.read_text().strip().splitlines()[-1:] or ["it said nothing"]
        raise Trouble(f"{title}: manage.py {command[0]} failed: {last[0]} (all of it is in {complaint})")
    print(f"  done in {time.monotonic() - began:.1f} s", flush=True)
    return line.strip()


def ready_message(port: int, sign_in: str) -> str:
    """What stands on the screen while the site is served."""
    return (
        f"\nThe site:  http://127.0.0.1:{port}/\nThe admin: http://127.0.0.1:{port}/admin/\n{sign_in}\n"
        "Ctrl-C stops it; everything is kept for the next time."
    )


if __name__ == "__main__":
    main()
