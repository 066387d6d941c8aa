"""Faults on purpose: what they are, when they strike, and how often.

`PUT /faults` replaces all of them with a JSON object of four optional sections, each a fault or a list of faults:

    rest      status, mode (hang, close, accept_then_hang, accept_then_close, accept_then_500), drop, duplicate, reorder
    webhooks  status, drop, duplicate, reorder
    model     status, mode (hang, close, cut, stall, keep_alive, garbage, stream_error, no_blank, null_content,
              leak_harmony, other_model, invent_facts, invent_links, obey)
    embeddings  status, mode (hang, close, drip, nonsense)

and in every section `delay` (seconds, before anything else), `probability` (0 to 1, default 1), `times` (strikes before
it is spent) and, for rest and embeddings, `path` (only calls whose path contains it). A mode may also be written as
`{"hang": true}`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.errors import Invalid

MODES = {
    "rest": ("hang", "close", "accept_then_hang", "accept_then_close", "accept_then_500"),
    "webhooks": (),
    "model": (
        *("hang", "close", "cut", "stall", "keep_alive", "garbage", "stream_error", "no_blank", "null_content"),
        *("leak_harmony", "other_model", "invent_facts", "invent_links", "obey"),
    ),
    "embeddings": ("hang", "close", "drip", "nonsense"),
}
MAX_DELAY_SECONDS = 600.0
MAX_FAULTS = 100


@dataclass(slots=True, kw_only=True)
class Fault:
    status: int | None = None
    mode: str | None = None
    delay: float = 0.0  #: seconds
    probability: float = 1.0
    drop: bool = False
    duplicate: bool = False
    reorder: bool = False
    path: str = ""
    reset_seconds: float | None = None  #: with status 429: when the limit is over, from now
    times: int | None = None  #: strikes left, None without end
    struck: int = 0

    def name(self) -> str:
        """A short word for the call list."""
        if self.mode:
            return self.mode
        for word in ("drop", "duplicate", "reorder"):
            if getattr(self, word):
                return word
        return f"status {self.status}" if self.status else "delay"

    def as_json(self) -> dict[str, Any]:
        shape: dict[str, Any] = {"probability": self.probability, "struck": self.struck, "times": self.times}
        for name in ("status", "mode", "delay", "drop", "duplicate", "reorder", "path", "reset_seconds"):
            if getattr(self, name):
                shape[name] = getattr(self, name)
        return shape


class Faults:
    """The faults that are set now. `chance` gives numbers in 0..1, as `random.random` does."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._sections: dict[str, list[Fault]] = {}

    def set(self, wanted: dict[str, Any]) -> None:
        """Replace all faults, or none of them when one is wrong. Raises `Invalid` naming the field."""
        self._sections = parse(wanted)

    def clear(self) -> None:
        self._sections = {}

    def strike(self, section: str, path: str = "") -> Fault | None:
        """The fault that hits now, if any; counts it."""
        for fault in self._sections.get(section, ()):
            if fault.times == 0 or fault.path not in path:
                continue
            if fault.probability < 1.0 and self._chance() >= fault.probability:
                continue
            fault.struck += 1
            if fault.times is not None:
                fault.times -= 1
            return fault
        return None

    def standing_status(self, section: str) -> int | None:
        """The status that every request of the section would get now; nothing is counted."""
        for fault in self._sections.get(section, ()):
            if fault.times != 0 and fault.probability == 1.0:
                return fault.status
        return None

    def as_json(self) -> dict[str, Any]:
        return {section: [fault.as_json() for fault in self._sections.get(section, ())] for section in MODES}


def parse(wanted: dict[str, Any]) -> dict[str, list[Fault]]:
    sections: dict[str, list[Fault]] = {}
    for section, value in wanted.items():
        if section not in MODES:
            raise Invalid(f"{section}: there is no such section; use {', '.join(MODES)}.", field=section)
        entries: Sequence[Any] = value if isinstance(value, list) else [] if not value else [value]
        if len(entries) > MAX_FAULTS:
            raise Invalid(f"{section}: at most {MAX_FAULTS} faults at a time.", field=section)
        sections[section] = [_fault(section, entry) for entry in entries if entry != {}]
    return sections


def _fault(section: str, entry: Any) -> Fault:
    if not isinstance(entry, dict):
        raise Invalid(f"{section}: must be an object or a list of objects.", field=section)
    fault = Fault()
    for name, value in entry.items():
        where = f"{section}.{name}"
        if name == "status":
            lowest = 200 if section == "webhooks" else 400
            fault.status = int(_number(where, value, lowest, 599, whole=True)) if value is not None else None
        elif name == "mode":
            if value is not None and value not in MODES[section]:
                allowed = ", ".join(MODES[section]) or "none in this section"
                raise Invalid(f"{where}: {value!r} is not a mode; use one of: {allowed}.", field=where)
            fault.mode = value
        elif name in MODES[section]:
            if _flag(where, value):
                fault.mode = name
        elif name == "delay":
            fault.delay = _number(where, value, 0, MAX_DELAY_SECONDS)
        elif name == "probability":
            fault.probability = _number(where, value, 0, 1)
        elif name in ("drop", "duplicate", "reorder") and section in ("rest", "webhooks"):
            setattr(fault, name, _flag(where, value))
        elif name == "times":
            fault.times = int(_number(where, value, 1, 1_000_000_000, whole=True)) if value is not None else None
        elif name == "path" and section in ("rest", "embeddings"):
            if not isinstance(value, str):
                raise Invalid(f"{where}: must be a part of the path, such as /reply.", field=where)
            fault.path = value
        elif name in ("reset_seconds", "reset") and section == "rest":
            fault.reset_seconds = _number(where, value, 0, MAX_DELAY_SECONDS)
        else:
            raise Invalid(f"{where}: there is no such fault.", field=where)
    return fault


def _number(where: str, value: Any, low: float, high: float, *, whole: bool = False) -> float:
    right = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not right or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise Invalid(f"{where}: must be {kind} from {low:g} to {high:g}.", field=where)
    return float(value)


def _flag(where: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Invalid(f"{where}: must be true or false.", field=where)
    return value
