"""A whole Handrail of its own for a benchmark: own data directory, own ports, PostgreSQL that waits for the disk."""

import os
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from config.console import Console
from config.programs import PROGRAMS
from config.supervisor import System

DATA = Path(os.environ.get("HANDRAIL_DATA_DIR") or Path(__file__).resolve().parent.parent / "var") / "bench"


@contextmanager
def running_system(
    environment: Mapping[str, str] | None = None,
    *,
    programs: tuple[str, ...] = PROGRAMS,
    workers: int = 1,
    sandbox_port: int | None = None,
) -> Iterator[System]:
    """Starts all of it and stops it again. Its log goes to a temporary file, which is named when something fails."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    DATA.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", prefix="handrail-bench-", suffix=".log", delete=False) as log:
        system = System(
            data_directory=DATA,
            web_port=free_port(),
            sandbox_port=sandbox_port or free_port(),
            programs=programs,
            environment={**inherited, "LOG_LEVEL": "WARNING", **(environment or {})},
            workers=workers,
            console=Console(log),
        )
        try:
            system.start()
            system.wait_ready()
            yield system
        except BaseException:
            sys.stderr.write(f"the log of the system is {log.name}\n")
            raise
        finally:
            system.stop()
    Path(log.name).unlink(missing_ok=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class CpuMeter:
    """CPU seconds by program, children included, from `start` on; PostgreSQL and Redis among them."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._before: dict[str, float] = {}

    def start(self) -> None:
        self._before = self._now()

    def seconds(self) -> dict[str, float]:
        now = self._now()
        return {name: now[name] - self._before.get(name, 0.0) for name in now}

    def _now(self) -> dict[str, float]:
        used: dict[str, float] = {}
        for name, process_id in self._system.processes.items():
            used[name.partition("-")[0]] = used.get(name.partition("-")[0], 0.0) + _of_tree(psutil.Process(process_id))
        for process in psutil.process_iter(["name", "cmdline"]):
            line = " ".join(process.info["cmdline"] or ())
            if str(self._system.data_directory) in line and process.info["name"] in ("postgres", "redis-server"):
                name = "redis" if process.info["name"] == "redis-server" else "postgres"
                used[name] = used.get(name, 0.0) + _of_tree(process)
        return used


def _of_tree(process: psutil.Process) -> float:
    """User and system seconds of a process and its children; `children_*` are those that have ended."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        try:
            times = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + (times.children_user + times.children_system if one == process else 0.0)
    return total
