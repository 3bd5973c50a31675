"""How gunicorn serves the site, in the demo and in production alike."""

import gc
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit
from wsgiref.util import setup_testing_defaults

# A view answers HEAD as it answers GET; that gunicorn drops the body is right and no news.
logging.getLogger("gunicorn.http.wsgi").setLevel(logging.ERROR)

bind = os.environ.get("BIND") or f"127.0.0.1:{os.environ.get('PORT') or 8000}"
wsgi_app = "charhar.wsgi:application"

# One process a core, and never fewer than two, so that one is there while the other is replaced. Rendering is
# bound by the processor: more processes take turns, they do not get more done.
workers = int(os.environ.get("WEB_CONCURRENCY") or max(2, os.cpu_count() or 2))
# Browsers open connections ahead of use, and nginx keeps its own open: with "sync" each would hold a whole
# process. Of the threads one works at a time; the others wait for the database, for Redis or for a reader.
# docs/capacity.md has what "sync" and other numbers of threads did.
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 4)
# Loaded once, before the processes are made: they share the code's memory and a broken release does not
# start. The price: a reload (SIGHUP) takes no new code, a restart does.
preload_app = True

# Connections that wait to be taken, while a page is rendered: more than any surge that is still answered in
# time; the system's own bound is net.core.somaxconn (4096).
backlog = 2048
worker_connections = 1000
# Longer than nginx keeps a connection that it does not use (60 s), so that gunicorn never closes one that a
# request is on its way on.
keepalive = 75
# As in nginx: nobody reads half of a header.
limit_request_line = 8190
limit_request_field_size = 8190

# Each process is replaced after so many requests, which gives back what fragmentation has taken; at different
# times, and in the order of hours under load. Requests in hand are finished, the others go to the next.
max_requests = int(os.environ.get("MAX_REQUESTS") or 50_000)
max_requests_jitter = max_requests // 5
timeout = 60
graceful_timeout = 30
# Each process' sign of life is a file: in memory, so that a busy disk does not look like a dead process.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  gunicorn's own name in it

accesslog = None
loglevel = "warning"
control_socket_disable = True


def when_ready(server):
    """Say that readers can come now; the demo shows the address and the sign-in with it.

    The code is loaded and stays to the end: not to be looked through for garbage again, nor its memory to be
    copied into each process for that. What a page leaves is looked through less often, which saves a tenth of
    its rendering.
    """
    warm_up()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    print(os.environ.get("READY_MESSAGE") or f"Serving at {bind}.", flush=True)
    if (os.environ.get("TICK") or "no").lower() in {"1", "true", "yes", "on"}:
        threading.Thread(target=tick_each_minute, daemon=True).start()


def warm_up():
    """Make what every process would make with its first request (0.3 s of work), once and before they part.

    Those who ask meanwhile wait in the backlog. Without a database the processes do it themselves, later.
    """
    from django.conf import settings
    from django.db import connections
    from django.template.loader import get_template

    from charhar.wsgi import django_application

    try:
        for template in sorted((settings.BASE_DIR / "templates").glob("**/*.html")):
            if "admin" not in template.parts:
                get_template(str(template.relative_to(settings.BASE_DIR / "templates")))
        for path in ("/", "/zh/", "/research/"):
            site = urlsplit(settings.SITE_URL)
            asked = {"PATH_INFO": path, "HTTP_HOST": site.netloc, "wsgi.url_scheme": site.scheme}
            asked["HTTP_X_FORWARDED_PROTO"] = site.scheme
            setup_testing_defaults(asked)
            answer = django_application(asked, lambda *said: None)
            b"".join(answer)
            answer.close()
    except Exception:
        logging.getLogger("gunicorn.error").warning("The site could not be warmed up", exc_info=True)
    finally:
        connections.close_all()
        # What is there now stays to the end, and unmoved, shared by all processes.
        gc.collect()
        gc.freeze()


def tick_each_minute():
    """Where no cron is at hand: `manage.py tick` in a process of its own; its complaints alone are shown."""
    manage = Path(__file__).resolve().parent.parent / "manage.py"
    while True:
        subprocess.run([sys.executable, manage, "tick"], stdout=subprocess.DEVNULL)
        time.sleep(60)


def on_exit(server):
    """Say that the stop was a clean one."""
    print("\nStopped.", flush=True)
