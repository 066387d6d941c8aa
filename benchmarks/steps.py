"""Steps of a benchmark that takes an hour: what each found is kept in a file, so that a stopped run can go on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.timing import say


class Steps:
    """Results by name, in `folder`; without `is_kept`, nothing is written or taken from there."""

    def __init__(self, folder: Path, *, is_kept: bool) -> None:
        self._file = folder / "steps.json"
        self._is_kept = is_kept
        self._done: dict[str, Any] = {}
        if is_kept and self._file.exists():
            self._done = json.loads(self._file.read_text(encoding="utf-8"))
        self.taken: list[str] = []  #: names of those that an earlier run had done

    def once(self, name: str, step: Callable[[], Any]) -> Any:
        """What `step` returns, as JSON holds it, now or in the run that was stopped."""
        if name in self._done:
            say(f"{name}: done by the run before")
            self.taken.append(name)
        else:
            say(name)
            self._done[name] = step()
            if self._is_kept:
                beside = self._file.with_suffix(".new")
                beside.write_text(json.dumps(self._done), encoding="utf-8")
                beside.replace(self._file)
        return self._done[name]
