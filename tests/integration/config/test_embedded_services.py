"""The embedded PostgreSQL and Redis: found or started, shared, and gone with their last user however that one ended."""

import json
import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from config.embedded import EmbeddedServices
from config.embedded_postgres import SOCKET_FOLDER_BYTES
from config.errors import ConfigurationError
from tests.integration.config.commands import PROJECT, manage
from tests.integration.config.throw_away import another_user, eventually, processes_of, query, throw_away_services

__all__ = ["throw_away_services"]


# Who may reach them ---------------------------------------------------------------------------------------------------


def test_postgresql_listens_on_no_network_and_lets_only_its_owner_in(services: EmbeddedServices) -> None:
    assert query(services, "SHOW listen_addresses") == ""
    assert services.postgres is not None
    [found] = [path for path in services.postgres.socket_folder().iterdir() if path.suffix != ".lock"]
    assert stat.S_IMODE(found.stat().st_mode) & 0o077 == 0
    assert stat.S_IMODE(found.parent.stat().st_mode) & 0o077 == 0


def test_postgresql_keeps_its_promises_unless_tests_ask_otherwise(tmp_path: Path) -> None:
    durable = EmbeddedServices(tmp_path, postgres=True, redis=False)
    durable.acquire()
    try:
        assert [query(durable, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == [
            "on"
        ] * 3
        assert query(durable, "SHOW max_connections") == "200"
    finally:
        durable.release()


def test_redis_answers_only_on_loopback_and_only_with_its_password(services: EmbeddedServices, tmp_path: Path) -> None:
    record = json.loads((tmp_path / "redis" / "address.json").read_text())
    with redis.Redis(port=record["port"]) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    with redis.Redis.from_url(services.environment()["REDIS_URL"]) as client:
        assert client.config_get("bind")["bind"] == "127.0.0.1"
        assert client.config_get("save")["save"] == ""
        assert client.config_get("appendonly")["appendonly"] == "no"


def test_the_redis_password_is_in_private_files_only_and_in_no_command_line(
    services: EmbeddedServices, tmp_path: Path
) -> None:
    password = json.loads((tmp_path / "redis" / "address.json").read_text())["password"]
    holders = [path for path in (tmp_path / "redis").iterdir() if password in path.read_text(errors="replace")]
    assert {path.name for path in holders} == {"address.json", "redis.conf"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in holders} == {0o600}
    assert all(password not in " ".join(process.cmdline()) for process in processes_of(tmp_path))


# Found, shared, stopped -----------------------------------------------------------------------------------------------


def test_a_command_finds_running_services_and_leaves_them_running(services: EmbeddedServices, tmp_path: Path) -> None:
    query(services, "CREATE TABLE promise AS SELECT 'kept' AS word")
    running = {process.pid: process.ppid() for process in processes_of(tmp_path)}
    before = {pid for pid, parent in running.items() if parent not in running}  # PostgreSQL's own children come and go
    script = (
        "from django.db import connection as c; k = c.cursor(); "
        "k.execute('SELECT word FROM promise'); print(k.fetchone())"
    )
    done = manage(tmp_path, "shell", "--no-imports", "-c", script)
    assert done.stdout == "('kept',)\n", done.stderr
    assert query(services, "SELECT word FROM promise") == "kept"
    assert before <= {process.pid for process in processes_of(tmp_path)}


def test_a_command_starts_services_where_none_run_and_stops_them_at_its_end(tmp_path: Path) -> None:
    script = (
        "from django.db import connection as c; k = c.cursor(); k.execute('SELECT 6 * 7'); "
        "from django.core.cache import cache; cache.set('a', k.fetchone()[0]); print(cache.get('a'))"
    )
    done = manage(tmp_path, "shell", "--no-imports", "-c", script)
    assert done.stdout == "42\n", done.stderr
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize(
    "arguments", [("help",), ("--help",), ("--version",), ("migrate", "--help"), (), ("diffsettings",)]
)
def test_a_command_that_needs_no_service_starts_none(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = manage(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "postgres").exists()
    assert not (tmp_path / "redis").exists()


def test_the_last_user_stops_the_services_and_no_one_before(services: EmbeddedServices, tmp_path: Path) -> None:
    other = another_user(tmp_path)
    services.release()
    assert {"postgres", "redis-server"} <= {process.name() for process in processes_of(tmp_path)}
    other.communicate("", timeout=20)
    assert processes_of(tmp_path) == []


def test_services_end_by_themselves_when_their_only_user_is_killed(tmp_path: Path) -> None:
    only = another_user(tmp_path)
    assert len(processes_of(tmp_path)) >= 5
    only.kill()
    only.wait()
    eventually(lambda: processes_of(tmp_path) == [])


def test_a_killed_user_takes_nothing_from_the_others(services: EmbeddedServices, tmp_path: Path) -> None:
    other = another_user(tmp_path)
    other.kill()
    other.wait()
    time.sleep(1)  # several looks of the keepers
    assert query(services, "SELECT 1") == 1


def test_two_data_directories_live_side_by_side(
    services: EmbeddedServices, tmp_path_factory: pytest.TempPathFactory
) -> None:
    second = EmbeddedServices(tmp_path_factory.mktemp("second"), postgres=True, redis=True, durable=False)
    second.acquire()
    try:
        query(services, "CREATE TABLE only_here ()")
        assert query(second, "SELECT to_regclass('only_here')") is None
        assert second.environment()["REDIS_URL"] != services.environment()["REDIS_URL"]
    finally:
        second.release()
    assert query(services, "SELECT 1") == 1


def test_a_path_too_long_for_a_socket_or_with_odd_characters_works(tmp_path: Path) -> None:
    folder = tmp_path / ("deep-" * 20) / "with space, comma é"
    long = EmbeddedServices(folder, postgres=True, redis=True, durable=False)
    long.acquire()
    try:
        assert len(os.fsencode(folder / "postgres" / "socket")) > SOCKET_FOLDER_BYTES
        assert query(long, "SELECT 1") == 1
        with redis.Redis.from_url(long.environment()["REDIS_URL"]) as client:
            assert client.ping()
    finally:
        long.release()
    assert processes_of(folder) == []


# What cannot be cured -------------------------------------------------------------------------------------------------


def test_data_of_another_postgresql_is_refused_with_the_cure(services: EmbeddedServices, tmp_path: Path) -> None:
    services.release()
    (tmp_path / "postgres" / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(ConfigurationError) as caught:
        services.acquire()
    assert "HANDRAIL_DATA_DIR" in str(caught.value)
    assert "PostgreSQL 16" in str(caught.value)
    assert processes_of(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")
def test_a_data_directory_of_somebody_else_names_the_setting(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    tmp_path.parent.chmod(0o755)
    tmp_path.parent.parent.chmod(0o755)
    script = (
        "import os, sys; from pathlib import Path; from config.embedded import EmbeddedServices; os.setuid(65534)\n"
        "from config.errors import ConfigurationError\n"
        "try: EmbeddedServices(Path(sys.argv[1]) / 'x', postgres=True, redis=True).acquire()\n"
        "except ConfigurationError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith("HANDRAIL_DATA_DIR: ")
    assert "cannot be written" in done.stdout
