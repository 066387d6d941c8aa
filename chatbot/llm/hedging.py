"""Two pools asked for one reply: whoever speaks first answers, and the other is cancelled.

It costs tokens that nobody reads, so it is bounded: two pools at most, and HEDGES_AT_A_TIME in one process.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from chatbot.llm.deadlines import Call, as_call
from chatbot.llm.model import Listener

Given = TypeVar("Given")

#: Where all pools are slow, asking twice would only make them slower.
HEDGES_AT_A_TIME: Final = 4
budget: Final = threading.BoundedSemaphore(HEDGES_AT_A_TIME)


@dataclass(slots=True, eq=False)
class Runner(Generic[Given]):
    """One of the two. `given` or `error` is there once it has ended."""

    call: Call
    given: Given | None = None
    error: BaseException | None = None
    has_ended: bool = False


class Race(Generic[Given]):
    """Thread-safe. The listener hears the winner alone."""

    def __init__(self, listener: Listener | None) -> None:
        self._listener = listener
        self._changed = threading.Condition()
        self._runners: list[Runner[Given]] = []
        self.winner: Runner[Given] | None = None

    def start(self, ask: Callable[[Listener | None], Given]) -> Runner[Given]:
        """`ask` runs in a thread of its own."""
        runner: Runner[Given] = Runner(call=Call(on_word=lambda: self._claim(runner)))
        with self._changed:
            self._runners.append(runner)

        def heard(text: Callable[[], str]) -> None:
            if self.winner is runner and self._listener is not None:
                self._listener(text)

        def run() -> None:
            try:
                with as_call(runner.call):
                    runner.given = ask(heard if self._listener is not None else None)
            except BaseException as error:  # noqa: BLE001  # raised again by whoever waits
                runner.error = error
            with self._changed:
                runner.has_ended = True
                self._changed.notify_all()

        threading.Thread(target=run, name="model-race", daemon=True).start()
        return runner

    def is_late(self, seconds: float) -> bool:
        """Waits for a first word, or for an end, so long; True if neither came."""
        with self._changed:
            return not self._changed.wait_for(lambda: self.winner is not None or self._all_ended(), seconds)

    def finish(self) -> Runner[Given]:
        """Waits until the winner has ended; where nobody spoke, the last to end. All others are cancelled."""
        with self._changed:
            self._changed.wait_for(lambda: self.winner.has_ended if self.winner is not None else self._all_ended())
            return self.winner or self._runners[-1]

    def _claim(self, runner: Runner[Given]) -> None:
        with self._changed:
            if self.winner is None and not runner.call.is_cancelled:
                self.winner = runner
                for other in self._runners:
                    if other is not runner:
                        other.call.cancel()
            self._changed.notify_all()

    def _all_ended(self) -> bool:
        return all(runner.has_ended for runner in self._runners)
