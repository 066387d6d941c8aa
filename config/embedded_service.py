"""One embedded service, shared by every process that needs it and gone when nobody does.

Each user holds a shared lock on one file, which the kernel drops however the user ends. A small keeper process
(`config.embedded_keeper`) starts the service, restarts it when it dies, and stops it once the lock is free. Three
locks in the service's folder, always taken in this order:

    change.lock   exclusive, briefly: whoever starts or stops
    users.lock    shared by each user; exclusive proves that there is none
    keeper.lock   exclusive for the keeper's life; holds its process id
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

from config.errors import ConfigurationError

#: Seconds within which a service must answer; PostgreSQL may have to replay its log first.
START_SECONDS = 90.0
STOP_SECONDS = 10.0
LOG_BYTES = 5_000_000


class Service(Protocol):
    """What the keeper runs: a program with its data in `folder`."""

    name: str  #: for people and for log lines
    variable: str  #: the setting that replaces this service by a real one
    folder: Path  #: holds its data, locks and log
    arguments: tuple[str, ...]  #: from which `config.embedded_keeper.service_from` builds it again

    def prepare(self) -> None:
        """Create what must exist before the first start."""

    def start(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start the program; it writes to `log`."""

    def process_id(self) -> int | None:
        """The running program of this folder, whoever started it."""

    def ready(self) -> bool:
        """Whether it answers now."""

    def stop(self, process_id: int) -> None:
        """Stop the program, gently and then firmly; returns when it is gone."""

    def address(self) -> str:
        """What belongs into `variable`; valid once `ready`."""


@contextlib.contextmanager
def locked(path: Path, *, seconds: float) -> Iterator[IO[str]]:
    """The exclusive lock on `path`; raises TimeoutError when it is not free within `seconds`."""
    with path.open("a+") as file:
        deadline = time.monotonic() + seconds
        while not take(file, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise TimeoutError(path)
            time.sleep(0.05)
        yield file


def take(file: IO[str], kind: int) -> bool:
    """Take a lock of `kind` if it is free now."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class Lease:
    """One process's use of one service, from `take_lease` to `release`."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._users: IO[str] | None = None
        self._keeper: subprocess.Popen[bytes] | None = None

    def acquire(self, *, on_slow: Callable[[str], None] | None = None) -> None:
        """Find the service or start it; returns when it answers. Raises ConfigurationError with the cure."""
        folder = self.service.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with locked(folder / "change.lock", seconds=START_SECONDS):
                self._users = (folder / "users.lock").open("a+")
                fcntl.flock(self._users, fcntl.LOCK_SH)  # only who holds change.lock takes it exclusively: never waits
                try:
                    self._bring_up(on_slow)
                except BaseException:
                    self._drop_users_lock()
                    if self._nobody_uses_it():
                        self._take_down()
                    raise
        except TimeoutError as error:
            raise ConfigurationError(
                f"HANDRAIL_DATA_DIR: another start or stop of {self.service.name} in {folder} does not end; "
                "end that process, or choose another directory"
            ) from error
        except OSError as error:
            raise ConfigurationError(
                f"HANDRAIL_DATA_DIR: {error.filename or folder} cannot be written by this account ({error.strerror}); "
                "choose a directory of your own, or run as its owner"
            ) from error

    def keep_alive(self) -> None:
        """Start a new keeper where the last one was killed. For processes that live long.

        Raises ConfigurationError where the keeper has given up.
        """
        folder = self.service.folder
        if self._users is None or self._keeper_id() is not None:
            return
        if (folder / "failure").exists():
            raise ConfigurationError(self._does_not_start((folder / "failure").read_text()))
        with contextlib.suppress(TimeoutError), locked(folder / "change.lock", seconds=1):
            if self._keeper_id() is None:
                self._start_keeper()

    def release(self) -> None:
        """End this use; the last user stops the service and waits until it is gone."""
        if self._users is None:
            return
        try:
            with locked(self.service.folder / "change.lock", seconds=START_SECONDS):
                self._drop_users_lock()
                if self._nobody_uses_it():
                    self._take_down()
        except (TimeoutError, FileNotFoundError):  # someone else is at it, or the whole folder was deleted
            self._drop_users_lock()
        if self._keeper is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._keeper.wait(0.1)

    # The parts below run under change.lock. ---------------------------------------------------------------------

    def _bring_up(self, on_slow: Callable[[str], None] | None) -> None:
        started = time.monotonic()
        spoken = False
        failure = self.service.folder / "failure"
        if self._keeper_id() is None:
            failure.unlink(missing_ok=True)
            self._start_keeper()
        while not self.service.ready():
            waited = time.monotonic() - started
            if failure.exists() or waited > START_SECONDS:
                reason = failure.read_text().strip() if failure.exists() else f"no answer within {START_SECONDS:.0f} s"
                raise ConfigurationError(self._does_not_start(reason))
            if self._keeper is not None and self._keeper.poll() is not None and not failure.exists():
                self._start_keeper()  # killed while it was starting
            if on_slow and not spoken and waited > 0.5:
                on_slow(f"starting {self.service.name} in {self.service.folder}")
                spoken = True
            time.sleep(0.03)

    def _does_not_start(self, reason: str) -> str:
        return (
            f"HANDRAIL_DATA_DIR: {self.service.name} does not start ({reason.strip()}); "
            f"see {self.service.folder / 'log'}, or set {self.service.variable}"
        )

    def _start_keeper(self) -> None:
        kept = (
            *("PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV"),
            "EMBEDDED_SHARED_MEGABYTES",
        )
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        with open_log(self.service.folder / "log") as log:
            self._keeper = subprocess.Popen(  # noqa: S603 (this interpreter, our own module)
                [sys.executable, "-m", "config.embedded_keeper", *self.service.arguments],
                cwd=Path(__file__).resolve().parent.parent,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the user, not for what others may be using too
            )

    def _keeper_id(self) -> int | None:
        try:
            with (self.service.folder / "keeper.lock").open("a+") as file:
                if take(file, fcntl.LOCK_SH):
                    return None
                file.seek(0)
                return int(file.read() or 0) or None
        except ValueError:
            return None

    def _nobody_uses_it(self) -> bool:
        with (self.service.folder / "users.lock").open("a+") as file:
            return take(file, fcntl.LOCK_EX)

    def _take_down(self) -> None:
        keeper = self._keeper_id()
        if keeper is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(keeper, signal.SIGTERM)
            with contextlib.suppress(TimeoutError), locked(self.service.folder / "keeper.lock", seconds=STOP_SECONDS):
                pass
        elif self._keeper is not None:
            with contextlib.suppress(ProcessLookupError):
                self._keeper.terminate()
                self._keeper.wait(STOP_SECONDS)
        leftover = self.service.process_id()
        if leftover is not None:
            self.service.stop(leftover)

    def _drop_users_lock(self) -> None:
        if self._users is not None:
            self._users.close()
            self._users = None


def open_log(path: Path) -> IO[bytes]:
    """The service's log, begun anew when it has grown over LOG_BYTES."""
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.write_bytes(b"")
    return path.open("ab")
