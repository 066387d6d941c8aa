"""Undo: an answer that has not left yet comes back to the desk, as if nothing had been decided."""

from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.models import Delivery
from chatbot.pipeline.reuse import forget_of_turn
from chatbot.reviewing import reply_key, turn_of
from sessions_app import audit
from sessions_app.conversations import move
from sessions_app.errors import TooLate
from sessions_app.models import AuditEntry, Conversation, ReviewItem
from sessions_app.news import tell_conversation, tell_item
from sessions_app.reviews import waiting_in
from sessions_app.states import State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_WHY = "taken back by its writer"


def undo(item_id: int, *, user: "User") -> ReviewItem:
    """Take back what `user` decided a moment ago. Locks the conversation, then the call.

    Raises `TooLate` where the answer has left, or the conversation went on without it.
    """
    with transaction.atomic():
        item = ReviewItem.objects.select_related("conversation").get(pk=item_id)
        conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=item.conversation_id)
        item = ReviewItem.objects.select_for_update(of=("self",)).get(pk=item_id)
        call = Delivery.objects.select_for_update().filter(key=reply_key(item)).first()
        if item.decided_by_id != user.pk or call is None or call.status != Delivery.Status.PENDING or call.attempts:
            raise TooLate(_("It has already been sent. Send a correction instead."))
        if call.next_attempt_at <= timezone.now():
            raise TooLate(_("It is being sent now. Send a correction instead."))
        # Its key is free again for the next decision.
        call.status, call.error, call.key = Delivery.Status.WITHHELD, _WHY, f"{call.key}:undone:{call.pk}"
        call.save(update_fields=["status", "error", "key"])
        wanted = State.PERSON if item.kind == ReviewItem.Kind.HANDOVER else State.REVIEW
        audit.note(AuditEntry.Action.UNDONE, user=user, item=item)
        if waiting_in(conversation) is None and conversation.state in (State.BOT, wanted):
            move(conversation, wanted)
            conversation.updated_at = timezone.now()
            conversation.save(update_fields=["state", "updated_at"])
            item.status, item.decided_by, item.decided_at = ReviewItem.Status.WAITING, None, None
            item.answer = item.decision_note = ""
        else:  # a newer draft, or a person elsewhere, has the conversation: nothing is sent, and that one decides
            item.status = ReviewItem.Status.SUPERSEDED
        item.save()
        turn = turn_of(item)
        if turn is not None:
            transaction.on_commit(partial(forget_of_turn, turn), robust=True)
        tell_item(item)
        tell_conversation(conversation.pk)
    return item
