"""What the platform decided about the conversations of a load, read from its own rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from chatbot.models import Delivery, Turn, Workspace

#: Outcomes after which nothing more happens by itself.
FINAL = (Turn.Outcome.ANSWERED, Turn.Outcome.HELD, Turn.Outcome.HANDED_OVER, Turn.Outcome.SILENT)
OPEN = (Delivery.Status.PENDING, Delivery.Status.SENDING)
BATCH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A conversation whose turn has ended and whose outbox is empty."""

    outcome: str  #: one of FINAL
    confidence: float | None
    reasons: tuple[str, ...]
    draft: str  #: Markdown; what was sent, or waits for a person
    spoken_at: datetime | None  #: when the first words reached the customer, by the platform's clock
    pause_milliseconds: float  #: waited on purpose, for more of the customer's words
    model_milliseconds: float
    failed_deliveries: int


def decided(conversation_ids: Sequence[str]) -> dict[str, Decided]:
    """Those of the conversations (ids of the channel) that have come to their end; the newest turn speaks for each."""
    found: dict[str, Decided] = {}
    workspaces = list(Workspace.objects.values_list("app_id", flat=True))
    for start in range(0, len(conversation_ids), BATCH):
        turns = (
            Turn.objects.filter(
                conversation__workspace__in=workspaces,
                conversation__external_id__in=conversation_ids[start : start + BATCH],
                outcome__in=FINAL,
            )
            .select_related("conversation", "last_message")
            .defer("trace", "question")
            .prefetch_related(Prefetch("deliveries", Delivery.objects.defer("body").order_by("pk")))
            .order_by("pk")
        )
        for turn in turns:
            key = turn.conversation.external_id
            deliveries = list(turn.deliveries.all())
            if any(delivery.status in OPEN for delivery in deliveries):
                found.pop(key, None)
            else:
                found[key] = _decided(turn, deliveries)
    return found


def _decided(turn: Turn, deliveries: Sequence[Delivery]) -> Decided:
    spoken = [row.sent_at for row in deliveries if row.kind in Delivery.PUBLIC and row.sent_at is not None]
    return Decided(
        outcome=str(turn.outcome),
        confidence=turn.confidence,
        reasons=tuple(turn.reasons),
        draft=turn.answer,
        spoken_at=min(spoken, default=None),
        pause_milliseconds=max(0.0, (turn.due_at - turn.last_message.received_at).total_seconds() * 1000),
        model_milliseconds=turn.model_milliseconds or 0.0,
        failed_deliveries=sum(row.status == Delivery.Status.FAILED for row in deliveries),
    )
