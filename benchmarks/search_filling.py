"""Fills a database with many passages by the project's own statements, and builds the vector index.

It may be kept: a million passages take half an hour, and a change of the search wants to be measured again.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.passages import Base, Batch, passages
from benchmarks.timing import say

CHUNKS_AN_ARTICLE = 10
#: One article in so many stands in the collection that few passages belong to, and is for a rare tier only.
RARE_SHARE = 1_000
SHARED, RARE, RARE_TIER = "shelf", "rare shelf", "rare"
INDEX_BUILD_MEMORY = "2GB"
#: Written when all passages are stored.
FILLED = "filled.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """All passages: vectors float16 [passages, dimensions], the ids of their chunks, the places of the rare ones."""

    vectors: NDArray[np.float16]
    chunk_ids: NDArray[np.int64]
    rare: NDArray[np.int64]
    measured: dict[str, Any]  #: seconds

    def save(self, folder: Path) -> None:
        for name in ("vectors", "chunk_ids", "rare"):
            np.save(folder / f"{name}.npy", getattr(self, name))
        (folder / FILLED).write_text(json.dumps(self.measured), encoding="utf-8")


def kept(folder: Path) -> Filled:
    """What an earlier run left. Raises OSError where it left nothing."""
    return Filled(
        measured=json.loads((folder / FILLED).read_text(encoding="utf-8")),
        **{name: np.load(folder / f"{name}.npy") for name in ("vectors", "chunk_ids", "rare")},
    )


def fill(base: Base, count: int, embedder_id: int, dimensions: int) -> Filled:
    """Stores `count` passages. No vector index is there meanwhile, as when an embedder fills."""
    from knowledge.vector_index import drop_vector_index

    started = time.perf_counter()
    drop_vector_index(embedder_id)
    vectors = np.empty((count, dimensions), dtype=np.float16)
    chunk_ids = np.empty(count, dtype=np.int64)
    store = _Store(embedder_id)
    for batch in passages(base, count):
        places = slice(batch.first, batch.first + len(batch.texts))
        vectors[places] = batch.vectors
        chunk_ids[places] = store.add(batch)
        if batch.first % 50_000 == 0:
            say(f"stored {places.stop} of {count} passages")
    seconds = {"fill_seconds": round(time.perf_counter() - started, 1)}
    rare = np.flatnonzero(_is_rare(np.arange(count)))
    return Filled(vectors=vectors, chunk_ids=chunk_ids, rare=rare, measured=seconds)


def _is_rare(place: Any) -> Any:
    return place // CHUNKS_AN_ARTICLE % RARE_SHARE == 0


class _Store:
    def __init__(self, embedder_id: int) -> None:
        from knowledge import models

        self._shelf, self._rare_shelf = (models.Collection.objects.create(name=name) for name in (SHARED, RARE))
        self._embedder_id = embedder_id

    def add(self, batch: Batch) -> list[int]:
        """Ids of the stored chunks, in the batch's order."""
        from django.db import connection

        from knowledge.ingestion import INSERT_CHUNKS
        from knowledge.vector_storing import store_vectors

        columns = self._columns(batch)
        with connection.cursor() as cursor:
            cursor.execute(INSERT_CHUNKS, [list(column) for column in zip(*columns, strict=True)])
            stored = {(article_id, position): chunk_id for article_id, position, chunk_id in cursor.fetchall()}
            ids = [stored[column[0], column[1]] for column in columns]
        store_vectors(self._embedder_id, ids, batch.vectors)
        return ids

    def _columns(self, batch: Batch) -> list[tuple[Any, ...]]:
        from knowledge import models
        from knowledge.segmentation import stemmer, words_of_passage

        groups = range(0, len(batch.texts), CHUNKS_AN_ARTICLE)
        articles = [
            models.Article(
                collection=self._rare_shelf if is_rare else self._shelf,
                external_id=str(batch.first + start),
                title=batch.texts[start][:60],
                body="\n\n".join(batch.texts[start : start + CHUNKS_AN_ARTICLE]),
                language="en",
                status="published",
                audience_tiers=[RARE_TIER] if is_rare else [],
                content_hash="benchmark",
            )
            for start in groups
            for is_rare in [bool(_is_rare(batch.first + start))]
        ]
        columns = []
        for article, start in zip(models.Article.objects.bulk_create(articles), groups, strict=True):
            offset = 0
            title_words = words_of_passage(article.title, language="en")
            for position, text in enumerate(batch.texts[start : start + CHUNKS_AN_ARTICLE]):
                words = words_of_passage(text, language="en")
                columns.append(
                    (article.pk, position, "", text, offset, offset + len(text), stemmer("en"), title_words, "", words)
                )
                offset += len(text) + 2
        return columns


def build(embedder_id: int, dimensions: int) -> dict[str, Any]:
    """The vector index, where it is not there; seconds."""
    from django.db import connection

    from knowledge.vector_index import IndexState, build_vector_index, drop_vector_index, vector_index_state

    if vector_index_state(embedder_id) is IndexState.READY:
        return {}
    drop_vector_index(embedder_id)  # a torso
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(f"SET maintenance_work_mem = '{INDEX_BUILD_MEMORY}'")
        cursor.execute("SET max_parallel_maintenance_workers = 2")
        started = time.perf_counter()
        build_vector_index(embedder_id, dimensions)
        seconds = time.perf_counter() - started
        cursor.execute("RESET maintenance_work_mem")
    return {"index_build_seconds": round(seconds, 1)}


def sizes(embedder_id: int) -> dict[str, int]:
    """Megabytes of the database and of what is searched in it."""
    from django.db import connection

    from knowledge.vector_index import vector_index_name

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_relation_size(%s), pg_total_relation_size('knowledge_chunk'),"
            " pg_table_size('knowledge_chunkvector'), pg_database_size(current_database())",
            [vector_index_name(embedder_id)],
        )
        index, chunks, vectors, whole = cursor.fetchone()
    return {
        "index_megabytes": round(index / 1e6),
        "vectors_megabytes": round(vectors / 1e6),
        "chunks_and_words_megabytes": round(chunks / 1e6),
        "database_megabytes": round(whole / 1e6),
    }
