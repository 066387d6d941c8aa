"""Approved answers to the very words of a question that are not sent all the same, and why not. For staff."""

from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from knowledge.audience import Audience, is_for
from knowledge.conf import APPROVED_QUESTION_MAX_CHARACTERS
from knowledge.explaining import Why
from knowledge.models import ApprovedAnswer, ApprovedPhrase
from knowledge.sameness import normalised, same_language
from knowledge.storable import storable_text

_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovedLeftOut:
    answer_id: int
    question: str  #: as it stands there
    reasons: tuple[Why, ...]  #: at least one


def approved_left_out(question: str, *, audience: Audience, language: str) -> list[ApprovedLeftOut]:
    """At most five, the oldest first."""
    words = normalised(storable_text(question[: 2 * APPROVED_QUESTION_MAX_CHARACTERS]))
    if not words or len(question) > APPROVED_QUESTION_MAX_CHARACTERS:
        return []
    found = []
    for phrase in ApprovedPhrase.objects.filter(normalised=words).select_related("answer").order_by("pk")[:50]:
        reasons = _reasons(phrase.answer, audience, language)
        if reasons:
            found.append(ApprovedLeftOut(answer_id=phrase.answer_id, question=phrase.text, reasons=reasons))
    return found[:_NAMED]


def _reasons(answer: ApprovedAnswer, audience: Audience, language: str) -> tuple[Why, ...]:
    tiers, attributes = answer.audience_tiers, answer.audience_attributes
    holds = {
        Why.SWITCHED_OFF: not answer.is_on,
        Why.EXPIRED: answer.expires_at is not None and answer.expires_at <= timezone.now(),
        Why.OTHER_LANGUAGE: not same_language(language, answer.language),
        Why.OTHER_TIER: not is_for(audience, tiers=tiers, attributes={}),
        Why.OTHER_ATTRIBUTES: not is_for(audience, tiers=(), attributes=attributes),
    }
    return tuple(why for why, is_so in holds.items() if is_so)
