"""Pure: how good an answer to a known question is, and whether a change made it better, worse, slower or dearer."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final

from chatbot.models import TrialAnswer
from chatbot.pipeline.decide import Action
from chatbot.trying.asked import Asked
from knowledge.models import KnownQuestion

#: Slower by so many times and so many milliseconds at least: less is the noise of a busy machine.
SLOWER_TIMES: Final = 1.5
SLOWER_MILLISECONDS: Final = 200.0
#: Dearer by so many times and so many tokens at least: a model never says the same twice.
DEARER_TIMES: Final = 1.25
DEARER_TOKENS: Final = 50

Grade = TrialAnswer.Grade
Effect = TrialAnswer.Effect


def grade_of(
    asked: Asked, *, expects: str, articles: Collection[int], points: Sequence[str]
) -> TrialAnswer.Grade | None:
    """None where nobody has said what is right.

    Right is an answer that rests on one of `articles`, if there are any, and contains all `points`. What a person has
    approved rests on that person.
    """
    if expects == KnownQuestion.Expects.NO_ANSWER:
        return Grade.WRONG_SENT if asked.is_sent else Grade.RIGHT
    if expects == KnownQuestion.Expects.OPEN or not (articles or points):
        return None
    rests = asked.is_approved or not articles or not set(articles).isdisjoint(asked.cited)
    if bool(asked.answer) and rests and not missing_points(asked.answer, points):
        if asked.is_sent:
            return Grade.RIGHT
        return Grade.RIGHT_HELD if asked.action == Action.HOLD else Grade.NOT_ANSWERED
    return Grade.WRONG_SENT if asked.is_sent else Grade.NOT_ANSWERED


def missing_points(answer: str, points: Sequence[str]) -> list[str]:
    """Those of `points` that do not stand in `answer`, whatever their case; a figure is no part of a longer one."""
    text = _folded(answer)
    return [point for point in points if not _stands(_folded(point), text)]


def effect_of(today: Asked, changed: Asked, *, before: int | None, after: int | None) -> TrialAnswer.Effect:
    if before is None or after is None:
        is_same = (today.action, today.answer) == (changed.action, changed.answer)
        return Effect.SAME if is_same else Effect.OTHER
    if after == before:
        return Effect.SAME
    return Effect.BETTER if after > before else Effect.WORSE


def is_slower(today: Asked, changed: Asked) -> bool:
    gained = changed.milliseconds - today.milliseconds
    return gained >= SLOWER_MILLISECONDS and changed.milliseconds >= SLOWER_TIMES * today.milliseconds


def is_dearer(today: Asked, changed: Asked) -> bool:
    return changed.tokens - today.tokens >= DEARER_TOKENS and changed.tokens >= DEARER_TIMES * today.tokens


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _stands(point: str, text: str) -> bool:
    if not point:
        return True
    # Chinese has no blanks between words: only Latin letters and digits have edges.
    before = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", point) else ""
    after = r"(?![a-z0-9])" if re.search(r"[a-z0-9]\Z", point) else ""
    return re.search(before + re.escape(point) + after, text) is not None
