"""The embedded services after kill -9 of any of their processes."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from config.embedded import EmbeddedServices
from config.embedded_control import RedisControl, ServiceControl
from tests.integration.config.throw_away import dead, eventually, processes_of, query, throw_away_services

__all__ = ["throw_away_services"]

pytestmark = pytest.mark.faults


def test_a_commit_survives_the_kill_of_postgresql(services: EmbeddedServices) -> None:
    assert services.postgres is not None
    query(services, "CREATE TABLE promise AS SELECT 'kept' AS word")
    before = services.postgres.process_id()
    ServiceControl(services.postgres).kill()
    ServiceControl(services.postgres).wait_ready()
    assert services.postgres.process_id() != before
    assert query(services, "SELECT word FROM promise") == "kept"


def test_redis_comes_back_at_the_same_address_after_its_kill(services: EmbeddedServices) -> None:
    assert services.redis is not None
    before = services.environment()["REDIS_URL"]
    control = RedisControl(services.redis)
    control.kill()
    control.wait_ready()
    assert services.environment()["REDIS_URL"] == before


def test_an_outage_lasts_as_long_as_a_test_wants(services: EmbeddedServices) -> None:
    assert services.postgres is not None
    control = ServiceControl(services.postgres)
    control.stop()
    time.sleep(1)  # several looks of the keeper
    with pytest.raises(psycopg.OperationalError):
        query(services, "SELECT 1")
    control.start()
    assert query(services, "SELECT 1") == 1


def test_a_killed_keeper_is_replaced_and_its_service_adopted(services: EmbeddedServices, tmp_path: Path) -> None:
    assert services.postgres is not None
    postmaster = services.postgres.process_id()
    keeper = int((tmp_path / "postgres" / "keeper.lock").read_text())
    os.kill(keeper, signal.SIGKILL)
    eventually(lambda: dead(keeper))
    services.keep_alive()
    eventually(lambda: (tmp_path / "postgres" / "keeper.lock").read_text() not in ("", str(keeper)))
    assert services.postgres.process_id() == postmaster
    services.release()
    assert processes_of(tmp_path) == []


def test_the_next_start_recovers_after_everything_was_killed_at_once(
    services: EmbeddedServices, tmp_path: Path
) -> None:
    query(services, "CREATE TABLE promise AS SELECT 'kept' AS word")
    for process in processes_of(tmp_path):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    services.release()
    again = EmbeddedServices(tmp_path, postgres=True, redis=True, durable=False)
    again.acquire()
    try:
        assert query(again, "SELECT word FROM promise") == "kept"
    finally:
        again.release()


def test_a_mark_left_by_a_postmaster_whose_number_another_program_has_now_is_seen_through(tmp_path: Path) -> None:
    services = EmbeddedServices(tmp_path, postgres=True, redis=False, durable=False)
    services.acquire()
    assert services.postgres is not None
    owner = (tmp_path / "postgres" / "data").stat()
    mark = tmp_path / "postgres" / "data" / "postmaster.pid"
    left = mark.read_text()
    services.release()
    other = subprocess.Popen(["sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None)
    try:
        mark.write_text(left.replace(left.split("\n", 1)[0], str(other.pid), 1))
        os.chown(mark, owner.st_uid, owner.st_gid)
        services.acquire()
        assert query(services, "SELECT 1") == 1
        assert other.poll() is None
    finally:
        services.release()
        other.kill()
        other.wait()


def test_a_creation_cut_short_is_done_again(tmp_path: Path) -> None:
    half = tmp_path / "postgres" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    services = EmbeddedServices(tmp_path, postgres=True, redis=False, durable=False)
    services.acquire()
    try:
        assert query(services, "SELECT 1") == 1
    finally:
        services.release()


def test_redis_takes_another_port_when_its_old_one_is_taken(services: EmbeddedServices, tmp_path: Path) -> None:
    services.release()
    old = json.loads((tmp_path / "redis" / "address.json").read_text())["port"]
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", old))
        other.listen()
        services.acquire()
    with redis.Redis.from_url(services.environment()["REDIS_URL"]) as client:
        assert client.ping()
    assert f":{old}/" not in services.environment()["REDIS_URL"]
