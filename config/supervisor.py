"""Handrail on one machine: services, preparation, then web, workers, beat and sandbox, kept running until stopped."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from config.console import Console
from config.data_directory import claimed, empty_metrics
from config.embedded import EmbeddedServices
from config.embedded_control import RedisControl, ServiceControl
from config.errors import ConfigurationError
from config.guard import Guard
from config.ports import require_free
from config.program import Program, Running
from config.programs import PROGRAMS, commands

PROJECT = Path(__file__).resolve().parent.parent
#: A program that ends more often than this within a minute is broken: all stops, with a line that says so.
RESTARTS_PER_MINUTE = 5
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 5.0
READY_SECONDS = 120.0
PREPARE_SECONDS = 600.0
#: After SIGTERM, before SIGKILL. Rows in PostgreSQL are the truth, so a worker that is cut short loses nothing.
STOP_SECONDS = 3.0
SANDBOX_TOKEN, SANDBOX_CLIENT_SECRET = "sandbox-token", "sandbox-client-secret"


class System:
    """A running Handrail with its own data directory and ports; several may run side by side.

    `programs` is any part of PROGRAMS. Where `sandbox` is among them, every program talks to it instead of Intercom. An
    empty `database_url` or `redis_url` means an embedded one; the two never come from `environment`. `models` is a
    folder with built models to share, so that a throw-away data directory need not build its own. `sample_content`
    loads a made-up company's articles into an empty knowledge base; without the sandbox never: real customers may ask.
    """

    def __init__(
        self,
        *,
        data_directory: Path,
        web_port: int,
        sandbox_port: int,
        programs: Sequence[str] = PROGRAMS,
        environment: Mapping[str, str] | None = None,
        database_url: str = "",
        redis_url: str = "",
        workers: int = 1,
        models: Path | None = None,
        durable: bool = True,
        sample_content: bool = True,
        restarts_per_minute: int = RESTARTS_PER_MINUTE,
        console: Console | None = None,
    ) -> None:
        self.data_directory = data_directory
        self.web_port, self.sandbox_port = web_port, sandbox_port
        self.url = f"http://127.0.0.1:{web_port}"
        self.sandbox_url = f"http://127.0.0.1:{sandbox_port}"
        self.admin_password: str | None = None  #: set by `start` when it created the account `admin`
        self.failure: str | None = None  #: why the system gave up; see `wait`
        self._console = console or Console(sys.stderr)
        self._models = models
        self._restarts_per_minute = restarts_per_minute
        self._given = dict(os.environ if environment is None else environment)
        self._real = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
        self._services = EmbeddedServices(
            data_directory, postgres=not database_url, redis=not redis_url, durable=durable
        )
        self._sandboxed = "sandbox" in programs
        self._sample_content = sample_content and self._sandboxed
        self._programs = {
            program.name: program
            for program in commands(
                programs,
                url=self.url,
                sandbox_url=self.sandbox_url,
                web_port=web_port,
                workers=workers,
                data_directory=data_directory,
            )
        }
        self._running: dict[str, Running] = {}
        self._paused: set[str] = set()
        self._ends: dict[str, list[float]] = {name: [] for name in self._programs}
        self._lock = threading.RLock()
        self._over = threading.Event()
        self._monitor: threading.Thread | None = None
        self._guard: Guard | None = None
        self._held = contextlib.ExitStack()

    # From start to stop ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start everything, in order. Raises ConfigurationError with the cure; call `stop` then, too."""
        if "web" in self._programs:
            require_free(self.web_port, setting="HANDRAIL_PORT")
        if self._sandboxed:
            require_free(self.sandbox_port, setting="SANDBOX_PORT")
        self._held.enter_context(claimed(self.data_directory, models=self._models))
        self._services.acquire(on_slow=lambda line: self._console.line("services", line))
        self._guard = Guard()
        empty_metrics(self.data_directory)
        self._prepare()
        for name in self._programs:
            self._start_program(name)
        self._monitor = threading.Thread(target=self._watch, name="monitor", daemon=True)
        self._monitor.start()

    def wait_ready(self, *, seconds: float = READY_SECONDS) -> None:
        """Returns when every program that is not paused is ready. Raises ConfigurationError when one is not in time."""
        deadline = time.monotonic() + seconds
        announced: set[Running] = set()
        while waiting := self._not_ready(announced):
            if self.failure:
                raise ConfigurationError(self.failure)
            if time.monotonic() > deadline:
                raise ConfigurationError(f"{', '.join(waiting)} not ready within {seconds:.0f} s; the log says why")
            time.sleep(0.05)

    def _not_ready(self, announced: set[Running]) -> list[str]:
        """Names of the programs that are not ready now; says once of each, in `announced`, that it is."""
        with self._lock:
            ready = {name: one for name, one in self._running.items() if one.ready()}
            waiting = [name for name in self._programs if name not in self._paused and name not in ready]
        for name, running in ready.items():
            if running not in announced and not running.said_ready:
                self._console.line(name, f"ready after {time.monotonic() - running.started:.1f} s")
            announced.add(running)
        return waiting

    def wait(self) -> None:
        """Returns when the system has given up; `failure` says why."""
        while not self._over.wait(0.5):
            pass

    def stop(self) -> None:
        """End every process and, unless others use them, the services. Safe at any time and more than once."""
        self._over.set()
        if self._monitor is not None:
            self._monitor.join(5)
        with self._lock:
            self._end(list(self._running.values()))
            self._running.clear()
        if self._guard is not None:
            self._guard.close()
        self._services.release()
        self._held.close()

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # One program, or one service -----------------------------------------------------------------------------------

    @property
    def processes(self) -> dict[str, int]:
        """Process ids of the programs that run now, by name."""
        with self._lock:
            return {name: one.process_id for name, one in self._running.items() if one.exit_code is None}

    @property
    def postgres(self) -> ServiceControl:
        assert self._services.postgres is not None, "this system uses a PostgreSQL that is not its own"
        return ServiceControl(self._services.postgres)

    @property
    def redis(self) -> RedisControl:
        assert self._services.redis is not None, "this system uses a Redis that is not its own"
        return RedisControl(self._services.redis)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Signal one program; when it dies it is started again after a pause, and counts towards the limit.

        One that is being started again at this moment is waited for. After a signal that ends programs, `wait_ready`
        waits for the next one. Raises ConfigurationError when none runs in READY_SECONDS, at once where it is paused.
        """
        deadline = time.monotonic() + READY_SECONDS
        while not self._signal_living(name, number):
            if name in self._paused or self._over.is_set() or time.monotonic() > deadline:
                raise ConfigurationError(f"{name} does not run, so no {number.name} can reach it; resume it first")
            time.sleep(0.02)

    def _signal_living(self, name: str, number: signal.Signals) -> bool:
        assert name in self._programs, f"no program is called {name}"
        with self._lock:
            running = self._running.get(name)
            if running is None or running.exit_code is not None:
                return False
            running.signal(number)
            return True

    def pause(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End one program, and keep it down until `resume`."""
        with self._lock:
            self._paused.add(name)
            running = self._running.pop(name, None)
            if running is not None:
                running.signal(number)
                self._end([running])

    def resume(self, name: str, *, seconds: float = READY_SECONDS) -> None:
        """Start a paused program, and wait until all are ready."""
        with self._lock:
            self._paused.discard(name)
            if name not in self._running:
                self._start_program(name)
        self.wait_ready(seconds=seconds)

    def restart(self, name: str, number: signal.Signals = signal.SIGTERM) -> None:
        self.pause(name, number)
        self.resume(name)

    def lines(self, name: str) -> list[str]:
        """What the program has written since its last start; the newest lines only."""
        with self._lock:
            return list(self._running[name].lines) if name in self._running else []

    def environment(self) -> dict[str, str]:
        """What every program gets; holds passwords. Valid after `start`."""
        return {
            **self._given,
            **self._real,
            **self._services.environment(),
            "HANDRAIL_DATA_DIR": str(self.data_directory),
            "HANDRAIL_PORT": str(self.web_port),
            "SANDBOX_PORT": str(self.sandbox_port),
            "PYTHONUNBUFFERED": "1",
            "PROMETHEUS_MULTIPROC_DIR": str(self.data_directory / "run" / "metrics"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **(
                {
                    "INTERCOM_URL": self.sandbox_url,
                    "INTERCOM_TOKEN": SANDBOX_TOKEN,
                    "INTERCOM_CLIENT_SECRET": SANDBOX_CLIENT_SECRET,
                }
                if self._sandboxed
                else {}
            ),
        }

    def manage(self, *arguments: str, seconds: float = 120.0) -> subprocess.CompletedProcess[str]:
        """Run a `manage.py` command inside this system; raises CalledProcessError when it fails."""
        return subprocess.run(  # noqa: S603 (this interpreter, our own script)
            [sys.executable, str(PROJECT / "manage.py"), *arguments],
            cwd=PROJECT,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=True,
        )

    # Inside ---------------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Migrations, the first account and perhaps sample content, in one process before all others."""
        arguments = ("--sample-content",) if self._sample_content else ()
        program = Program(name="setup", command=(sys.executable, "-m", "config.prepare", *arguments))
        results: list[str] = []

        def sort(name: str, line: str) -> None:
            if line.startswith(("{", "handrail: ")):
                results.append(line)
            else:
                self._console.line(name, line)

        running = self._begin(program, write=sort)
        code = running.wait(PREPARE_SECONDS)
        running.close()
        self._end([self._running.pop(program.name)])
        result = results[-1] if results else ""
        if code != 0 or not result.startswith("{"):
            reason = result.removeprefix("handrail: ")
            raise ConfigurationError(reason or "the database could not be prepared; the lines above say why")
        self.admin_password = json.loads(result)["admin_password"]

    def _start_program(self, name: str) -> None:
        self._begin(self._programs[name], write=self._console.line)

    def _begin(self, program: Program, *, write: Callable[[str, str], None]) -> Running:
        running = Running(program, environment=self.environment(), folder=PROJECT, write=write)
        if self._guard is not None:
            self._guard.begun(running.process_id)
        self._running[program.name] = running
        return running

    def _watch(self) -> None:
        looked_at_keepers = time.monotonic()
        while not self._over.wait(0.1):
            with self._lock:
                for name in self._programs:
                    if name not in self._paused:
                        self._revive(name)
                if self._guard is not None and self._guard.is_gone:
                    self._guard = Guard(running.process_id for running in self._running.values())
            if time.monotonic() > looked_at_keepers + 1:
                self._look_after_services()
                looked_at_keepers = time.monotonic()

    def _look_after_services(self) -> None:
        try:
            self._services.keep_alive()
        except ConfigurationError as error:
            self.failure = str(error)
            self._over.set()

    def _revive(self, name: str) -> None:
        running = self._running.get(name)
        now = time.monotonic()
        if running is not None:
            if running.exit_code is None:
                return
            self._end([self._running.pop(name)])  # whatever it started goes, too
            self._ends[name] = [end for end in self._ends[name] if end > now - 60] + [now]
            self._console.line(name, f"ended ({_manner(running.exit_code)})")
        ends = self._ends[name]
        if len(ends) > self._restarts_per_minute:
            if self.failure is None:
                self.failure = f"{name} ended {len(ends)} times within a minute; its last lines above say why"
                self._over.set()
            return
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (len(ends) - 1), LONGEST_PAUSE_SECONDS) if ends else 0.0
        if not ends or now - ends[-1] >= pause:
            self._start_program(name)

    def _end(self, all_running: list[Running]) -> None:
        """SIGTERM to all at once, SIGKILL to what is left after STOP_SECONDS."""
        for running in all_running:
            running.signal_all(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        left = [running for running in all_running if running.anything_left()]
        while left and time.monotonic() < deadline:
            time.sleep(0.02)
            left = [running for running in left if running.anything_left()]
        for running in left:
            running.signal_all(signal.SIGKILL)
        for running in all_running:
            running.wait(1)
            running.close()
            if self._guard is not None:
                self._guard.ended(running.process_id)


def _manner(code: int | None) -> str:
    return signal.Signals(-code).name if code is not None and code < 0 else f"exit code {code}"
