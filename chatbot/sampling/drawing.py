"""Which sent answers are checked: a share, drawn by the number of the turn, so that drawing twice changes nothing."""

import hashlib
from typing import Any, Final

from chatbot.models import AnswerCheck, Delivery, SamplingRule, Turn
from chatbot.recent import RecentRows

_rules: RecentRows[str, list[SamplingRule]] = RecentRows(lambda _key: list(SamplingRule.objects.filter(is_on=True)))
_LARGEST: Final = 2**64


def draw(delivery: Delivery) -> AnswerCheck | None:
    """A check of the answer that has just been sent, if its lot is drawn. People's own words are not checked."""
    if (
        delivery.kind != Delivery.Kind.REPLY
        or delivery.status != Delivery.Status.SENT
        or delivery.turn is None
        or delivery.written_by_id is not None
        or delivery.turn.review_item_id is not None
    ):
        return None
    rules = _rules.get("")
    lot = lot_of(delivery.turn.pk)
    if lot >= max((rule.percent for rule in rules), default=0.0) / 100:
        return None  # most answers: nothing more has to be known of them
    turn = Turn.objects.select_related("conversation").get(pk=delivery.turn.pk)
    if not turn.answer:
        return None  # a question back, or the words of a rule
    rule = next((rule for rule in rules if _fits(rule, turn)), None)
    if rule is None or lot >= rule.percent / 100:
        return None
    if not SamplingRule.objects.filter(pk=rule.pk, is_on=True).exists():
        return None  # taken away since the rules were read
    return AnswerCheck.objects.get_or_create(
        turn=turn, defaults={"rule": rule, "queue_id": rule.queue_id, "chance": rule.percent / 100}
    )[0]


def lot_of(turn_id: int, purpose: str = "check") -> float:
    """0..1, evenly spread, the same for a turn each time; lots of different purposes tell nothing of each other."""
    digest = hashlib.blake2b(f"{purpose}:{turn_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / _LARGEST


def draw_sent(*, delivery: Delivery, **_: Any) -> None:
    """Receiver of `delivery_finished`."""
    draw(delivery)


def forget_rules() -> None:
    """For whoever has just changed a rule."""
    _rules.clear()


def _fits(rule: SamplingRule, turn: Turn) -> bool:
    scenarios, intents, languages = _names(rule.scenarios), _names(rule.intents), _names(rule.languages)
    language = turn.conversation.language.lower()
    return (
        (not scenarios or turn.scenario.lower() in scenarios)
        and (not intents or turn.intent.lower() in intents)
        and (not languages or any(language == one or language.startswith(f"{one}-") for one in languages))
    )


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in text.split(",") if name.strip())
