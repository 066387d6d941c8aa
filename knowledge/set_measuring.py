"""Measures the live search on a stored evaluation set: each question as a customer of its audience and language."""

from collections.abc import Callable
from statistics import fmean
from typing import Final

import numpy as np
from django.db.models import QuerySet

from knowledge.audience import Audience
from knowledge.conf import PASSAGES_MAX
from knowledge.errors import QuestionRefused
from knowledge.evaluation import DEPTH, Measured
from knowledge.languages import detect_language
from knowledge.models import KnownQuestion, QuestionSet
from knowledge.relevance import ndcg, recall, reciprocal_rank
from knowledge.retrieval import search
from knowledge.search_settings import USUAL, SearchSettings

#: Questions that are read from the database together.
_READ_TOGETHER: Final = 500


def measure_set(
    question_set: QuestionSet,
    *,
    settings: SearchSettings = USUAL,
    most_questions: int | None = None,
    on_question: Callable[[], object] = lambda: None,
) -> Measured:
    """The same measures as `evaluation.measure`; nothing is indexed, so `index_seconds` is 0.

    Questions without a right article say nothing about a search and are left out. A follow-up is searched together
    with what was asked before. Raises `QuestionRefused` where no question is left, and what `search` raises.
    """
    found: dict[str, list[str]] = {}
    right: dict[str, dict[str, float]] = {}
    milliseconds: list[float] = []
    for row in measurable(question_set)[:most_questions].iterator(chunk_size=_READ_TOGETHER):
        retrieval = search(
            f"{row.earlier}\n{row.question}" if row.earlier else row.question,
            audience=Audience(tier=row.tier or None, attributes=row.attributes),
            language=row.language or detect_language(row.question) or None,
            limit=PASSAGES_MAX,
            settings=settings,
        )
        name = str(row.pk)
        milliseconds.append(retrieval.milliseconds["total"])
        found[name] = list(dict.fromkeys(str(one.article_id) for one in retrieval.passages))[:DEPTH]
        right[name] = {str(article.pk): 1.0 for article in row.articles.all()}
        on_question()
    if not found:
        raise QuestionRefused("articles", f"{question_set} has no question with a right article")
    p50, p95 = np.percentile(milliseconds, [50, 95])
    pairs = [(found[name], right[name]) for name in found]
    return Measured(
        scores={
            "ndcg@10": round(fmean(ndcg(places, gains, depth=10) for places, gains in pairs), 4),
            "recall@10": round(fmean(recall(places, gains, depth=10) for places, gains in pairs), 4),
            "mrr@3": round(fmean(reciprocal_rank(places, gains, depth=3) for places, gains in pairs), 4),
            "mrr@10": round(fmean(reciprocal_rank(places, gains, depth=10) for places, gains in pairs), 4),
            "index_seconds": 0.0,
            "p50_ms": round(float(p50), 2),
            "p95_ms": round(float(p95), 2),
        },
        found=found,
    )


def measurable(question_set: QuestionSet) -> QuerySet[KnownQuestion]:
    """Questions that a search can be measured with, in the order in which they were added."""
    rows = question_set.questions.filter(expects=KnownQuestion.Expects.ANSWER, articles__isnull=False)
    return rows.distinct().order_by("pk").prefetch_related("articles")
