"""All that one conversation needs now: its turn, then its outbox; by one worker at a time."""

from dataclasses import dataclass

from django.utils import timezone

from chatbot.delivery import deliver
from chatbot.errors import UnknownWorkspace
from chatbot.intercom.errors import IntercomError
from chatbot.pipeline.turn import run_turn
from chatbot.steering import steering
from chatbot.workspaces import workspace_named
from sessions_app.conversations import conversation_with_customer, reply_due_at
from sessions_app.locks import conversation_lock
from sessions_app.models import Conversation

#: A customer who writes on while we answer makes the turn run again; beyond this, the sweep comes back.
ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkDone:
    #: Seconds until this conversation should be looked at again; None if nothing is left.
    again_in_seconds: float | None


def work_on(conversation_id: int) -> WorkDone:
    """Run what is due for the conversation; returns at once, to come back soon, if another worker is at it."""
    with conversation_lock(conversation_id) as is_held:
        if not is_held:
            return WorkDone(again_in_seconds=1.0)
        for _round in range(ROUNDS):
            conversation = conversation_with_customer(conversation_id)
            if conversation is None:
                return WorkDone(again_in_seconds=None)
            wait = _seconds_until_due(conversation)
            if wait is not None and wait <= 0 and _may_answer(conversation):
                run_turn(conversation)
            receipt = deliver(conversation)
            if receipt.next_attempt_at is not None:
                return WorkDone(again_in_seconds=max(0.1, (receipt.next_attempt_at - timezone.now()).total_seconds()))
            due_at = reply_due_at(conversation_id)
            if due_at is None or not _may_answer(conversation):
                return WorkDone(again_in_seconds=None)
            wait = (due_at - timezone.now()).total_seconds()
            if wait > 0:
                return WorkDone(again_in_seconds=wait)
    return WorkDone(again_in_seconds=None)


def _seconds_until_due(conversation: Conversation) -> float | None:
    if conversation.reply_due_at is None:
        return None
    return (conversation.reply_due_at - timezone.now()).total_seconds()


def _may_answer(conversation: Conversation) -> bool:
    try:
        return steering().is_answering and workspace_named(conversation.workspace).is_active
    except (UnknownWorkspace, IntercomError):
        return False
