"""How gunicorn serves the site, in the demo and in production alike."""

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

# A view answers HEAD as it answers GET; that gunicorn drops the body is right and no news.
logging.getLogger("gunicorn.http.wsgi").setLevel(logging.ERROR)

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
# Browsers open connections ahead of use; threads keep such an idle one from holding a whole worker.
worker_class = "gthread"
threads = 4
preload_app = True
wsgi_app = "charhar.wsgi:application"
timeout = 60
graceful_timeout = 10
accesslog = None
loglevel = "warning"
control_socket_disable = True


def when_ready(server):
    """Say that readers can come now; the demo shows the address and the sign-in with it."""
    print(os.environ.get("READY_MESSAGE") or f"Serving at {bind}.", flush=True)
    if (os.environ.get("TICK") or "no").lower() in {"1", "true", "yes", "on"}:
        threading.Thread(target=tick_each_minute, daemon=True).start()


def tick_each_minute():
    """Where no cron is at hand: `manage.py tick` in a process of its own; its complaints alone are shown."""
    manage = Path(__file__).resolve().parent.parent / "manage.py"
    while True:
        subprocess.run([sys.executable, manage, "tick"], stdout=subprocess.DEVNULL)
        time.sleep(60)


def on_exit(server):
    """Say that the stop was a clean one."""
    print("\nStopped.", flush=True)
