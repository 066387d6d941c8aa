"""Times and recall of questions that are asked one after the other."""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def timed(one: Callable[[Any], object], asked: Sequence[Any] | np.ndarray[Any, Any]) -> dict[str, float]:
    milliseconds = []
    for item in asked:
        started = time.perf_counter()
        one(item)
        milliseconds.append((time.perf_counter() - started) * 1000)
    return {f"p{part}_ms": round(float(np.percentile(milliseconds, part)), 2) for part in (50, 95)}


def recall_of(hits: Sequence[int], truth: Sequence[set[int]]) -> float:
    """Share of what should have been found; one number of hits for each set of `truth`."""
    return round(sum(hits) / max(1, sum(map(len, truth))), 4)


def say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
