"""A real PostgreSQL or Redis that cannot be used: one line that names the setting and the cure, and no password."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from config.embedded import EmbeddedServices
from config.errors import ConfigurationError
from config.ports import free_port
from config.reachable import require_database
from tests.integration.config.commands import assert_one_line, manage

PASSWORD = "very-secret-0815"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServices]:
    """With three roles: `locked` needs a password, `plain` may create nothing, `bare` finds no extension."""
    services = EmbeddedServices(tmp_path_factory.mktemp("server"), postgres=True, redis=True, durable=False)
    services.acquire()
    with psycopg.connect(services.environment()["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"CREATE ROLE locked LOGIN SUPERUSER PASSWORD '{PASSWORD}'")
        connection.execute("CREATE ROLE plain LOGIN")
        connection.execute("CREATE ROLE bare LOGIN SUPERUSER")
        connection.execute("ALTER ROLE bare SET extension_control_path = '/nowhere'")
        row = connection.execute("SHOW hba_file").fetchone()
        assert row is not None
        rules = Path(row[0])
        rules.write_text("local all locked scram-sha-256\n" + rules.read_text())
        connection.execute("SELECT pg_reload_conf()")
    yield services
    services.release()


def address(server: EmbeddedServices, role: str, *, password: str = "", database: str = "handrail") -> str:
    assert server.postgres is not None
    host = quote(str(server.postgres.socket_folder()), safe="")
    return f"postgresql://{role}:{password}@/{database}?host={host}"


def test_no_postgresql_at_the_address(tmp_path: Path) -> None:
    nowhere = f"postgresql://someone:{PASSWORD}@127.0.0.1:{free_port()}/handrail"
    done = manage(tmp_path, "migrate", DATABASE_URL=nowhere)
    assert_one_line(done, "DATABASE_URL", "no PostgreSQL can be reached at 127.0.0.1", "unset DATABASE_URL")
    assert PASSWORD not in done.stdout + done.stderr
    assert not (tmp_path / "redis").exists(), "something was started before the address was tried"


def test_no_redis_at_the_address(tmp_path: Path) -> None:
    done = manage(tmp_path, "shell", "-c", "pass", REDIS_URL=f"redis://:{PASSWORD}@127.0.0.1:{free_port()}/0")
    assert_one_line(done, "REDIS_URL", "no Redis can be reached at 127.0.0.1", "unset REDIS_URL")
    assert PASSWORD not in done.stdout + done.stderr
    assert not (tmp_path / "postgres").exists(), "something was started before the address was tried"


def test_a_wrong_password_for_postgresql(server: EmbeddedServices, tmp_path: Path) -> None:
    require_database(address(server, "locked", password=PASSWORD))
    done = manage(tmp_path, "migrate", DATABASE_URL=address(server, "locked", password="wrong-0815"))
    assert_one_line(done, "DATABASE_URL", "refuses this user and password")
    assert "wrong-0815" not in done.stderr


def test_a_wrong_password_for_redis(server: EmbeddedServices, tmp_path: Path) -> None:
    right = server.environment()["REDIS_URL"]
    wrong = "redis://:wrong-0815@" + right.rpartition("@")[2]
    done = manage(tmp_path, "shell", "-c", "pass", REDIS_URL=wrong)
    assert_one_line(done, "REDIS_URL", "refuses this password")
    assert "wrong-0815" not in done.stderr


def test_a_database_that_does_not_exist(server: EmbeddedServices, tmp_path: Path) -> None:
    done = manage(tmp_path, "migrate", DATABASE_URL=address(server, "handrail", database="elsewhere"))
    assert_one_line(done, "DATABASE_URL", "has no database elsewhere", "create it")


def test_a_server_without_pgvector(server: EmbeddedServices, tmp_path: Path) -> None:
    done = manage(tmp_path, "migrate", DATABASE_URL=address(server, "bare"))
    assert_one_line(done, "DATABASE_URL", "has no extension vector", "install pgvector")


def test_a_role_that_may_not_create_the_extension(server: EmbeddedServices) -> None:
    with pytest.raises(ConfigurationError, match="let a superuser run CREATE EXTENSION vector"):
        require_database(address(server, "plain"))


def test_that_role_is_enough_once_the_extension_is_there(server: EmbeddedServices) -> None:
    with psycopg.connect(address(server, "handrail"), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
    try:
        require_database(address(server, "plain"))
    finally:
        with psycopg.connect(address(server, "handrail"), autocommit=True) as connection:
            connection.execute("DROP EXTENSION vector")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x:very-secret-0815@host/name"),
        ("DATABASE_URL", "postgresql://u:very-secret-0815@host:port/name"),
        ("REDIS_URL", "very-secret-0815"),
        ("HANDRAIL_PORT", "eighty"),
        ("SANDBOX_PORT", "70000"),
        ("REPLY_PAUSE_SECONDS", "-1"),
        ("DEBUG", "perhaps"),
        ("EMBEDDED_DURABLE", "perhaps"),
    ],
)
def test_a_malformed_setting_is_named_and_never_quoted_where_it_may_hold_a_password(
    tmp_path: Path, name: str, value: str
) -> None:
    done = manage(tmp_path, "run", **{name: value})
    assert_one_line(done, name)
    assert PASSWORD not in done.stderr
    assert not (tmp_path / "postgres").exists(), "something was started before the settings were read"


def test_a_data_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert_one_line(manage(tmp_path / "file" / "var", "migrate"), "HANDRAIL_DATA_DIR", "choose")
