"""What is acted upon when nobody had time: by the clock, once for each item and queue."""

from django.db import transaction
from django.utils import timezone

from chatbot.expectation import expected, in_words
from chatbot.intercom.reply_html import paragraphs_html
from chatbot.models import Delivery, StandardMessage
from chatbot.pipeline.guard import sayable
from chatbot.reviewing import assign_to_team
from chatbot.steering import standard_message, steering
from sessions_app import audit, reviews
from sessions_app.conf import OVERDUE_BATCH
from sessions_app.errors import AlreadyDecided
from sessions_app.handoff import hand_over
from sessions_app.models import AuditEntry, Handoff, ReviewItem, ReviewQueue
from sessions_app.news import tell_item
from sessions_app.reason_classes import ReasonClass

Overdue = ReviewQueue.Overdue


def tend_overdue() -> list[int]:
    """Act on what has become overdue; the conversations that have something to send now. Harmless when repeated."""
    now = timezone.now()
    waiting = ReviewItem.objects.filter(status=ReviewItem.Status.WAITING, due_at__lt=now, overdue_at__isnull=True)
    found: list[int] = []
    for item_id in list(waiting.order_by("due_at").values_list("pk", flat=True)[:OVERDUE_BATCH]):
        with transaction.atomic():
            try:
                item = reviews.locked_item(item_id)
            except (AlreadyDecided, ReviewItem.DoesNotExist):
                continue
            if item.overdue_at is None and item.due_at is not None and item.due_at < now:
                found += _act(item)
    return list(dict.fromkeys(found))


def _act(item: ReviewItem) -> list[int]:
    """On the locked item."""
    item.overdue_at = timezone.now()
    item.save(update_fields=["overdue_at"])
    queue = item.queue
    audit.note(AuditEntry.Action.OVERDUE, user=None, item=item, queue=queue.pk, then=queue.overdue)
    is_draft = item.kind == ReviewItem.Kind.DRAFT
    if queue.overdue == Overdue.ESCALATE and queue.escalates_to is not None and not item.is_escalated:
        reviews.move_to(item, queue.escalates_to, is_escalation=True)
        return []
    if queue.overdue == Overdue.HAND_OFF and is_draft:
        _hand_on(item)
        return [item.conversation_id]
    if queue.overdue == Overdue.HOLDING:
        say = StandardMessage.Kind.HOLDING
        _say(item, say, Delivery.Kind.HOLDING)
        tell_item(item)
        return [item.conversation_id]
    tell_item(item)
    return []


def _hand_on(item: ReviewItem) -> None:
    conversation = item.conversation
    hand_over(
        conversation,
        reason=Handoff.Reason.OVERDUE,
        reason_class=ReasonClass(item.reason_class),
        reasons=item.reasons,
        scenario=item.scenario,
        packet={"wanted": item.question, "reasons": item.reasons, "rejected_draft": item.draft},
    )
    _say(item, StandardMessage.Kind.HANDOFF, Delivery.Kind.HANDOFF)
    assign_to_team(item)


def _say(item: ReviewItem, message: StandardMessage.Kind, kind: Delivery.Kind) -> None:
    language = item.conversation.language or steering().default_language
    said = standard_message(message, language)
    text = sayable(said, language=language) if said else ""
    if not text:
        return
    also = in_words(expected(item.queue), language) if kind == Delivery.Kind.HANDOFF else ""
    Delivery.objects.get_or_create(
        key=f"overdue:{item.pk}:{item.queue_id}:{kind}",
        defaults={
            "conversation": item.conversation,
            "turn": getattr(item, "turn", None),
            "kind": kind,
            "body": paragraphs_html("\n\n".join(filter(None, (text, also)))),
        },
    )
