"""How a second embedder compares with the first: size, speed, and what is lost in two tasks that use its vectors.

Classification: each question takes the intent that its nearest labelled neighbours vote for. Retrieval: documents are
ranked by their best chunk, by vectors alone and exactly, so that neither words nor an index hide a loss. Questions are
embedded as passages are: the fp32 embedder would read them in int8.
"""

import csv
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge.chunking import chunk_article
from knowledge.embedding import Vectors
from knowledge.evaluation import DataUnusable, EvaluationSet
from knowledge.ingestion import passage_text
from knowledge.minilm import MiniLM
from knowledge.relevance import ndcg, recall, reciprocal_rank

NEIGHBOURS: Final = 10
#: Questions that the time of one question is measured with.
TIMED_QUESTIONS: Final = 300
DEPTH: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """Questions and their intents; both sequences have one length."""

    texts: tuple[str, ...]
    intents: tuple[str, ...]


def read_labelled(file: Path) -> Labelled:
    """A CSV file with the columns `text` and `intent`. Raises `DataUnusable`."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = [(row["text"], row["intent"]) for row in csv.DictReader(lines)]
    except OSError as error:
        raise DataUnusable(f"{file} cannot be read: {error.strerror}") from error
    except (KeyError, UnicodeDecodeError, csv.Error) as error:
        raise DataUnusable(f"{file} must be a CSV file in UTF-8 with the columns text and intent") from error
    if not rows:
        raise DataUnusable(f"{file} has no rows")
    return Labelled(texts=tuple(text for text, _ in rows), intents=tuple(intent for _, intent in rows))


def size_and_speed(model: MiniLM, questions: Sequence[str]) -> dict[str, float]:
    """Megabytes of the model's file; CPU milliseconds of one question on one core, after a warm-up."""
    megabytes = model.build().stat().st_size / 1e6
    model.embed_passages(questions[:10])
    milliseconds: list[float] = []
    for question in questions[:TIMED_QUESTIONS]:
        started = time.thread_time()
        model.embed_passages([question])
        milliseconds.append((time.thread_time() - started) * 1000)
    p50, p95 = np.percentile(milliseconds, [50, 95])
    return {
        "megabytes": round(megabytes, 1),
        "question_p50_ms": round(float(p50), 2),
        "question_p95_ms": round(float(p95), 2),
    }


def intent_accuracy(model: MiniLM, train: Labelled, test: Labelled) -> dict[str, float]:
    """Share of `test` whose intent its neighbours in `train` give; also texts embedded a CPU second."""
    started = time.process_time()
    known, asked = model.embed_passages(train.texts), model.embed_passages(test.texts)
    spent = time.process_time() - started
    names = sorted(set(train.intents))
    labels = np.array([names.index(intent) for intent in train.intents])
    right = 0
    for start in range(0, len(asked), 512):
        similarity = asked[start : start + 512] @ known.T
        nearest = np.argpartition(-similarity, min(NEIGHBOURS, similarity.shape[1] - 1), axis=1)[:, :NEIGHBOURS]
        for row, places in enumerate(nearest):
            votes = np.bincount(labels[places], weights=similarity[row, places], minlength=len(names))
            right += names[int(votes.argmax())] == test.intents[start + row]
    return {
        "intent_accuracy": round(right / len(test.texts), 4),
        "questions_per_cpu_second": round((len(train.texts) + len(test.texts)) / max(spent, 1e-9)),
    }


def retrieval(model: MiniLM, data: EvaluationSet) -> dict[str, float]:
    """Measures of the documents' order by vectors alone; also chunks embedded a CPU second."""
    owners: list[str] = []
    passages: list[str] = []
    for name, (title, text) in data.documents.items():
        for chunk in chunk_article(text):
            owners.append(name)
            passages.append(passage_text(title, heading_path=chunk.heading_path, text=chunk.text))
    started = time.process_time()
    vectors = model.embed_passages(passages)
    spent = time.process_time() - started
    asked = model.embed_passages(list(data.questions.values()))
    pairs = [
        (_documents(owners, vectors @ vector), data.right[name])
        for name, vector in zip(data.questions, asked, strict=True)
    ]
    return {
        "ndcg@10": round(fmean(ndcg(found, right, depth=DEPTH) for found, right in pairs), 4),
        "mrr@3": round(fmean(reciprocal_rank(found, right, depth=3) for found, right in pairs), 4),
        "recall@10": round(fmean(recall(found, right, depth=DEPTH) for found, right in pairs), 4),
        "chunks_per_cpu_second": round(len(passages) / max(spent, 1e-9)),
    }


def _documents(owners: Sequence[str], similarity: NDArray[np.float32]) -> list[str]:
    """Names of the best documents, each once, best first."""
    ranked = (owners[place] for place in np.argsort(-similarity, kind="stable"))
    return list(dict.fromkeys(ranked))[:DEPTH]


def cosine(first: Vectors, second: Vectors) -> float:
    """Mean cosine similarity of vectors of the same texts."""
    return float((first * second).sum(axis=1).mean())


def loss(first: dict[str, float], second: dict[str, float], name: str) -> float:
    """How much less `second` has of a measure, in percent of `first`; negative where it has more."""
    return round(100 * (1 - second[name] / first[name]), 2) if first[name] else 0.0


def compare(
    models: Sequence[MiniLM],
    *,
    train: Labelled | None,
    test: Labelled | None,
    data: EvaluationSet | None,
    questions: Sequence[str],
    on_step: Callable[[str], object] = lambda name: None,
) -> dict[str, object]:
    """Both models' measures by name, and what the second is smaller by and loses, in percent."""
    report: dict[str, dict[str, float]] = {}
    for model in models:
        on_step(model.name)
        measured = size_and_speed(model, questions)
        if train is not None and test is not None:
            measured |= intent_accuracy(model, train, test)
        if data is not None:
            measured |= retrieval(model, data)
        report[model.name] = measured
    first, second = (report[model.name] for model in models)
    vectors = [model.embed_passages(questions[:TIMED_QUESTIONS]) for model in models]
    return {
        **report,
        "smaller_percent": loss(first, second, "megabytes"),
        "cosine": round(cosine(*vectors), 4),
        "loss_percent": {
            name: loss(first, second, name)
            for name in ("intent_accuracy", "ndcg@10", "mrr@3", "recall@10")
            if name in first
        },
    }
