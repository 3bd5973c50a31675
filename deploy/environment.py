"""Make, mend and fill the virtual environment in .venv: `python deploy/environment.py base` for what the
site needs to run, `dev` for what its tests need as well.

Standard library only, since nothing else is there yet.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
REQUIREMENTS = {"base": ROOT / "requirements" / "base.txt", "dev": ROOT / "requirements" / "dev.txt"}

# Packages with compiled parts, or that are the first to be missed: if one of them does not import, pip was
# stopped half-way, a file was lost or the machine's Python was replaced underneath.
SOUND = "import django, gunicorn, lxml.etree, nh3, PIL._imaging, psycopg, yaml"


class Trouble(Exception):
    """Something the person at the keyboard must mend; its message is the one line that is shown."""


def ensure(kind: str) -> None:
    """Leave .venv with everything in requirements/<kind>.txt; half a second when it is there already.

    Raises Trouble when the environment can not be made or a package not be installed.
    """
    if VENV.exists() and not _runs("import sys, pip; assert sys.version_info >= (3, 11)"):
        _discard("its Python does not start")
    _fill(kind)
    if not _runs(SOUND):
        _discard("packages are missing in it")
        _fill(kind)


def _discard(reason: str) -> None:
    print(f"The environment in .venv is broken ({reason}); making it again.", flush=True)
    shutil.rmtree(VENV)


def _fill(kind: str) -> None:
    if not VENV.exists():
        _create()
    if not _is_current(kind):
        _install(kind)


def _runs(code: str) -> bool:
    try:
        return subprocess.run([PYTHON, "-c", code], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _create() -> None:
    print(f"Making a virtual environment in .venv with Python {sys.version.split()[0]} ...", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        reason = (made.stderr or made.stdout).strip().splitlines()[-1:] or ["no reason given"]
        raise Trouble(f"The virtual environment could not be made: {reason[0]}")


def _stamp(kind: str) -> Path:
    return VENV / f"installed-{kind}"


def _digest(kind: str) -> str:
    return hashlib.sha256(REQUIREMENTS[kind].read_bytes()).hexdigest()


def _is_current(kind: str) -> bool:
    stamp = _stamp(kind)
    return stamp.exists() and stamp.read_text() == _digest(kind)


def _install(kind: str) -> None:
    """Run pip, naming each package as it arrives; the whole of pip's words are shown only when it fails."""
    total = sum("==" in line for line in REQUIREMENTS[kind].read_text().splitlines())
    print(f"Installing up to {total} packages (the first time takes as long as the downloads):", flush=True)
    for stale in REQUIREMENTS:
        _stamp(stale).unlink(missing_ok=True)
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "-r", REQUIREMENTS[kind]]
    with tempfile.TemporaryFile("w+") as log:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
            _show(pip.stdout, log)
        if pip.returncode:
            log.seek(0)
            sys.stdout.writelines("    " + line for line in log.readlines()[-12:])
            raise Trouble(
                f"pip could not install requirements/{kind}.txt (its last words stand above). "
                "Is the network there? Run the same command again: it goes on where it stopped."
            )
    # The tests' packages include the site's own, so the larger set stands for both.
    for installed in ("base", "dev") if kind == "dev" else ("base",):
        _stamp(installed).write_text(_digest(installed))


def _show(lines: IO[str], log: IO[str]) -> None:
    """Name the packages as pip comes to them; keep all that it says."""
    width = 0
    for line in lines:
        log.write(line)
        if line.startswith(("Collecting ", "Processing ")):
            name = re.split("[=-][=0-9]", Path(line.split()[1]).name)[0]
            if width and width + len(name) > 76:
                print()
                width = 0
            print(" " if width else "  ", name, sep="", end="", flush=True)
            width += len(name) + 1
        elif line.startswith("Installing collected packages"):
            print("\n  unpacking ...", end="", flush=True)
    print()


def main() -> None:
    """Command line: one argument, base or dev."""
    if len(sys.argv) != 2 or sys.argv[1] not in REQUIREMENTS:
        sys.exit(__doc__)
    try:
        ensure(sys.argv[1])
    except Trouble as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit("\nStopped; the same command goes on from here.")


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
