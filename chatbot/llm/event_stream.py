"""Server-sent events as model servers write them: read by hand, because the words of a reply come in many small pieces.

huggingface_hub knows the end of a stream only as `data: [DONE]`, and hides signs of life from its caller.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

#: An event longer than this is no part of a reply.
EVENT_BYTES: Final = 1_048_576
STREAM_BYTES: Final = 16 * EVENT_BYTES

DONE: Final = "[DONE]"


class StreamUnreadable(ValueError):
    """What came is no stream of events. The message holds nothing of it."""


def events(chunks: Iterable[bytes]) -> Iterator[dict[str, Any] | str | None]:
    """Each event's object; DONE at the end; None for a sign of life. Raises `StreamUnreadable`."""
    rest, total = b"", 0
    for chunk in chunks:
        total += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n") if rest else chunk.split(b"\n")
        if len(rest) > EVENT_BYTES or total > STREAM_BYTES:
            raise StreamUnreadable("it is too long")
        for line in lines:
            if line and line != b"\r":
                yield _event(line)
        if not lines:
            yield None
    if rest.strip():
        yield _event(rest)


def _event(line: bytes) -> dict[str, Any] | str | None:
    if not line.startswith(b"data:"):
        return None  # a comment, or a field that we do not need
    payload = line[5:].strip()
    if payload == b"[DONE]":
        return DONE
    if not payload:
        return None
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise StreamUnreadable("an event is no JSON") from error
    if not isinstance(value, dict):
        raise StreamUnreadable("an event is no object")
    return value
