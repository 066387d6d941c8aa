"""The process that keeps one embedded service running while anybody uses it: `python -m config.embedded_keeper`.

It restarts the service when it dies, at most `STARTS_PER_MINUTE` times, and stops it when its last user is gone,
however that user ended. A file `hold` in the service's folder keeps the service down (tests play an outage with it).
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from config.embedded_postgres import Postgres
from config.embedded_redis import RedisServer
from config.embedded_service import Service, locked, open_log, take
from config.errors import ConfigurationError

STARTS_PER_MINUTE = 5
#: A service that lived so long was well; what ended it is not counted.
STEADY_SECONDS = 10.0
LOOK_SECONDS = 0.2
#: Between two starts at first; doubled with each further one within the minute.
PAUSE_SECONDS = 0.2


def service_from(arguments: list[str]) -> Service:
    """The inverse of `Service.arguments`."""
    kind, folder, *rest = arguments
    if kind == "postgres":
        return Postgres(folder=Path(folder), durable=rest != ["not-durable"])
    return RedisServer(folder=Path(folder))


class Keeper:
    def __init__(self, service: Service) -> None:
        self.service = service
        self.stopping = False
        self._starts: list[float] = []
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Keep the service until told to stop or until nobody uses it. Raises ConfigurationError when it cannot run."""
        (self.service.folder / "hold").unlink(missing_ok=True)
        self.service.prepare()
        with contextlib.ExitStack() as held:
            while not self.stopping and not self._unused(held):
                self._look()
                time.sleep(LOOK_SECONDS)
            self._stop()

    def _look(self) -> None:
        if (self.service.folder / "hold").exists():
            self._stop()
            self._starts.clear()
        elif not self._alive():
            now = time.monotonic()
            lived = now - self._starts[-1] if self._starts else 0.0
            self._starts = [start for start in self._starts if start > now - 60 and lived < STEADY_SECONDS]
            if len(self._starts) >= STARTS_PER_MINUTE:
                raise ConfigurationError(f"it ended {STARTS_PER_MINUTE} times within a minute")
            if self._starts and now - self._starts[-1] < PAUSE_SECONDS * 2 ** (len(self._starts) - 1):
                return
            self._starts.append(now)
            with open_log(self.service.folder / "log") as log:
                self._child = self.service.start(log)

    def _alive(self) -> bool:
        if self._child is not None:
            if self._child.poll() is None:
                return True
            self._child = None
        return self.service.process_id() is not None  # a keeper before us was killed; its service lives on

    def _stop(self) -> None:
        running = self.service.process_id() or (self._child.pid if self._child and self._child.poll() is None else None)
        if running is not None:
            self.service.stop(running)
        if self._child is not None:
            self._child.wait(5)
            self._child = None

    def _unused(self, held: contextlib.ExitStack) -> bool:
        """Whether nobody uses the service and nobody is about to; then both locks stay held until we are gone."""
        with contextlib.ExitStack() as taken:
            for name in ("change.lock", "users.lock"):
                file: IO[str] = taken.enter_context((self.service.folder / name).open("a+"))
                if not take(file, fcntl.LOCK_EX):
                    return False
            held.enter_context(taken.pop_all())
        return True


def main(arguments: list[str]) -> int:
    service = service_from(arguments)
    keeper = Keeper(service)

    def stop(number: int, frame: object) -> None:
        keeper.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        with locked(service.folder / "keeper.lock", seconds=2) as file:
            file.seek(0)
            file.truncate()
            file.write(str(os.getpid()))
            file.flush()
            try:
                keeper.run()
            except (ConfigurationError, OSError, subprocess.SubprocessError) as error:
                (service.folder / "failure").write_text(" ".join(str(error).split()))
                return 1
    except TimeoutError:
        return 0  # another keeper was quicker
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
