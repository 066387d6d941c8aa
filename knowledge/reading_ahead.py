"""Reads stored passages word by word before somebody asks, in small batches; what is done is in the database.

A reading goes with its chunk, so a changed article is read anew, and after a crash only the batch is done twice.
"""

import logging
import time
from typing import Final

from django.conf import settings
from django.db import connection, transaction

from knowledge.conf import READ_AHEAD_CHUNKS
from knowledge.filling import alone
from knowledge.readings import READING_VERSION, packed, read, readable_text

logger = logging.getLogger(__name__)

#: Second key of the advisory lock; embedders have their ids, which begin at 1.
_LOCK: Final = 0
_UNREAD: Final = """
    SELECT chunk.id, article.title, chunk.heading_path, chunk.text
    FROM knowledge_chunk AS chunk JOIN knowledge_article AS article ON article.id = chunk.article_id
    WHERE chunk.id > %s AND chunk.published
      AND chunk.collection_id NOT IN (SELECT id FROM knowledge_collection WHERE is_throw_away)
      AND NOT EXISTS (
        SELECT FROM knowledge_chunkreading AS known WHERE known.chunk_id = chunk.id AND known.version = %s)
    ORDER BY chunk.id LIMIT %s
"""
#: Chunks that an indexing has replaced meanwhile are left out; the others cannot go until we have committed.
_STORE: Final = """
    INSERT INTO knowledge_chunkreading (chunk_id, version, reading)
    SELECT chunk.id, %s, given.reading
    FROM unnest(%s::bigint[], %s::bytea[]) AS given (chunk_id, reading)
    JOIN (SELECT id FROM knowledge_chunk WHERE id = ANY (%s::bigint[]) ORDER BY id FOR KEY SHARE) AS chunk
      ON chunk.id = given.chunk_id
    ON CONFLICT (chunk_id) DO UPDATE SET version = excluded.version, reading = excluded.reading
"""


def read_ahead(*, seconds: float) -> int:
    """Reads for about `seconds`, up to READ_PASSAGES_STORED in all; how many were read, 0 when nothing is left.

    Nothing is done where another process does it already. Raises `EmbeddingUnavailable` (what is done stays).
    """
    ends = time.monotonic() + seconds
    done = through = 0
    with alone(_LOCK) as is_alone:
        free = settings.READ_PASSAGES_STORED - stored_readings() if is_alone else 0
        while free > done and time.monotonic() < ends:
            with connection.cursor() as cursor:
                cursor.execute(_UNREAD, [through, READING_VERSION, min(READ_AHEAD_CHUNKS, free - done)])
                rows = cursor.fetchall()
            if not rows:
                break
            texts = {
                chunk_id: readable_text(title, heading_path=heading_path, text=text)
                for chunk_id, title, heading_path, text in rows
            }
            _store({chunk_id: packed(read(text), text) for chunk_id, text in texts.items()})
            done += len(rows)
            through = rows[-1][0]
    if done:
        logger.info("passages read ahead", extra={"action": "passages_read_ahead", "chunks": done})
    return done


def stored_readings() -> int:
    """How many passages have one that counts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM knowledge_chunkreading WHERE version = %s", [READING_VERSION])
        return int(cursor.fetchone()[0])


def _store(readings: dict[int, bytes]) -> None:
    ids = list(readings)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_STORE, [READING_VERSION, ids, list(readings.values()), ids])
