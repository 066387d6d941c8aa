"""What our search is compared with, on the same vectors: FAISS flat and HNSW, and the bare pgvector query."""

import time
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.timing import recall_of, say, timed

TOP = 10


class Exact:
    """FAISS's flat index: every vector is compared."""

    def __init__(self, vectors: NDArray[np.float16], chunk_ids: NDArray[np.int64]) -> None:
        self._vectors, self._chunk_ids = vectors, chunk_ids

    def nearest(
        self, asked: NDArray[np.float32], allowed: NDArray[np.bool_]
    ) -> tuple[list[set[int]], dict[str, float]]:
        import faiss

        faiss.omp_set_num_threads(1)
        flat = faiss.IndexFlatIP(self._vectors.shape[1])
        chunk_ids = self._chunk_ids[allowed]
        for start in range(0, len(self._vectors), 50_000):  # in parts: no second copy of all in float32
            part = self._vectors[start : start + 50_000][allowed[start : start + 50_000]]
            flat.add(part.astype(np.float32))
        found: list[set[int]] = []

        def one(vector: NDArray[np.float32]) -> None:
            _, places = flat.search(vector[None], TOP)
            found.append({int(chunk_ids[place]) for place in places[0] if place >= 0})

        times = timed(one, asked)
        return found, times


def faiss_hnsw(
    vectors: NDArray[np.float16],
    chunk_ids: NDArray[np.int64],
    asked: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    truth: list[set[int]],
    ef_search: int,
) -> dict[str, Any]:
    import faiss

    say("building FAISS HNSW")
    faiss.omp_set_num_threads(2)
    before = psutil.Process().memory_info().rss
    index = faiss.IndexHNSWFlat(vectors.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
    index.hnsw.efConstruction = 64
    started = time.perf_counter()
    kept = chunk_ids[allowed]
    for start in range(0, len(vectors), 50_000):
        index.add(vectors[start : start + 50_000][allowed[start : start + 50_000]].astype(np.float32))
    seconds = time.perf_counter() - started
    grown = psutil.Process().memory_info().rss - before
    faiss.omp_set_num_threads(1)
    index.hnsw.efSearch = ef_search
    hits: list[int] = []

    def one(vector: NDArray[np.float32]) -> None:
        _, places = index.search(vector[None], TOP)
        hits.append(len({int(kept[place]) for place in places[0] if place >= 0} & truth[len(hits)]))

    times = timed(one, asked)
    return {
        "engine": f"FAISS HNSW, efSearch {ef_search}",
        **times,
        "recall@10": recall_of(hits, truth),
        "megabytes": round(grown / 1e6),
        "build_seconds": round(seconds, 1),
    }


def bare(embedder: Any, asked: NDArray[np.float32], truth: list[set[int]], ef_search: int) -> dict[str, Any]:
    """pgvector's own query, with nothing that we need: no filter, no text, one prepared statement."""
    from django.db import connection
    from pgvector import HalfVector

    hits: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute(f"SET hnsw.ef_search = {ef_search}")
        cursor.execute("SET hnsw.iterative_scan = off")
        cursor.execute("SET jit = off")
        cursor.execute(
            f"PREPARE bare AS SELECT chunk_id FROM knowledge_chunkvector WHERE embedder_id = {embedder.pk}"
            f" ORDER BY embedding::halfvec({embedder.dimensions}) <=> $1::halfvec({embedder.dimensions}) LIMIT {TOP}"
        )

        def one(vector: NDArray[np.float32]) -> None:
            cursor.execute("EXECUTE bare (%s)", [HalfVector(vector).to_text()])
            hits.append(len({row[0] for row in cursor.fetchall()} & truth[len(hits) % len(truth)]))

        for vector in asked[:50]:
            one(vector)  # so that nobody pays for a cold cache
        hits.clear()
        times = timed(one, asked)
        cursor.execute("DEALLOCATE bare")
        for name in ("hnsw.ef_search", "hnsw.iterative_scan", "jit"):
            cursor.execute(f"RESET {name}")
    return {"engine": f"pgvector, ef_search {ef_search}", **times, "recall@10": recall_of(hits, truth)}


class BareQuery:
    """The bare query once more, asked right before or after each search of ours: both meet the same load."""

    def __init__(self, embedder: Any, asked: NDArray[np.float32], ef_search: int) -> None:
        from pgvector import HalfVector

        self._asked = [HalfVector(vector).to_text() for vector in asked]
        self._sql = (
            f"SET LOCAL hnsw.ef_search = {ef_search}; SET LOCAL jit = off;"
            f" SELECT chunk_id FROM knowledge_chunkvector WHERE embedder_id = {embedder.pk}"
            f" ORDER BY embedding::halfvec({embedder.dimensions}) <=> %s::halfvec({embedder.dimensions}) LIMIT {TOP}"
        )

    def milliseconds(self, place: int) -> float:
        from django.db import connection

        with connection.cursor() as cursor:
            started = time.perf_counter()
            cursor.execute(self._sql, [self._asked[place]])
            while cursor.nextset():
                pass
            cursor.fetchall()
            return (time.perf_counter() - started) * 1000
