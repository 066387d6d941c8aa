"""The signals of which a score is made, each declared once: its meaning, its strength, its weight at first."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.models import ConversationOutcome

#: After so many minutes without an answer a wait is as bad as it gets.
LONGEST_WAIT_MINUTES: Final = 1440
#: Log-odds of a good rating where no signal speaks: four of five.
FIRST_BIAS: Final = 1.4
BIAS: Final = "bias"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    name: str
    title: Promise
    definition: Promise
    first_weight: float  #: log-odds at full strength, until enough ratings have been seen
    sql: str  #: strength, 0..1, of the reading -1..1, over the columns that `analytics.business.outcomes` joins


SIGNALS: Final = (
    Signal(
        name="asked_again",
        title=_("Asked again"),
        definition=_(
            "The customer asked with the same words, or about the same intent, again; full after three times."
        ),
        first_weight=-2.0,
        sql="least(coalesce(asked_again, 0), 3) / 3.0",
    ),
    Signal(
        name="anger",
        title=_("Anger"),
        definition=_(
            "A message of the customer sounded angry: a harsh word, or two lesser signs such as capitals and "
            "exclamation marks."
        ),
        first_weight=-1.5,
        sql="is_angry::int",
    ),
    Signal(
        name="wait",
        title=_("Wait"),
        definition=_("Time until the first answer, in orders of magnitude; full after a day, or without any answer."),
        first_weight=-1.5,
        sql=(
            "CASE WHEN answered_at IS NULL THEN 1.0 ELSE least(1.0, ln(1 + greatest(0, extract(epoch FROM"
            f" answered_at - started_at))::float8 / 60) / ln(1 + {LONGEST_WAIT_MINUTES}::float8)) END"
        ),
    ),
    Signal(
        name="handover",
        title=_("Handover"),
        definition=_("The conversation was handed over to people."),
        first_weight=-0.7,
        sql="(handed_at IS NOT NULL)::int",
    ),
    Signal(
        name="thanks",
        title=_("Thanks"),
        definition=_("The customer said thanks."),
        first_weight=2.0,
        sql="coalesce(is_thanked, false)::int",
    ),
    Signal(
        name="reopening",
        title=_("Reopening"),
        definition=_("The customer came back after it seemed to be over; full after two times."),
        first_weight=-1.2,
        sql="least(reopenings, 2) / 2.0",
    ),
    Signal(
        name="reading",
        title=_("The model's reading"),
        definition=_(
            "How satisfied the customer seems to the configured model, 1 to 5: full for 5, as much against it for 1, "
            "nothing for 3 or where no model has read the conversation."
        ),
        first_weight=1.5,
        sql="coalesce((model_rating - 3) / 2.0, 0.0)",
    ),
)
FIRST_WEIGHTS: Final[Mapping[str, float]] = {BIAS: FIRST_BIAS, **{one.name: one.first_weight for one in SIGNALS}}


def strengths(outcome: ConversationOutcome) -> dict[str, float]:
    """Strength of each signal: what the SQL above says, of an outcome."""
    seconds = outcome.first_answer_seconds
    wait = 1.0 if seconds is None else min(1.0, math.log1p(seconds / 60) / math.log1p(LONGEST_WAIT_MINUTES))
    return {
        "asked_again": min(outcome.asked_again, 3) / 3,
        "anger": float(outcome.is_angry),
        "wait": wait,
        "handover": float(outcome.is_handed_over),
        "thanks": float(outcome.is_thanked),
        "reopening": min(outcome.reopenings, 2) / 2,
        "reading": 0.0 if outcome.model_rating is None else (outcome.model_rating - 3) / 2,
    }
