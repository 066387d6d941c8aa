"""What our client costs beside a bare HTTP client, and beside LangChain and LlamaIndex: one stand-in server, one run.

The frameworks are asked where they are installed: `--packages` (or FRAMEWORKS_PYTHON) names the Python of one
that has them. They are no part of our requirements. Where they are not, the output says so.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import httpx2
import numpy as np
from django.conf import settings

from benchmarks.frameworks import shelf
from benchmarks.model_server import model_servers
from benchmarks.running import DATA
from benchmarks.tables import Table
from chatbot.llm.benchmark import question_number
from chatbot.llm.client import HubModel
from chatbot.llm.model import Sampling
from chatbot.llm.pool_health import Pool, PoolHealth
from chatbot.llm.pooled import PooledModel
from chatbot.llm.shared_records import SharedRecords
from config.embedded import EmbeddedServices

MODEL: Final = "openai/gpt-oss-20b"
PARALLEL: Final = 20
ROUNDS: Final = 6
CALLS_A_ROUND: Final = 60
#: As the goal says: 300 ms to the first token, then 100 tokens a second.
FIRST_TOKEN_MS, TOKENS_PER_SECOND = 300.0, 100.0
THROUGHPUT_PARALLEL: Final = 80
#: (name, script, what to install)
FRAMEWORKS: Final = (
    ("LangChain", "with_langchain.py", "langchain-openai"),
    ("LlamaIndex", "with_llamaindex.py", "llama-index-core llama-index-llms-openai-like"),
)
_FOLDER: Final = Path(__file__).resolve().parent / "frameworks"

#: Asks once, and gives the seconds to the first word.
Way = Callable[[int], float]


def run(*, quick: bool = False, packages: str | None = None) -> dict[str, Any]:
    services = EmbeddedServices(DATA / "model-client", postgres=False, redis=True)
    services.acquire()
    redis_address = services.environment()["REDIS_URL"]
    try:
        with model_servers(1, first_token_ms=FIRST_TOKEN_MS, tokens_per_second=TOKENS_PER_SECOND) as servers:
            url = servers[0].url
            added = _added(url, redis_address, rounds=2 if quick else ROUNDS)
            throughput = _throughput(url, redis_address, calls=200 if quick else 600)
        with model_servers(1, first_token_ms=1.0, tokens_per_second=20_000.0) as servers:
            compared = _compared(servers[0].url, redis_address, packages, rounds=1 if quick else 3)
    finally:
        services.release()
    return {"added": added, "throughput": throughput, "frameworks": compared}


def _ways(url: str, redis_address: str) -> dict[str, Way]:
    from benchmarks.takeover import RULES

    if not settings.configured:
        settings.configure(MODEL_TOKEN_PROBABILITIES=False)  # all that the client asks of Django
    sampling = Sampling(temperature=0.0, maximum_tokens=100)
    one = HubModel(url=url, name=MODEL)
    pool = Pool(
        key="client", name="one", region="", model=one, maximum_tokens=0, parallel_calls=0, longest_seconds=30.0
    )
    pooled = PooledModel([pool], PoolHealth(SharedRecords(redis_address, RULES), RULES, lambda _: None))
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=200)
    bare = httpx2.Client(base_url=url, trust_env=False, timeout=30.0, limits=limits)

    def bare_way(number: int) -> float:
        messages = [{"role": one.role, "content": one.content} for one in question_number(number)]
        body = {"model": MODEL, "messages": messages, "stream": True, "temperature": 0.0, "max_tokens": 100}
        started, first = time.perf_counter(), 0.0
        with bare.stream("POST", "/v1/chat/completions", json=body) as response:
            for line in response.iter_lines():
                if (
                    line.startswith("data: {")
                    and json.loads(line[6:])["choices"][0]["delta"].get("content")
                    and not first
                ):
                    first = time.perf_counter()
        return first - started

    return {
        "bare HTTP client": bare_way,
        "one server, through our client": lambda number: (
            one.reply(question_number(number), sampling).first_token_milliseconds / 1000
        ),
        "through a pool": lambda number: (
            pooled.reply(question_number(number), sampling).first_token_milliseconds / 1000
        ),
    }


def _added(url: str, redis_address: str, *, rounds: int) -> dict[str, Any]:
    """The three ways in turn, round after round, so that a busy machine is busy for all of them."""
    ways = _ways(url, redis_address)
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    cpu = dict.fromkeys(ways, 0.0)
    with ThreadPoolExecutor(PARALLEL) as threads:
        for number in range(rounds + 1):
            for name, way in ways.items():
                before = time.process_time()
                found = list(threads.map(way, range(CALLS_A_ROUND)))
                if number:  # the first round builds the connections
                    seconds[name] += found
                    cpu[name] += time.process_time() - before
    table = Table(
        f"To the first token, {PARALLEL} at a time, {rounds * CALLS_A_ROUND} calls each",
        ("way", "p50 ms", "p99 ms", "added p50 ms", "added p99 ms", "CPU ms a call"),
    )
    bare = seconds["bare HTTP client"]
    result: dict[str, Any] = {}
    for name, found in seconds.items():
        row = {
            "p50_ms": _percentile(found, 50),
            "p99_ms": _percentile(found, 99),
            "added_p50_ms": round(_percentile(found, 50) - _percentile(bare, 50), 2),
            "added_p99_ms": round(_percentile(found, 99) - _percentile(bare, 99), 2),
            "cpu_ms": round(cpu[name] / len(found) * 1000, 2),
        }
        result[name] = row
        table.row(name, *row.values())
    table.show()
    return result


def _throughput(url: str, redis_address: str, *, calls: int) -> dict[str, Any]:
    ways = _ways(url, redis_address)
    table = Table(
        f"Streamed answers, {THROUGHPUT_PARALLEL} at a time, first token after {FIRST_TOKEN_MS:.0f} ms, "
        f"{TOKENS_PER_SECOND:.0f} tokens/s",
        ("way", "answers/s"),
    )
    result: dict[str, Any] = {}
    for name, way in ways.items():
        with ThreadPoolExecutor(THROUGHPUT_PARALLEL) as threads:
            list(threads.map(way, range(THROUGHPUT_PARALLEL)))
            started = time.perf_counter()
            list(threads.map(way, range(calls)))
            result[name] = round(calls / (time.perf_counter() - started), 1)
        table.row(name, result[name])
    table.show()
    return result


def _compared(url: str, redis_address: str, packages: str | None, *, rounds: int) -> dict[str, Any]:
    """Each in a process of its own, one after the other."""
    foreign = packages or os.environ.get("FRAMEWORKS_PYTHON", "")
    given = {
        "url": url,
        "model": MODEL,
        "questions": shelf.questions()[:20],
        "rounds": rounds,
        "parallel": 8,
    }
    table = Table(
        "The same questions, the same retriever, the same server",
        ("who", "first word p50 ms", "whole p50 ms", "CPU ms each", "8 at a time /s", "peak memory MB", "import s"),
    )
    result: dict[str, Any] = {}
    known = [
        ("Handrail", "with_handrail.py alone", ""),
        ("Handrail, a whole worker", "with_handrail.py", ""),
        *FRAMEWORKS,
    ]
    for name, command, install in known:
        python = foreign if install else sys.executable
        if not python:
            sys.stdout.write(f"{name}: not asked; it is not installed. See --packages in docs/benchmarks.md.\n")
            continue
        environment = {**os.environ, "REDIS_URL": redis_address, "LOG_LEVEL": "ERROR"}
        done = subprocess.run(
            [python, str(_FOLDER / command.split()[0]), *command.split()[1:]],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            env=environment,
            timeout=900,
            check=False,
        )
        if done.returncode != 0:
            last = done.stderr.strip().splitlines()[-1:] or ["no word of why"]
            missing = f"; install {install}" if "ModuleNotFoundError" in last[0] and install else ""
            sys.stdout.write(f"{name}: not asked: {last[0]}{missing}\n")
            continue
        row = json.loads(done.stdout.strip().splitlines()[-1])
        result[name] = row
        table.row(
            name,
            row["first_token_p50_ms"],
            row["whole_p50_ms"],
            row["cpu_ms_each"],
            row["parallel_per_second"],
            row["peak_memory_mb"],
            row["import_seconds"],
        )
    table.show()
    return result


def _percentile(values: list[float], share: float) -> float:
    return round(float(np.percentile(values, share)) * 1000, 2)
