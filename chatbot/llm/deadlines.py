"""Ends calls that take too long, by shutting their connections down: a read that waits cannot look at the clock itself.

The limits of an HTTP library are for one read each, so a server that sends signs of life without words would never be
given up. One thread of a process watches all its calls.
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Final

#: Times are kept to within this.
TICK_SECONDS: Final = 0.05


class Call:
    """One call that somebody else may want to end, and whose first word is waited for."""

    def __init__(self, on_word: Callable[[], None] = lambda: None) -> None:
        self.has_spoken = threading.Event()  #: its first words have come
        self.is_cancelled = False
        self._on_word = on_word
        self._deadline: Deadline | None = None
        self._lock = threading.Lock()

    def cancel(self) -> None:
        with self._lock:
            self.is_cancelled = True
            if self._deadline is not None:
                self._deadline.expire("it was no longer wanted")

    def spoke(self) -> None:
        self.has_spoken.set()
        self._on_word()

    def follow(self, deadline: "Deadline") -> None:
        with self._lock:
            self._deadline = deadline
            if self.is_cancelled:
                deadline.expire("it was no longer wanted")


_call: ContextVar[Call | None] = ContextVar("call", default=None)


@contextmanager
def as_call(call: Call) -> Iterator[None]:
    """What this thread asks a model inside belongs to `call`."""
    token = _call.set(call)
    try:
        yield
    finally:
        _call.reset(token)


class Deadline:
    """Of one call, `total_seconds` at the most. `expired` says which limit ended it, "" while none did."""

    def __init__(self, *, total_seconds: float, spent: float = 0.0) -> None:
        self.expired = ""
        self._ends_at = time.monotonic() + total_seconds - spent
        self._total = f"it took more than {total_seconds:g} s"
        self._until, self._what = self._ends_at, self._total
        self._socket: socket.socket | None = None
        self._call = _call.get()

    def attach(self, connection: socket.socket | None) -> None:
        """From now on time's end shuts this connection down."""
        self._socket = connection
        if self._call is not None:
            self._call.follow(self)

    def allow(self, seconds: float, what: str) -> None:
        """The next words must come within so many seconds; `what` is said otherwise."""
        now = time.monotonic()
        until = now + seconds
        self._until, self._what = (until, what) if until < self._ends_at else (self._ends_at, self._total)
        if now >= self._ends_at:
            self.expire(self._total)

    def spoke(self) -> None:
        if self._call is not None:
            self._call.spoke()

    def expire_if_due(self, now: float) -> None:
        if now >= self._until and not self.expired:
            self.expire(self._what)

    def expire(self, what: str) -> None:
        self.expired = self.expired or what
        if self._socket is not None:
            with suppress(OSError):
                # Of the plain socket, whatever speaks TLS above it: that one is being read by another thread.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@contextmanager
def deadline(*, total_seconds: float, spent: float = 0.0) -> Iterator[Deadline]:
    """Watched while inside; `spent` seconds of the total are gone already."""
    one = Deadline(total_seconds=total_seconds, spent=spent)
    _watch.add(one)
    try:
        yield one
    finally:
        _watch.remove(one)


class _Watch:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deadlines: set[Deadline] = set()
        self._begun = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, one: Deadline) -> None:
        with self._lock:
            self._deadlines.add(one)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="model-deadlines", daemon=True)
                self._thread.start()
        self._begun.set()

    def remove(self, one: Deadline) -> None:
        with self._lock:
            self._deadlines.discard(one)

    def _run(self) -> None:
        while True:
            self._begun.wait()
            time.sleep(TICK_SECONDS)
            with self._lock:
                watched = tuple(self._deadlines)
                if not watched:
                    self._begun.clear()
            now = time.monotonic()
            for one in watched:
                one.expire_if_due(now)


_watch = _Watch()


def _begin_anew() -> None:
    """Threads do not survive a fork."""
    global _watch
    _watch = _Watch()


os.register_at_fork(after_in_child=_begin_anew)
