"""What the apps below announce, counted. Quick, and never in the way of a customer's answer."""

from typing import Any

from django.dispatch import receiver

from analytics import metrics
from chatbot.models import Delivery, Turn
from chatbot.signals import delivery_finished, turn_finished, webhook_answered

#: Looking a label up costs more than counting; there are few statuses.
_by_status: dict[int, Any] = {}


@receiver(webhook_answered)
def count_webhook(*, status: int, **_: Any) -> None:
    counter = _by_status.get(status)
    if counter is None:
        counter = _by_status[status] = metrics.webhooks_answered.labels(status=str(status))
    counter.inc()
    if status == 401:
        metrics.webhooks_refused.inc()


@receiver(turn_finished)
def count_turn(*, turn: Turn, **_: Any) -> None:
    metrics.turns_finished.labels(outcome=str(turn.outcome)).inc()
    if turn.own_milliseconds is not None:
        metrics.turn_own_seconds.observe(turn.own_milliseconds / 1000)
    if turn.model_milliseconds:
        metrics.turn_model_seconds.observe(turn.model_milliseconds / 1000)


@receiver(delivery_finished)
def count_delivery(*, delivery: Delivery, **_: Any) -> None:
    metrics.deliveries_finished.labels(kind=str(delivery.kind), status=str(delivery.status)).inc()
    if delivery.sent_at is not None:
        metrics.delivery_seconds.observe(max(0.0, (delivery.sent_at - delivery.created_at).total_seconds()))
