"""Fills a new embedder's vectors beside the running one: in batches, each its own transaction, then the index.

What has been done is in the database after each batch, so a crash costs one batch. Nobody needs to know who fills:
whoever holds the embedder's advisory lock does, and the lock dies with its connection.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from django.db import Error, connection, transaction
from django.utils.translation import gettext as _
from pgvector import HalfVector

from knowledge import models
from knowledge.conf import FILL_CHUNKS
from knowledge.embedders import embedder_of, missing_vectors
from knowledge.errors import EmbedderNotReady, EmbedderRefused, EmbeddingUnavailable
from knowledge.ingestion import passage_text
from knowledge.models import EmbedderState
from knowledge.vector_index import IndexState, build_vector_index, drop_vector_index, vector_index_state

logger = logging.getLogger(__name__)

#: First key of this app's advisory locks on embedders.
_LOCKS: Final = 735106
#: Vectors that one transaction of a removal deletes.
_REMOVED_AT_ONCE: Final = 5_000
_PROBLEM_MAX_CHARACTERS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many of all chunks have this embedder's vector."""

    filled: int
    chunks: int

    @property
    def percent(self) -> int:
        """0..100; 100 only when nothing is missing."""
        return 100 if self.filled >= self.chunks else 100 * self.filled // self.chunks


def progress(embedder: models.Embedder) -> Progress:
    chunks = models.Chunk.objects.count()
    return Progress(filled=chunks - missing_vectors(embedder.pk), chunks=chunks)


def start_filling(embedder_id: int) -> None:
    """From now on changed articles get its vectors; `fill` makes those of the others. Raises `EmbedderNotReady`."""
    with transaction.atomic():
        row = models.Embedder.objects.select_for_update().get(pk=embedder_id)
        if row.state == EmbedderState.REMOVING:
            raise EmbedderNotReady(_("%(name)s is being removed.") % {"name": row.name})
        row.state, row.filled_through, row.problem = EmbedderState.FILLING, 0, ""
        row.save(update_fields=["state", "filled_through", "problem"])


def stop_filling(embedder_id: int) -> None:
    """Its vectors stay, and are no longer kept up to date. Raises `EmbedderNotReady` for the one that answers."""
    with transaction.atomic():
        row = models.Embedder.objects.select_for_update().get(pk=embedder_id)
        if row.is_active:
            raise EmbedderNotReady(_("%(name)s answers searches; let another one do it first.") % {"name": row.name})
        row.state = EmbedderState.IDLE
        row.save(update_fields=["state"])


def start_removing(embedder_id: int) -> None:
    """Marks it for `remove`. Raises `EmbedderNotReady` for the one that answers."""
    stop_filling(embedder_id)
    models.Embedder.objects.filter(pk=embedder_id, is_active=False).update(state=EmbedderState.REMOVING)


def fill(embedder_id: int, *, seconds: float, on_chunks: Callable[[int], object] = lambda count: None) -> bool:
    """Goes on filling for about `seconds`. True when there is nothing left to do for this caller.

    Nothing is done where another process fills it already. Raises `EmbeddingUnavailable` (what is done stays; the
    problem is shown to staff), and stops for good on `EmbedderRefused`, which a person must cure.
    """
    ends = time.monotonic() + seconds
    with alone(embedder_id) as is_alone:
        if not is_alone:
            return True
        while True:
            row = models.Embedder.objects.filter(pk=embedder_id).first()
            if row is None or row.state not in (EmbedderState.FILLING, EmbedderState.INDEXING):
                return True
            try:
                count = _fill_batch(row) if row.state == EmbedderState.FILLING else 0
            except EmbeddingUnavailable as error:
                _note_problem(row, str(error), stop=isinstance(error, EmbedderRefused))
                if isinstance(error, EmbedderRefused):
                    return True
                raise
            on_chunks(count)
            if row.state == EmbedderState.INDEXING:
                _finish(row)
            if time.monotonic() > ends:
                return False


def remove(embedder_id: int) -> None:
    """Its index, vectors and row, where it is marked for it. May run twice, and go on after a crash."""
    with alone(embedder_id) as is_alone:
        row = models.Embedder.objects.filter(pk=embedder_id, state=EmbedderState.REMOVING, is_active=False).first()
        if not is_alone or row is None:
            return
        drop_vector_index(embedder_id)
        with connection.cursor() as cursor:
            while True:
                cursor.execute(
                    "DELETE FROM knowledge_chunkvector WHERE id IN"
                    " (SELECT id FROM knowledge_chunkvector WHERE embedder_id = %s LIMIT %s)",
                    [embedder_id, _REMOVED_AT_ONCE],
                )
                if cursor.rowcount == 0:
                    break
            cursor.execute("DELETE FROM knowledge_embedder WHERE id = %s AND state = 'removing'", [embedder_id])
    logger.info("embedder removed", extra={"action": "embedder_removed", "embedder": row.name})


def unfinished() -> dict[EmbedderState, list[int]]:
    """Ids of the embedders that a task should go on with, by what is to be done."""
    found: dict[EmbedderState, list[int]] = {EmbedderState.FILLING: [], EmbedderState.REMOVING: []}
    for row in models.Embedder.objects.order_by("id"):
        if row.state in (EmbedderState.FILLING, EmbedderState.INDEXING):
            found[EmbedderState.FILLING].append(row.pk)
        elif row.state == EmbedderState.REMOVING:
            found[EmbedderState.REMOVING].append(row.pk)
    return found


def _fill_batch(row: models.Embedder) -> int:
    """The next chunks without a vector; how many. Where there are none, the state moves on to INDEXING."""
    chunks = list(
        models.Chunk.objects.raw(
            "SELECT chunk.id, chunk.article_id, chunk.heading_path, chunk.text, article.title AS title"
            " FROM knowledge_chunk AS chunk JOIN knowledge_article AS article ON article.id = chunk.article_id"
            " WHERE chunk.id > %s AND NOT EXISTS (SELECT FROM knowledge_chunkvector AS vector"
            " WHERE vector.chunk_id = chunk.id AND vector.embedder_id = %s) ORDER BY chunk.id LIMIT %s",
            [row.filled_through, row.pk, FILL_CHUNKS],
        )
    )
    if not chunks:
        complete = missing_vectors(row.pk) == 0
        _move(row, EmbedderState.INDEXING if complete else EmbedderState.FILLING, filled_through=0)
        return 0
    vectors = embedder_of(row).embed_passages(
        [passage_text(chunk.title, heading_path=chunk.heading_path, text=chunk.text) for chunk in chunks]  # type: ignore[attr-defined]  # of the article
    )
    with transaction.atomic(), connection.cursor() as cursor:
        # Indexing an article locks its row, too: its chunks neither go nor come while we store.
        cursor.execute(
            "SELECT id FROM knowledge_article WHERE id = ANY (%s) ORDER BY id FOR SHARE",
            [sorted({chunk.article_id for chunk in chunks})],
        )
        cursor.execute(
            "INSERT INTO knowledge_chunkvector (chunk_id, embedder_id, embedding)"
            " SELECT chunk.id, %s, given.embedding::halfvec FROM unnest(%s::bigint[], %s::text[])"
            " AS given (chunk_id, embedding) JOIN knowledge_chunk AS chunk ON chunk.id = given.chunk_id"
            " ON CONFLICT (chunk_id, embedder_id) DO NOTHING",
            [row.pk, [chunk.pk for chunk in chunks], [HalfVector(vector).to_text() for vector in vectors]],
        )
        _move(row, EmbedderState.FILLING, filled_through=chunks[-1].pk)
    return len(chunks)


def _finish(row: models.Embedder) -> None:
    if vector_index_state(row.pk) is not IndexState.READY:
        build_vector_index(row.pk, row.dimensions)
    _move(row, EmbedderState.COMPLETE, filled_through=0)
    logger.info("embedder complete", extra={"action": "embedder_complete", "embedder": row.name})


def _move(row: models.Embedder, state: EmbedderState, *, filled_through: int) -> None:
    """Writes how far it is, unless somebody stopped it meanwhile."""
    models.Embedder.objects.filter(pk=row.pk, state=row.state).update(
        state=state, filled_through=filled_through, problem=""
    )


def _note_problem(row: models.Embedder, problem: str, *, stop: bool) -> None:
    changes: dict[str, object] = {"problem": problem[:_PROBLEM_MAX_CHARACTERS]}
    if stop and not row.is_active:
        changes["state"] = EmbedderState.IDLE
    models.Embedder.objects.filter(pk=row.pk, state=row.state).update(**changes)
    logger.warning("filling failed", extra={"action": "fill_failed", "embedder": row.name, "reason": problem})


@contextmanager
def alone(key: int) -> Iterator[bool]:
    """Whether this process alone works on an embedder (its id) or what else fills (0). Held by the session: no
    transaction stays open meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCKS, key])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCKS, key])
            except Error:
                connection.close()  # gone, and the lock with it; a broken one must not go back to the pool
