"""Pure: one order out of two searches. The same candidates give the same order, however they come in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

#: Share of the vectors in the fused score; the words have the rest.
VECTOR_SHARE: Final = 0.5
#: What is left of the score of a passage in a language that the customer does not read.
OTHER_LANGUAGE_SHARE: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What either search proposed, with both measures."""

    chunk_id: int
    article_id: int
    position: int  #: of the chunk in its article
    language: str  #: code, or '' where not known
    similarity: float  #: cosine, -1.0..1.0
    lexical: float  #: BM25 over the best conceivable match of the question, about 0.0..1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate's place: `score` 0.0..1.0, higher is better; `rank` counts from 1."""

    chunk_id: int
    score: float
    rank: int


def fuse(candidates: Iterable[Candidate], *, language: str | None = None) -> list[Ranked]:
    """All candidates, best first. A score does not depend on the other candidates: it compares between questions.

    Equal scores: the more similar first, then the older article, then the earlier chunk.
    """
    scored = sorted(
        ((fused_score(one, language=language), one) for one in candidates),
        key=lambda pair: (-pair[0], -pair[1].similarity, pair[1].article_id, pair[1].position, pair[1].chunk_id),
    )
    return [Ranked(chunk_id=one.chunk_id, score=score, rank=rank) for rank, (score, one) in enumerate(scored, start=1)]


def fused_score(candidate: Candidate, *, language: str | None) -> float:
    similarity = min(max(candidate.similarity, 0.0), 1.0)
    lexical = min(max(candidate.lexical, 0.0), 1.0)
    score = VECTOR_SHARE * similarity + (1.0 - VECTOR_SHARE) * lexical
    return score if same_language(candidate.language, language) else score * OTHER_LANGUAGE_SHARE


def same_language(passage: str, asked: str | None) -> bool:
    """Whether a customer who writes `asked` reads `passage`; what is not known counts as yes."""
    return not asked or not passage or passage.split("-")[0].lower() == asked.split("-")[0].lower()
