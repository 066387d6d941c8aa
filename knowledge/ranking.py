"""Pure: one order out of two searches. The same candidates give the same order, however they come in.

How much the vectors say beside the words is learned (`manage.py learn_ranking`), for three cases that differ: passages,
short entries (a few words hardly overlap by chance or by meaning, so the vectors tell more), and questions in a script
that the embedder does not read, whose vectors tell next to nothing.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from statistics import median
from typing import Final

WEIGHTS_FILE: Final = Path(__file__).with_name("ranking_weights.json")
#: What is left of the score of a passage in a language that the customer does not read.
OTHER_LANGUAGE_SHARE: Final = 0.6
#: Characters of a typical short entry, and of a typical passage; between, the share moves.
ENTRY_CHARACTERS: Final = 80
PASSAGE_CHARACTERS: Final = 240

#: Freshness and past citations each have at most so much of a score: they may part equals, not hide what fits.
SIGNAL_WEIGHT_MOST: Final = 0.1
#: What is added to each rank before it is turned round, in plain reciprocal rank fusion.
RANK_CONSTANT: Final = 60

_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f]")
_OTHER_LETTER: Final = re.compile(r"[^\W\d_A-Za-z\u00c0-\u024f]")


class Fusion(StrEnum):
    """How one order is made of two."""

    LEARNED = "learned"  #: both measures, with the learned share
    RECIPROCAL_RANK = "reciprocal_rank"  #: the places alone; for comparing


class Feature(StrEnum):
    """What a score is made of."""

    SIMILARITY = "similarity"
    WORDS = "words"
    SIMILARITY_RANK = "similarity_rank"
    WORDS_RANK = "words_rank"
    FRESHNESS = "freshness"
    CITATIONS = "citations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One feature of a score, which is the sum of all `points`, times the language's factor."""

    feature: Feature
    value: float
    weight: float

    @property
    def points(self) -> float:
        return self.value * self.weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The vectors' share of the fused score, 0.0..1.0; the words have the rest."""

    passages: float
    entries: float  #: where the texts found are short: typically up to ENTRY_CHARACTERS characters
    unread: float  #: questions in a script that the embedder does not read


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalWeights:
    """What counts beside meaning and words, each 0.0..SIGNAL_WEIGHT_MOST of the score; 0.0: nothing was learned."""

    freshness: float = 0.0
    citations: float = 0.0

    @property
    def total(self) -> float:
        return self.freshness + self.citations


NO_SIGNAL_WEIGHTS: Final = SignalWeights()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What either search proposed, with both measures."""

    chunk_id: int
    article_id: int
    position: int  #: of the chunk in its article
    characters: int  #: of the chunk's text
    language: str  #: code, or '' where not known
    similarity: float  #: cosine, -1.0..1.0
    lexical: float  #: BM25 over the best conceivable match of the question, about 0.0..1.5
    freshness: float = 0.0  #: of the article, 0.0..1.0 (`knowledge.article_signals`)
    citations: float = 0.0  #: the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate's place: `score` 0.0..1.0, higher is better; `rank` counts from 1."""

    chunk_id: int
    score: float
    rank: int


def fuse(
    candidates: Iterable[Candidate],
    *,
    share: float,
    language: str | None = None,
    signals: SignalWeights = NO_SIGNAL_WEIGHTS,
) -> list[Ranked]:
    """All candidates, best first; `share` is the vectors' (see `share_among`). Scores compare between questions.

    Equal scores: the more similar first, then the older article, then the earlier chunk.
    """
    return _in_order((fused_score(one, share=share, language=language, signals=signals), one) for one in candidates)


def share_among(candidates: Sequence[Candidate], shares: Shares, *, is_read: bool) -> float:
    """The vectors' share of the scores of these candidates; `is_read`: the embedder reads the question's script.

    All have one share, by their typical length: shares of their own would compare a passage's words with an entry's
    meaning.
    """
    if not is_read or not candidates:
        return shares.unread
    return vector_share(median(one.characters for one in candidates), shares)


def fuse_by_rank(candidates: Iterable[Candidate], *, language: str | None = None) -> list[Ranked]:
    """The same by plain reciprocal rank: a candidate's place in either search, and nothing else. 1.0: first in both."""
    known = list(candidates)
    parts = rank_parts(known)
    return _in_order(
        (sum(part.points for part in parts[one.chunk_id]) * language_factor(one.language, language), one)
        for one in known
    )


def _in_order(scored: Iterable[tuple[float, Candidate]]) -> list[Ranked]:
    ordered = sorted(
        scored,
        key=lambda pair: (-pair[0], -pair[1].similarity, pair[1].article_id, pair[1].position, pair[1].chunk_id),
    )
    return [Ranked(chunk_id=one.chunk_id, score=score, rank=rank) for rank, (score, one) in enumerate(ordered, start=1)]


def fused_score(
    candidate: Candidate, *, share: float, language: str | None, signals: SignalWeights = NO_SIGNAL_WEIGHTS
) -> float:
    """`share` is the vectors'; meaning and words have what `signals` leave."""
    similarity = min(max(candidate.similarity, 0.0), 1.0)
    lexical = min(max(candidate.lexical, 0.0), 1.0)
    score = share * similarity + (1.0 - share) * lexical
    if signals.total:
        score = (1.0 - signals.total) * score
        score += signals.freshness * candidate.freshness + signals.citations * candidate.citations
    return score * language_factor(candidate.language, language)


def parts_of(candidate: Candidate, *, share: float, signals: SignalWeights = NO_SIGNAL_WEIGHTS) -> tuple[Part, ...]:
    """What `fused_score` adds up."""
    similarity = min(max(candidate.similarity, 0.0), 1.0)
    lexical = min(max(candidate.lexical, 0.0), 1.0)
    return (
        Part(feature=Feature.SIMILARITY, value=similarity, weight=share * (1.0 - signals.total)),
        Part(feature=Feature.WORDS, value=lexical, weight=(1.0 - share) * (1.0 - signals.total)),
        Part(feature=Feature.FRESHNESS, value=candidate.freshness, weight=signals.freshness),
        Part(feature=Feature.CITATIONS, value=candidate.citations, weight=signals.citations),
    )


def rank_parts(candidates: Sequence[Candidate]) -> dict[int, tuple[Part, ...]]:
    """By chunk, what `fuse_by_rank` adds up. A search that does not know the chunk at all adds nothing."""
    places: dict[Feature, dict[int, int]] = {}
    for feature, measure in ((Feature.SIMILARITY_RANK, "similarity"), (Feature.WORDS_RANK, "lexical")):
        found = [one for one in candidates if getattr(one, measure) > 0.0]
        found.sort(key=lambda one: (-getattr(one, measure), one.article_id, one.position, one.chunk_id))
        places[feature] = {one.chunk_id: place for place, one in enumerate(found, start=1)}
    weight = (RANK_CONSTANT + 1) / 2
    return {
        one.chunk_id: tuple(
            Part(feature=feature, value=1 / (RANK_CONSTANT + known[one.chunk_id]), weight=weight)
            for feature, known in places.items()
            if one.chunk_id in known
        )
        for one in candidates
    }


def language_factor(passage: str, asked: str | None) -> float:
    """1.0 for a passage in a language that the customer reads."""
    return 1.0 if same_language(passage, asked) else OTHER_LANGUAGE_SHARE


def vector_share(characters: float, shares: Shares) -> float:
    """The share among texts of this typical length, which the embedder reads."""
    length = min(max(characters, ENTRY_CHARACTERS), PASSAGE_CHARACTERS)
    part = (length - ENTRY_CHARACTERS) / (PASSAGE_CHARACTERS - ENTRY_CHARACTERS)
    return shares.entries + part * (shares.passages - shares.entries)


def same_language(passage: str, asked: str | None) -> bool:
    """Whether a customer who writes `asked` reads `passage`; what is not known counts as yes."""
    return not asked or not passage or passage.split("-")[0].lower() == asked.split("-")[0].lower()


def is_latin(question: str) -> bool:
    """Whether most of a question is in Latin letters; a letter of another script says about as much as three."""
    return 3 * len(_OTHER_LETTER.findall(question)) <= len(_LATIN.findall(question))


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderWeights:
    """What was learned for one embedder."""

    shares: Shares
    reads_only_latin: bool
    signals: SignalWeights = NO_SIGNAL_WEIGHTS

    def reads(self, question: str) -> bool:
        return not self.reads_only_latin or is_latin(question)


def weights_of(embedder: str) -> EmbedderWeights:
    """The learned weights of an embedder, of its family ("minilm" of "minilm-int8"), or those for any other."""
    known = stored_weights()
    return known.get(embedder) or known.get(embedder.split("-")[0]) or known["other"]


@cache
def stored_weights() -> Mapping[str, EmbedderWeights]:
    return {name: read_weights(row) for name, row in json.loads(WEIGHTS_FILE.read_text(encoding="utf-8")).items()}


def read_weights(row: Mapping[str, object]) -> EmbedderWeights:
    """Raises `ValueError` and `KeyError` for a row that is none."""
    found = {name: float(str(row[name])) for name in ("passages", "entries", "unread")}
    if not all(0.0 <= share <= 1.0 for share in found.values()):
        raise ValueError(f"shares must be 0..1: {found}")
    signals = {name: float(str(row.get(name, 0.0))) for name in ("freshness", "citations")}
    if not all(0.0 <= weight <= SIGNAL_WEIGHT_MOST for weight in signals.values()):
        raise ValueError(f"weights of freshness and citations must be 0..{SIGNAL_WEIGHT_MOST}: {signals}")
    return EmbedderWeights(
        shares=Shares(**found), reads_only_latin=row["reads_only_latin"] is True, signals=SignalWeights(**signals)
    )
