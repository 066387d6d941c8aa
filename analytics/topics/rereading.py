"""Vectors that an earlier release made of another kind are made anew, from the words that are stored; once."""

import re
from typing import Any, Final

import numpy as np
from django.db.models import Func, IntegerField, QuerySet

from analytics.models import AskedQuestion, Gap, Topic
from analytics.topics.signs import DIMENSIONS
from analytics.topics.taking_in import as_matrix, vectors_of

_BATCH: Final = 1_000
#: What stands for personal data in stored words.
_PLACEHOLDER: Final = re.compile(r"\[[A-Z_]+_\d+\]")
#: Bytes of a stored vector, and of a centre.
_VECTOR, _CENTRE = 2 * DIMENSIONS, 4 * DIMENSIONS


def read_anew(language: str) -> int:
    """Questions and centres of a language that is read sign by sign; how many questions had other vectors.

    Topics and gaps stay, with the questions that they have: their centres move to the middle of these.
    """
    asked = AskedQuestion.objects.filter(language=language)
    others = list(_of_another_size(asked.filter(vector__isnull=False), "vector", _VECTOR))
    for start in range(0, len(others), _BATCH):
        part = others[start : start + _BATCH]
        for row, vector in zip(
            part, vectors_of([_PLACEHOLDER.sub(" ", row.text) for row in part], [language] * len(part)), strict=True
        ):
            row.vector = vector
        AskedQuestion.objects.bulk_update(part, ["vector"])
    for model, name in ((Topic, "topic"), (Gap, "gap")):
        homes: QuerySet[Any] = model.objects.filter(language=language)
        for home in _of_another_size(homes, "centre", _CENTRE):
            members = asked.filter(**{name: home.pk}, vector__isnull=False).order_by("-turn_id")[:_BATCH]
            told = [row.vector for row in members if row.vector is not None]
            middle = as_matrix(told, kind="<f2").sum(axis=0) if told else np.zeros(DIMENSIONS, dtype=np.float32)
            home.centre = (middle / max(float(np.linalg.norm(middle)), 1e-9)).astype("<f4").tobytes()
            home.save(update_fields=["centre"])
    return len(others)


def _of_another_size(rows: QuerySet[Any], field: str, size: int) -> QuerySet[Any]:
    measured = rows.annotate(size=Func(field, function="octet_length", output_field=IntegerField()))
    others: QuerySet[Any] = measured.exclude(size=size)
    return others
