"""How a delivery ends: sent, withheld, stopped by a rule, or given up; and how it is put off."""

import html
import logging
import random
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from chatbot.conf import DELIVERY_HOURS, DELIVERY_RETRY_SECONDS
from chatbot.intercom.errors import NotFound, OutcomeUnknown, RateLimited, Refused
from chatbot.models import Delivery, Turn
from chatbot.outbox.standing import NEWER_MESSAGE
from chatbot.signals import delivery_finished
from chatbot.workspaces import workspace_named
from sessions_app.handoff import hand_over
from sessions_app.models import Author, Conversation, Handoff, Message
from sessions_app.statements import run
from sessions_app.states import State

logger = logging.getLogger(__name__)

#: Statuses by which Intercom says that a token or a right is wrong: an operator can mend that, so we keep trying.
_MENDABLE = frozenset({401, 402, 403})


_MARK_CLOSED = "UPDATE chatbot_delivery SET status = %s, external_id = %s, error = %s, sent_at = %s WHERE id = %s"


def close(delivery: Delivery, status: Delivery.Status, *, external_id: str = "", error: str = "") -> None:
    delivery.status = status
    delivery.external_id = external_id
    delivery.error = error
    delivery.sent_at = timezone.now() if status == Delivery.Status.SENT else None
    run(_MARK_CLOSED, [delivery.status, delivery.external_id, delivery.error, delivery.sent_at, delivery.pk])
    delivery_finished.send(sender=Delivery, delivery=delivery)


def withhold(delivery: Delivery, why: str) -> None:
    with transaction.atomic():
        close(delivery, Delivery.Status.WITHHELD, error=why)
        turn = delivery.turn
        if turn is None or delivery.kind != Delivery.Kind.REPLY:
            return
        if why == NEWER_MESSAGE:
            # The next turn answers the old words and the new ones together. It may be this one again (a message that
            # was sent earlier and came later), so its key must be free.
            Delivery.objects.filter(pk=delivery.pk).update(key=f"{delivery.key}:withheld:{delivery.pk}")
            Message.objects.filter(pk__in=turn.trace.get("message_ids", []), author=Author.CUSTOMER).update(
                handled_at=None
            )
            Conversation.objects.filter(pk=delivery.conversation_id, reply_due_at=None).update(
                reply_due_at=timezone.now()
            )
            turn.outcome = Turn.Outcome.SUPERSEDED
        else:
            turn.outcome = Turn.Outcome.SILENT
        turn.save(update_fields=["outcome"])


def stop(delivery: Delivery, conversation: Conversation, why: str) -> None:
    """Nothing is said, and a person takes over who knows why."""
    with transaction.atomic():
        close(delivery, Delivery.Status.WITHHELD, error=why)
        conversation = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if delivery.kind == Delivery.Kind.REPLY and conversation.state in (State.BOT, State.REVIEW):
            hand_over(
                conversation,
                reason=Handoff.Reason.RULE,
                packet={"wanted": delivery.turn.question if delivery.turn else "", "stopped": why},
            )
    logger.warning("reply stopped by a rule", extra={"action": "reply_stopped", "delivery_id": delivery.pk})


def postponed(delivery: Delivery, error: Exception, *, was_called: bool) -> datetime | None:
    """Note what happened; when to try again, or None if this delivery is given up.

    An outage of Intercom must lose nothing: what may still succeed is tried for DELIVERY_HOURS.
    """
    delivery.error = str(error)
    if isinstance(error, Refused) and error.status not in _MENDABLE:
        return _given_up(delivery, is_gone=isinstance(error, NotFound))
    if delivery.created_at < timezone.now() - timedelta(hours=DELIVERY_HOURS):
        return _given_up(delivery, is_gone=False)
    if was_called and not isinstance(error, OutcomeUnknown):
        delivery.status = Delivery.Status.PENDING  # it surely was not carried out; else the next try looks first
    if isinstance(error, RateLimited):
        # Jitter, so that workers do not all come back at once.
        delivery.next_attempt_at = error.until + timedelta(seconds=random.uniform(0.05, 0.5))  # noqa: S311  # no secret
    else:
        delivery.attempts += 0 if was_called else 1
        pause = DELIVERY_RETRY_SECONDS[min(delivery.attempts, len(DELIVERY_RETRY_SECONDS)) - 1]
        delivery.next_attempt_at = timezone.now() + timedelta(seconds=pause * random.uniform(1.0, 1.25))  # noqa: S311
    delivery.save(update_fields=["status", "attempts", "next_attempt_at", "error"])
    logger.warning(
        "delivery postponed",
        extra={"action": "delivery_postponed", "delivery_id": delivery.pk, "error": type(error).__name__},
    )
    return delivery.next_attempt_at


def _given_up(delivery: Delivery, *, is_gone: bool) -> datetime | None:
    """People must know of a customer who got no answer, here and, unless the conversation `is_gone`, in Intercom.

    The rest of the outbox goes on at once.
    """
    with transaction.atomic():
        close(delivery, Delivery.Status.FAILED, error=delivery.error)
        conversation = Conversation.objects.select_for_update().get(pk=delivery.conversation_id)
        if delivery.kind == Delivery.Kind.REPLY and conversation.state in (State.BOT, State.REVIEW):
            hand_over(
                conversation,
                reason=Handoff.Reason.BOT_FAILED,
                packet={"wanted": delivery.turn.question if delivery.turn else "", "delivery_error": delivery.error},
            )
            if not is_gone:
                _tell_team(delivery, conversation)
    logger.error("delivery given up", extra={"action": "delivery_failed", "delivery_id": delivery.pk})
    has_more = Delivery.objects.filter(
        conversation_id=delivery.conversation_id, status__in=[Delivery.Status.PENDING, Delivery.Status.SENDING]
    ).exists()
    return timezone.now() if has_more else None


def _tell_team(delivery: Delivery, conversation: Conversation) -> None:
    """A note with what the customer should have read, and the assignment to the team for handovers."""
    note = (
        "<p><b>Handrail could not send its answer; the customer has got none.</b> "
        f"{html.escape(delivery.error, quote=False)}</p><p><b>The answer was:</b></p>{delivery.body}"
    )
    calls = {Delivery.Kind.NOTE: note, Delivery.Kind.ASSIGN: workspace_named(conversation.workspace).handoff_team_id}
    Delivery.objects.bulk_create(
        [
            Delivery(
                key=f"failed:{delivery.pk}:{kind}", conversation=conversation, turn=delivery.turn, kind=kind, body=body
            )
            for kind, body in calls.items()
            if body
        ],
        ignore_conflicts=True,
    )
