"""The guard ends what a killed supervisor leaves behind (`orphan_guard.py`); this starts it and tells it what lives."""

import contextlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

_SCRIPT = Path(__file__).with_name("orphan_guard.py")


class Guard:
    """One process, which lives as long as this object or longer: when the pipe to it closes, it ends all it knows."""

    def __init__(self, groups: Iterable[int] = ()) -> None:
        """`groups` are the process groups that live already."""
        self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 (this interpreter, our own script)
            [sys.executable, "-I", "-S", str(_SCRIPT), *map(str, groups)],
            stdin=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )

    @property
    def is_gone(self) -> bool:
        return self._process.poll() is not None

    def begun(self, group: int) -> None:
        self._tell(f"+{group}")

    def ended(self, group: int) -> None:
        self._tell(f"-{group}")

    def close(self) -> None:
        """It ends what is left, and then itself."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(3)

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # a killed guard is replaced by another
            self._process.stdin.write(f"{line}\n".encode())
