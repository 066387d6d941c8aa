"""What a turn keeps of its question for those who group questions later: it is at hand now, and dear to find again."""

from dataclasses import dataclass
from typing import Final

from chatbot.rules.masking.masker import Masker
from knowledge.errors import EmbeddingUnavailable
from knowledge.minilm import read_question

MASKED_CHARACTERS: Final = 500
#: Fewer letters mean nothing to an embedder.
_LEAST_LETTERS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    masked: str  #: the question in one line, personal data masked, at most MASKED_CHARACTERS
    vector: bytes | None  #: float16 of what was searched for, by the local int8 MiniLM; None: too few letters


def meaning_of(masker: Masker, *, question: str, searched_for: str) -> Meaning | None:
    """`masker` has read both texts. A follow-up means little alone: what was searched for holds what it follows.

    None where MiniLM cannot read now; whoever needs it tries again.
    """
    hidden = masker.hide(searched_for)[:MASKED_CHARACTERS]
    told = sum(map(str.isalpha, hidden)) >= _LEAST_LETTERS
    try:
        vector = read_question(hidden).vector.astype("<f2").tobytes() if told else None
    except EmbeddingUnavailable:
        return None
    return Meaning(masked=" ".join(masker.mask(question).split())[:MASKED_CHARACTERS], vector=vector)
