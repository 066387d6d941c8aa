"""Finds embedders by name, and registers them in the database with an HNSW index of their own."""

from collections.abc import Callable
from functools import cache
from typing import Final

from django.db import connection, transaction
from django.db.models import Max

from knowledge import models
from knowledge.conf import DEFAULT_EMBEDDER
from knowledge.embedding import Embedder
from knowledge.errors import EmbeddingUnavailable
from knowledge.minilm import MiniLM

#: Every embedder this version can run.
KNOWN: Final[dict[str, Callable[[], MiniLM]]] = {
    DEFAULT_EMBEDDER: lambda: MiniLM(name=DEFAULT_EMBEDDER),
    "minilm-int8": lambda: MiniLM(name="minilm-int8", int8=True),
}


@cache
def embedder_named(name: str) -> Embedder:
    """The process's one instance. Raises `EmbeddingUnavailable` for a name that this version does not know."""
    return local_model(name)


@cache
def local_model(name: str) -> MiniLM:
    if name not in KNOWN:
        raise EmbeddingUnavailable(f"Embedder {name!r} is not known; choose one of {', '.join(sorted(KNOWN))}")
    return KNOWN[name]()


def register_embedder(name: str) -> models.Embedder:
    """The row of a known embedder, made with its index where it is not there. It answers no searches yet."""
    embedder = embedder_named(name)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE knowledge_embedder IN SHARE ROW EXCLUSIVE MODE")
        row = models.Embedder.objects.filter(name=name).first()
        if row is None:
            highest = models.Embedder.objects.aggregate(highest=Max("id"))["highest"] or 0
            row = models.Embedder.objects.create(id=highest + 1, name=name, dimensions=embedder.dimensions)
        cursor.execute(vector_index_sql(row.id, row.dimensions))
    return row


def ensure_default_embedder(**kwargs: object) -> None:
    """After every `migrate`: the default embedder is registered, and active where no other is."""
    if models.Embedder._meta.db_table not in connection.introspection.table_names():
        return  # migrated back to nothing
    if models.Embedder.objects.filter(is_active=True).exists():
        return
    register_embedder(DEFAULT_EMBEDDER)
    activate_embedder(DEFAULT_EMBEDDER)


def activate_embedder(name: str) -> None:
    """Lets `name` answer searches from now on, in one step. Raises `EmbeddingUnavailable` if it is not registered."""
    with transaction.atomic():
        rows = {row.name: row for row in models.Embedder.objects.select_for_update().order_by("id")}
        if name not in rows:
            raise EmbeddingUnavailable(f"Embedder {name!r} is not registered; register it first")
        models.Embedder.objects.filter(is_active=True).update(is_active=False)
        models.Embedder.objects.filter(id=rows[name].id).update(is_active=True)


def vector_index_sql(embedder_id: int, dimensions: int) -> str:
    """A partial index: it holds one embedder's vectors only, all of one length, which HNSW needs."""
    return (
        f"CREATE INDEX IF NOT EXISTS knowledge_vectors_{int(embedder_id)} ON knowledge_chunkvector"
        f" USING hnsw ((embedding::halfvec({int(dimensions)})) halfvec_cosine_ops)"
        f" WITH (m = 16, ef_construction = 64) WHERE embedder_id = {int(embedder_id)}"
    )
