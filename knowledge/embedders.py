"""Finds embedders, adds rows for them, and lets one of them answer searches."""

from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Final

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from knowledge import models
from knowledge.conf import DEFAULT_EMBEDDER
from knowledge.embedding import Embedder
from knowledge.embedding_server import EmbeddingServer
from knowledge.errors import EmbedderNotReady, EmbeddingUnavailable
from knowledge.minilm import INT8_NAME, MiniLM
from knowledge.models import EmbedderKind, EmbedderState
from knowledge.signals import embedder_switched
from knowledge.vector_index import IndexState, vector_index_sql, vector_index_state

#: Every model that this version runs itself, by its kind, which is also its name.
KNOWN: Final[dict[str, Callable[[], MiniLM]]] = {
    "minilm": lambda: MiniLM(name="minilm"),
    INT8_NAME: lambda: MiniLM(name=INT8_NAME, int8=True),
}
#: States in which the vectors of changing articles are kept up to date.
KEPT: Final = (EmbedderState.FILLING, EmbedderState.INDEXING, EmbedderState.COMPLETE)


def embedder_named(name: str) -> Embedder:
    """The process's one instance; a server's settings are read anew each time, so that a change holds at once.

    Raises `EmbeddingUnavailable` for a name that nobody has.
    """
    if name in KNOWN:
        return local_model(name)
    row = models.Embedder.objects.filter(name=name).first()
    if row is None:
        raise EmbeddingUnavailable(f"Embedder {name!r} is not known; there are {', '.join(sorted(KNOWN))} and servers")
    return embedder_of(row)


def embedder_of(row: models.Embedder) -> Embedder:
    """The embedder that a row stands for."""
    if row.kind in KNOWN:
        return local_model(row.kind)
    return _server(
        name=row.name,
        url=row.url,
        token=row.token,
        dimensions=row.dimensions,
        model=row.model,
        question_prefix=row.question_prefix,
        passage_prefix=row.passage_prefix,
        batch_texts=row.batch_texts,
    )


@cache
def local_model(kind: str) -> MiniLM:
    return KNOWN[kind]()


_server = lru_cache(maxsize=16)(EmbeddingServer)


def register_embedder(name: str) -> models.Embedder:
    """The row of a local embedder, made where it is not there. It answers no searches yet."""
    row = models.Embedder.objects.filter(name=name).first()
    if row is None:
        local = embedder_named(name)
        row = models.Embedder(name=name, kind=EmbedderKind(name), dimensions=local.dimensions)
        add_embedder(row)
    return row


def add_embedder(row: models.Embedder) -> None:
    """Stores a new row under the next id. While there are no chunks it is complete at once, with its index."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE knowledge_embedder IN SHARE ROW EXCLUSIVE MODE")
        row.id = (models.Embedder.objects.aggregate(highest=Max("id"))["highest"] or 0) + 1
        if not models.Chunk.objects.exists():
            row.state = EmbedderState.COMPLETE
            cursor.execute(vector_index_sql(row.id, row.dimensions))
        row.save(force_insert=True)


def ensure_default_embedder(**kwargs: object) -> None:
    """After every `migrate`: an embedder is active, the default one where no other is."""
    if models.Embedder._meta.db_table not in connection.introspection.table_names():
        return  # migrated back to nothing
    if models.Embedder.objects.filter(is_active=True).exists():
        return
    register_embedder(DEFAULT_EMBEDDER)
    activate_embedder(DEFAULT_EMBEDDER)


#: Whoever must agree before another embedder answers; each raises `EmbedderNotReady` where it does not.
_guards: list[Callable[[str], None]] = []


def guard_activation_with(guard: Callable[[str], None]) -> None:
    """Called once, when the app above starts."""
    if guard not in _guards:
        _guards.append(guard)


def activate_embedder(name: str) -> None:
    """Lets `name` answer searches from now on, in one step; the one before keeps its vectors, so it is one step back.

    Raises `EmbedderNotReady` (vectors or index are missing, or a guard does not agree) and `EmbeddingUnavailable`
    (it does not answer now, or there is none of this name); the embedder before goes on answering.
    """
    if not models.Embedder.objects.filter(name=name).exists():
        raise EmbeddingUnavailable(f"Embedder {name!r} is not registered; register it first")
    embedder_named(name).embed_questions(["Is it there?"])
    for guard in _guards:
        guard(name)
    with transaction.atomic():
        rows = {row.name: row for row in models.Embedder.objects.select_for_update().order_by("id")}
        if name not in rows:
            raise EmbeddingUnavailable(f"Embedder {name!r} was removed")
        transaction.on_commit(partial(embedder_switched.send_robust, sender=models.Embedder), robust=True)
        refuse_unready(rows[name])
        models.Embedder.objects.filter(is_active=True).update(is_active=False)
        models.Embedder.objects.filter(id=rows[name].id).update(is_active=True)


def refuse_unready(row: models.Embedder) -> None:
    """Raises `EmbedderNotReady` where a search by this embedder would miss something."""
    if row.state != EmbedderState.COMPLETE:
        state = row.get_state_display()
        raise EmbedderNotReady(_("%(name)s is %(state)s; fill it first.") % {"name": row.name, "state": state})
    missing = missing_vectors(row.id)
    if missing:
        raise EmbedderNotReady(
            _("%(name)s has no vectors of %(count)d chunks; fill it again.") % {"name": row.name, "count": missing}
        )
    if vector_index_state(row.id) is not IndexState.READY:
        raise EmbedderNotReady(_("The index of %(name)s is not built; fill it again.") % {"name": row.name})


def missing_vectors(embedder_id: int) -> int:
    """How many chunks have no vector of this embedder."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM knowledge_chunk AS chunk"
            " WHERE NOT EXISTS (SELECT FROM knowledge_chunkvector AS vector"
            " WHERE vector.chunk_id = chunk.id AND vector.embedder_id = %s)",
            [embedder_id],
        )
        return int(cursor.fetchone()[0])
