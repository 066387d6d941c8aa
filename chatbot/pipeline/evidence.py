"""Pure: what speaks for one passage being the answer, in figures that mean the same in every knowledge base.

Each figure compares the passage with the other passages that the same question brought up, or counts the question's
own words, so that none depends on how alike the articles of a company are, on their length or on their subject.
"""

import math
from collections.abc import Sequence
from statistics import fmean, pstdev

from chatbot.rules.words import content_words
from knowledge.retrieval import Passage

#: Passages of one search that are compared; the first of them are the rivals, the rest what any question brings up.
FIELD = 40
#: From this place on the field counts as background.
_BACKGROUND = 5
_WORDS_MAX = 60
_NO_RIVAL = 0.5
_LEXICAL_MAX = 1.2
#: Keeps the comparison with a background that is all alike from exploding.
_LEAST_DEVIATION = 0.02

FEATURES = (
    "similarity",
    "lexical_score",
    "weaker_of_both",
    "margin",
    "lead",
    "lead_in_deviations",
    "agreement",
    "word_coverage",
    "article_coverage",
)


def evidence(question: str, passage: Passage, field: Sequence[Passage]) -> dict[str, float]:
    """`FEATURES` of `passage`; `field` holds all that the question brought up, best first, and `passage` among it."""
    field = field[:FIELD]
    others = [other for other in field if other.article_id != passage.article_id]
    lexical = min(passage.lexical_score, _LEXICAL_MAX)
    background = [other.score for other in field[_BACKGROUND:]]
    lead = passage.score - fmean(background) if background else 0.0
    deviation = pstdev(background) if background else 0.0
    return {
        "similarity": passage.similarity,
        "lexical_score": lexical,
        "weaker_of_both": min(passage.similarity, lexical),
        "margin": passage.score - max(other.score for other in others) if others else _NO_RIVAL,
        "lead": lead,
        "lead_in_deviations": lead / (deviation + _LEAST_DEVIATION),
        "agreement": 1.0 / (1 + sum(other.similarity > passage.similarity for other in field))
        + 1.0 / (1 + sum(other.lexical_score > passage.lexical_score for other in field)),
        **_coverage(question, passage, field),
    }


def _coverage(question: str, passage: Passage, field: Sequence[Passage]) -> dict[str, float]:
    """Shares of the question's words, weighted by how few passages of the field have them."""
    asked = sorted(content_words(question))[:_WORDS_MAX]
    texts = [_folded(other) for other in field]
    weights = {}
    for word in asked:
        holders = sum(word in text for text in texts)
        weights[word] = math.log(1 + (len(texts) - holders + 0.5) / (holders + 0.5))
    total = sum(weights.values()) or 1.0

    def share(text: str) -> float:
        return sum(weight for word, weight in weights.items() if word in text) / total

    own = _folded(passage)
    article = [text for text, other in zip(texts, field, strict=True) if other.article_id == passage.article_id]
    return {"word_coverage": share(own), "article_coverage": share(" ".join([own, *article]))}


def _folded(passage: Passage) -> str:
    return f"{passage.article_title} {passage.heading_path} {passage.text}".casefold()
