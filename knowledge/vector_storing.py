"""Stores many vectors at once: COPY in PostgreSQL's binary format, ten times cheaper than rows of text."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

_COPY: Final = "COPY knowledge_chunkvector (chunk_id, embedder_id, embedding) FROM STDIN WITH (FORMAT BINARY)"
_BEGINNING: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = b"\xff\xff"


def store_vectors(
    embedder_id: int, chunk_ids: Sequence[int], vectors: NDArray[np.float32] | NDArray[np.float16]
) -> None:
    """One embedder's vectors [chunks, dimensions] of chunks that have none of it yet."""
    if not len(chunk_ids):
        return
    dimensions = vectors.shape[1]
    # Numbers in network order, each field behind its length in bytes; a halfvec is its dimensions, a zero, its numbers.
    row = np.dtype(
        [
            ("fields", ">i2"),
            *(("chunk_bytes", ">i4"), ("chunk", ">i8")),
            *(("embedder_bytes", ">i4"), ("embedder", ">i2")),
            *(("bytes", ">i4"), ("dimensions", ">i2"), ("unused", ">i2"), ("values", ">f2", (dimensions,))),
        ]
    )
    block = np.zeros(len(chunk_ids), dtype=row)
    block["fields"], block["chunk_bytes"], block["embedder_bytes"] = 3, 8, 2
    block["bytes"], block["dimensions"] = 4 + 2 * dimensions, dimensions
    block["chunk"], block["embedder"], block["values"] = chunk_ids, embedder_id, vectors
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(_BEGINNING + block.tobytes() + _END)
