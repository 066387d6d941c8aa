"""A clock for the stages of one turn."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

#: The stages of a turn, in order; jsonb forgets the order of keys.
STAGES = ("conversation", "understand", "mask", "mood", "approved", "recall", "retrieve", "generate", "decide")


class StageClock:
    """Milliseconds by stage, in the order in which they ran."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.milliseconds[name] = round((time.perf_counter() - started) * 1000, 2)
