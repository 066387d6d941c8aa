"""Makes articles findable: chunk, embed, then swap old chunks for new in one transaction. Old ones serve until then."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

import numpy as np
from django.db import connection, transaction
from django.db.models.functions import Length
from django.utils import timezone

from knowledge import models
from knowledge.caches.answers import forget_near
from knowledge.chunking import HEADING_SEPARATOR, ChunkDraft, chunk_article
from knowledge.conf import BULK_ARTICLES, BULK_CHARACTERS, INDEX_VERSION
from knowledge.embedders import KEPT, embedder_named
from knowledge.embedding import Vectors
from knowledge.errors import ArticleChanging, EmbeddingUnavailable
from knowledge.lexical import TERM_WEIGHTS
from knowledge.segmentation import stemmer, words_of_passage
from knowledge.signals import announce_article
from knowledge.vector_storing import store_vectors

logger = logging.getLogger(__name__)

#: How often a changed article is tried again before we leave it to the next task.
_TRIES: Final = 3
#: Chunks that are embedded between two words about the progress.
TOLD_CHUNKS: Final = 512


class Outcome(StrEnum):
    INDEXED = "indexed"
    UNCHANGED = "unchanged"  #: its chunks were made from exactly this content
    SKIPPED = "skipped"  #: not published, so nobody may find it; indexed when it is published


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """What `refresh_article` did."""

    article_id: int
    outcome: Outcome
    chunks: int  #: stored by this call; 0 unless indexed


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An article as it was read, with its chunks and each embedder's vectors of them, not stored yet."""

    article_id: int
    content_hash: str
    language: str
    title: str
    chunks: list[ChunkDraft]


def content_hash(article: models.Article) -> str:
    """SHA-256 (hex) of all that an article's chunks depend on, the embedders excepted."""
    parts = (str(INDEX_VERSION), article.language, article.title, article.body)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def refresh_article(
    article: models.Article, *, on_chunks: Callable[[int, int], object] = lambda done, total: None
) -> Refreshed:
    """Brings one article's chunks up to date. May run twice, and beside itself, without harm.

    `on_chunks` is told (done, total) while its vectors are made.

    Raises `EmbeddingUnavailable` (the old chunks stay) and `ArticleChanging`.
    """
    for _ in range(_TRIES):
        article.refresh_from_db()
        done = refresh_articles([article], on_chunks=on_chunks)
        if done:
            return done[0]
    raise ArticleChanging(f"Article {article.pk} changed while it was indexed, {_TRIES} times")


def index_articles(
    article_ids: Sequence[int], *, on_articles: Callable[[int], object] = lambda count: None
) -> dict[Outcome, int]:
    """Brings many articles up to date, many in a transaction; `on_articles` is told how many are done more.

    An article that somebody changes meanwhile is left to the task that the change started.
    """
    counts = dict.fromkeys(Outcome, 0)
    for ids in _batches(article_ids):
        found = models.Article.objects.filter(pk__in=ids).order_by("pk")
        for refreshed in refresh_articles(list(found)):
            counts[refreshed.outcome] += 1
        on_articles(len(ids))
    return counts


def _batches(article_ids: Sequence[int]) -> Iterator[list[int]]:
    """At most BULK_ARTICLES at once, and BULK_CHARACTERS of text, so that neither entries nor books are slow."""
    batch: list[int] = []
    characters = 0
    for start in range(0, len(article_ids), 10 * BULK_ARTICLES):
        ids = article_ids[start : start + 10 * BULK_ARTICLES]
        lengths = models.Article.objects.filter(pk__in=ids).values_list("pk", Length("body"))
        lengths_by_id = dict(lengths)
        for article_id in ids:
            length = lengths_by_id.get(article_id, 0)
            if batch and (len(batch) == BULK_ARTICLES or characters + length > BULK_CHARACTERS):
                yield batch
                batch, characters = [], 0
            batch.append(article_id)
            characters += length
    if batch:
        yield batch


def refresh_articles(
    articles: Sequence[models.Article], *, on_chunks: Callable[[int, int], object] = lambda done, total: None
) -> list[Refreshed]:
    """One batch, in one transaction. Articles that changed since they were read are missing from the result."""
    done: list[Refreshed] = []
    prepared: list[_Prepared] = []
    for article in articles:
        if article.status != models.ArticleStatus.PUBLISHED:
            done.append(Refreshed(article_id=article.pk, outcome=Outcome.SKIPPED, chunks=0))
        elif article.content_hash == (current := content_hash(article)):
            done.append(Refreshed(article_id=article.pk, outcome=Outcome.UNCHANGED, chunks=0))
            if article.indexed_at is None or article.indexed_at < article.updated_at:
                # Only its audience changed, which the database has carried over: the sweep need not come back.
                models.Article.objects.filter(pk=article.pk).update(indexed_at=timezone.now())
        else:
            chunks = chunk_article(article.body)
            prepared.append(_Prepared(article.pk, current, article.language, article.title, chunks))
    if not prepared:
        return done
    started = time.perf_counter()
    passages = [
        passage_text(one.title, heading_path=chunk.heading_path, text=chunk.text)
        for one in prepared
        for chunk in one.chunks
    ]
    vectors = _vectors(passages, on_chunks)
    embedded = time.perf_counter()
    with transaction.atomic():
        stored = _swap(prepared, vectors)
        transaction.on_commit(partial(_forget_what_it_answers_better, vectors), robust=True)
    logger.info(
        "articles indexed",
        extra={
            "action": "articles_indexed",
            "articles": len(stored),
            "chunks": len(passages),
            "embed_ms": round((embedded - started) * 1000),
            "store_ms": round((time.perf_counter() - embedded) * 1000),
        },
    )
    return done + stored


def _forget_what_it_answers_better(vectors: dict[int, Vectors]) -> None:
    """Answers given before to questions that the new passages are about: the next customer gets one made anew."""
    for embedder_id, name in models.Embedder.objects.filter(pk__in=vectors).values_list("pk", "name"):
        forget_near(vectors[embedder_id], embedder=name)


def passage_text(title: str, *, heading_path: str, text: str) -> str:
    """What is embedded: a chunk alone often does not say what it is about."""
    heading = heading_path if heading_path != title else ""
    return "\n".join(part for part in (title, heading, text) if part)


def _vectors(passages: list[str], on_chunks: Callable[[int, int], object]) -> dict[int, Vectors]:
    """Each kept embedder's vectors, by its id. Raises `EmbeddingUnavailable` where the one that answers has none.

    Another one that is down must not keep an article from being found: it is left out, and filled again later. A large
    batch is made in parts, so that somebody can be told how far it is.
    """
    rows = list(models.Embedder.objects.filter(state__in=KEPT).order_by("id"))
    if not any(row.is_active for row in rows):
        raise EmbeddingUnavailable("No embedder is active; run `manage.py migrate`")
    vectors: dict[int, Vectors] = {}
    for place, row in enumerate(rows):
        parts = [np.empty((0, row.dimensions), dtype=np.float32)]
        try:
            for start in range(0, len(passages), TOLD_CHUNKS):
                on_chunks((place * len(passages) + start) // len(rows), len(passages))
                parts.append(embedder_named(row.name).embed_passages(passages[start : start + TOLD_CHUNKS]))
        except EmbeddingUnavailable as error:
            if row.is_active:
                raise
            logger.warning(
                "indexed without one embedder",
                extra={"action": "embedder_left_out", "embedder": row.name, "reason": str(error)},
            )
        else:
            vectors[row.pk] = np.concatenate(parts)
    return vectors


def _swap(prepared: list[_Prepared], vectors: dict[int, Vectors]) -> list[Refreshed]:
    """Old chunks out, new ones in, for those of `prepared` whose article is still as it was read; rows locked."""
    locked = {
        article.pk: article
        for article in models.Article.objects.select_for_update()
        .filter(pk__in=[one.article_id for one in prepared])
        .order_by("pk")
    }
    current: list[tuple[_Prepared, int]] = []
    first = 0
    for one in prepared:
        article = locked.get(one.article_id)
        if article is not None and content_hash(article) == one.content_hash:
            current.append((one, first))
        first += len(one.chunks)
    if not current or not _embedders_agree(vectors):
        return []
    ids = [one.article_id for one, _ in current]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM knowledge_chunkvector USING knowledge_chunk AS chunk"
            " WHERE chunk.id = chunk_id AND chunk.article_id = ANY (%s)",
            [ids],
        )
        cursor.execute("DELETE FROM knowledge_chunk WHERE article_id = ANY (%s)", [ids])
    _store(current, vectors)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE knowledge_article AS article SET content_hash = given.content_hash, indexed_at = %s"
            " FROM unnest(%s::bigint[], %s::text[]) AS given (id, content_hash) WHERE article.id = given.id",
            [timezone.now(), ids, [one.content_hash for one, _ in current]],
        )
    for article_id in ids:
        announce_article(article_id)
    return [Refreshed(article_id=one.article_id, outcome=Outcome.INDEXED, chunks=len(one.chunks)) for one, _ in current]


def _embedders_agree(vectors: dict[int, Vectors]) -> bool:
    """Whether the embedder that answers now is among `vectors`; rows locked against a switch until we have committed.

    One that is kept and has no vectors here was added, or failed, meanwhile: it has chunks to fill again.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, is_active FROM knowledge_embedder WHERE state = ANY (%s) ORDER BY id FOR SHARE", [list(KEPT)]
        )
        kept = dict(cursor.fetchall())
    behind = [embedder_id for embedder_id in kept if embedder_id not in vectors]
    if any(kept[embedder_id] for embedder_id in behind):
        return False
    if behind:
        models.Embedder.objects.filter(pk__in=behind, is_active=False).update(
            state=models.EmbedderState.FILLING, filled_through=0
        )
    for embedder_id in set(vectors) - set(kept):
        del vectors[embedder_id]  # stopped or removed meanwhile
    return True


#: Chunks repeat what the search needs of their article as it is in this moment: its row is locked.
INSERT_CHUNKS: Final = f"""
    INSERT INTO knowledge_chunk (
        article_id, position, heading_path, text, start, "end", language, collection_id, published, internal,
        audience_tiers, audience_attributes, search_vector, term_weights)
    SELECT article.id, given.position, given.heading_path, given.text, given.start, given."end", article.language,
           article.collection_id, article.status = 'published', article.visibility <> 'public',
           article.audience_tiers, article.audience_attributes, words.vector,
           {TERM_WEIGHTS.format(vector="words.vector")}
    FROM unnest(
        %s::bigint[], %s::int[], %s::text[], %s::text[], %s::int[], %s::int[], %s::regconfig[],
        %s::text[], %s::text[], %s::text[]
    ) AS given (article_id, position, heading_path, text, start, "end", stemmer, title_words, heading_words, words)
    JOIN knowledge_article AS article ON article.id = given.article_id
    CROSS JOIN LATERAL (
        SELECT setweight(to_tsvector(given.stemmer, given.title_words), 'A')
            || setweight(to_tsvector(given.stemmer, given.heading_words), 'B')
            || to_tsvector(given.stemmer, given.words) AS vector
    ) AS words
    RETURNING article_id, position, id
"""  # noqa: S608  built from constants of this app


def _store(current: list[tuple[_Prepared, int]], vectors: dict[int, Vectors]) -> None:
    columns: list[tuple[object, ...]] = []
    place: dict[tuple[int, int], int] = {}
    for one, first in current:
        title_words = words_of_passage(one.title, language=one.language)
        for position, chunk in enumerate(one.chunks):
            place[one.article_id, position] = first + position
            headings = chunk.heading_path.replace(HEADING_SEPARATOR, " ")
            columns.append(
                (
                    one.article_id,
                    position,
                    chunk.heading_path,
                    chunk.text,
                    chunk.start,
                    chunk.end,
                    stemmer(one.language),
                    title_words,
                    words_of_passage(headings, language=one.language),
                    words_of_passage(chunk.text, language=one.language),
                )
            )
    if not columns:
        return
    with connection.cursor() as cursor:
        cursor.execute(INSERT_CHUNKS, [list(column) for column in zip(*columns, strict=True)])
        stored = cursor.fetchall()
    places = [place[article_id, position] for article_id, position, _ in stored]
    for embedder_id, rows in vectors.items():
        store_vectors(embedder_id, [chunk_id for _, _, chunk_id in stored], rows[places])


def published_ids(collections: Iterable[str] | None = None) -> list[int]:
    """Ids of all published articles, or of those in `collections`."""
    articles = models.Article.objects.filter(status=models.ArticleStatus.PUBLISHED)
    if collections is not None:
        articles = articles.filter(collection__name__in=list(collections))
    return list(articles.order_by("pk").values_list("pk", flat=True))
