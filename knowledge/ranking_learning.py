"""Learns how much the vectors say beside the words, from questions whose right documents are known.

Each of the three shares is tried from 0 to 1, and the one with the best mean nDCG@10 is taken; neighbours on that scale
count, too, so that a lucky single value does not win. Sets weigh the same, however many questions they have.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.article_signals import NO_SIGNALS, signals_of
from knowledge.audience import Audience
from knowledge.conf import PASSAGES_MAX
from knowledge.evaluation import DEPTH, EvaluationSet, indexed
from knowledge.languages import detect_language
from knowledge.models import QuestionSet
from knowledge.ranking import (
    ENTRY_CHARACTERS,
    NO_SIGNAL_WEIGHTS,
    PASSAGE_CHARACTERS,
    SIGNAL_WEIGHT_MOST,
    EmbedderWeights,
    Shares,
    SignalWeights,
    weights_of,
)
from knowledge.relevance import ndcg, reciprocal_rank
from knowledge.retrieval import Passage, Retrieval, search
from knowledge.set_measuring import measurable

#: The shares that are tried, and how many neighbours on either side count with each.
GRID: Final = tuple(round(0.02 * step, 2) for step in range(51))
NEIGHBOURS: Final = 3
#: The weights of freshness and of past citations that are tried; one that gains less nDCG@10 than this is left out.
SIGNAL_GRID: Final = tuple(round(0.01 * step, 2) for step in range(round(100 * SIGNAL_WEIGHT_MOST) + 1))
SIGNAL_GAIN_LEAST: Final = 0.005
#: Fewer questions say nothing about a share: it stays as it was.
LEAST_QUESTIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One question's candidates, one row each: similarity and lexical score, 0.0..1.0, and the document's name."""

    measures: NDArray[np.float64]  #: [candidates, 2]
    signals: NDArray[np.float64]  #: [candidates, 2]: the article's freshness and past citations
    documents: tuple[str, ...]
    right: Mapping[str, float]
    is_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSet:
    name: str
    is_entries: bool  #: its texts are short
    questions: tuple[Judged, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetReport:
    """nDCG@10 and MRR@3 of one set: words alone, vectors alone, and fused with a share."""

    name: str
    questions: int
    case: str  #: passages, entries or unread
    share: float
    words: tuple[float, float]
    vectors: tuple[float, float]
    fused: tuple[float, float]


def judged_set(name: str, data: EvaluationSet, *, on_step: Callable[[str, int], object]) -> JudgedSet:
    """Indexes the documents in a throw-away collection, asks each question, keeps what both searches said.

    A document with a question's own id is that question: it is left out.
    """
    with indexed(data, on_step=on_step) as (shelf, _):
        questions, lengths = [], []
        for key, question in data.questions.items():
            retrieval = search(
                question, audience=Audience(), language=None, limit=PASSAGES_MAX, collections=[shelf.name]
            )
            passages = [one for one in retrieval.passages if one.article_external_id != key]
            lengths += [one.end - one.start for one in passages]
            names = [one.article_external_id for one in passages]
            questions.append(_judged(retrieval, passages, names, data.right[key]))
            on_step("search", 1)
    return _set(name, questions, lengths)


def judged_live(question_set: QuestionSet, *, on_step: Callable[[str, int], object]) -> JudgedSet:
    """A stored evaluation set asked of the live articles: they alone have an age and a past."""
    questions, lengths = [], []
    for row in measurable(question_set).iterator(chunk_size=500):
        retrieval = search(
            f"{row.earlier}\n{row.question}" if row.earlier else row.question,
            audience=Audience(tier=row.tier or None, attributes=row.attributes),
            language=row.language or detect_language(row.question) or None,
            limit=PASSAGES_MAX,
        )
        lengths += [one.end - one.start for one in retrieval.passages]
        names = [str(one.article_id) for one in retrieval.passages]
        right = {str(article.pk): 1.0 for article in row.articles.all()}
        questions.append(_judged(retrieval, retrieval.passages, names, right))
        on_step("search", 1)
    return _set(question_set.name, questions, lengths)


def _judged(
    retrieval: Retrieval, passages: Sequence[Passage], documents: Sequence[str], right: Mapping[str, float]
) -> Judged:
    known = signals_of(one.article_id for one in passages)
    signals = [known.get(one.article_id, NO_SIGNALS) for one in passages]
    return Judged(
        measures=np.clip([(one.similarity, one.lexical_score) for one in passages], 0.0, 1.0).reshape(-1, 2),
        signals=np.array([(one.freshness, one.citations) for one in signals], dtype=np.float64).reshape(-1, 2),
        documents=tuple(documents),
        right=right,
        is_read=weights_of(retrieval.embedder).reads(retrieval.question) if retrieval.embedder else True,
    )


def _set(name: str, questions: Sequence[Judged], lengths: Sequence[int]) -> JudgedSet:
    middle = (ENTRY_CHARACTERS + PASSAGE_CHARACTERS) / 2
    return JudgedSet(name=name, is_entries=median(lengths or [middle]) < middle, questions=tuple(questions))


def learn(sets: Sequence[JudgedSet], *, before: EmbedderWeights) -> EmbedderWeights:
    """The best shares; one for which the sets have too few questions stays as it is in `before`.

    Then the weights of freshness and past citations, as far as they gain with these shares: zero where articles do not
    differ in them.
    """
    shares = Shares(
        passages=_best([part for case, part in _parts(sets) if case == "passages"], before.shares.passages),
        entries=_best([part for case, part in _parts(sets) if case == "entries"], before.shares.entries),
        unread=_best([part for case, part in _parts(sets) if case == "unread"], before.shares.unread),
    )
    return EmbedderWeights(shares=shares, reads_only_latin=before.reads_only_latin, signals=_best_signals(sets, shares))


def report(sets: Sequence[JudgedSet], weights: EmbedderWeights) -> list[SetReport]:
    """What each set's part is worth with `weights`."""
    found = []
    for case, part in _parts(sets):
        share = float(getattr(weights.shares, case))
        found.append(
            SetReport(
                name=part.name,
                questions=len(part.questions),
                case=case,
                share=share,
                words=_quality(part, 0.0),
                vectors=_quality(part, 1.0),
                fused=_quality(part, share, signals=weights.signals),
            )
        )
    return found


def write_weights(embedder: str, weights: EmbedderWeights, file: Path) -> None:
    """Replaces one embedder's row of the file, in one step."""
    rows = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    rows[embedder] = {
        "passages": weights.shares.passages,
        "entries": weights.shares.entries,
        "unread": weights.shares.unread,
        "reads_only_latin": weights.reads_only_latin,
        "freshness": weights.signals.freshness,
        "citations": weights.signals.citations,
    }
    beside = file.with_suffix(".new")
    beside.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    beside.replace(file)


def _parts(sets: Sequence[JudgedSet]) -> Iterator[tuple[str, JudgedSet]]:
    """Each set by the share that it can teach: questions that the embedder reads, and those that it does not."""
    for one in sets:
        read = tuple(question for question in one.questions if question.is_read)
        unread = tuple(question for question in one.questions if not question.is_read)
        if read:
            case = "entries" if one.is_entries else "passages"
            yield case, JudgedSet(name=one.name, is_entries=one.is_entries, questions=read)
        if unread:
            yield "unread", JudgedSet(name=one.name, is_entries=one.is_entries, questions=unread)


def _best(parts: Sequence[JudgedSet], before: float) -> float:
    if sum(len(part.questions) for part in parts) < LEAST_QUESTIONS:
        return before
    values = np.array([fmean(_quality(part, share)[0] for part in parts) for share in GRID])
    padded = np.pad(values, NEIGHBOURS, mode="edge")
    smooth = np.convolve(padded, np.full(2 * NEIGHBOURS + 1, 1 / (2 * NEIGHBOURS + 1)), mode="valid")
    return GRID[int(smooth.argmax())]


def _best_signals(sets: Sequence[JudgedSet], shares: Shares) -> SignalWeights:
    """Each alone, with the other left out: both together would be tuned to the last question of a small set."""
    parts = [
        (float(getattr(shares, case)), telling)
        for case, part in _parts(sets)
        if len((telling := _telling(part)).questions) >= LEAST_QUESTIONS
    ]
    if not parts:
        return NO_SIGNAL_WEIGHTS
    best = {}
    for name in ("freshness", "citations"):
        values = [
            fmean(_quality(part, share, signals=SignalWeights(**{name: weight}))[0] for share, part in parts)
            for weight in SIGNAL_GRID
        ]
        place = int(np.argmax(values))
        best[name] = SIGNAL_GRID[place] if values[place] - values[0] >= SIGNAL_GAIN_LEAST else 0.0
    return SignalWeights(**best)


def _telling(part: JudgedSet) -> JudgedSet:
    """The questions whose candidates differ in what is stored about their articles."""
    differ = tuple(one for one in part.questions if len(one.signals) and np.ptp(one.signals, axis=0).any())
    return replace(part, questions=differ)


def _quality(part: JudgedSet, share: float, *, signals: SignalWeights = NO_SIGNAL_WEIGHTS) -> tuple[float, float]:
    """Mean nDCG@10 and MRR@3 with this share for every text."""
    rest = 1.0 - signals.total
    weights = np.array([share * rest, (1.0 - share) * rest, signals.freshness, signals.citations])
    pairs = [(_order(question, weights), question.right) for question in part.questions]
    return (
        fmean(ndcg(found, right, depth=10) for found, right in pairs),
        fmean(reciprocal_rank(found, right, depth=3) for found, right in pairs),
    )


def _order(question: Judged, weights: NDArray[np.float64]) -> list[str]:
    scores = np.hstack([question.measures, question.signals]) @ weights
    order = np.lexsort((-question.measures[:, 0], -scores))
    return list(dict.fromkeys(question.documents[place] for place in order))[:DEPTH]
