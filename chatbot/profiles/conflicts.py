"""Pieces of guidance that may contradict each other: of one subject, or one thing once wanted and once forbidden."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from chatbot.intents.classifier import embedded
from chatbot.profiles.guidance import Piece
from knowledge.errors import EmbeddingUnavailable

#: Two instructions at least this near (cosine) speak of the same thing.
ALIKE = 0.6
_FORBIDS = re.compile(
    r"\b(?:never|not|no|don['’]?t|avoid|without|refrain|stop|nicht|nie|kein\w*)\b|不|别|勿|禁止|避免|切勿|绝不",
    re.IGNORECASE,
)


class Kind(StrEnum):
    SUBJECT = "subject"  #: the same subject: the higher priority applies
    OPPOSITE = "opposite"  #: alike, but one forbids and the other does not
    TWICE = "twice"  #: nearly the same


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    first: Piece  #: comes first: higher priority, or older
    second: Piece
    kind: Kind


def conflicts(pieces: Sequence[Piece]) -> list[Conflict]:
    """Pairs that may apply to one message. Without an embedder only subjects are compared."""
    ordered = sorted(pieces, key=lambda piece: (-piece.priority, piece.id))
    try:
        vectors = embedded([piece.text for piece in ordered]) if ordered else None
    except EmbeddingUnavailable:
        vectors = None
    found = []
    for one, other in combinations(range(len(ordered)), 2):
        first, second = ordered[one], ordered[other]
        if not _may_meet(first, second):
            continue
        if first.subject and first.subject == second.subject:
            found.append(Conflict(first=first, second=second, kind=Kind.SUBJECT))
        elif vectors is not None and float(vectors[one] @ vectors[other]) >= ALIKE:
            is_opposite = bool(_FORBIDS.search(first.text)) != bool(_FORBIDS.search(second.text))
            found.append(Conflict(first=first, second=second, kind=Kind.OPPOSITE if is_opposite else Kind.TWICE))
    return found


def _may_meet(first: Piece, second: Piece) -> bool:
    """True if some message meets the conditions of both."""
    return all(
        not ours or not theirs or ours & theirs
        for ours, theirs in (
            (first.scenarios, second.scenarios),
            (first.intents, second.intents),
            (first.languages, second.languages),
            (first.customer_tiers, second.customer_tiers),
        )
    )
