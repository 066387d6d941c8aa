"""Measures retrieval on a BEIR folder (`corpus.jsonl`, `queries.jsonl`, `qrels.tsv`) in a throw-away collection."""

import csv
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Final

import numpy as np

from knowledge import models
from knowledge.audience import Audience
from knowledge.conf import ARTICLE_MAX_CHARACTERS, PASSAGES_MAX, TITLE_MAX_CHARACTERS
from knowledge.errors import KnowledgeError
from knowledge.history import no_history
from knowledge.ingestion import index_articles
from knowledge.languages import detect_language
from knowledge.relevance import ndcg, recall, reciprocal_rank
from knowledge.retrieval import search
from knowledge.storable import storable_text

#: Deepest place that a measure looks at.
DEPTH: Final = 10


class DataUnusable(KnowledgeError):
    """The folder is not in BEIR's layout; the message names the file and the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSet:
    """Documents as id -> (title, text); questions as id -> text; for each question its right documents' gains."""

    documents: dict[str, tuple[str, str]]
    questions: dict[str, str]
    right: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Means over the questions that have a right document; `found` is each question's order, for closer looks."""

    scores: dict[str, float]
    found: dict[str, list[str]]


def read_evaluation_set(folder: Path, *, most_questions: int | None = None) -> EvaluationSet:
    """Raises `DataUnusable`."""
    documents = {
        name: (str(item.get("title") or ""), str(item.get("text") or ""))
        for name, item in _items(folder / "corpus.jsonl")
    }
    right: dict[str, dict[str, float]] = {}
    for line, row in enumerate(_rows(folder), start=1):
        try:
            question, document, gain = row[0], row[1], float(row[2])
        except (IndexError, ValueError) as error:
            if line == 1:
                continue  # the heading
            raise DataUnusable(f"qrels.tsv line {line}: must be question, document, gain") from error
        if gain > 0:
            right.setdefault(question, {})[document] = gain
    questions = {name: str(item.get("text") or "") for name, item in _items(folder / "queries.jsonl") if name in right}
    if not documents or not questions:
        raise DataUnusable(f"{folder} has no documents, or no question with a right document")
    kept = list(questions)[:most_questions]
    return EvaluationSet(documents=documents, questions={name: questions[name] for name in kept}, right=right)


def measure(data: EvaluationSet, *, on_step: Callable[[str, int], object] = lambda name, count: None) -> Measured:
    """Indexes documents, asks the questions, removes all again; `on_step` is told ("index" or "search", count)."""
    found: dict[str, list[str]] = {}
    milliseconds: list[float] = []
    with indexed(data, on_step=on_step) as (shelf, index_seconds):
        for name, question in data.questions.items():
            retrieval = search(
                question, audience=Audience(), language=None, limit=PASSAGES_MAX, collections=[shelf.name]
            )
            milliseconds.append(retrieval.milliseconds["total"])
            found[name] = list(dict.fromkeys(passage.article_external_id for passage in retrieval.passages))[:DEPTH]
            on_step("search", 1)
    p50, p95 = np.percentile(milliseconds, [50, 95])
    pairs = [(found[name], data.right[name]) for name in data.questions]
    return Measured(
        scores={
            "ndcg@10": round(fmean(ndcg(places, right, depth=10) for places, right in pairs), 4),
            "recall@10": round(fmean(recall(places, right, depth=10) for places, right in pairs), 4),
            "mrr@3": round(fmean(reciprocal_rank(places, right, depth=3) for places, right in pairs), 4),
            "mrr@10": round(fmean(reciprocal_rank(places, right, depth=10) for places, right in pairs), 4),
            "index_seconds": round(index_seconds, 2),
            "p50_ms": round(float(p50), 2),
            "p95_ms": round(float(p95), 2),
        },
        found=found,
    )


@contextmanager
def indexed(
    data: EvaluationSet, *, on_step: Callable[[str, int], object] = lambda name, count: None
) -> Iterator[tuple[models.Collection, float]]:
    """A collection with the documents, gone afterwards, and the seconds that indexing took."""
    with no_history():
        shelf = models.Collection.objects.create(name=f"evaluation {uuid.uuid4()}", is_throw_away=True)
    try:
        started = time.perf_counter()
        articles = models.Article.objects.bulk_create(
            (_article(shelf, name, title, text) for name, (title, text) in data.documents.items()), batch_size=500
        )
        index_articles([article.pk for article in articles], on_articles=lambda count: on_step("index", count))
        yield shelf, time.perf_counter() - started
    finally:
        with no_history():
            shelf.delete()


def _article(shelf: models.Collection, name: str, title: str, text: str) -> models.Article:
    title, text = storable_text(title)[:TITLE_MAX_CHARACTERS], storable_text(text)[:ARTICLE_MAX_CHARACTERS]
    return models.Article(
        collection=shelf,
        external_id=storable_text(name)[:500],
        title=title,
        body=text,
        language=detect_language(f"{title}\n{text}"),
        status=models.ArticleStatus.PUBLISHED,
    )


def _items(file: Path) -> Iterator[tuple[str, dict[str, object]]]:
    number = 0
    try:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                number += 1
                if line.strip():
                    item = json.loads(line)
                    yield str(item["_id"]), item
    except OSError as error:
        raise DataUnusable(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DataUnusable(f"{file.name} line {number}: must be a JSON object with _id and text") from error


def _rows(folder: Path) -> Iterator[list[str]]:
    try:
        with (folder / "qrels.tsv").open(encoding="utf-8", newline="") as lines:
            yield from csv.reader(lines, delimiter="\t")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataUnusable(f"{folder / 'qrels.tsv'} cannot be read: {error}") from error
