"""Puts the first few passages in order once more, by how close they are to the question word by word.

The search compares whole texts; of the passages that it puts first, the one that has what is asked for goes to the top.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import fmean
from typing import Final

from chatbot.pipeline.evidence import joint_score
from chatbot.rules.words import content_spans
from knowledge.closeness import Closeness, Compared, closeness
from knowledge.errors import EmbeddingUnavailable
from knowledge.ranking import is_latin
from knowledge.readings import readable_text
from knowledge.retrieval import Passage

#: Passages whose words are compared.
COMPARED_PASSAGES: Final = 5
_WORDS_MAX = 60
_TITLE_WORDS_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    passages: tuple[Passage, ...]  #: best first; the first COMPARED_PASSAGES were compared
    closeness: Mapping[int, Closeness]  #: of those, by `chunk_id`; empty where words could not be compared


def closest_first(question: str, passages: tuple[Passage, ...]) -> Ordered:
    """The first COMPARED_PASSAGES in a new order, the others behind them as they were. A reranker's order is kept."""
    first, rest = passages[:COMPARED_PASSAGES], passages[COMPARED_PASSAGES:]
    spans = content_spans(question, most=_WORDS_MAX) if is_latin(question) else []
    if not first or not spans:
        return Ordered(passages=passages, closeness={})
    try:
        found = closeness(question, spans, [_as_compared(passage) for passage in first])
    except EmbeddingUnavailable:  # the search's order is good without it
        found = []
    if not found:
        return Ordered(passages=passages, closeness={})
    known = {passage.chunk_id: one for passage, one in zip(first, _with_one_title(first, found), strict=True)}
    if all(passage.rerank_score is None for passage in first):
        closest = sorted(first, key=lambda passage: -joint_score(passage, known[passage.chunk_id]))
        first = tuple(replace(passage, rank=place.rank) for passage, place in zip(closest, first, strict=True))
    return Ordered(passages=(*first, *rest), closeness=known)


def _with_one_title(passages: Sequence[Passage], found: Sequence[Closeness]) -> list[Closeness]:
    """A title is read before each passage of its article, a little differently; it must not choose among them."""
    titles: dict[int, list[float]] = {}
    for passage, one in zip(passages, found, strict=True):
        if one.title is not None:
            titles.setdefault(passage.article_id, []).append(one.title)
    return [
        replace(one, title=fmean(titles[passage.article_id])) if one.title is not None else one
        for passage, one in zip(passages, found, strict=True)
    ]


def _as_compared(passage: Passage) -> Compared:
    return Compared(
        text=readable_text(passage.article_title, heading_path=passage.heading_path, text=passage.text),
        chunk_id=passage.chunk_id,
        title_words=_title_words(passage.article_title),
    )


@lru_cache(maxsize=1_000)
def _title_words(title: str) -> tuple[tuple[int, int], ...]:
    return tuple(content_spans(title, most=_TITLE_WORDS_MAX))
