"""`make demo` says in one clear line what keeps it from starting, and keeps what it made."""

import os
import runpy
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.plain

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def demo(monkeypatch, tmp_path):
    """deploy/demo.py with a folder of its own to keep things in."""
    monkeypatch.syspath_prepend(ROOT / "deploy")
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    for name in ("demo", "environment"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import demo

    yield demo
    for name in ("demo", "environment"):
        sys.modules.pop(name, None)


@pytest.fixture
def environment(demo, monkeypatch, tmp_path):
    """deploy/environment.py with an environment elsewhere than in .venv."""
    import environment

    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    return environment


def find_python(*, path, python=""):
    """Run deploy/find-python with nothing on the PATH but what the test puts there."""
    surroundings = {"PATH": str(path)} | ({"PYTHON": python} if python else {})
    return subprocess.run(
        ["/bin/sh", str(ROOT / "deploy" / "find-python")], env=surroundings, capture_output=True, text=True
    )


def fake_python(folder, name, *, version="3.12.1", code=0):
    """A Python that answers its version and refuses or takes every question."""
    path = folder / name
    path.write_text(f'#!/bin/sh\ncase "$2" in *platform*) echo {version};; *) exit {code};; esac\n')
    path.chmod(0o755)
    return path


def test_the_first_fit_python_is_taken(tmp_path):
    fake_python(tmp_path, "python3", version="3.9.2", code=1)
    good = fake_python(tmp_path, "python3.12")
    found = find_python(path=tmp_path)
    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, str(good), "")


def test_a_missing_python_is_one_line(tmp_path):
    found = find_python(path=tmp_path)
    assert found.returncode == 1
    assert found.stderr == (
        "No Python 3.11 or newer was found: install one, or name it with PYTHON=/path/to/python3.\n"
    )


def test_an_old_python_is_named_with_its_version(tmp_path):
    old = fake_python(tmp_path, "python3", version="3.9.2", code=1)
    assert f"({old} is 3.9.2)" in find_python(path=tmp_path).stderr


def test_a_python_without_venv_says_what_to_install(tmp_path):
    path = tmp_path / "python3"
    path.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\n')
    path.chmod(0o755)
    found = find_python(path=tmp_path)
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert "apt install python3-venv" in found.stderr


def test_the_chosen_python_is_the_only_one_asked(tmp_path):
    fake_python(tmp_path, "python3")
    assert find_python(path=tmp_path, python="python3.15").returncode == 1


def test_a_taken_port_is_told_before_anything_is_done(demo, monkeypatch):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        monkeypatch.setattr(demo.environment, "ensure", lambda kind: pytest.fail("it went on"))
        with pytest.raises(SystemExit) as ended:
            demo.main()
    assert str(ended.value).startswith(f"Port {port} is taken")
    assert f"make demo PORT={port + 1}" in str(ended.value)


@pytest.mark.parametrize("nonsense", ["abc", "0", "65536", "-1", "80.5", "٨٠٠٠"])
def test_a_port_that_is_none_is_refused(demo, monkeypatch, nonsense):
    monkeypatch.setenv("PORT", nonsense)
    with pytest.raises(demo.Trouble, match="it must be a whole number from 1 to 65535"):
        demo.free_port()


def test_the_secret_key_is_made_once_for_its_owner_alone(demo, tmp_path):
    first = demo.secret_key()
    assert len(first) >= 50
    assert demo.secret_key() == first
    assert stat.S_IMODE((tmp_path / "var" / "secret-key").stat().st_mode) == 0o600


def test_a_step_that_fails_ends_with_its_last_words(demo, tmp_path, monkeypatch):
    demo.secret_key()
    monkeypatch.setattr(demo, "PYTHON", sys.executable)
    with pytest.raises(
        demo.Trouble, match=r"Tables: manage.py migrate failed: .*DATABASE_URL must begin with"
    ):
        demo.manage("Tables", os.environ | {"DATABASE_URL": "mysql://root@127.0.0.1/x"}, "migrate")
    assert "Traceback" in (tmp_path / "var" / "demo.log").read_text()


def test_a_broken_environment_is_told_and_made_again(environment, capsys, monkeypatch):
    (environment.VENV / "bin").mkdir(parents=True)
    environment.PYTHON.symlink_to("/nowhere/python3")
    filled = []
    monkeypatch.setattr(environment, "_fill", filled.append)
    monkeypatch.setattr(environment, "SOUND", "")
    monkeypatch.setattr(environment, "_runs", lambda code: code == "")
    environment.ensure("base")
    assert filled == ["base"]
    assert not environment.VENV.exists()
    assert capsys.readouterr().out == (
        "The environment in .venv is broken (its Python does not start); making it again.\n"
    )


def test_an_environment_with_a_lost_package_is_made_again_once(environment, capsys, monkeypatch):
    environment.VENV.mkdir()
    filled = []
    monkeypatch.setattr(environment, "_fill", filled.append)
    monkeypatch.setattr(environment, "_runs", lambda code: code != environment.SOUND)
    environment.ensure("base")
    assert filled == ["base", "base"]
    assert "(packages are missing in it)" in capsys.readouterr().out


def test_new_requirements_are_noticed_and_the_larger_set_stands_for_both(environment, monkeypatch, tmp_path):
    for kind in ("base", "dev"):
        path = tmp_path / f"{kind}.txt"
        path.write_text(f"{kind}==1")
        monkeypatch.setitem(environment.REQUIREMENTS, kind, path)
    (environment.VENV / "bin").mkdir(parents=True)
    environment.PYTHON.write_text("#!/bin/sh\necho Collecting base==1\n")
    environment.PYTHON.chmod(0o755)
    assert not environment._is_current("base")
    environment._install("dev")
    assert environment._is_current("base")
    assert environment._is_current("dev")
    environment.REQUIREMENTS["base"].write_text("base==2")
    assert not environment._is_current("base")
    environment._install("base")
    assert environment._is_current("base")
    assert not environment._is_current("dev")


def test_a_failed_installation_shows_pips_last_words(environment, capsys):
    (environment.VENV / "bin").mkdir(parents=True)
    environment.PYTHON.write_text("#!/bin/sh\necho ERROR: no such network\nexit 1\n")
    environment.PYTHON.chmod(0o755)
    with pytest.raises(environment.Trouble, match="pip could not install"):
        environment._install("base")
    assert "ERROR: no such network" in capsys.readouterr().out
    assert not environment._is_current("base")


def test_gunicorn_makes_once_what_every_process_needs(transactional_db, caplog):
    from django.template import engines

    templates = engines["django"].engine.template_loaders[0].get_template_cache
    templates.clear()
    runpy.run_path(str(ROOT / "deploy" / "gunicorn.conf.py"))["warm_up"]()
    assert [record.getMessage() for record in caplog.records if record.levelname != "INFO"] == []
    made = {name for name in templates if isinstance(name, str)}
    assert {"home.html", "research.html", "articles/article.html", "404.html"} <= made


def test_the_locks_hold_hashes_and_no_address():
    for name in ("requirements/base.txt", "requirements/s3.txt", "requirements/dev.txt"):
        text = (ROOT / name).read_text()
        requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert "://" not in text
        assert not [line for line in requirements if line.startswith("-")]
        assert all(line.endswith("\\") and "==" in line for line in requirements)
        assert text.count("--hash=sha256:") >= len(requirements)
    assert "://" not in (ROOT / "package-lock.json").read_text()


def test_every_dependency_is_locked_in_every_file_at_one_version():
    def pins(name):
        lines = (ROOT / "requirements" / name).read_text().splitlines()
        return {line.split("==")[0]: line.split()[0] for line in lines if "==" in line}

    base, s3, dev = pins("base.txt"), pins("s3.txt"), pins("dev.txt")
    assert {name: pin for name, pin in base.items() if s3.get(name) != pin} == {}
    assert {name: pin for name, pin in s3.items() if dev.get(name) != pin} == {}
