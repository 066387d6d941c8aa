"""The webhook door against a bare handler, turn by turn in one run: same server, same database, same client."""

import hashlib
import hmac
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from uuid import uuid4

import psutil
import psycopg
import uvloop

from benchmarks.http_client import Answered, closed_loop, open_loop
from benchmarks.running import free_port, running_system
from benchmarks.tables import Table
from config.supervisor import PROJECT

ROUNDS, ROUND_SECONDS, CONNECTIONS = 4, 5.0, 16
HALF_LOAD_SECONDS = 15.0
REQUESTS_A_SECOND_MAX = 6_000  #: made beforehand, for one round
SECRET = "benchmark-secret"
BARE_TABLE = "benchmark_bare_event"


def run(*, quick: bool = False) -> dict[str, Any]:
    rounds, seconds = (2, 2.0) if quick else (ROUNDS, ROUND_SECONDS)
    with running_system({"INTERCOM_CLIENT_SECRET": SECRET}, programs=("web",)) as system:
        environment = {**system.environment(), "BARE_TABLE": BARE_TABLE}
        with _table(environment["DATABASE_URL"]), _bare(environment) as (bare_port, bare_id):
            doors = {"bare": (bare_port, bare_id), "ours": (system.web_port, system.processes["web"])}
            for port, _ in doors.values():
                _closed(port, seconds=1.0)  # connections, caches and code warm
            rows: list[dict[str, Any]] = []
            for number in range(1, rounds + 1):
                for name, (port, process_id) in doors.items():
                    before = _cpu(process_id)
                    answered = _closed(port, seconds=seconds)
                    cpu = (_cpu(process_id) - before) / max(1, len(answered.milliseconds)) * 1000
                    rows.append(_row(name, number, answered, cpu))
            ours = median(row["per_second"] for row in rows if row["door"] == "ours")
            bare = median(row["per_second"] for row in rows if row["door"] == "bare")
            count = int(ours / 2 * (4.0 if quick else HALF_LOAD_SECONDS))
            half = uvloop.run(open_loop(system.web_port, _requests(count), rate=ours / 2))
            _empty(environment)
    table = Table(
        "Webhook intake", ("door", "round", "webhooks/s", "p50 ms", "p99 ms", "server CPU ms each", "not 200")
    )
    for row in rows:
        table.row(*row.values())
    table.show()
    result = {
        "ours_per_second": ours,
        "bare_per_second": bare,
        "ratio": round(ours / bare, 3),
        "ratio_by_cpu": round(
            median(row["cpu_ms"] for row in rows if row["door"] == "bare")
            / median(row["cpu_ms"] for row in rows if row["door"] == "ours"),
            3,
        ),
        "half_load_per_second": round(ours / 2, 1),
        "half_load_p99_ms": round(_percentile(half.milliseconds, 0.99), 2),
        "half_load_not_200": half.others,
    }
    summary = Table("Webhook intake: medians", ("measure", "value"))
    for name, value in result.items():
        summary.row(name, value)
    summary.show()
    return result


def _closed(port: int, *, seconds: float) -> Answered:
    return uvloop.run(
        closed_loop(port, _requests(int(seconds * REQUESTS_A_SECOND_MAX)), connections=CONNECTIONS, seconds=seconds)
    )


def _row(name: str, number: int, answered: Answered, cpu: float) -> dict[str, Any]:
    return {
        "door": name,
        "round": number,
        "per_second": round(answered.per_second, 1),
        "p50_ms": round(_percentile(answered.milliseconds, 0.5), 2),
        "p99_ms": round(_percentile(answered.milliseconds, 0.99), 2),
        "cpu_ms": round(cpu, 3),
        "others": answered.others,
    }


def _requests(count: int) -> list[bytes]:
    """Signed notifications of new conversations, each with an id of its own."""
    return [_request(uuid4().hex) for _ in range(count)]


def _request(notification_id: str) -> bytes:
    body = _BODY.replace(b"NOTIFICATION", notification_id.encode())
    signature = hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()
    return (
        b"POST /webhooks/intercom HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        b"user-agent: intercom-parrot-service-client/1.0\r\n"
        + f"x-hub-signature: sha1={signature}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        + body
    )


_BODY = json.dumps(
    {
        "type": "notification_event",
        "app_id": "benchmark",
        "id": "notif_NOTIFICATION",
        "topic": "conversation.user.created",
        "delivery_attempts": 1,
        "created_at": 1_700_000_000,
        "data": {
            "type": "notification_event_data",
            "item": {
                "type": "conversation",
                "id": "NOTIFICATION",
                "created_at": 1_700_000_000,
                "updated_at": 1_700_000_000,
                "state": "open",
                "read": False,
                "source": {
                    "type": "conversation",
                    "id": "1",
                    "delivered_as": "customer_initiated",
                    "body": "<p>"
                    + "My parcel has not moved since Friday, and I leave on Tuesday. What now? " * 6
                    + "</p>",
                    "author": {"type": "user", "id": "c1", "name": "Dana", "email": "dana@example.com"},
                    "attachments": [],
                },
                "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "c1", "external_id": "7"}]},
                "teammates": {"type": "admin.list", "admins": []},
                "custom_attributes": {},
                "tags": {"type": "tag.list", "tags": []},
                "statistics": {"type": "conversation_statistics", "count_conversation_parts": 1},
                "conversation_parts": {"type": "conversation_part.list", "conversation_parts": [], "total_count": 0},
            },
        },
    }
).encode()


@contextmanager
def _table(database_url: str) -> Iterator[None]:
    with psycopg.connect(database_url, autocommit=True) as database:
        database.execute(f"DROP TABLE IF EXISTS {BARE_TABLE}")
        database.execute(f"CREATE TABLE {BARE_TABLE} (LIKE chatbot_inboundevent INCLUDING ALL)")
        try:
            yield
        finally:
            database.execute(f"DROP TABLE {BARE_TABLE}")


@contextmanager
def _bare(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """The bare handler under the same server, with the same options."""
    port = free_port()
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", "benchmarks.bare_door:application", "--host", "127.0.0.1"),
            *("--port", str(port), "--no-access-log", "--log-level", "warning", "--loop", "uvloop"),
            *("--http", "httptools", "--timeout-graceful-shutdown", "2"),
        ],
        cwd=PROJECT,
        env=environment,
    )
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
            except urllib.error.HTTPError:
                break  # 401: it answers
            except OSError:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise
                time.sleep(0.1)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(10)


def _empty(environment: dict[str, str]) -> None:
    """What the door stored and enqueued, so that the next benchmark does not meet it."""
    import redis

    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as database:
        database.execute("DELETE FROM chatbot_inboundevent WHERE app_id = 'benchmark'")
    redis.Redis.from_url(environment["REDIS_URL"]).delete("handrail")


def _cpu(process_id: int) -> float:
    times = psutil.Process(process_id).cpu_times()
    return float(times.user + times.system)


def _percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)] if ordered else float("nan")
