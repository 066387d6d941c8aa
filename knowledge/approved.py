"""Finds the approved answer to a question: the same words first, then nearly the same meaning, audience first."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pgvector import HalfVector

from knowledge import models
from knowledge.audience import AUDIENCE_CONDITION, Audience, audience_parameters
from knowledge.conf import APPROVED_QUESTION_MAX_CHARACTERS, APPROVED_SIMILARITY
from knowledge.embedders import embedder_named
from knowledge.errors import EmbeddingUnavailable
from knowledge.question_vectors import question_vector
from knowledge.sameness import normalised, numbers
from knowledge.statements import run_kept
from knowledge.storable import storable_text

logger = logging.getLogger(__name__)

#: Wordings that one round of filling vectors looks after.
_FILLED_PHRASES: Final = 500
#: Nearest wordings that are looked at: the first with the same numbers is taken.
_COMPARED: Final = 10


class Match(StrEnum):
    EXACT = "exact"  #: the same words
    SIMILAR = "similar"  #: nearly the same meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedMatch:
    """The answer that a person approved for this question."""

    answer_id: int
    answer: str  #: Markdown, to be sent as it is
    question: str  #: the wording that matched
    match: Match
    similarity: float  #: cosine similarity of question and wording; 1.0 where EXACT


#: Rows that this customer may get in this language now. The language rule is `sameness.same_language`.
_ALLOWED: Final = (
    "answer.is_on AND (answer.expires_at IS NULL OR answer.expires_at > clock_timestamp())"
    " AND (answer.language = %(language)s OR starts_with(%(language)s, answer.language || '-')"
    " OR starts_with(answer.language, %(language)s || '-')) AND " + AUDIENCE_CONDITION.format(row="answer")
)
#: Of several answers the one that is written for fewer people wins, then the younger.
_ORDER: Final = "(answer.audience_tiers = '{}')::int + (answer.audience_attributes = '{}')::int, answer.id DESC"

_EXACT: Final = f"""
    SELECT embedder.id, embedder.name, embedder.dimensions,
           (SELECT phrase.id FROM knowledge_approvedphrase AS phrase
            JOIN knowledge_approvedanswer AS answer ON answer.id = phrase.answer_id
            WHERE phrase.normalised = %(normalised)s AND {_ALLOWED} ORDER BY {_ORDER} LIMIT 1),
           EXISTS (SELECT FROM knowledge_approvedanswer AS answer WHERE {_ALLOWED})
    FROM knowledge_embedder AS embedder WHERE embedder.is_active
"""  # noqa: S608  built from constants of this app
_NEAREST: Final = f"""
    SELECT phrase.id, phrase.text,
           1 - (vector.embedding::halfvec({{dimensions}}) <=> %(vector)s::halfvec({{dimensions}}))
    FROM knowledge_approvedphrasevector AS vector
    JOIN knowledge_approvedphrase AS phrase ON phrase.id = vector.phrase_id
    JOIN knowledge_approvedanswer AS answer ON answer.id = phrase.answer_id
    WHERE vector.embedder_id = %(embedder)s AND {_ALLOWED.replace("{}", "{{}}")}
    ORDER BY 3 DESC, {_ORDER.replace("{}", "{{}}")} LIMIT {_COMPARED}
"""  # noqa: S608  built from constants of this app


def find_approved(
    question: str, *, audience: Audience, language: str, only_exact: bool = False, bound: float = APPROVED_SIMILARITY
) -> ApprovedMatch | None:
    """The approved answer for `audience` in `language`, or None. One small statement where there is nothing to find.

    `only_exact` leaves out what is merely similar: for a question that means something only after another one.
    If no vectors can be made now, only the same words match.
    """
    words = normalised(storable_text(question[: 2 * APPROVED_QUESTION_MAX_CHARACTERS]))
    if not words or not language or len(question) > APPROVED_QUESTION_MAX_CHARACTERS:
        return None
    parameters: dict[str, Any] = {
        **audience_parameters(audience), "language": storable_text(language).lower(), "normalised": words,
    }  # fmt: skip
    found = run_kept(_EXACT, parameters)
    if not found:
        return None
    embedder_id, embedder_name, dimensions, phrase_id, are_there_any = found[0]
    if phrase_id is not None:
        return _match(phrase_id, Match.EXACT, 1.0)
    if only_exact or not are_there_any:
        return None
    try:
        vector = question_vector(embedder_name, storable_text(question))
    except EmbeddingUnavailable:
        logger.warning("approved answers by words alone", extra={"action": "approved_without_vectors"})
        return None
    parameters |= {"vector": HalfVector(vector), "embedder": embedder_id}
    for phrase_id, text, similarity in run_kept(_NEAREST.format(dimensions=int(dimensions)), parameters):
        if similarity >= bound and numbers(text) == numbers(question):
            return _match(phrase_id, Match.SIMILAR, similarity)
    return None


def _match(phrase_id: int, match: Match, similarity: float) -> ApprovedMatch | None:
    phrase = models.ApprovedPhrase.objects.select_related("answer").filter(pk=phrase_id).first()
    if phrase is None:  # withdrawn in this very moment
        return None
    return ApprovedMatch(
        answer_id=phrase.answer_id, answer=phrase.answer.answer, question=phrase.text, match=match,
        similarity=min(1.0, float(similarity)),
    )  # fmt: skip


def fill_vectors(answer_ids: Iterable[int] | None = None) -> int:
    """Makes the vectors that are missing, of every embedder, for these answers (None = all); returns how many.

    Raises `EmbeddingUnavailable` if one of them is away, after the others are done.
    """
    made = 0
    away: EmbeddingUnavailable | None = None
    for embedder in models.Embedder.objects.order_by("id"):
        missing = models.ApprovedPhrase.objects.exclude(
            pk__in=models.ApprovedPhraseVector.objects.filter(embedder=embedder).values("phrase_id")
        )
        if answer_ids is not None:
            missing = missing.filter(answer_id__in=list(answer_ids))
        phrases = list(missing.order_by("pk")[:_FILLED_PHRASES])
        try:
            made += _fill(embedder, phrases) if phrases else 0
        except EmbeddingUnavailable as error:
            away = error
    if away is not None:
        raise away
    return made


def _fill(embedder: models.Embedder, phrases: Sequence[models.ApprovedPhrase]) -> int:
    vectors = embedder_named(embedder.name).embed_questions([phrase.text for phrase in phrases])
    rows = (
        models.ApprovedPhraseVector(phrase_id=phrase.pk, embedder=embedder, embedding=HalfVector(vector))
        for phrase, vector in zip(phrases, vectors, strict=True)
    )
    return len(models.ApprovedPhraseVector.objects.bulk_create(rows, ignore_conflicts=True))
