"""Pure: one order out of two searches. The same candidates give the same order, however they come in.

How much the vectors say beside the words is learned (`manage.py learn_ranking`), for three cases that differ: passages,
short entries (a few words hardly overlap by chance or by meaning, so the vectors tell more), and questions in a script
that the embedder does not read, whose vectors tell next to nothing.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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

_LATIN: Final = re.compile("[A-Za-z\u00c0-\u024f]")
_OTHER_LETTER: Final = re.compile(r"[^\W\d_A-Za-z\u00c0-\u024f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The vectors' share of the fused score, 0.0..1.0; the words have the rest."""

    passages: float
    entries: float  #: where the texts found are short: typically up to ENTRY_CHARACTERS characters
    unread: float  #: questions in a script that the embedder does not read


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A candidate's place: `score` 0.0..1.0, higher is better; `rank` counts from 1."""

    chunk_id: int
    score: float
    rank: int


def fuse(
    candidates: Iterable[Candidate], *, shares: Shares, language: str | None = None, is_read: bool = True
) -> list[Ranked]:
    """All candidates, best first. Scores compare between questions on the same shelf.

    `is_read` says whether the embedder reads the question's script. Equal scores: the more similar first, then the
    older article, then the earlier chunk. All candidates have one share, by their typical length: shares of their own
    would compare a passage's words with an entry's meaning.
    """
    known = list(candidates)
    share = vector_share(median(one.characters for one in known), shares) if is_read and known else shares.unread
    scored = sorted(
        ((fused_score(one, share=share, language=language), one) for one in known),
        key=lambda pair: (-pair[0], -pair[1].similarity, pair[1].article_id, pair[1].position, pair[1].chunk_id),
    )
    return [Ranked(chunk_id=one.chunk_id, score=score, rank=rank) for rank, (score, one) in enumerate(scored, start=1)]


def fused_score(candidate: Candidate, *, share: float, language: str | None) -> float:
    """`share` is the vectors'."""
    similarity = min(max(candidate.similarity, 0.0), 1.0)
    lexical = min(max(candidate.lexical, 0.0), 1.0)
    score = share * similarity + (1.0 - share) * lexical
    return score if same_language(candidate.language, language) else score * OTHER_LANGUAGE_SHARE


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
    return EmbedderWeights(shares=Shares(**found), reads_only_latin=row["reads_only_latin"] is True)
