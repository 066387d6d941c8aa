"""Two pools under load, the first one's server killed: how long until the second serves all of it, and what was lost.

Worker processes ask as a turn does, through the pools; their records are shared in a real Redis. No turn around it.
"""

import logging
import multiprocessing
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings

from benchmarks.model_server import ModelServer, model_servers
from benchmarks.running import DATA
from benchmarks.tables import Table
from chatbot.llm.benchmark import question_number
from chatbot.llm.breaker import Rules
from chatbot.llm.client import HubModel
from chatbot.llm.errors import ModelError, Outcome
from chatbot.llm.model import Sampling
from chatbot.llm.pool_health import Change, Pool, PoolHealth
from chatbot.llm.pooled import PooledModel
from chatbot.llm.shared_records import SharedRecords
from config.embedded import EmbeddedServices

WORKERS, THREADS = 2, 10
#: As the settings' defaults, but for the rest, so that the way back is seen within the run.
RULES = Rules(
    window_seconds=60.0,
    least_calls=10,
    degraded_share=0.05,
    open_share=0.10,
    failures_in_a_row=5,
    rest_seconds=1.0,
    longest_rest_seconds=60.0,
    probes=2,
    slow_seconds=1.0,
    slow_answers=0,
)
KILL_AFTER, START_AFTER, END_AFTER = 5.0, 10.0, 20.0  #: seconds
FIRST, SECOND = "first", "second"


def run(*, quick: bool = False) -> dict[str, Any]:
    services = EmbeddedServices(DATA / "takeover", postgres=False, redis=True)
    services.acquire()
    try:
        result = _measured(services.environment()["REDIS_URL"], hurry=0.5 if quick else 1.0)
    finally:
        services.release()
    table = Table("Two pools, the first killed under load", ("measure", "value"))
    for name, value in result.items():
        table.row(name, value)
    table.show()
    return result


def _measured(redis_address: str, *, hurry: float) -> dict[str, Any]:
    with model_servers(2, first_token_ms=50.0, tokens_per_second=1_000.0) as servers:
        context = multiprocessing.get_context("spawn")
        told: Any = context.Queue()
        urls = [server.url for server in servers]
        begun = time.monotonic() + 3.0  # the workers are up by then
        ends = begun + END_AFTER * hurry
        workers = [context.Process(target=_work, args=(urls, redis_address, begun, ends, told)) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        moments = _play(servers[0], begun=begun, hurry=hurry)
        found = [told.get(timeout=END_AFTER + 90) for _ in workers]
        for worker in workers:
            worker.join(10)
    return _report([call for calls, _ in found for call in calls], [one for _, all_ in found for one in all_], moments)


def _play(first: ModelServer, *, begun: float, hurry: float) -> dict[str, float]:
    time.sleep(max(0.0, begun + KILL_AFTER * hurry - time.monotonic()))
    first.kill()
    killed = time.monotonic()
    time.sleep(max(0.0, begun + START_AFTER * hurry - time.monotonic()))
    first.start()
    return {"killed": killed, "started": time.monotonic()}


def _work(urls: list[str], redis_address: str, begun: float, ends: float, told: Any) -> None:
    """One worker process: THREADS askers until `ends`. Sends its calls, and the changes that it made."""
    logging.disable(logging.CRITICAL)  # that the first pool fails is what is measured
    changes: list[tuple[float, str]] = []
    lock = threading.Lock()

    def hear(change: Change) -> None:
        with lock:
            changes.append((time.monotonic(), change.after.value))

    settings.configure(MODEL_TOKEN_PROBABILITIES=False)  # all that the client asks of Django
    health = PoolHealth(SharedRecords(redis_address, RULES), RULES, hear)
    model = PooledModel(
        [
            Pool(
                key=f"takeover-{name}-{begun:.0f}",
                name=name,
                region="",
                model=HubModel(url=url, name="openai/gpt-oss-20b"),
                maximum_tokens=0,
                parallel_calls=0,
                longest_seconds=30.0,
            )
            for name, url in zip((FIRST, SECOND), urls, strict=True)
        ],
        health,
    )
    calls: list[dict[str, Any]] = []

    def asks(number: int) -> None:
        time.sleep(max(0.0, begun - time.monotonic()))
        while time.monotonic() < ends:
            number += THREADS
            started = time.monotonic()
            try:
                reply = model.reply(question_number(number), Sampling(temperature=0.0, maximum_tokens=60))
                asked, pool = reply.asked, reply.pool
            except ModelError as error:
                asked, pool = tuple(error.asked), ""
            failed = [one.milliseconds / 1000 for one in asked if one.outcome is Outcome.FAILED]
            call = {
                "started": started,
                "ended": time.monotonic(),
                "pool": pool,
                "failed_after": failed[0] if failed else None,
            }
            with lock:
                calls.append(call)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(asks, range(THREADS)))
    told.put((calls, changes))


def _report(calls: list[dict[str, Any]], changes: list[tuple[float, str]], moments: dict[str, float]) -> dict[str, Any]:
    failures = sorted(call["started"] + call["failed_after"] for call in calls if call["failed_after"] is not None)
    opened = [at for at, state in sorted(changes) if state == "open"]
    after_kill = [call for call in calls if call["started"] > moments["killed"]]
    back = [call["ended"] for call in after_kill if call["pool"] == FIRST and call["started"] > moments["started"]]
    before = [call["ended"] - call["started"] for call in calls if call["ended"] < moments["killed"]]
    during = [call["ended"] - call["started"] for call in calls if call["failed_after"] is not None]
    return {
        "answers": sum(bool(call["pool"]) for call in calls),
        "lost": sum(not call["pool"] for call in calls),
        "calls that met the dead server": len(failures),
        "first failure to open, ms": round((opened[0] - failures[0]) * 1000) if opened and failures else None,
        "first failure to full service from the second, ms": (
            round((failures[-1] - failures[0]) * 1000) if failures and opened else None
        ),
        "slowest answer before, ms": round(max(before) * 1000) if before else None,
        "slowest answer that met it, ms": round(max(during) * 1000) if during else None,
        "server up to the first answer of the first pool, ms": (
            round((min(back) - moments["started"]) * 1000) if back else None
        ),
        "states of the first pool": " → ".join(state for _, state in sorted(changes)),
    }


if __name__ == "__main__":
    sys.exit(0 if run(quick="--quick" in sys.argv)["lost"] == 0 else 1)
