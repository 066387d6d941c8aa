"""One program that the supervisor runs: its process group, its output, and how we see that it is ready."""

import contextlib
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from config.processes import signal_group

LINES_KEPT = 2000
LINE_CHARACTERS = 4000
#: Signals that end each of our programs, at once or when it has finished its work.
ENDING = frozenset({Signals.SIGKILL, Signals.SIGTERM, Signals.SIGINT, Signals.SIGQUIT, Signals.SIGABRT})
#: Control characters would make the log a binary file for grep, or steer the terminal; a tab is harmless.
_CONTROL = dict.fromkeys((*range(0x09), *range(0x0A, 0x20), 0x7F), "\ufffd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    name: str  #: unique in a system; prefix of its log lines
    command: tuple[str, ...]
    ready_url: str = ""  #: ready once this address answers below 500
    ready_words: str = ""  #: or, without an address, once a line of output holds these words
    ready_seconds: float = 0.0  #: or once it has lived so long (its log level may hide the words); 0 means never


class Running:
    """A started program. Its output goes line by line to `write`, and the last LINES_KEPT lines are kept."""

    def __init__(
        self, program: Program, *, environment: Mapping[str, str], folder: Path, write: Callable[[str, str], None]
    ) -> None:
        self.program = program
        self.started = time.monotonic()
        self.lines: deque[str] = deque(maxlen=LINES_KEPT)
        self.said_ready = False  #: its ready words have been seen, so nobody else needs to say it
        self._doomed = False
        self._write = write
        self._process = subprocess.Popen(  # noqa: S603 (commands come from `config.supervisor` alone)
            program.command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the supervisor only, which stops all in order
        )
        self._reader = threading.Thread(target=self._read, name=f"log of {program.name}", daemon=True)
        self._reader.start()

    @property
    def process_id(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it lives; negative for the signal that ended it."""
        return self._process.poll()

    def ready(self) -> bool:
        if self.exit_code is not None or self._doomed:
            return False
        if self.program.ready_url:
            return answers(self.program.ready_url)
        lived = time.monotonic() - self.started
        return self.said_ready or bool(self.program.ready_seconds and lived > self.program.ready_seconds)

    def signal(self, number: Signals) -> None:
        """Signal the program itself; after one that ends programs it is not ready, though death takes a moment."""
        self._doomed = self._doomed or number in ENDING
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    def signal_all(self, number: Signals) -> bool:
        """Signal the program and whatever it started; False when none of them is left."""
        return signal_group(self._process.pid, number)

    def anything_left(self) -> bool:
        self._process.poll()  # reap, or the dead leader would count
        return signal_group(self._process.pid, 0)

    def wait(self, seconds: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def close(self) -> None:
        """After its end: let the last lines through. A stray that holds the pipe open is not waited for."""
        self._reader.join(1)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for raw in output:
                line = raw.decode(errors="replace").rstrip().translate(_CONTROL)[:LINE_CHARACTERS]
                if not line:
                    continue
                self.lines.append(line)
                if self.program.ready_words and self.program.ready_words in line:
                    self.said_ready = True
                self._write(self.program.name, line)


def answers(url: str) -> bool:
    """Whether an HTTP server answers at `url` with anything below 500."""
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 (loopback, put together by us)
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, ValueError):
        return False
