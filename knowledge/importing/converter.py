"""Runs `conversion.py` in a process of its own: bounded in time and memory, without our secrets in its environment.

A parser of foreign formats may need hours or all memory for one crafted file, and a thread cannot be stopped. Protocol:
one line of JSON and `size` bytes in, one line of JSON out.
"""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

from knowledge.errors import FileUnreadable
from knowledge.importing.conversion import Converted, convert

CONVERSION_SECONDS: Final = 90.0
CONVERSION_MEMORY_BYTES: Final = 2_000_000_000
#: A process is replaced after this many documents, so that what a library leaks stays small.
DOCUMENTS_PER_PROCESS: Final = 200
_ROOT: Final = Path(__file__).resolve().parent.parent.parent
_LEFT_IN_ENVIRONMENT: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")


class Converter:
    """Converts one document at a time; for one thread. The process starts with the first document."""

    def __init__(self, *, seconds: float = CONVERSION_SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def convert(self, kind: str, data: bytes, *, url: str = "", charset: str = "") -> Converted:
        """`kind` is one of `conversion.CONVERTERS`. Raises `FileUnreadable`, also after CONVERSION_SECONDS."""
        if self._process is None or self._done >= DOCUMENTS_PER_PROCESS:
            self._stop()
            self._process = _started()
        self._done += 1
        order = {"kind": kind, "size": len(data), "url": url, "charset": charset}
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.write(data)
            self._process.stdin.flush()
            answer = self._answer(self._process)
        except OSError:
            answer = None
        if answer is None:
            self._stop()
            raise FileUnreadable("could not be read: it makes the reader fail; save it anew, or as Markdown")
        if "problem" in answer:
            raise FileUnreadable(str(answer["problem"]))
        return Converted(**answer)

    def _answer(self, process: "subprocess.Popen[bytes]") -> dict[str, Any] | None:
        """What the process says, None if it died. Raises `FileUnreadable` when the time is over."""
        assert process.stdout is not None
        until = time.monotonic() + self._seconds
        pieces: list[bytes] = []
        while not pieces or not pieces[-1].endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                self._stop()
                raise FileUnreadable(f"takes longer than {self._seconds:.0f} seconds to read; split it")
            piece = os.read(process.stdout.fileno(), 1 << 20)
            if not piece:
                return None
            pieces.append(piece)
        answer = json.loads(b"".join(pieces))
        return answer if isinstance(answer, dict) else None

    def _stop(self) -> None:
        process, self._process, self._done = self._process, None, 0
        if process is None:
            return
        process.kill()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what was not sent any more
                if stream is not None:
                    stream.close()
        process.wait()


def _started() -> "subprocess.Popen[bytes]":
    environment = {name: os.environ[name] for name in _LEFT_IN_ENVIRONMENT if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "knowledge.importing.converter"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env=environment,
    )


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """The other side: until the orders end."""
    import dataclasses

    while line := orders.readline():
        order = json.loads(line)
        data = orders.read(order["size"])
        if len(data) < order["size"]:
            return
        _limit_cpu()
        try:
            found = convert(order["kind"], data, url=order["url"], charset=order["charset"])
            answer: dict[str, Any] = dataclasses.asdict(found)
        except FileUnreadable as error:
            answer = {"problem": str(error)}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _limit_cpu() -> None:
    """Should nobody be there to stop this process, it stops itself."""
    import resource

    used = time.process_time()
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + 2 * CONVERSION_SECONDS), resource.RLIM_INFINITY))


def _limit_memory() -> None:
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (CONVERSION_MEMORY_BYTES, CONVERSION_MEMORY_BYTES))


if __name__ == "__main__":
    _limit_memory()
    # Whatever a library prints must not be taken for an answer.
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, stream)
