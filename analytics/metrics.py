"""Every Prometheus metric of ours, declared once. No label ever names a customer, a conversation or a workspace.

Web and workers are processes of their own: where PROMETHEUS_MULTIPROC_DIR is set, they share their counts through files
there, and `exposition` adds them up.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import REGISTRY, Collector

from analytics.health.facts import Facts, recent

#: Seconds; narrow where our goals lie (0.1, 0.3 and 0.5 s).
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

webhooks_answered = Counter(
    "handrail_webhooks_answered_total", "Webhook requests answered, by HTTP status.", labelnames=("status",)
)
webhooks_refused = Counter(
    "handrail_webhook_refused_total", "Webhook requests refused because their signature was missing or wrong."
)
turns_finished = Counter("handrail_turns_total", "Turns brought to an end, by outcome.", labelnames=("outcome",))
turn_own_seconds = Histogram(
    "handrail_turn_own_seconds", "From due to decided, without the model's own time.", buckets=_BUCKETS
)
turn_model_seconds = Histogram(
    "handrail_turn_model_seconds", "The model's whole reply, of turns that asked a model.", buckets=_BUCKETS
)
model_calls = Counter(
    "handrail_model_calls_total", "Pools of model servers tried for a turn, by outcome.", labelnames=("pool", "outcome")
)
model_pool_changes = Counter(
    "handrail_model_pool_changes_total",
    "Changes of a pool's state, by the state that it went to.",
    labelnames=("pool", "state"),
)
model_slow_alerts = Counter(
    "handrail_model_slow_alerts_total",
    "Alerts of a pool whose answers are slow one after another.",
    labelnames=("pool",),
)
deliveries_finished = Counter(
    "handrail_deliveries_total",
    "Calls to Intercom brought to an end, by kind and status.",
    labelnames=("kind", "status"),
)
delivery_seconds = Histogram(
    "handrail_delivery_seconds", "From decided to carried out, of calls that were sent.", buckets=_BUCKETS
)

stage_seconds = Histogram(
    "handrail_stage_seconds", "Time of each stage of a turn.", labelnames=("stage",), buckets=_BUCKETS
)
first_token_seconds = Histogram(
    "handrail_model_first_token_seconds", "From the call to the model's first piece of answer.", buckets=_BUCKETS
)
tokens = Counter("handrail_model_tokens_total", "Tokens read and written by models.", labelnames=("direction",))
tokens_per_second = Histogram(
    "handrail_model_tokens_per_second",
    "Speed at which a model wrote, after its first token.",
    buckets=(5, 10, 20, 40, 60, 80, 100, 150, 200, 400, 800),
)
drafts_written = Counter(
    "handrail_drafts_total",
    "Drafts, by who wrote them: a model, the quotation, an approved answer, an answer given before, nobody.",
    labelnames=("writer",),
)
model_failures = Counter("handrail_model_failures_total", "Turns whose model failed, so that a passage was quoted.")
sockets = Gauge(
    "handrail_sockets",
    "Pages of staff that listen to live news now, by what they listen to.",
    labelnames=("kind",),
    multiprocess_mode="livesum",
)
for _kind in ("desk", "draft"):
    sockets.labels(_kind)  # 0 is known before anybody listens
word_rule_hits = Counter(
    "handrail_word_rule_hits_total", "Texts in which a sensitive-word rule matched.", labelnames=("scope", "action")
)


@dataclass(frozen=True, slots=True)
class StateGauge:
    """A metric that is read when somebody asks; it needs no process to keep it. None: it is left out."""

    name: str
    documentation: str
    value: Callable[[Facts], float | None]


STATE_GAUGES: Final = (
    StateGauge("handrail_database_up", "1 while PostgreSQL answers.", lambda facts: float(facts.stored is not None)),
    StateGauge("handrail_redis_up", "1 while Redis answers.", lambda facts: float(facts.is_redis_up)),
    StateGauge(
        "handrail_heartbeat_age_seconds", "Since a worker's last sign of life.", lambda facts: facts.heartbeat_age
    ),
    StateGauge("handrail_inbox_waiting", "Notifications not yet looked at.", lambda facts: _of(facts, "inbox_waiting")),
    StateGauge("handrail_inbox_oldest_seconds", "Age of the oldest of them.", lambda facts: _of(facts, "inbox_oldest")),
    StateGauge("handrail_inbox_failed", "Notifications not understood.", lambda facts: _of(facts, "inbox_failed")),
    StateGauge(
        "handrail_last_webhook_age_seconds", "Since the newest webhook.", lambda facts: _of(facts, "last_webhook_age")
    ),
    StateGauge("handrail_answers_due", "Conversations whose answer is late.", lambda facts: _of(facts, "answers_due")),
    StateGauge(
        "handrail_answers_oldest_seconds", "By how much the latest is.", lambda facts: _of(facts, "answers_oldest")
    ),
    StateGauge("handrail_outbox_waiting", "Calls to Intercom not through.", lambda facts: _of(facts, "outbox_waiting")),
    StateGauge("handrail_outbox_oldest_seconds", "Age of the oldest.", lambda facts: _of(facts, "outbox_oldest")),
    StateGauge("handrail_outbox_failed", "Calls that Intercom refused.", lambda facts: _of(facts, "outbox_failed")),
    StateGauge(
        "handrail_reviews_waiting", "Drafts that wait for a person.", lambda facts: _of(facts, "reviews_waiting")
    ),
    StateGauge("handrail_reviews_oldest_seconds", "Age of the oldest.", lambda facts: _of(facts, "reviews_oldest")),
    StateGauge("handrail_model_pools", "Pools that are switched on.", lambda facts: float(len(facts.pools))),
    StateGauge(
        "handrail_model_pools_taking_calls",
        "Of these, those whose breaker lets calls through.",
        lambda facts: float(sum(pool.state.takes_calls for pool in facts.pools)),
    ),
    StateGauge(
        "handrail_intent_accuracy_ratio",
        "Cross-validated accuracy of the active intent model, 0 to 1.",
        lambda facts: _of(facts, "intent_accuracy"),
    ),
    StateGauge(
        "handrail_intent_labels",
        "Customers' messages of the last 30 days whose guessed intent people judged; drawn by lot.",
        lambda facts: None if facts.stored is None else float(facts.stored.live_intents.labelled),
    ),
    StateGauge(
        "handrail_intent_live_accuracy_ratio",
        "Share of these that were guessed right, 0 to 1; left out without labels.",
        lambda facts: _live(facts, "value"),
    ),
    StateGauge(
        "handrail_intent_live_accuracy_low_ratio",
        "Lower end of its 95 % interval (Wilson).",
        lambda facts: _live(facts, "low"),
    ),
    StateGauge(
        "handrail_intent_live_accuracy_high_ratio",
        "Upper end of its 95 % interval (Wilson).",
        lambda facts: _live(facts, "high"),
    ),
    StateGauge(
        "handrail_certificate_days_left",
        "Days until the first certificate in our settings ends.",
        lambda facts: min((one.days_left for one in facts.certificates if one.days_left is not None), default=None),
    ),
)


def _of(facts: Facts, name: str) -> float | None:
    return None if facts.stored is None else getattr(facts.stored, name)


def _live(facts: Facts, end: str) -> float | None:
    share = None if facts.stored is None else facts.stored.live_intents.share
    return None if share is None else float(getattr(share, end))


def exposition() -> bytes:
    """All metrics of this process, or of all that share PROMETHEUS_MULTIPROC_DIR, as Prometheus reads them."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    registry = REGISTRY
    if folder:
        _forget_the_dead(folder)
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    state = CollectorRegistry()
    state.register(_StateCollector())
    return generate_latest(registry) + generate_latest(state)


def _forget_the_dead(folder: str) -> None:
    """What a process that was killed had open is open no more."""
    for file in Path(folder).glob("gauge_live*_*.db"):
        process_id = int(file.stem.rpartition("_")[2])
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            mark_process_dead(process_id, path=folder)  # type: ignore[no-untyped-call]
        except PermissionError:  # it lives, and is somebody else's
            pass


class _StateCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        facts = recent()
        for gauge in STATE_GAUGES:
            value = gauge.value(facts)
            if value is not None:
                yield GaugeMetricFamily(gauge.name, gauge.documentation, value=value)
