"""Which past questions an approved answer, perhaps not saved yet, would have caught."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.approved import Match
from knowledge.audience import is_for
from knowledge.conf import APPROVED_QUESTION_MAX_CHARACTERS, APPROVED_SIMILARITY
from knowledge.embedders import embedder_named
from knowledge.models import ApprovedAnswer, Embedder
from knowledge.past_questions import PastQuestion
from knowledge.sameness import normalised, numbers, same_language

#: Vectors of questions kept in this process, so that a person who tries wordings does not wait each time.
_KEPT: Final = 5_000
_vectors: dict[tuple[str, str], NDArray[np.float32]] = {}
_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    question: PastQuestion
    wording: str  #: the one that matched
    match: Match
    similarity: float


def caught(answer: ApprovedAnswer, questions: Sequence[PastQuestion]) -> list[Caught]:
    """In the order of `questions`: those in its language, for its audience, and by the rules of `approved.py`.

    Whether it is in use, and until when, is not looked at. Raises `EmbeddingUnavailable`.
    """
    wordings = {normalised(text): text for text in reversed([answer.question, *answer.variants]) if normalised(text)}
    asked = [
        question
        for question in questions
        if same_language(question.language, answer.language)
        and is_for(question.audience, tiers=answer.audience_tiers, attributes=answer.audience_attributes)
        and len(question.text) <= APPROVED_QUESTION_MAX_CHARACTERS
        and normalised(question.text)
    ]
    if not asked or not wordings:
        return []
    embedder = Embedder.objects.filter(is_active=True).values_list("name", flat=True).first() or ""
    near = _embedded(embedder, [question.text for question in asked]) @ _embedded(embedder, [*wordings.values()]).T
    found = []
    for question, row in zip(asked, near, strict=True):
        same = wordings.get(normalised(question.text))
        if same is not None:
            found.append(Caught(question=question, wording=same, match=Match.EXACT, similarity=1.0))
            continue
        for place in np.argsort(-row, kind="stable"):
            wording, similarity = [*wordings.values()][place], float(row[place])
            if similarity < APPROVED_SIMILARITY:
                break
            if numbers(wording) == numbers(question.text):
                found.append(Caught(question=question, wording=wording, match=Match.SIMILAR, similarity=similarity))
                break
    return found


def _embedded(embedder: str, texts: Sequence[str]) -> NDArray[np.float32]:
    missing = [text for text in dict.fromkeys(texts) if (embedder, text) not in _vectors]
    made = dict(zip(missing, embedder_named(embedder).embed_passages(missing), strict=True)) if missing else {}
    rows = [made[text] if text in made else _vectors[embedder, text] for text in texts]
    with _lock:
        if len(_vectors) + len(made) > _KEPT:
            _vectors.clear()
        _vectors.update({(embedder, text): vector for text, vector in list(made.items())[:_KEPT]})
    return np.stack(rows)
