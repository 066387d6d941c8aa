"""Learns how much the vectors say beside the words, from questions whose right documents are known.

Each of the three shares is tried from 0 to 1, and the one with the best mean nDCG@10 is taken; neighbours on that scale
count, too, so that a lucky single value does not win. Sets weigh the same, however many questions they have.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.audience import Audience
from knowledge.conf import PASSAGES_MAX
from knowledge.evaluation import DEPTH, EvaluationSet, indexed
from knowledge.ranking import ENTRY_CHARACTERS, PASSAGE_CHARACTERS, EmbedderWeights, Shares, weights_of
from knowledge.relevance import ndcg, reciprocal_rank
from knowledge.retrieval import search

#: The shares that are tried, and how many neighbours on either side count with each.
GRID: Final = tuple(round(0.02 * step, 2) for step in range(51))
NEIGHBOURS: Final = 3
#: Fewer questions say nothing about a share: it stays as it was.
LEAST_QUESTIONS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One question's candidates, one row each: similarity and lexical score, 0.0..1.0, and the document's name."""

    measures: NDArray[np.float64]  #: [candidates, 2]
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
            questions.append(
                Judged(
                    measures=np.clip([(one.similarity, one.lexical_score) for one in passages], 0.0, 1.0).reshape(
                        -1, 2
                    ),
                    documents=tuple(one.article_external_id for one in passages),
                    right=data.right[key],
                    is_read=weights_of(retrieval.embedder).reads(question) if retrieval.embedder else True,
                )
            )
            on_step("search", 1)
    middle = (ENTRY_CHARACTERS + PASSAGE_CHARACTERS) / 2
    return JudgedSet(name=name, is_entries=median(lengths or [middle]) < middle, questions=tuple(questions))


def learn(sets: Sequence[JudgedSet], *, before: EmbedderWeights) -> EmbedderWeights:
    """The best shares; one for which the sets have too few questions stays as it is in `before`."""
    return EmbedderWeights(
        shares=Shares(
            passages=_best([part for case, part in _parts(sets) if case == "passages"], before.shares.passages),
            entries=_best([part for case, part in _parts(sets) if case == "entries"], before.shares.entries),
            unread=_best([part for case, part in _parts(sets) if case == "unread"], before.shares.unread),
        ),
        reads_only_latin=before.reads_only_latin,
    )


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
                fused=_quality(part, share),
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


def _quality(part: JudgedSet, share: float) -> tuple[float, float]:
    """Mean nDCG@10 and MRR@3 with this share for every text."""
    weights = np.array([share, 1.0 - share])
    pairs = [(_order(question, weights), question.right) for question in part.questions]
    return (
        fmean(ndcg(found, right, depth=10) for found, right in pairs),
        fmean(reciprocal_rank(found, right, depth=3) for found, right in pairs),
    )


def _order(question: Judged, weights: NDArray[np.float64]) -> list[str]:
    scores = question.measures @ weights
    order = np.lexsort((-question.measures[:, 0], -scores))
    return list(dict.fromkeys(question.documents[place] for place in order))[:DEPTH]
