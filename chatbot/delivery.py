"""The outbox emptied: each call reaches Intercom effectively once, and nothing is said over a person.

Intercom has no idempotency key. A row is therefore marked SENDING, and committed, before its call leaves; one found in
that state later is looked up in the conversation before it may be sent again. The caller holds the conversation's lock.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from chatbot.errors import PayloadError, UnknownWorkspace
from chatbot.intercom.errors import IntercomError
from chatbot.models import Delivery
from chatbot.outbox.calling import called, note_sent
from chatbot.outbox.ending import close, postponed, stop, withhold
from chatbot.outbox.standing import NEWER_MESSAGE, looked_at, part_ids, why_stopped, why_withheld
from chatbot.outbox.traces import left_behind
from chatbot.outbox.waiting import waiting_for
from chatbot.workspaces import client_of, own_marks, workspace_named
from sessions_app.models import Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """How far the outbox of one conversation came."""

    sent: int
    next_attempt_at: datetime | None  #: when to come back; None if nothing is left
    superseded: bool  #: a newer message of the customer is waiting for a turn


def deliver(conversation: Conversation) -> Receipt:
    """Send what waits for `conversation`, in order; stops at the first call that must be tried later."""
    sent, superseded = 0, False
    waiting = waiting_for(conversation)
    if not waiting:
        return Receipt(sent=0, next_attempt_at=None, superseded=False)
    if waiting[0].next_attempt_at > timezone.now():
        return Receipt(sent=0, next_attempt_at=waiting[0].next_attempt_at, superseded=False)
    try:
        workspace = workspace_named(conversation.workspace)
        client = client_of(workspace)
        seen = looked_at(conversation, workspace, client)
        known_ids = part_ids(seen)
    except (UnknownWorkspace, IntercomError, PayloadError) as error:
        return Receipt(sent=0, next_attempt_at=postponed(waiting[0], error, was_called=False), superseded=False)
    own = own_marks(workspace)
    for delivery in waiting:
        if delivery.next_attempt_at > timezone.now():
            # Later ones wait for it too: what a colleague may still take back has not been said yet.
            return Receipt(sent=sent, next_attempt_at=delivery.next_attempt_at, superseded=superseded)
        try:
            if delivery.status == Delivery.Status.SENDING and (part_id := left_behind(delivery, seen, own)) is not None:
                close(delivery, Delivery.Status.SENT, external_id=part_id)
                sent += 1
                continue
            if (why := why_withheld(delivery, conversation, seen, own)) is not None:
                superseded = superseded or why == NEWER_MESSAGE
                withhold(delivery, why)
                continue
            if (why := why_stopped(delivery)) is not None:
                stop(delivery, conversation, why)
                continue
            answer = called(delivery, conversation, workspace, client)
        except IntercomError as error:
            return Receipt(
                sent=sent, next_attempt_at=postponed(delivery, error, was_called=True), superseded=superseded
            )
        if answer is None:
            continue
        if delivery.kind == Delivery.Kind.TAG:
            close(delivery, Delivery.Status.SENT)
            sent += 1
            continue
        seen = answer
        note_sent(delivery, conversation, workspace, answer, known_ids=known_ids)
        known_ids |= part_ids(answer)
        sent += 1
    return Receipt(sent=sent, next_attempt_at=None, superseded=superseded)
