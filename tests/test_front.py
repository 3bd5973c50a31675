"""nginx in front keeps what is everybody's for one second, and nothing that is somebody's."""

import gzip
import itertools
import json
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from django.conf import settings

from charhar.page_cache import TRACKING
from tests.front import NGINX, ROOT, ask, free_port, needs_nginx, nginx, render

PUBLIC = "public, max-age=0, s-maxage={}, stale-if-error=86400"


class Site(BaseHTTPRequestHandler):
    """Stands for gunicorn: numbers its answers, and says in JSON what it was asked."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_GET(self):
        server = self.server
        server.asked.append(self.path)
        told = {"number": next(server.numbers), "headers": dict(self.headers), "path": self.path}
        length = int(self.headers.get("Content-Length") or 0)
        told["body"] = len(self.rfile.read(length))
        coded = "gzip" in self.headers.get("Accept-Encoding", "")
        body = json.dumps(told).encode()
        self.send_response(server.status)
        if coded:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        if "Cookie" in self.headers and "sessionid=" in self.headers["Cookie"]:
            self.send_header("Cache-Control", "private, no-store")
        else:
            self.send_header("Cache-Control", PUBLIC.format(server.seconds))
        self.send_header("Vary", "Accept-Encoding, Cookie")
        self.send_header("ETag", f'"{told["number"]}"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_POST = do_HEAD = do_GET

    def log_message(self, *args):
        """Nothing on the terminal."""


@pytest.fixture(scope="module")
def site():
    """The site behind nginx; ``seconds`` is how long its pages may be kept."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def port(site, tmp_path_factory):
    """nginx before it, with pictures and static files on its disk, told to believe 127.0.0.1."""
    var = tmp_path_factory.mktemp("var")
    for name in ("static/charhar/site.0123456789ab.css", "static/charhar/site.css"):
        (var / name).parent.mkdir(parents=True, exist_ok=True)
        (var / name).write_text("a{}")
    (var / "static/charhar/site.0123456789ab.css.gz").write_bytes(gzip.compress(b"a{}"))
    picture = var / "media/images" / ("0" * 32) / "64.avif"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"picture")
    document = var / "media/documents" / f"{'1' * 32}.pdf"
    document.parent.mkdir(parents=True)
    document.write_bytes(b"secret")
    options = ("--var-dir", var, "--trust", "127.0.0.1")
    with nginx(tmp_path_factory.mktemp("nginx"), site.server_port, options=options) as port:
        yield port


@pytest.fixture(autouse=True)
def _as_it_was(site):
    site.numbers, site.asked, site.status, site.seconds = itertools.count(1), [], 200, 600


_paths = (f"/articles/text-{number}/" for number in itertools.count())


@pytest.fixture
def path():
    """An address that no other test has asked for."""
    return next(_paths)


def number(port, path, **headers):
    """Which of the site's answers a reader gets; None for none of them."""
    status, _headers, body = ask(port, path, **headers)
    return json.loads(body)["number"] if status == 200 else None


@needs_nginx
def test_a_page_is_asked_for_once_whatever_hangs_on_its_address(port, site, path):
    for query in ("", "?utm_source=weibo&utm_medium=a%20b", "?fbclid=x", "?spm=1.2&"):
        assert number(port, f"{path}{query}") == 1
    assert number(port, path, Cookie="theme=dark; csrftoken=x") == 1
    assert ask(port, path, "HEAD")[0] == 200
    assert site.asked == [path]


@needs_nginx
def test_pages_and_years_of_a_list_are_pages_of_their_own(port, path):
    assert [number(port, f"{path}{q}") for q in ("", "?page=2", "?year=2024", "?year=2024&page=2", "?page=2")] == [
        1, 2, 3, 4, 2,
    ]  # fmt: skip


@needs_nginx
@pytest.mark.parametrize(
    "query", ["q=sea", "p%61ge=2", "utm_source=a&page=2", "x=1", "page=2&page=3", "Page=2"]
)
def test_any_other_query_is_asked_each_time(port, path, query):
    assert number(port, path) == 1
    assert [number(port, f"{path}?{query}") for _ in "ab"] == [2, 3]
    assert number(port, path) == 1


@needs_nginx
def test_whoever_is_signed_in_gets_pages_of_their_own_and_leaves_none_behind(port, path):
    assert [number(port, path, Cookie="theme=dark; sessionid=abc") for _ in "ab"] == [1, 2]
    assert number(port, path) == 3
    assert number(port, path, Cookie="sessionid=abc") == 4
    assert number(port, path, Cookie="messages=abc") == 5
    assert number(port, path, Authorization="Basic abc") == 6
    assert number(port, path) == 3


@needs_nginx
def test_after_its_second_a_page_is_asked_for_again(port, site, path):
    site.seconds = 0
    assert [number(port, path) for _ in "ab"] == [1, 2]


@needs_nginx
def test_the_last_page_is_shown_while_the_site_fails_and_no_withdrawn_one(port, site, path):
    withdrawn, site.seconds = next(_paths), 1
    assert (number(port, path), number(port, withdrawn)) == (1, 2)
    threading.Event().wait(2.1)  # nginx counts whole seconds
    site.status = 410
    assert ask(port, withdrawn)[0] == 410
    site.status = 503
    assert number(port, path) == 1
    assert ask(port, withdrawn)[0] == 410
    assert ask(port, next(_paths))[0] == 503


@needs_nginx
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"),
        ("deflate, GZIP ;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("x-gzip, brx", None),
        ("identity", None),
    ],
)
def test_the_site_hears_one_word_of_what_a_browser_unpacks(port, path, accepted, coding):
    _status, headers, body = ask(port, path, Accept_Encoding=accepted)
    told = json.loads(gzip.decompress(body) if headers["Content-Encoding"] else body)
    assert told["headers"].get("Accept-Encoding") == coding


@needs_nginx
def test_an_unchanged_page_is_304(port, path):
    etag = ask(port, path)[1]["ETag"]
    assert ask(port, path, If_None_Match=etag)[0] == 304
    assert ask(port, path, If_None_Match='"other"')[0] == 200


@needs_nginx
def test_the_site_hears_the_readers_address_and_nothing_that_was_made_up(port, path):
    def heard(**headers):
        told = json.loads(ask(port, next(_paths), **headers)[2])["headers"]
        return told["X-Forwarded-For"], told["X-Forwarded-Proto"], told["Host"]

    assert heard() == ("127.0.0.1", "http", "localhost")
    assert heard(X_Forwarded_For="6.6.6.6, 203.0.113.7", X_Forwarded_Proto="https") == (
        "203.0.113.7",
        "https",
        "localhost",
    )


@needs_nginx
def test_static_files_and_pictures_come_from_disk_and_what_is_not_there_from_the_site(port, site):
    css, picture = "/static/charhar/site.0123456789ab.css", f"/media/images/{'0' * 32}/64.avif"
    status, headers, body = ask(port, css, Accept_Encoding="gzip")
    assert (status, gzip.decompress(body), headers["Content-Type"]) == (200, b"a{}", "text/css")
    assert headers["Cache-Control"] == "public, max-age=315360000, immutable"
    status, headers, body = ask(port, picture)
    assert (status, body, headers["Content-Type"]) == (200, b"picture", "image/avif")
    assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert site.asked == []
    others = ["/static/charhar/site.css", f"/media/images/{'0' * 32}/65.avif", "/static/../etc/passwd"]
    for other in others:
        ask(port, other)
    assert len(site.asked) == 3


@needs_nginx
def test_documents_are_given_out_by_the_site_alone(port, site):
    address = f"/media/documents/{'1' * 32}.pdf"
    status, _headers, body = ask(port, address)
    assert (status, json.loads(body)["path"]) == (200, address)
    status, _headers, part = ask(port, address, Range="bytes=0-4")
    assert (status, part) == (206, body[:5])


@needs_nginx
def test_posts_sign_ins_and_searches_have_their_measure_and_editors_have_none(port):
    def refused(count, method, path):
        source = f"198.51.100.{next(_hosts)}"
        return [ask(port, path, method, X_Forwarded_For=source)[0] for _ in range(count)].count(429)

    _hosts = itertools.count(1)
    assert refused(30, "POST", "/about/contact/") == 9
    assert refused(20, "POST", "/admin/login/?next=/admin/") == 9
    assert refused(20, "POST", "/zh/membership/sign-in/") == 9
    assert refused(40, "POST", "/admin/articles/article/1/change/") == 0
    assert 3 <= refused(40, "GET", "/zh/search/?q=sea") <= 9


@needs_nginx
def test_too_much_is_refused_before_the_site_hears_of_it(port, site):
    assert ask(port, "/about/contact/", "POST", b"x" * (1 << 20) + b"x")[0] == 413
    assert ask(port, "/", X_Long="x" * 9000)[0] == 400
    assert ask(port, f"/{'x' * 9000}")[0] == 414
    assert site.asked == []
    body = b"x" * (3 << 20)
    assert json.loads(ask(port, "/admin/library/image/upload/", "POST", body)[2])["body"] == len(body)


@needs_nginx
def test_a_site_that_all_of_it_was_gone_is_asked_again_at_once(site, tmp_path):
    ports = free_port(), free_port()
    with nginx(tmp_path, *ports) as port:
        assert {ask(port, f"/{number}")[0] for number in range(8)} == {502}
        back = ThreadingHTTPServer(("127.0.0.1", ports[0]), Site)
        back.daemon_threads, back.numbers, back.asked = True, itertools.count(1), []
        back.status, back.seconds = 200, 0
        threading.Thread(target=back.serve_forever, args=(0.01,), daemon=True).start()
        assert [number(port, "/back") for _ in "ab"] == [1, 2]
        back.shutdown()
        back.server_close()


@needs_nginx
def test_another_name_than_the_sites_gets_no_answer(port, site):
    with pytest.raises(ConnectionError):
        ask(port, "/", Host="evil.example")
    assert site.asked == []


@needs_nginx
def test_the_configuration_with_certificates_is_sound(tmp_path):
    pair = ["-keyout", tmp_path / "key.pem", "-out", tmp_path / "chain.pem"]
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl on this machine")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-subj", "/CN=localhost", *pair],
        check=True, capture_output=True,
    )  # fmt: skip
    words = ["--certificate", tmp_path / "chain.pem", "--certificate-key", tmp_path / "key.pem"]
    words += ["--trust", "10.0.0.0/8", "--trust", "2001:db8::/32", "--no-microcache", "--alone", tmp_path]
    for upstream in ("127.0.0.1:8001", "[::1]:8002", "unix:/run/charhar/web.sock"):
        words += ["--upstream", upstream]
    text = render("--server-name", "www.example.org", "--server-name", "example.org", *words)
    (tmp_path / "nginx.conf").write_text(text)
    tried = subprocess.run([NGINX, "-t", "-c", tmp_path / "nginx.conf"], capture_output=True, text=True)
    assert tried.returncode == 0, tried.stderr
    assert "warn" not in tried.stderr
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in text
    assert "proxy_cache charhar_pages;" not in text


@pytest.mark.parametrize(
    ("option", "nonsense"),
    [
        ("--server-name", "a b"),
        ("--server-name", "x;return 200"),
        ("--upstream", "8001"),
        ("--upstream", "web:8001;"),
        ("--listen", "http"),
        ("--trust", "10.0.0.1/8"),
        ("--var-dir", "var"),
        ("--cache-dir", "/a b"),
        ("--certificate", "/only/one.pem"),
    ],
)
def test_nonsense_is_refused_before_nginx_reads_it(option, nonsense):
    words = {"--server-name": "a.example", "--upstream": "127.0.0.1:8001"} | {option: nonsense}
    line = [word for pair in words.items() for word in pair]
    with pytest.raises(subprocess.CalledProcessError) as failed:
        render(*line)
    assert (nonsense in failed.value.stderr) or option in failed.value.stderr


def test_nginx_knows_what_the_site_knows(monkeypatch):
    template = (ROOT / "deploy" / "nginx.conf.template").read_text()
    assert f"$cookie_{settings.SESSION_COOKIE_NAME}$cookie_messages" in template
    monkeypatch.syspath_prepend(ROOT / "deploy")
    import render as renderer_module

    assert TRACKING.pattern.replace("(", "(?:") == renderer_module.TRACKING
    renderer = (ROOT / "deploy" / "render.py").read_text()
    most = re.search(r'"--max-upload-megabytes", type=int, default=(\d+)', renderer)[1]
    assert int(most) * 1024 * 1024 == settings.MAX_UPLOAD_BYTES


# -- systemd, compose ---------------------------------------------------------------------------------

UNITS = ROOT / "deploy" / "systemd"


def readme_settings():
    """Every variable that README.md lists, and what gunicorn listens to."""
    return set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "README.md").read_text()))


def test_the_units_start_what_is_there():
    started = [
        line
        for unit in UNITS.glob("*.service")
        for line in unit.read_text().splitlines()
        if line.startswith("ExecStart=")
    ]
    home = "ExecStart=/srv/charhar/.venv/bin/python "
    assert sorted(line.removeprefix(home) for line in started) == [
        "-m gunicorn --config deploy/gunicorn.conf.py",
        "manage.py %i",
        "manage.py check_links --external",
    ]
    assert (ROOT / "deploy" / "gunicorn.conf.py").is_file()
    assert (ROOT / "charhar" / "management" / "commands" / "tick.py").is_file()


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd on this machine")
def test_systemd_takes_the_units_and_finds_them_well_shut_in(tmp_path):
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("/srv/charhar/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name.replace("@.", "@8001." if "web" in unit.name else "@tick.")).write_text(text)
    units = [*tmp_path.iterdir()]
    verified = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    shut = ["systemd-analyze", "security", "--offline=true", "--threshold=20"]
    services = [unit for unit in units if unit.suffix == ".service"]
    assert subprocess.run([*shut, *services], capture_output=True).returncode == 0


def test_compose_names_what_the_site_knows():
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    services = compose["services"]
    assert {"postgres", "redis", "media", "migrate", "static", "web", "tick", "front", "nginx"} == set(
        services
    )
    known = readme_settings()
    assert set(services["web"]["environment"]) - known == set()
    assert set(services["front"]["environment"]) - known == {"NAME", "TRUSTED"}
    for name, service in services.items():
        for other in service.get("depends_on", ()):
            assert other in services, name
        command = " ".join(map(str, service.get("command", ())))
        for script in re.findall(r"(manage\.py|deploy/\S+\.py)", command):
            assert (ROOT / script).is_file(), name
    named = {
        volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", ())
    }
    assert named == set(compose["volumes"])


def test_compose_asks_for_no_variable_that_its_example_leaves_out():
    text = (ROOT / "deploy" / "compose.yaml").read_text()
    needed = set(re.findall(r"\$\{([A-Z_0-9]+):\?", text))
    given = set(re.findall(r"^([A-Z_0-9]+)=", (ROOT / "deploy" / "compose.env.example").read_text(), re.M))
    assert needed - given == set()


def test_the_web_processes_settings_in_compose_make_sense_to_the_site():
    from tests.test_settings import read

    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    given = {"SECRET_KEY": "x" * 50, "SITE_URL": "https://www.example.org", "POSTGRES_PASSWORD": "p",
             "S3_SECRET": "s", "EMAIL_URL": "consolemail://"}  # fmt: skip

    def said(value):
        before = None
        while value != before:
            before, value = (
                value,
                re.sub(
                    r"\$\{([A-Z_0-9]+)(?::[-?]((?:[^{}]|\{[^}]*\})*))?\}",
                    lambda found: given.get(found[1], found[2] if ":-" in found[0] else ""),
                    value,
                ),
            )
        return value

    variables = {name: said(str(value)) for name, value in compose["services"]["web"]["environment"].items()}
    assert read("[s.SEVERAL_MACHINES, s.BEHIND_PROXY, s.MEDIA_S3_URL.endpoint, s.MEDIA_S3_URL.secret, s.REDIS_URL]", **variables) == [
        True, True, "http://media:8333", "s", "redis://redis:6379/0",
    ]  # fmt: skip


def test_the_image_holds_every_folder_that_the_site_runs_from():
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "deploy" / "Dockerfile").read_text(), re.M))
    assert copied == {"deploy", "charhar", "articles", "experts", "publications", "templates"}
