"""One log for many processes: each line carries its process's name, in that process's colour."""

import fcntl
import os
import stat
import threading
from collections.abc import Mapping
from typing import TextIO

_COLOURS = ("36", "32", "35", "33", "34", "96", "92", "95", "93", "94")
_WIDTH = 9


class Console:
    """Writes whole lines from any thread. Plain where `stream` is no terminal or NO_COLOR is set."""

    def __init__(self, stream: TextIO, environment: Mapping[str, str] = os.environ) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._names: list[str] = []
        append_to_file(stream)
        self.coloured = stream.isatty() and not environment.get("NO_COLOR")

    def line(self, name: str, text: str) -> None:
        with self._lock:
            if name not in self._names:
                self._names.append(name)
            prefix = f"{name:<{_WIDTH}}|"
            if self.coloured:
                prefix = f"\x1b[{_COLOURS[self._names.index(name) % len(_COLOURS)]}m{prefix}\x1b[0m"
            self._write(f"{prefix} {text}\n")

    def block(self, text: str) -> None:
        """Several lines without a name, kept together."""
        with self._lock:
            self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # the terminal is gone; the processes must not wait for it
            pass


def append_to_file(stream: TextIO) -> None:
    """Write at the end of the file that `stream` is redirected to, if it is one.

    `> file` writes at an offset of its own: once somebody empties or rotates the file, the next line would land behind
    as many NUL bytes as were there before.
    """
    try:
        descriptor = stream.fileno()
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            fcntl.fcntl(descriptor, fcntl.F_SETFL, fcntl.fcntl(descriptor, fcntl.F_GETFL) | os.O_APPEND)
    except (OSError, ValueError):  # no file behind it
        pass
