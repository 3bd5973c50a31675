"""What the benchmarks that start servers share: processes and their costs, ports, wrk, the machine."""

import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICK = 1000 / os.sysconf("SC_CLK_TCK")  # milliseconds


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int, seconds: float = 60) -> None:
    """Until somebody answers at a port."""
    for _ in range(int(seconds * 20)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"Nothing answers at port {port} after {seconds} s.")


def family(pid: int) -> list[int]:
    """A process and its children's children."""
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = path.read_text().split()
        except OSError:
            continue
        for child in children:
            found += family(int(child))
    return found


def worked(pids: list[int]) -> float:
    """Milliseconds of processor time that processes have taken; those that are gone count nothing."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks * TICK


def shared_out(pid: int) -> float:
    """Megabytes of memory that are a process' own, what it shares divided by its sharers (PSS)."""
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def backends(database: str) -> list[int]:
    """PostgreSQL's processes that serve a database, where it runs on this machine."""
    pids = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = path.read_bytes()
        except OSError:
            continue
        if said.startswith(b"postgres:") and f" {database} ".encode() in said:
            pids.append(int(path.parent.name))
    return pids


class Server:
    """A server of the benchmark's own, on a free port; its whole family is counted and ended."""

    def __init__(self, command: list[str], port: int, **variables: str) -> None:
        self.port = port
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **variables},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(port)

    def pids(self) -> list[int]:
        """The server and its workers."""
        return family(self.process.pid)

    def stop(self) -> None:
        """End it in its own way."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def gunicorn(app: str, **variables: str) -> Server:
    """Two sync workers, all else as deploy/ sets it."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "--workers", "2"]
    command += ["--worker-class", "sync", "--threads", "1", "--bind", f"127.0.0.1:{port}", app]
    return Server(command, port, **variables)


def redis() -> Server:
    """A Redis that keeps nothing on disk."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    return Server([*command, "--loglevel", "warning"], port)


@dataclass
class Load:
    """What wrk saw: requests, those that failed, the median and the 99th percentile in milliseconds."""

    requests: int
    a_second: float
    failed: int
    p50: float
    p99: float


UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def wrk(address: str, seconds: float, connections: int, headers: dict[str, str] | None = None) -> Load:
    """Closed-loop readers, each asking again as soon as it was answered."""
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{seconds:g}s"]
    command += ["--latency", "--timeout", "10s"]
    for name, value in (headers or {}).items():
        command += ["--header", f"{name}: {value}"]
    said = subprocess.run([*command, address], capture_output=True, text=True, check=True).stdout

    def number(pattern: str) -> float:
        found = re.search(pattern, said)
        return float(found[1]) if found else 0.0

    def moment(percent: str) -> float:
        found = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s|m)\b", said)
        return float(found[1]) * UNITS[found[2]] if found else 0.0

    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    failed = sum(map(int, errors.groups())) if errors else 0
    return Load(
        requests=int(number(r"(\d+) requests in")),
        a_second=number(r"Requests/sec:\s+([\d.]+)"),
        failed=failed + int(number(r"Non-2xx or 3xx responses: (\d+)")),
        p50=moment("50"),
        p99=moment("99"),
    )


def described() -> dict[str, str]:
    """The machine, without its name."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def require(*programs: str) -> None:
    """End with a sentence where a program is missing."""
    lacking = [program for program in programs if shutil.which(program) is None]
    if lacking:
        raise SystemExit(f"This needs {', '.join(lacking)} (Debian: apt install {' '.join(lacking)}).")
