"""Which messages a person is asked about: a share of those whose intent was guessed, all with the same chance."""

from typing import Any

from chatbot.models import IntentCheck, Turn
from chatbot.sampling.drawing import lot_of
from chatbot.steering import steering


def draw_intent(turn: Turn) -> IntentCheck | None:
    """A check of what was guessed, if its lot is drawn. Drawing twice changes nothing.

    Whether it was answered, held or handed over makes no difference; a turn that a newer message made obsolete is not
    drawn, because the next turn reads its words again.
    """
    if turn.intent_probability is None or not turn.question or turn.outcome == Turn.Outcome.SUPERSEDED:
        return None
    lot = lot_of(turn.pk, "intent")
    if lot >= steering().intent_check_percent / 100:
        return None
    return IntentCheck.objects.get_or_create(turn_id=turn.pk, defaults={"guess": turn.intent, "lot": lot})[0]


def draw_guessed(*, turn: Turn, **_: Any) -> None:
    """Receiver of `turn_finished`."""
    draw_intent(turn)
