"""Passages as the model reads them, word by word: remembered by the process, else stored, else read now.

Reading costs some 10 ms of the processor, fetching what was stored under one. What is stored is what was read, number
by number, so nobody can tell from a figure where it came from.
"""

import threading
import zlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from knowledge.conf import READ_PASSAGES_KEPT, TITLE_MAX_CHARACTERS
from knowledge.minilm import SHAPE, WEIGHTS_SHA256, read_passage
from knowledge.model_files import GRAPH_VERSION, QUANTISER_VERSION

#: What a stored reading was made by; others are made anew.
READING_VERSION: Final = f"{WEIGHTS_SHA256[:12]}-v{GRAPH_VERSION}.{QUANTISER_VERSION}-1"
#: States are kept in eight bits; they are L2-normalised, so no number is over 1.
STEPS: Final = 127.0
_DIGEST_BYTES: Final = 8
_STORED: Final = "SELECT chunk_id, reading FROM knowledge_chunkreading WHERE chunk_id = ANY (%s) AND version = %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Some 50 kB, not to be changed."""

    states: NDArray[np.int8]  #: [tokens, dimensions]: each token where it stands, L2-normalised, STEPS times as large
    title_spans: tuple[tuple[int, int], ...]  #: characters of the first tokens, as many as a title may have


def readable_text(title: str, *, heading_path: str, text: str) -> str:
    """What of a chunk is compared."""
    return f"{title}\n{heading_path}\n{text}"


def readings_of(passages: Sequence[tuple[str, int | None]]) -> list[Reading]:
    """One for each text with the id of its chunk, if it is a stored one. Raises `EmbeddingUnavailable`.

    Asks the database once if the process does not remember them all.
    """
    found = {text: _remembered.get(text) for text, _ in passages}
    wanted = {chunk_id: text for text, chunk_id in passages if found[text] is None and chunk_id is not None}
    if wanted:
        found.update(_stored(wanted))
    return [_known(text, found[text]) for text, _ in passages]


def read(text: str) -> Reading:
    """By the model. Raises `EmbeddingUnavailable`."""
    seen = read_passage(text)
    length = np.maximum(np.linalg.norm(seen.states, axis=1, keepdims=True), 1e-9)
    return Reading(
        states=np.rint(seen.states / length * STEPS).astype(np.int8),
        title_spans=tuple(span for span in seen.spans if span[1] <= TITLE_MAX_CHARACTERS),
    )


def packed(reading: Reading, text: str) -> bytes:
    """As it is stored, some 25 kB: a digest of `text`, then compressed the number of spans, the spans, the states."""
    spans = np.array(reading.title_spans, dtype="<u2")
    # The numbers follow one distribution and repeat nothing: Huffman's code alone is as small, and quicker.
    compressor = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_HUFFMAN_ONLY)
    content = len(spans).to_bytes(2, "little") + spans.tobytes() + reading.states.tobytes()
    return _digest(text) + compressor.compress(content) + compressor.flush()


def unpacked(stored: bytes, text: str) -> Reading | None:
    """None if it is damaged, or was made from another text: the title has changed and is not indexed yet."""
    if stored[:_DIGEST_BYTES] != _digest(text):
        return None
    try:
        content = zlib.decompress(stored[_DIGEST_BYTES:])
        spans = np.frombuffer(content, dtype="<u2", offset=2, count=2 * int.from_bytes(content[:2], "little"))
        states = np.frombuffer(content, dtype=np.int8, offset=2 + spans.nbytes).reshape(-1, SHAPE.dimensions)
    except (zlib.error, ValueError):
        return None
    pairs = spans.reshape(-1, 2).tolist()
    return Reading(states=states, title_spans=tuple((start, end) for start, end in pairs))


def forget_readings() -> None:
    """What this process remembers."""
    _remembered.clear()


def _known(text: str, reading: Reading | None) -> Reading:
    if reading is None:
        reading = read(text)
    _remembered.put(text, reading)
    return reading


def _stored(wanted: dict[int, str]) -> dict[str, Reading | None]:
    with connection.cursor() as cursor:
        cursor.execute(_STORED, [list(wanted), READING_VERSION])
        rows: list[tuple[int, Any]] = cursor.fetchall()
    return {wanted[chunk_id]: unpacked(bytes(stored), wanted[chunk_id]) for chunk_id, stored in rows}


def _digest(text: str) -> bytes:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()


class _Remembered:
    """The readings used last, by their text."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._readings: OrderedDict[str, Reading] = OrderedDict()

    def get(self, text: str) -> Reading | None:
        with self._lock:
            reading = self._readings.get(text)
            if reading is not None:
                self._readings.move_to_end(text)
            return reading

    def put(self, text: str, reading: Reading) -> None:
        with self._lock:
            self._readings[text] = reading
            self._readings.move_to_end(text)
            if len(self._readings) > self._most:
                self._readings.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._readings.clear()


_remembered = _Remembered(READ_PASSAGES_KEPT)
