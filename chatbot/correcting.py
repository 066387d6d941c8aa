"""An answer that was sent turns out to be wrong: it is marked, with a reason, and a correction may follow it."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chatbot.models import AnswerMark, Delivery
from chatbot.pipeline.reuse import forget_of_turn
from chatbot.reviewing import EmptyAnswer, checked_answer, cleaned_note, newest_message
from sessions_app import audit, reviews
from sessions_app.conversations import supersede_drafts
from sessions_app.errors import TooLate
from sessions_app.models import AuditEntry, Conversation
from sessions_app.states import State

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def mark_wrong(
    delivery_id: int, *, user: "User", reason: str, correction: str = "", is_warned: bool = False
) -> AnswerMark:
    """The answer is wrong, because of `reason`; `correction` (Markdown) is sent to the customer unless it is empty.

    With a correction the conversation is with `user`: what the customer says to it is a person's to answer.
    Raises `EmptyAnswer` without a reason, `TooLate` if it was marked before, and as `approve` does. The caller
    enqueues the conversation.
    """
    reason = cleaned_note(reason)
    if not reason:
        raise EmptyAnswer(_("Say what is wrong with it."))
    _words, body = checked_answer(correction, is_warned=is_warned) if correction.strip() else ("", "")
    with transaction.atomic():
        delivery = Delivery.objects.select_related("turn").get(pk=delivery_id)
        conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=delivery.conversation_id)
        mark, is_new = AnswerMark.objects.get_or_create(
            delivery=delivery, defaults={"reason": reason, "marked_by": user}
        )
        if not is_new:
            raise TooLate(_("It was marked before."))
        audit.note(AuditEntry.Action.MARKED_WRONG, user=user, conversation_id=conversation.pk, delivery=delivery.pk)
        if body:
            if conversation.state != State.PERSON:
                supersede_drafts(conversation, timezone.now())
            reviews.give(conversation, State.PERSON, holder=user)
            mark.correction = Delivery.objects.create(
                key=f"correction:{delivery.pk}",
                conversation=conversation,
                kind=Delivery.Kind.REPLY,
                body=body,
                written_by=user,
                after_message=newest_message(conversation),
            )
            mark.save(update_fields=["correction"])
            audit.note(AuditEntry.Action.CORRECTED, user=user, conversation_id=conversation.pk, delivery=delivery.pk)
        transaction.on_commit(lambda: forget_of_turn(delivery.turn), robust=True)
    return mark
