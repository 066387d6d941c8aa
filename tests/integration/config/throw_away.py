"""Embedded services of a throw-away data directory, and looking at what runs from it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import EmbeddedServices
from tests.integration.config.commands import PROJECT, clean_environment


@pytest.fixture(name="services")
def throw_away_services(tmp_path: Path) -> Iterator[EmbeddedServices]:
    found = EmbeddedServices(tmp_path, postgres=True, redis=True, durable=False)
    found.acquire()
    yield found
    found.release()


def query(services: EmbeddedServices, text: str) -> object:
    with psycopg.connect(services.environment()["DATABASE_URL"], connect_timeout=5, autocommit=True) as connection:
        row = connection.execute(text).fetchone() if text.startswith(("SELECT", "SHOW")) else connection.execute(text)
    return row[0] if isinstance(row, tuple) else None


def eventually(condition: Callable[[], object], *, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def processes_of(folder: Path) -> list[psutil.Process]:
    """Whatever runs from this data directory: keepers by their arguments, services by their working directory."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if str(folder) in words or str(folder) in process.cwd():
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != os.getpid()]


def another_user(folder: Path) -> subprocess.Popen[str]:
    """A second process that uses the services until its input ends."""
    script = (
        "import sys; from pathlib import Path; from config.embedded import EmbeddedServices\n"
        "services = EmbeddedServices(Path(sys.argv[1]), postgres=True, redis=True, durable=False)\n"
        "services.acquire(); print('using', flush=True); sys.stdin.read(); services.release()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        cwd=PROJECT,
        env=clean_environment(folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "using\n"
    return process


def dead(process_id: int) -> bool:
    try:
        return psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
