"""Recall an answer that was given before, keep one, forget those of an article."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np

from knowledge.audience import Audience
from knowledge.caches.environment import are_unchanged, audience_key, environment, visible_articles
from knowledge.caches.kept import KeptAnswer, Origin, kept_id
from knowledge.caches.nearest import NearestQuestions
from knowledge.caches.store import store
from knowledge.conf import KEPT_ANSWER_MAX_CHARACTERS, KEPT_NEW_PASSAGE, KEPT_QUESTION_MAX_CHARACTERS
from knowledge.embedding import Vectors
from knowledge.errors import EmbeddingUnavailable
from knowledge.question_vectors import question_vector
from knowledge.ranking import weights_of
from knowledge.retrieval import Passage
from knowledge.sameness import normalised
from knowledge.storable import storable_text

logger = logging.getLogger(__name__)


class Match(StrEnum):
    EXACT = "exact"  #: the same words
    NEAR = "near"  #: nearly the same meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """An answer that holds for this question now: its articles are as they were, and this customer may see them."""

    kept: KeptAnswer
    match: Match
    similarity: float  #: cosine similarity of both questions; 1.0 where EXACT
    saved_milliseconds: float  #: what the answer took, less what recalling it took; not less than 0


def recall(
    question: str, *, audience: Audience, language: str, manner: str = "", only_exact: bool = False
) -> Recalled | None:
    """The answer given before to the same question by `audience` in `language`, or to nearly the same one.

    `manner` names how answers are written: those of another one are not given. `only_exact` leaves out what is merely
    near. Never raises for Redis; the database's errors pass through.
    """
    started = time.perf_counter()
    question = storable_text(question).strip()
    if not normalised(question) or not language or len(question) > KEPT_QUESTION_MAX_CHARACTERS:
        return None
    known = environment()
    key = audience_key(audience, attributes=known.attributes, manner=manner)
    version, kept = store().look(kept_id(question, audience=key, language=language))
    if not version:
        return None
    match, similarity = Match.EXACT, 1.0
    if kept is None and not only_exact:
        near = _nearest(question, group=(key, language, known.embedder), version=version)
        kept, similarity = near if near else (None, 0.0)
        match = Match.NEAR
    if kept is None:
        store().count("missed")
        return None
    if not _holds(kept, audience=audience):
        store().remove([kept.id])
        store().count("stale")
        store().count("missed")
        return None
    saved = max(0.0, kept.milliseconds - (time.perf_counter() - started) * 1000)
    store().count(match.value, kept_id=kept.id, saved_milliseconds=saved)
    return Recalled(kept=kept, match=match, similarity=similarity, saved_milliseconds=saved)


def keep(
    question: str,
    answer: str,
    *,
    audience: Audience,
    language: str,
    manner: str = "",
    cited: Sequence[Passage],
    origin: Origin,
    confidence: float,
    milliseconds: float,
) -> bool:
    """Keeps an answer that rests on `cited`; False where it is not kept.

    It is not kept if it cites nothing, if a passage is internal or no longer stands in its article as it was found, or
    if the audience may not see one of the articles.
    """
    question = storable_text(question).strip()
    if not cited or not answer or not normalised(question) or not language:
        return False
    if len(question) > KEPT_QUESTION_MAX_CHARACTERS or len(answer) > KEPT_ANSWER_MAX_CHARACTERS:
        return False
    ids = sorted({passage.article_id for passage in cited})
    # In this order: an article that changes in between changes its fingerprint or its passages, and is noticed.
    now = visible_articles(ids, audience=audience)
    if sorted(now.fingerprints) != ids or any(one.internal for one in cited) or not are_unchanged(cited):
        return False
    try:
        vector = question_vector(now.embedder, question)
    except EmbeddingUnavailable:
        return False
    kept = KeptAnswer(
        question=question,
        answer=answer,
        audience=audience_key(audience, attributes=environment().attributes, manner=manner),
        language=language,
        embedder=now.embedder,
        articles=now.fingerprints,
        cited=tuple(cited),
        origin=origin,
        confidence=confidence,
        milliseconds=milliseconds,
        kept_at=time.time(),
    )
    return store().add(kept, vector)


def forget_article(article_id: int) -> int:
    """Answers that cite the article go, at once and in all processes; how many it were."""
    return store().remove_article(article_id)


def forget_near(passages: Vectors, *, embedder: str) -> int:
    """Answers to questions that one of the new `passages` may answer better go; how many it were.

    `passages`: float32 [count, dimensions], L2-normalised, of `embedder`.
    """
    known = store().vectors(set())
    rows = [(one, row[4]) for one, row in known[1].items() if row[2] == embedder] if known else []
    if not rows or not len(passages):
        return 0
    nearest = (np.stack([vector for _, vector in rows]).astype(np.float32) @ passages.T).max(axis=1)
    gone = [one for (one, _), similarity in zip(rows, nearest, strict=True) if similarity >= KEPT_NEW_PASSAGE]
    store().remove(gone)
    return len(gone)


def forget_all(*, and_counts: bool = False) -> int:
    """All answers go, in all processes; how many it were."""
    return store().clear(and_counts=and_counts)


def _holds(kept: KeptAnswer, *, audience: Audience) -> bool:
    now = visible_articles(kept.articles, audience=audience)
    return now.embedder == kept.embedder and now.fingerprints == kept.articles


def _nearest(question: str, *, group: tuple[str, str, str], version: int) -> tuple[KeptAnswer, float] | None:
    embedder = group[2]
    if not embedder or not weights_of(embedder).reads(question):
        return None
    try:
        vector = question_vector(embedder, question)
    except EmbeddingUnavailable:
        return None
    found = _questions().find(question, vector, group=group, version=version)
    kept = store().get(found[0]) if found else None
    return (kept, found[1]) if found and kept else None


@cache
def _questions() -> NearestQuestions:
    return NearestQuestions(store())
