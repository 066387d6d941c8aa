"""Our whole `search()` as a turn asks for it, with the bare pgvector query right before or after each."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.search_engines import TOP, BareQuery
from benchmarks.timing import recall_of


def ours(
    questions: Sequence[str],
    truth: list[set[int]],
    *,
    tier: str | None,
    collections: list[str] | None = None,
    beside: BareQuery | None = None,
) -> dict[str, Any]:
    """The whole search as a turn asks for it: embedding, words, vectors, filters, fusing, texts."""
    from knowledge import question_vectors
    from knowledge.conf import PASSAGES_MAX
    from knowledge.retrieval import Audience, search

    hits: list[int] = []
    rows: list[int] = []
    parts: list[dict[str, float]] = []

    def one(question: str) -> None:
        found = search(
            question,
            audience=Audience(tier=tier),
            language="en",
            limit=PASSAGES_MAX,
            collections=collections,
            timeout_seconds=30.0,
        )
        best = sorted(found.passages, key=lambda passage: -passage.similarity)[:TOP]
        hits.append(len({passage.chunk_id for passage in best} & truth[len(hits) % len(truth)]))
        rows.append(len(found.passages))
        parts.append(dict(found.milliseconds))

    for question in questions:
        one(question)
    first_p50, first_p95 = np.percentile([part["total"] for part in parts], [50, 95])
    # Once more: the bare query has met each question before, too, so both find the same pages in memory.
    question_vectors._vector.cache_clear()  # each question is embedded, as a new one is
    hits.clear()
    rows.clear()
    parts.clear()
    bare: list[float] = []
    for place, question in enumerate(questions):
        # Whoever comes second walks through what the other has just read, so they take turns.
        if beside is not None and place % 2:
            bare.append(beside.milliseconds(place))
        one(question)
        if beside is not None and not place % 2:
            bare.append(beside.milliseconds(place))
    totals = [part["total"] for part in parts]
    p50, p95 = np.percentile(totals, [50, 95])
    compared: dict[str, float] = {}
    if bare:
        bare_p50, bare_p95 = np.percentile(bare, [50, 95])
        vector_p50, vector_p95 = np.percentile([part["vector"] for part in parts], [50, 95])
        compared = {
            "bare_p50_ms": round(float(bare_p50), 2),
            "bare_p95_ms": round(float(bare_p95), 2),
            "vector_to_bare_p50": round(float(vector_p50 / bare_p50), 2),
            "vector_to_bare_p95": round(float(vector_p95 / bare_p95), 2),
            "search_to_bare_p50": round(float(p50 / bare_p50), 2),
            "search_to_bare_p95": round(float(p95 / bare_p95), 2),
        }
    return {
        "p50_ms": round(float(p50), 2),
        "p95_ms": round(float(p95), 2),
        "first_time_p50_ms": round(float(first_p50), 2),
        "first_time_p95_ms": round(float(first_p95), 2),
        **compared,
        "recall@10": recall_of(hits, truth),
        "fewest_passages": min(rows),
        "parts_p50_ms": {name: round(float(np.median([part[name] for part in parts])), 2) for name in parts[0]},
        "embed_p95_ms": round(float(np.percentile([part["embed"] for part in parts], 95)), 2),
    }
