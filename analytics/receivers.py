"""What the apps below announce, counted. Quick, and never in the way of a customer's answer."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from analytics import metrics
from analytics.models import AskedQuestion
from analytics.scoring.model_readings import forget_reason
from analytics.topics.taking_in import forget_words
from chatbot.llm.errors import Outcome
from chatbot.llm.pool_health import Change, Why
from chatbot.models import Delivery, ModelCall, Turn
from chatbot.pipeline.generate import ANSWERED_BEFORE, APPROVED, EXTRACTIVE
from chatbot.signals import (
    delivery_finished,
    model_calls_noted,
    model_pool_changed,
    turn_finished,
    webhook_answered,
    words_redacted,
)
from sessions_app.signals import socket_closed, socket_opened

#: Writers that have a label of their own; whatever else wrote is a model, whose name is not ours to bound.
_WRITERS = {EXTRACTIVE: "quotation", APPROVED: "approved_answer", ANSWERED_BEFORE: "answered_before"}


@cache
def _counter(metric: Any, *labels: str) -> Any:
    """Looking a label up costs more than counting; there are few."""
    return metric.labels(*labels)


@receiver(webhook_answered)
def count_webhook(*, status: int, **_: Any) -> None:
    _counter(metrics.webhooks_answered, str(status)).inc()
    if status == 401:
        metrics.webhooks_refused.inc()


@receiver(turn_finished)
def count_turn(*, turn: Turn, **_: Any) -> None:
    _counter(metrics.turns_finished, str(turn.outcome)).inc()
    if turn.own_milliseconds is not None:
        metrics.turn_own_seconds.observe(max(0.0, turn.own_milliseconds) / 1000)
    if turn.model_milliseconds:
        metrics.turn_model_seconds.observe(turn.model_milliseconds / 1000)
    trace: Mapping[str, Any] = turn.trace
    for stage, milliseconds in trace.get("milliseconds", {}).items():
        _counter(metrics.stage_seconds, stage).observe(milliseconds / 1000)
    if "answerer" in trace:
        writer = _WRITERS.get(trace["answerer"], "model") if turn.answer else "nobody"
        _counter(metrics.drafts_written, writer).inc()
    if trace.get("model_failure"):
        metrics.model_failures.inc()
    for rule in trace.get("word_rules", ()):
        _counter(metrics.word_rule_hits, rule["scope"], rule["action"]).inc()
    if trace.get("model"):
        _count_model_call(trace["model"])
    for pool in trace.get("pools", ()):
        # A series that is first seen at 3 has not increased for Prometheus: both are there before the first failure.
        for outcome in (Outcome.ANSWERED, Outcome.FAILED):
            _counter(metrics.model_calls, pool["name"], outcome.value)
        _counter(metrics.model_calls, pool["name"], pool["outcome"]).inc()


def _count_model_call(call: Mapping[str, Any]) -> None:
    metrics.first_token_seconds.observe(call["first_token_milliseconds"] / 1000)
    _counter(metrics.tokens, "read").inc(call["prompt_tokens"] or 0)
    written = call["completion_tokens"] or 0
    _counter(metrics.tokens, "written").inc(written)
    seconds = (call["milliseconds"] - call["first_token_milliseconds"]) / 1000
    if written > 1 and seconds > 0:
        metrics.tokens_per_second.observe((written - 1) / seconds)


@receiver(model_calls_noted)
def count_other_calls(*, calls: Sequence[ModelCall], **_: Any) -> None:
    """Tokens beside the answers'."""
    _counter(metrics.tokens, "read").inc(sum(call.tokens_read for call in calls))
    _counter(metrics.tokens, "written").inc(sum(call.tokens_written for call in calls))


@receiver(socket_opened)
def count_open_socket(*, kind: str, **_: Any) -> None:
    _counter(metrics.sockets, kind).inc()


@receiver(socket_closed)
def count_closed_socket(*, kind: str, **_: Any) -> None:
    _counter(metrics.sockets, kind).dec()


@receiver(model_pool_changed)
def count_pool_change(*, change: Change, **_: Any) -> None:
    if change.why is Why.SLOW:
        _counter(metrics.model_slow_alerts, change.pool.name).inc()
    else:
        _counter(metrics.model_pool_changes, change.pool.name, change.after.value).inc()


@receiver(delivery_finished)
def count_delivery(*, delivery: Delivery, **_: Any) -> None:
    _counter(metrics.deliveries_finished, str(delivery.kind), str(delivery.status)).inc()
    if delivery.sent_at is not None:
        metrics.delivery_seconds.observe(max(0.0, (delivery.sent_at - delivery.created_at).total_seconds()))


@receiver(post_save, sender=Turn)
def forget_redacted_question(*, instance: Turn, update_fields: frozenset[str] | None, **_: Any) -> None:
    """Redacting empties a turn's question; our masked copy goes with it."""
    if not instance.question and update_fields is not None and "question" in update_fields:
        forget_words(AskedQuestion.objects.filter(turn=instance))


@receiver(words_redacted)
def forget_reason_of_reading(*, conversation_id: int, **_: Any) -> None:
    """A model's reason may repeat what the customer wrote."""
    forget_reason(conversation_id)
