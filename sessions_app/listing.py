"""How an item stands in the list of the desk: one row, the same for the page, the live news and the API."""

from typing import Any

from sessions_app.claims import holder_of
from sessions_app.conf import LISTED_CHARACTERS
from sessions_app.models import ReviewItem


def row_of(item: ReviewItem) -> dict[str, Any]:
    """JSON; times are ISO 8601 in UTC. `item` comes with its conversation, customer, queue and colleagues."""
    holder = holder_of(item)
    return {
        "id": item.pk,
        "conversation": item.conversation_id,
        "kind": item.kind,
        "status": item.status,
        "queue": item.queue_id,
        "reason_class": item.reason_class,
        "customer": str(item.conversation.customer),
        "language": item.conversation.language,
        "question": item.question[:LISTED_CHARACTERS],
        "has_draft": bool(item.draft),
        "confidence": round(item.confidence, 3),
        "created_at": item.created_at.isoformat(),
        "due_at": item.due_at.isoformat() if item.due_at else None,
        "snoozed_until": item.snoozed_until.isoformat() if item.snoozed_until else None,
        "holder": {"id": holder.pk, "name": holder.get_username()} if holder else None,
        "assigned_to": item.assigned_to_id,
        "replaces": item.replaces_id,
    }
