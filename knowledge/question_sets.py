"""Evaluation sets: adding a question that somebody has just tried, and reading the questions for a measurement."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from knowledge.audience import Audience
from knowledge.conf import KNOWN_QUESTION_MAX_CHARACTERS, POINT_MAX_CHARACTERS
from knowledge.errors import QuestionRefused
from knowledge.models import Article, KnownQuestion, QuestionSet
from knowledge.storable import storable_text


def set_named(name: str, *, user: Any = None) -> QuestionSet:
    """The set of this name, made where there is none. Raises `QuestionRefused`."""
    name = storable_text(name).strip()
    if not name or len(name) > 200:
        raise QuestionRefused("name", _("Name the evaluation set with 1 to 200 characters."))
    found, _made = QuestionSet.objects.get_or_create(name=name, defaults={"created_by": user})
    return found


def add_question(
    question_set: QuestionSet,
    question: str,
    *,
    audience: Audience,
    language: str = "",
    earlier: str = "",
    article_ids: Iterable[int] = (),
    points: Sequence[str] = (),
    expects: KnownQuestion.Expects = KnownQuestion.Expects.ANSWER,
    origin: str = "",
) -> tuple[KnownQuestion, bool]:
    """The question in the set, and whether it is new there. Asked again, its right articles and points are added to.

    The same words of the same audience in the same language, after the same earlier question, are the same question.
    Raises `QuestionRefused`.
    """
    question, earlier = storable_text(question).strip(), storable_text(earlier).strip()
    if not question:
        raise QuestionRefused("question", _("Write a question with at least one word."))
    if max(len(question), len(earlier)) > KNOWN_QUESTION_MAX_CHARACTERS:
        raise QuestionRefused(
            "question",
            _("A question of an evaluation set may have %(count)d characters.")
            % {"count": KNOWN_QUESTION_MAX_CHARACTERS},
        )
    if len(points) > KnownQuestion.POINTS_MOST or any(len(one) > POINT_MAX_CHARACTERS for one in points):
        raise QuestionRefused(
            "points",
            _("At most %(most)d points of 500 characters each.") % {"most": KnownQuestion.POINTS_MOST},
        )
    with transaction.atomic():
        QuestionSet.objects.select_for_update().get(pk=question_set.pk)  # so that two clicks add one question
        row, is_new = KnownQuestion.objects.get_or_create(
            question_set=question_set,
            question=question,
            earlier=earlier,
            language=storable_text(language)[:20],
            tier=storable_text(audience.tier or "")[:100],
            attributes={str(name): str(value) for name, value in audience.attributes.items()},
            defaults={"expects": expects, "origin": origin},
        )
        articles = list(Article.objects.filter(pk__in=list(article_ids)).only("pk"))
        row.articles.add(*articles)
        if expects is KnownQuestion.Expects.NO_ANSWER:
            row.articles.clear()
        row.points = list(dict.fromkeys([*row.points, *points]))[: KnownQuestion.POINTS_MOST]
        if expects is not KnownQuestion.Expects.OPEN:
            row.expects = expects
        row.save(update_fields=["expects", "points"])
    return row, is_new


def fingerprint_of(question_set: QuestionSet) -> str:
    """The same as long as the questions, and what is right of each, are the same."""
    digest = hashlib.sha256()
    rows = question_set.questions.order_by("pk").prefetch_related("articles")
    for row in rows.iterator(chunk_size=500):
        articles = sorted(article.pk for article in row.articles.all())
        told = [row.question, row.earlier, row.language, row.tier, row.attributes, row.expects, articles, row.points]
        digest.update(json.dumps(told, sort_keys=True).encode())
    return digest.hexdigest()
