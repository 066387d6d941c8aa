"""Stops what still runs from the data directories named as arguments: for `make clean`, before it deletes them."""

import signal
import sys
from pathlib import Path

import psutil

from config.embedded_postgres import Postgres
from config.embedded_redis import RedisServer
from config.embedded_service import Service
from config.processes import end_process


def stop_all(data_directory: Path) -> None:
    """End the supervisor of this directory, if there is one, and its services, whoever uses them."""
    supervisor = data_directory / "run" / "run.lock"
    for mark in (supervisor, data_directory / "postgres" / "keeper.lock", data_directory / "redis" / "keeper.lock"):
        holder = _holder(mark)
        if holder is not None:
            end_process(holder, (signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0))
    services: list[Service] = [
        Postgres(folder=data_directory / "postgres"),
        RedisServer(folder=data_directory / "redis"),
    ]
    for service in services:
        running = service.process_id()
        if running is not None:
            service.stop(running)


def _holder(mark: Path) -> int | None:
    """The process that has `mark` open; its number stands in the file, and a stale one is not believed."""
    try:
        process = psutil.Process(int(mark.read_text()))
        return process.pid if any(Path(file.path) == mark.resolve() for file in process.open_files()) else None
    except (OSError, ValueError, psutil.Error):
        return None


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        stop_all(Path(argument).resolve())
