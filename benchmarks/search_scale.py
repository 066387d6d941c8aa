"""Search among many passages: our whole `search()` and the bare pgvector query, beside FAISS on the same vectors.

A PostgreSQL of its own is filled with the project's own statements, its HNSW index is built as filling an embedder
builds it, and questions that no passage was made from are asked one after the other. Exact neighbours are FAISS's flat
index over the same half-precision vectors; recall@10 is the share of them among the ten most similar that were found.
"""

import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks.passages import Base, passages, texts_of
from benchmarks.running import DATA
from benchmarks.tables import Table
from config.embedded import EmbeddedServices

CHUNKS, MILLION = 100_000, 1_000_000
BASE_TEXTS, QUESTIONS = 12_000, 400
CHUNKS_AN_ARTICLE = 10
#: One chunk in so many stands in the collection that few passages belong to, and one is for a rare tier only.
RARE_SHARE = 1_000
TOP = 10
EF_SEARCHES = (40, 100, 200, 600)
INDEX_BUILD_MEMORY = "2GB"
SHARED, RARE, RARE_TIER = "shelf", "rare shelf", "rare"


def run(*, quick: bool = False, chunks: int | None = None, texts: Sequence[Path] = ()) -> dict[str, Any]:
    count = chunks or (5_000 if quick else CHUNKS)
    folder = DATA / "search"
    shutil.rmtree(folder, ignore_errors=True)
    services = EmbeddedServices(folder, postgres=True, redis=False)
    services.acquire()
    try:
        os.environ.update(services.environment())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        os.environ["LOG_LEVEL"] = "ERROR"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        result = _measured(count, texts, quick=quick)
    finally:
        services.release()
        shutil.rmtree(folder, ignore_errors=True)
    _show(result)
    return result


def _measured(count: int, texts: Sequence[Path], *, quick: bool) -> dict[str, Any]:
    from knowledge import models
    from knowledge.embedders import embedder_named

    embedder = models.Embedder.objects.get(is_active=True)
    model = embedder_named(embedder.name)
    wanted, asked = (1_500, 100) if quick else (BASE_TEXTS, QUESTIONS)
    found = texts_of(texts, most=wanted + asked)
    questions, said = found[:asked], found[asked:]
    _say(f"embedding {len(said)} texts")
    base = Base(texts=said, vectors=model.embed_passages(said), questions=questions)
    result: dict[str, Any] = {
        "chunks": count,
        "base_texts": len(said),
        "questions": len(questions),
        "embedder": embedder.name,
        "dimensions": embedder.dimensions,
    }
    result |= _indexing(said[: 400 if quick else 3_000])
    started = time.perf_counter()
    vectors, chunk_ids, rare = _fill(base, count, embedder.pk, embedder.dimensions)
    result["fill_seconds"] = round(time.perf_counter() - started, 1)
    result |= _build(embedder.pk, embedder.dimensions)
    asked_vectors = model.embed_questions(questions)
    exact = _Exact(vectors, chunk_ids)
    everybody = np.ones(count, dtype=bool)
    everybody[rare] = False  # the rare tier's, which the ordinary customer does not see
    truth, flat = exact.nearest(asked_vectors, everybody)
    rare_truth, _ = exact.nearest(asked_vectors, ~everybody)
    result["engines"] = [
        {"engine": "FAISS flat, exact", **flat, "recall@10": 1.0, "megabytes": round(vectors.size * 4 / 1e6)},
        _faiss_hnsw(vectors, chunk_ids, asked_vectors, everybody, truth),
        *(_bare(embedder, asked_vectors, truth, ef_search) for ef_search in EF_SEARCHES),
    ]
    result["search"] = _ours(questions, truth, tier=None, beside=_BareQuery(embedder, asked_vectors, _ef_search(count)))
    result["search_rare_collection"] = _ours(questions, rare_truth, tier=RARE_TIER, collections=[RARE])
    return result


def _indexing(texts: Sequence[str]) -> dict[str, Any]:
    """Chunks a second through the whole indexing of real articles: cutting, embedding, storing."""
    from knowledge import models
    from knowledge.ingestion import index_articles

    shelf = models.Collection.objects.create(name="measured and removed")
    body = "\n\n".join(texts)
    per_article = max(1, len(body) // 60)
    articles = models.Article.objects.bulk_create(
        models.Article(
            collection=shelf,
            external_id=str(start),
            title=f"Part {start}",
            body=body[start : start + per_article],
            language="en",
            status="published",
        )
        for start in range(0, len(body), per_article)
    )
    wall, cpu = time.perf_counter(), time.process_time()
    index_articles([article.pk for article in articles])
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    chunks = models.Chunk.objects.filter(collection=shelf)
    characters = sum(len(text) for text in chunks.values_list("text", flat=True))
    count = chunks.count()
    models.ChunkVector.objects.filter(chunk__collection=shelf).delete()
    shelf.delete()
    return {
        "indexed_chunks": count,
        "indexed_characters_a_chunk": round(characters / max(1, count)),
        "indexed_chunks_per_second": round(count / wall),
        "indexed_chunks_per_two_cpu_seconds": round(2 * count / cpu),
    }


def _fill(
    base: Base, count: int, embedder_id: int, dimensions: int
) -> tuple[NDArray[np.float16], NDArray[np.int64], NDArray[np.int64]]:
    """All vectors, the ids of their chunks, and the places of the rare ones. No vector index is there meanwhile."""
    from django.db import connection

    from knowledge import models
    from knowledge.ingestion import _INSERT_CHUNKS
    from knowledge.segmentation import stemmer, words_of_passage
    from knowledge.vector_index import drop_vector_index

    drop_vector_index(embedder_id)
    shelf = models.Collection.objects.create(name=SHARED)
    rare_shelf = models.Collection.objects.create(name=RARE)
    vectors = np.empty((count, dimensions), dtype=np.float16)
    chunk_ids = np.empty(count, dtype=np.int64)
    rare: list[int] = []
    row = np.dtype(
        [
            *(("fields", ">i2"), ("l1", ">i4"), ("chunk", ">i8"), ("l2", ">i4"), ("embedder", ">i2"), ("l3", ">i4")),
            *(("dimensions", ">i2"), ("unused", ">i2"), ("values", ">f2", (dimensions,))),
        ]
    )
    for batch in passages(base, count):
        size = len(batch.texts)
        vectors[batch.first : batch.first + size] = batch.vectors
        groups = range(0, size, CHUNKS_AN_ARTICLE)
        articles = []
        for start in groups:
            is_rare = (batch.first + start) // CHUNKS_AN_ARTICLE % RARE_SHARE == 0
            articles.append(
                models.Article(
                    collection=rare_shelf if is_rare else shelf,
                    external_id=str(batch.first + start),
                    title=batch.texts[start][:60],
                    body="\n\n".join(batch.texts[start : start + CHUNKS_AN_ARTICLE]),
                    language="en",
                    status="published",
                    audience_tiers=[RARE_TIER] if is_rare else [],
                    content_hash="benchmark",
                )
            )
            if is_rare:
                rare.extend(range(batch.first + start, batch.first + min(start + CHUNKS_AN_ARTICLE, size)))
        columns: list[tuple[object, ...]] = []
        for article, start in zip(models.Article.objects.bulk_create(articles), groups, strict=True):
            offset = 0
            title_words = words_of_passage(article.title, language="en")
            for position, text in enumerate(batch.texts[start : start + CHUNKS_AN_ARTICLE]):
                words = words_of_passage(text, language="en")
                columns.append(
                    (article.pk, position, "", text, offset, offset + len(text), stemmer("en"), title_words, "", words)
                )
                offset += len(text) + 2
        with connection.cursor() as cursor:
            cursor.execute(_INSERT_CHUNKS, [list(column) for column in zip(*columns, strict=True)])
            stored = {(article_id, position): chunk_id for article_id, position, chunk_id in cursor.fetchall()}
            chunk_ids[batch.first : batch.first + size] = [stored[column[0], column[1]] for column in columns]
            block = np.zeros(size, dtype=row)
            block["fields"], block["l1"], block["l2"] = 3, 8, 2
            block["l3"], block["dimensions"] = 4 + 2 * dimensions, dimensions
            block["chunk"], block["embedder"] = chunk_ids[batch.first : batch.first + size], embedder_id
            block["values"] = batch.vectors
            with cursor.copy(
                "COPY knowledge_chunkvector (chunk_id, embedder_id, embedding) FROM STDIN WITH (FORMAT BINARY)"
            ) as copy:
                copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + block.tobytes() + b"\xff\xff")
        if batch.first % 50_000 == 0:
            _say(f"stored {batch.first + size} of {count} passages")
    return vectors, chunk_ids, np.array(rare, dtype=np.int64)


def _build(embedder_id: int, dimensions: int) -> dict[str, Any]:
    from django.db import connection

    from knowledge.vector_index import build_vector_index, vector_index_name

    _say("building the index")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(f"SET maintenance_work_mem = '{INDEX_BUILD_MEMORY}'")
        cursor.execute("SET max_parallel_maintenance_workers = 2")
        started = time.perf_counter()
        build_vector_index(embedder_id, dimensions)
        seconds = time.perf_counter() - started
        cursor.execute("RESET maintenance_work_mem")
        cursor.execute(
            "SELECT pg_relation_size(%s), pg_total_relation_size('knowledge_chunk'),"
            " pg_table_size('knowledge_chunkvector'), pg_database_size(current_database())",
            [vector_index_name(embedder_id)],
        )
        index, chunks, vectors, whole = cursor.fetchone()
    return {
        "index_build_seconds": round(seconds, 1),
        "index_megabytes": round(index / 1e6),
        "vectors_megabytes": round(vectors / 1e6),
        "chunks_and_words_megabytes": round(chunks / 1e6),
        "database_megabytes": round(whole / 1e6),
    }


class _Exact:
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

        times = _timed(one, asked)
        return found, times


def _faiss_hnsw(
    vectors: NDArray[np.float16],
    chunk_ids: NDArray[np.int64],
    asked: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    truth: list[set[int]],
) -> dict[str, Any]:
    import faiss

    _say("building FAISS HNSW")
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
    index.hnsw.efSearch = _ef_search(len(vectors))
    hits: list[int] = []

    def one(vector: NDArray[np.float32]) -> None:
        _, places = index.search(vector[None], TOP)
        hits.append(len({int(kept[place]) for place in places[0] if place >= 0} & truth[len(hits)]))

    times = _timed(one, asked)
    return {
        "engine": f"FAISS HNSW, efSearch {_ef_search(len(vectors))}",
        **times,
        "recall@10": _recall(hits, truth),
        "megabytes": round(grown / 1e6),
        "build_seconds": round(seconds, 1),
    }


def _bare(embedder: Any, asked: NDArray[np.float32], truth: list[set[int]], ef_search: int) -> dict[str, Any]:
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
        times = _timed(one, asked)
        cursor.execute("DEALLOCATE bare")
        for name in ("hnsw.ef_search", "hnsw.iterative_scan", "jit"):
            cursor.execute(f"RESET {name}")
    return {"engine": f"pgvector, ef_search {ef_search}", **times, "recall@10": _recall(hits, truth)}


class _BareQuery:
    """The bare query once more, asked right before each search of ours: both meet the same load of the machine."""

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


def _ours(
    questions: Sequence[str],
    truth: list[set[int]],
    *,
    tier: str | None,
    collections: list[str] | None = None,
    beside: _BareQuery | None = None,
) -> dict[str, Any]:
    """The whole search as a turn asks for it: embedding, words, vectors, filters, fusing, texts."""
    from knowledge.conf import PASSAGES_MAX
    from knowledge.retrieval import Audience, search

    hits: list[int] = []
    rows: list[int] = []
    parts: list[dict[str, float]] = []

    def one(question: str) -> None:
        found = search(
            question,
            audience=Audience(tier=tier),
            language="en",
            limit=PASSAGES_MAX,
            collections=collections,
            timeout_seconds=30.0,
        )
        best = sorted(found.passages, key=lambda passage: -passage.similarity)[:TOP]
        hits.append(len({passage.chunk_id for passage in best} & truth[len(hits) % len(truth)]))
        rows.append(len(found.passages))
        parts.append(dict(found.milliseconds))

    for question in questions[:50]:
        one(question)
    hits.clear()
    rows.clear()
    parts.clear()
    bare: list[float] = []
    for place, question in enumerate(questions):
        if beside is not None:
            bare.append(beside.milliseconds(place))
        one(question)
    totals = [part["total"] for part in parts]
    p50, p95 = np.percentile(totals, [50, 95])
    compared: dict[str, float] = {}
    if bare:
        bare_p50, bare_p95 = np.percentile(bare, [50, 95])
        vector_p50, vector_p95 = np.percentile([part["vector"] for part in parts], [50, 95])
        compared = {
            "bare_p50_ms": round(float(bare_p50), 2),
            "bare_p95_ms": round(float(bare_p95), 2),
            "vector_to_bare_p50": round(float(vector_p50 / bare_p50), 2),
            "vector_to_bare_p95": round(float(vector_p95 / bare_p95), 2),
            "search_to_bare_p50": round(float(p50 / bare_p50), 2),
            "search_to_bare_p95": round(float(p95 / bare_p95), 2),
        }
    return {
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        **compared,
        "recall@10": _recall(hits, truth),
        "fewest_passages": min(rows),
        "parts_p50_ms": {name: round(float(np.median([part[name] for part in parts])), 2) for name in parts[0]},
        "embed_p95_ms": round(float(np.percentile([part["embed"] for part in parts], 95)), 2),
    }


def _ef_search(count: int) -> int:
    """What our search uses among so many."""
    from knowledge.conf import EF_SEARCH, EF_SEARCH_LARGE, LARGE_INDEX_VECTORS

    return EF_SEARCH_LARGE if count > LARGE_INDEX_VECTORS else EF_SEARCH


def _recall(hits: Sequence[int], truth: Sequence[set[int]]) -> float:
    return round(sum(hits) / max(1, sum(map(len, truth))), 4)


def _timed(one: Callable[[Any], object], asked: Sequence[Any] | NDArray[np.float32]) -> dict[str, float]:
    milliseconds = []
    for item in asked:
        started = time.perf_counter()
        one(item)
        milliseconds.append((time.perf_counter() - started) * 1000)
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")


def _show(result: dict[str, Any]) -> None:
    table = Table(
        f"Search among {result['chunks']:,} passages, {result['questions']} questions, {result['embedder']}",
        ("", "p50 ms", "p95 ms", "recall@10", "build s", "MB"),
    )
    for row in result["engines"]:
        table.row(
            row["engine"],
            row["p50_ms"],
            row["p95_ms"],
            row["recall@10"],
            row.get("build_seconds"),
            row.get("megabytes"),
        )
    for name, row in (("our search()", result["search"]), ("its rare collection", result["search_rare_collection"])):
        table.row(name, row["p50_ms"], row["p95_ms"], row["recall@10"], None, None)
    table.show()
    plain = {name: value for name, value in result.items() if not isinstance(value, list)}
    for name, value in plain.items():
        sys.stdout.write(f"{name}: {value}\n")
