"""PostgreSQL and Redis for one machine, where no address of real ones is set."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from config import env
from config.embedded_postgres import Postgres
from config.embedded_redis import RedisServer
from config.embedded_service import Lease, Service
from config.reachable import require_database, require_redis

#: Commands that touch neither database nor Redis, so nothing is started for them.
WITHOUT_SERVICES = frozenset(
    {
        "help",
        "version",
        "diffsettings",
        "bench_model",
        "build_embedder",
        "compare_embedders",
        "evaluate_intents",
        "makemessages",
        "compilemessages",
    }
    | {"startapp", "startproject", "collectstatic", "findstatic", "spectacular"}
)
#: Commands that an operator runs while Redis may be away, or before it exists.
WITHOUT_REDIS = frozenset(
    {"migrate", "showmigrations", "sqlmigrate", "makemigrations", "squashmigrations", "check"}
    | {"createsuperuser", "changepassword", "dbshell", "inspectdb"}
)


class EmbeddedServices:
    """This process's use of the embedded services of one data directory; either may be absent.

    `acquire` finds them running or starts them; `release` stops those that nobody else uses.
    """

    def __init__(self, data_directory: Path, *, postgres: bool, redis: bool, durable: bool = True) -> None:
        self.postgres = Postgres(folder=data_directory / "postgres", durable=durable) if postgres else None
        self.redis = RedisServer(folder=data_directory / "redis") if redis else None
        services: list[Service] = [service for service in (self.postgres, self.redis) if service is not None]
        self._leases = [Lease(service) for service in services]

    def acquire(self, *, on_slow: Callable[[str], None] | None = None) -> None:
        """Returns when all answer. Raises ConfigurationError; then none is in use."""
        try:
            for lease in self._leases:
                lease.acquire(on_slow=on_slow)
        except BaseException:
            self.release()
            raise

    def environment(self) -> dict[str, str]:
        """The settings that lead to these services. They hold a password: never log them."""
        return {lease.service.variable: lease.service.address() for lease in self._leases}

    def keep_alive(self) -> None:
        """Look after the keepers; call it now and then in a process that lives long."""
        for lease in self._leases:
            lease.keep_alive()

    def release(self) -> None:
        for lease in self._leases:
            lease.release()


def database_address(data_directory: Path) -> str:
    """Where this data directory's PostgreSQL is, or will be once started: for a process that was started by hand."""
    return Postgres(folder=data_directory / "postgres").address()


def redis_address(data_directory: Path) -> str:
    """Where this data directory's Redis is or was last. Where it never ran, an address that nobody answers at."""
    return RedisServer(folder=data_directory / "redis").last_address() or "redis://127.0.0.1:1/0"


@contextmanager
def services_for_command(arguments: Sequence[str]) -> Iterator[None]:
    """DATABASE_URL and REDIS_URL, set in `os.environ` for one command (`sys.argv`), and their services answering.

    Raises ConfigurationError when one cannot be reached or started.
    """
    command = next((argument for argument in arguments[1:] if not argument.startswith("-")), "help")
    if command in WITHOUT_SERVICES or {"--help", "-h", "--version"} & set(arguments[1:]):
        yield
        return
    with services(needs_redis=command not in WITHOUT_REDIS) as addresses:
        os.environ.update(addresses)
        yield


@contextmanager
def services(*, needs_redis: bool = True) -> Iterator[dict[str, str]]:
    """The addresses of both services, embedded where no setting names one; real ones are tried first.

    EMBEDDED_DURABLE=false lets the embedded PostgreSQL answer before its data is on the disk: for tests only.
    """
    database_url = env.url("DATABASE_URL", schemes=("postgresql", "postgres"))
    redis_url = env.url("REDIS_URL", schemes=("redis", "rediss"))
    if database_url:
        require_database(database_url)
    if redis_url and needs_redis:
        require_redis(redis_url)
    embedded = EmbeddedServices(
        env.path("HANDRAIL_DATA_DIR", env.BASE_DIR / "var"),
        postgres=not database_url,
        redis=not redis_url,
        durable=env.flag("EMBEDDED_DURABLE", True),
    )
    embedded.acquire(on_slow=_say)
    try:
        yield {"DATABASE_URL": database_url, "REDIS_URL": redis_url} | embedded.environment()
    finally:
        embedded.release()


def _say(line: str) -> None:
    sys.stderr.write(f"handrail: {line}\n")
