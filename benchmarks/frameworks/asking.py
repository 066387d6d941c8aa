"""Asks the questions one after the other and in parallel, and says what it cost; the same for everybody compared.

Runs in foreign environments too, so it imports nothing that is not Python's own.
"""

import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

#: Gives the answer's text, calling its second argument when the first word is there.
Ask = Callable[[str, Callable[[], None]], str]


def measure(prepare: Callable[[str, str], Ask]) -> None:
    """Reads {"url", "model", "questions", "rounds", "parallel"} from standard input, writes one JSON object."""
    given = json.load(sys.stdin)
    begun = time.perf_counter()
    ask = prepare(given["url"], given["model"])
    imported = time.perf_counter() - begun
    questions = given["questions"]
    first: list[float] = []
    whole: list[float] = []
    empty = 0
    lock = threading.Lock()

    def one(question: str) -> None:
        nonlocal empty
        started = time.perf_counter()
        spoken: list[float] = []
        text = ask(question, lambda: spoken.append(time.perf_counter()))
        ended = time.perf_counter()
        with lock:
            first.append((spoken[0] if spoken else ended) - started)
            whole.append(ended - started)
            empty += not text.strip()

    for question in questions[:3]:
        one(question)
    first.clear()
    whole.clear()
    cpu, started = time.process_time(), time.perf_counter()
    for _ in range(given["rounds"]):
        for question in questions:
            one(question)
    alone = {"first": sorted(first), "whole": sorted(whole)}
    cpu_each = (time.process_time() - cpu) / max(1, len(whole))
    first.clear()
    whole.clear()
    started = time.perf_counter()
    with ThreadPoolExecutor(given["parallel"]) as pool:
        list(pool.map(one, questions * given["rounds"]))
    seconds = time.perf_counter() - started
    json.dump(
        {
            "asked": len(alone["whole"]) + len(whole),
            "empty": empty,
            "import_seconds": round(imported, 2),
            "first_token_p50_ms": _ms(alone["first"]),
            "whole_p50_ms": _ms(alone["whole"]),
            "cpu_ms_each": round(cpu_each * 1000, 2),
            "parallel_per_second": round(len(whole) / seconds, 1),
            "parallel_first_token_p50_ms": _ms(sorted(first)),
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        },
        sys.stdout,
    )


def _ms(values: list[float]) -> float:
    return round(values[len(values) // 2] * 1000, 2)
