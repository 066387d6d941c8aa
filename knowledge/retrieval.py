"""Finds the passages that answer a question: by vectors and by words, fused. Two round trips to the database."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from django.utils.translation import gettext as _
from pgvector import HalfVector

from knowledge.article_signals import NO_SIGNALS, Signals, signals_of
from knowledge.audience import AUDIENCE_CONDITION, Audience, audience_parameters
from knowledge.conf import (
    CANDIDATES_EACH,
    PASSAGES_MAX,
    QUESTION_MAX_CHARACTERS,
    QUESTION_READ_CHARACTERS,
    SEARCH_TIMEOUT_SECONDS,
)
from knowledge.embedders import refuse_unready
from knowledge.errors import EmbedderNotReady, EmbeddingUnavailable, QuestionTooLong
from knowledge.lexical import ASKED_WORDS, asked_words
from knowledge.models import Collection, Embedder
from knowledge.page_links import link_to_page
from knowledge.question_vectors import question_vector
from knowledge.ranking import (
    NO_SIGNAL_WEIGHTS,
    Candidate,
    Fusion,
    Ranked,
    SignalWeights,
    fuse,
    fuse_by_rank,
    share_among,
    weights_of,
)
from knowledge.reranking import RerankNote, passages_to_rerank, rerank
from knowledge.search_settings import USUAL, SearchSettings, Way
from knowledge.statements import run_bounded
from knowledge.storable import storable_text
from knowledge.vector_index import vector_index_name

__all__ = ["Audience", "Passage", "Retrieval", "left_out", "search"]

logger = logging.getLogger(__name__)

#: The note of a search that went by words alone, because no vector of the question could be made.
VECTORS_UNAVAILABLE: Final = "vectors_unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk that may answer, as stored: `article.body[start:end] == text`."""

    chunk_id: int  #: changes whenever the article is indexed again; keep article_id, start and end instead
    article_id: int
    article_external_id: str
    article_title: str
    article_url: str  #: may be ''; of a PDF, the very page
    heading_path: str  #: "Refunds > Annual plans"; may be ''
    text: str  #: Markdown, 1..CHUNK_MAX_CHARACTERS characters
    start: int  #: characters
    end: int  #: characters, exclusive
    language: str  #: code, or '' where not known
    internal: bool  #: for staff only: never to be shown to a customer
    similarity: float  #: cosine similarity of the vectors, -1.0..1.0
    lexical_score: float  #: BM25 over the question's best conceivable match: 0.0 = no word in common, about 1.0 = all
    score: float  #: fused, 0.0..1.0; comparable between questions
    rank: int  #: 1 = best
    rerank_score: float | None = None  #: the reranker's, 0.0..1.0; None where it was not asked or gave no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """What was found, best first, perhaps nothing."""

    question: str  #: as it was searched: cleaned, and cut to QUESTION_READ_CHARACTERS
    passages: tuple[Passage, ...]
    embedder: str  #: name; '' where nothing was searched
    milliseconds: Mapping[str, float]  #: keys embed, vector, lexical, fuse, rerank, total
    candidates: int  #: how many passages both searches proposed together
    vector_share: float = 0.0  #: the vectors' share of the scores, 0.0..1.0; the words had the rest
    signals: SignalWeights = NO_SIGNAL_WEIGHTS  #: what freshness and past citations counted
    #: What made this search other than usual: VECTORS_UNAVAILABLE, or a `RerankNote`.
    notes: tuple[str, ...] = ()


def search(
    question: str,
    *,
    audience: Audience,
    language: str | None,
    limit: int = 8,
    collections: Sequence[str] | None = None,
    include_internal: bool = False,
    timeout_seconds: float = SEARCH_TIMEOUT_SECONDS,
    settings: SearchSettings = USUAL,
) -> Retrieval:
    """Passages most likely to answer `question`, best first; at most `limit`, perhaps none.

    Only published articles that `audience` may see are looked at, and internal ones only if asked for. `language` is
    the customer's (None = not known): other languages stay possible with a lower score. `collections` are names
    (None = all but throw-away ones). A question without a letter or digit finds nothing. Where the embedder is down,
    words alone decide, and the notes say so.

    Raises `QuestionTooLong` (do not retry), `EmbeddingUnavailable` (no embedder is active), `SearchTimedOut`
    (retry later) and, for an embedder named in `settings`, `EmbedderNotReady`.
    """
    return _search(
        question,
        audience=audience,
        language=language,
        limit=limit,
        collections=collections,
        include_internal=include_internal,
        timeout_seconds=timeout_seconds,
        settings=settings,
        allowed=_ALLOWED,
    )


def left_out(
    question: str,
    *,
    audience: Audience,
    language: str | None,
    limit: int = 8,
    collections: Sequence[str] | None = None,
    include_internal: bool = False,
    timeout_seconds: float = SEARCH_TIMEOUT_SECONDS,
    settings: SearchSettings = USUAL,
) -> Retrieval:
    """What `search` would find, too, were it not for somebody else or not published. For staff only, never a customer.

    Raises as `search` does.
    """
    return _search(
        question,
        audience=audience,
        language=language,
        limit=limit,
        collections=collections,
        include_internal=include_internal,
        timeout_seconds=timeout_seconds,
        settings=replace(settings, with_reranker=False),
        allowed=_LEFT_OUT,
    )


def _search(
    question: str,
    *,
    audience: Audience,
    language: str | None,
    limit: int,
    collections: Sequence[str] | None,
    include_internal: bool,
    timeout_seconds: float,
    settings: SearchSettings,
    allowed: str,
) -> Retrieval:
    started = time.perf_counter()
    if len(question) > QUESTION_MAX_CHARACTERS:
        raise QuestionTooLong(f"A question may have {QUESTION_MAX_CHARACTERS} characters; this one has {len(question)}")
    question = storable_text(question[:QUESTION_READ_CHARACTERS]).strip()
    words = asked_words(question, language=language, in_collections=collections is not None)
    limit = min(limit, PASSAGES_MAX)
    if words is None or limit < 1:
        return _nothing(question, started)
    parameters: dict[str, Any] = {
        **audience_parameters(audience),
        **words,
        "collections": _collection_ids(collections),
        "include_internal": include_internal,
    }
    timeout_milliseconds = max(1, int(timeout_seconds * 1000))

    lexical_started = time.perf_counter()
    in_collections = collections is not None
    by_words = _LEXICAL_IN_COLLECTIONS_SQL if in_collections else _LEXICAL_SQL
    if allowed is not _ALLOWED:
        by_words = _lexical_sql(in_collections, allowed)
    # Whose collections are named is planned for these few; else the plan is the same for everybody.
    is_constant = allowed is _ALLOWED and not in_collections
    run = partial(run_bounded, timeout_milliseconds=timeout_milliseconds, is_constant=is_constant)
    asked = run(by_words, parameters)
    embedder_id, embedder_name, dimensions, weights, ideal, chunk_ids = asked[0] if asked else (None,) * 6
    if embedder_id is None:
        raise EmbeddingUnavailable("No embedder is active; run `manage.py migrate`")
    if settings.embedder not in ("", embedder_name):
        embedder_id, embedder_name, dimensions = _other_embedder(settings.embedder)

    embed_started = time.perf_counter()
    vector = None if settings.way is Way.WORDS else _question_vector(embedder_name, question)

    vector_started = time.perf_counter()
    if weights and not chunk_ids and (vector is None or not weights_of(embedder_name).reads(question)):
        # Nothing else tells which chunks to look at: so the words do, however common they are.
        chunk_ids = run(by_words, parameters | {"words_alone": True})[0][-1]
    parameters |= {
        "vector": None if vector is None else HalfVector(vector),
        "weights": weights or "{}/268435456",
        "ideal": float(ideal or 1.0),
        "chunk_ids": [] if settings.way is Way.VECTORS else chunk_ids or [],
    }
    by_vector = (
        _words_only_sql(allowed) if vector is None else _vector_sql(embedder_id, dimensions, in_collections, allowed)
    )
    rows = run(by_vector, parameters, walked_index=vector_index_name(embedder_id))

    fuse_started = time.perf_counter()
    signals = weights_of(embedder_name).signals if settings.signals is None else settings.signals
    candidates = _candidates(rows, signals_of(row[1] for row in rows) if signals.total else {})
    share = _share(embedder_name, question, candidates, way=settings.way if vector is not None else Way.WORDS)
    ranked = _ranked(candidates, share=share, language=language, fusion=settings.fusion, signals=signals)
    known = {row[0]: row for row in rows}
    fused = tuple(
        _passage(one, known[one.chunk_id])
        for one in ranked[: max(limit, passages_to_rerank())]
        if one.score >= settings.least_score
    )
    rerank_started = time.perf_counter()
    passages, note = _reranked(question, fused) if settings.with_reranker else (fused, RerankNote.OFF)
    ended = time.perf_counter()
    return Retrieval(
        question=question,
        passages=passages[:limit],
        embedder=embedder_name,
        milliseconds=_milliseconds(
            embed=vector_started - embed_started,
            vector=fuse_started - vector_started,
            lexical=embed_started - lexical_started,
            fuse=rerank_started - fuse_started,
            rerank=ended - rerank_started,
            total=ended - started,
        ),
        candidates=len(rows),
        vector_share=share,
        signals=signals,
        notes=tuple(one for one in (_about_vectors(vector, settings), note) if one),
    )


def _about_vectors(vector: Any, settings: SearchSettings) -> str:
    return VECTORS_UNAVAILABLE if vector is None and settings.way is not Way.WORDS else ""


def _other_embedder(name: str) -> tuple[int, str, int]:
    """Id, name and dimensions. Raises `EmbedderNotReady`."""
    row = Embedder.objects.filter(name=name).first()
    if row is None:
        raise EmbedderNotReady(_("There is no embedder “%(name)s”.") % {"name": name})
    refuse_unready(row)
    return row.pk, row.name, row.dimensions


def _collection_ids(names: Sequence[str] | None) -> list[int] | None:
    if names is None:
        return None
    return list(Collection.objects.filter(name__in=list(names)).order_by("pk").values_list("pk", flat=True))


def _question_vector(embedder_name: str, question: str) -> Any:
    """float32 [dimensions]; None where the embedder cannot make one now, since words alone still find much."""
    try:
        return question_vector(embedder_name, question)
    except EmbeddingUnavailable as error:
        logger.warning(
            "searched by words alone",
            extra={"action": "vectors_unavailable", "embedder": embedder_name, "reason": str(error)},
        )
        return None


def _reranked(question: str, fused: tuple[Passage, ...]) -> tuple[tuple[Passage, ...], RerankNote]:
    """Passages in the reranker's order where there is one; their `score` stays the fused one, which is calibrated."""
    texts = [f"{passage.article_title}\n{passage.heading_path}\n{passage.text}" for passage in fused]
    reranking = rerank(question, texts)
    if reranking.note is not RerankNote.USED:
        return fused, reranking.note
    passages = tuple(
        replace(fused[index], rank=rank, rerank_score=reranking.scores[index])
        for rank, index in enumerate(reranking.order, start=1)
    )
    return passages, reranking.note


#: Which chunks may be looked at at all. Both searches apply it while they rank, so that no stranger takes a place.
_ALLOWED: Final = "chunk.published AND (%(include_internal)s OR NOT chunk.internal) AND " + AUDIENCE_CONDITION.format(
    row="chunk"
)
#: All the others, whoever they are for.
_LEFT_OUT: Final = f"({_ALLOWED}) IS NOT TRUE"
#: What an evaluation puts up for a while is nobody's knowledge: it is found only by those who name its collection.
_LIVE: Final = "AND {row}.collection_id NOT IN (SELECT id FROM knowledge_collection WHERE is_throw_away)"
#: Ids, not names: they stand in the statement itself, so PostgreSQL knows how few chunks a small collection has, and
#: compares those exactly instead of walking through the whole index for them.
_IN_COLLECTIONS: Final = "AND {row}.collection_id = ANY (%(collections)s::bigint[])"


def _lexical_sql(in_collections: bool, allowed: str = _ALLOWED) -> str:
    """One row: the active embedder, the question's word weights, the best chunks by BM25 (ties: the older chunk)."""
    counted, chosen = ((_IN_COLLECTIONS if in_collections else _LIVE).format(row=row) for row in ("known", "chunk"))
    scored = "chunk.id, chunk.term_weights <#> (SELECT weights FROM asked)::sparsevec AS distance"
    # The function behind `@@`, which no index serves: PostgreSQL would read the words' lists of all collections.
    exhaustive = f"""
            UNION ALL
            SELECT {scored} FROM knowledge_chunk AS chunk
            WHERE (SELECT every IS NOT NULL FROM asked) AND ts_match_vq(chunk.search_vector, (SELECT every FROM asked))
              AND {allowed} {chosen}"""  # noqa: S608  built from constants of this app
    return f"""
    WITH asked AS MATERIALIZED ({ASKED_WORDS.format(collections=counted)}),
    best AS (
        SELECT id
        FROM (
            SELECT {scored} FROM knowledge_chunk AS chunk
            WHERE chunk.search_vector @@ (SELECT rare FROM asked) AND {allowed} {chosen}
            UNION ALL (
                SELECT {scored} FROM knowledge_chunk AS chunk
                WHERE chunk.search_vector @@ (SELECT common FROM asked) AND {allowed} {chosen}
                LIMIT %(paired_chunks)s
            ){exhaustive if in_collections else ""}
        ) AS matched
        GROUP BY id, distance
        ORDER BY distance, id
        LIMIT {CANDIDATES_EACH}
    )
    SELECT embedder.id, embedder.name, embedder.dimensions, (SELECT weights FROM asked), (SELECT ideal FROM asked),
           ARRAY (SELECT id FROM best)
    FROM knowledge_embedder AS embedder WHERE embedder.is_active
    """  # noqa: S608  built from constants of this app


_LEXICAL_SQL: Final = _lexical_sql(False)
_LEXICAL_IN_COLLECTIONS_SQL: Final = _lexical_sql(True)


def _vector_sql(embedder_id: int, dimensions: int, in_collections: bool, allowed: str = _ALLOWED) -> str:
    """Rows of all candidates: the nearest chunks by cosine distance and those found by words, with both measures.

    The walk through the HNSW index goes on until enough allowed chunks are found (iterative scan), so a filter that
    few pass does not starve it. The article's own row is asked again at the end. Fusing orders the rows, not this.
    """
    chosen = (_IN_COLLECTIONS if in_collections else _LIVE).format(row="chunk")
    distance = f"vector.embedding::halfvec({int(dimensions)}) <=> %(vector)s::halfvec({int(dimensions)})"
    return f"""
    WITH nearest AS MATERIALIZED (
        SELECT vector.chunk_id, {distance} AS distance
        FROM knowledge_chunkvector AS vector JOIN knowledge_chunk AS chunk ON chunk.id = vector.chunk_id
        WHERE vector.embedder_id = {int(embedder_id)} AND {allowed} {chosen}
        ORDER BY {distance}
        LIMIT {CANDIDATES_EACH}
    ),
    proposed AS (
        SELECT chunk_id, distance FROM nearest
        UNION ALL
        SELECT vector.chunk_id, {distance} FROM knowledge_chunkvector AS vector
        WHERE vector.embedder_id = {int(embedder_id)} AND vector.chunk_id = ANY (%(chunk_ids)s::bigint[])
          AND vector.chunk_id NOT IN (SELECT chunk_id FROM nearest)
    )
    SELECT chunk.id, chunk.article_id, article.external_id, article.title, article.url, chunk.heading_path, chunk.text,
           chunk.start, chunk."end", chunk.language, chunk.internal, chunk.position, 1 - proposed.distance,
           -(chunk.term_weights <#> %(weights)s::sparsevec) / %(ideal)s
    FROM proposed
    JOIN knowledge_chunk AS chunk ON chunk.id = proposed.chunk_id AND {allowed}
    JOIN knowledge_article AS article ON article.id = chunk.article_id {_published(allowed)}
    """  # noqa: S608  built from constants of this app and whole numbers


def _words_only_sql(allowed: str = _ALLOWED) -> str:
    """The same rows for the chunks found by words alone: no vector is read, and the similarity is 0."""
    return f"""
    SELECT chunk.id, chunk.article_id, article.external_id, article.title, article.url, chunk.heading_path, chunk.text,
           chunk.start, chunk."end", chunk.language, chunk.internal, chunk.position,
           0.0::float8, -(chunk.term_weights <#> %(weights)s::sparsevec) / %(ideal)s
    FROM knowledge_chunk AS chunk
    JOIN knowledge_article AS article ON article.id = chunk.article_id {_published(allowed)}
    WHERE chunk.id = ANY (%(chunk_ids)s::bigint[]) AND {allowed}
    """  # noqa: S608  built from constants of this app


def _published(allowed: str) -> str:
    return "AND article.status = 'published'" if allowed is _ALLOWED else ""


#: Without a vector of the question the words have the whole score.
_SHARE_OF: Final = {Way.WORDS: 0.0, Way.VECTORS: 1.0}


def _share(embedder_name: str, question: str, candidates: Sequence[Candidate], *, way: Way) -> float:
    if way in _SHARE_OF:
        return _SHARE_OF[way]
    learned = weights_of(embedder_name)
    return share_among(candidates, learned.shares, is_read=learned.reads(question))


def _candidates(rows: Sequence[tuple[Any, ...]], signals: Mapping[int, Signals]) -> list[Candidate]:
    """`signals` by article; none where they count for nothing."""
    return [
        Candidate(
            chunk_id=row[0],
            article_id=row[1],
            position=row[11],
            characters=row[8] - row[7],
            language=row[9],
            similarity=row[12],
            lexical=row[13],
            freshness=(known := signals.get(row[1], NO_SIGNALS)).freshness,
            citations=known.citations,
        )
        for row in rows
    ]


def _ranked(
    candidates: Sequence[Candidate], *, share: float, language: str | None, fusion: Fusion, signals: SignalWeights
) -> list[Ranked]:
    if fusion is Fusion.RECIPROCAL_RANK:
        return fuse_by_rank(candidates, language=language)
    return fuse(candidates, share=share, language=language, signals=signals)


def _passage(one: Ranked, row: tuple[Any, ...]) -> Passage:
    return Passage(
        chunk_id=one.chunk_id,
        article_id=row[1],
        article_external_id=row[2],
        article_title=row[3],
        article_url=link_to_page(row[4], heading_path=row[5], text=row[6]),
        heading_path=row[5],
        text=row[6],
        start=row[7],
        end=row[8],
        language=row[9],
        internal=row[10],
        similarity=row[12],
        lexical_score=row[13],
        score=one.score,
        rank=one.rank,
    )


def _milliseconds(**seconds: float) -> Mapping[str, float]:
    return MappingProxyType({name: round(value * 1000, 3) for name, value in seconds.items()})


def _nothing(question: str, started: float) -> Retrieval:
    spent = _milliseconds(embed=0.0, vector=0.0, lexical=0.0, fuse=0.0, rerank=0.0, total=time.perf_counter() - started)
    return Retrieval(question=question, passages=(), embedder="", milliseconds=spent, candidates=0)
