"""Every Prometheus metric of ours, declared once. No label ever names a customer, a conversation or a workspace.

Web and workers are processes of their own: where PROMETHEUS_MULTIPROC_DIR is set, they share their counts through files
there, and `exposition` adds them up.
"""

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY

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
deliveries_finished = Counter(
    "handrail_deliveries_total",
    "Calls to Intercom brought to an end, by kind and status.",
    labelnames=("kind", "status"),
)
delivery_seconds = Histogram(
    "handrail_delivery_seconds", "From decided to carried out, of calls that were sent.", buckets=_BUCKETS
)


def exposition() -> bytes:
    """All metrics of this process, or of all that share PROMETHEUS_MULTIPROC_DIR, as Prometheus reads them."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
    if not folder:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
