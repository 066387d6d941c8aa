"""The HNSW index that each embedder has of its own: a partial index over its vectors alone, all of one length."""

from enum import StrEnum

from django.db import connection


class IndexState(StrEnum):
    MISSING = "missing"
    UNFINISHED = "unfinished"  #: a build was interrupted; PostgreSQL keeps the torso and never uses it
    READY = "ready"


def vector_index_name(embedder_id: int) -> str:
    return f"knowledge_vectors_{int(embedder_id)}"


def vector_index_sql(embedder_id: int, dimensions: int, *, concurrently: bool = False) -> str:
    """`dimensions` is at most DIMENSIONS_MAX: pgvector indexes no longer halfvec."""
    return (
        f"CREATE INDEX {'CONCURRENTLY ' if concurrently else ''}IF NOT EXISTS {vector_index_name(embedder_id)}"
        f" ON knowledge_chunkvector USING hnsw ((embedding::halfvec({int(dimensions)})) halfvec_cosine_ops)"
        f" WITH (m = 16, ef_construction = 64) WHERE embedder_id = {int(embedder_id)}"
    )


def vector_index_state(embedder_id: int) -> IndexState:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [vector_index_name(embedder_id)]
        )
        row = cursor.fetchone()
    if row is None:
        return IndexState.MISSING
    return IndexState.READY if row[0] else IndexState.UNFINISHED


def build_vector_index(embedder_id: int, dimensions: int) -> None:
    """Beside searches and writes; inside a transaction, which allows no such build, it locks the writers out."""
    if vector_index_state(embedder_id) is IndexState.UNFINISHED:
        drop_vector_index(embedder_id)
    _run(vector_index_sql(embedder_id, dimensions, concurrently=not connection.in_atomic_block))


def drop_vector_index(embedder_id: int) -> None:
    concurrently = "" if connection.in_atomic_block else "CONCURRENTLY "
    _run(f"DROP INDEX {concurrently}IF EXISTS {vector_index_name(embedder_id)}")


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        if connection.in_atomic_block:
            # What was written before in this transaction still waits for its checks, and bars the table.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(sql)
