"""A colleague takes a conversation over at the desk, or gives it back to the bot."""

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chatbot.models import Delivery
from sessions_app import audit, reviews
from sessions_app.claims import check_free, claim
from sessions_app.conversations import newest_part_at
from sessions_app.models import AuditEntry, Author, Conversation, Handoff, Message, ReviewItem
from sessions_app.reason_classes import ReasonClass
from sessions_app.states import State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Status = ReviewItem.Status


def take_over(conversation_id: int, *, user: "User") -> ReviewItem:
    """The bot is silent from now on, whatever it was writing; the conversation is with `user`. Locks the conversation.

    Returns the item in which they answer. Raises `HeldByAnother`, and `IllegalTransition` never: a closed one opens.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation_id)
        waiting = reviews.waiting_in(conversation)
        if waiting is not None:
            check_free(waiting, user=user)
        is_handover = waiting is not None and waiting.kind == ReviewItem.Kind.HANDOVER
        if waiting is not None and is_handover:
            item = waiting
        else:
            if waiting is not None:
                reviews.settle(waiting, status=Status.TAKEN, user=user)
        reviews.give(conversation, State.PERSON, holder=user)
        Message.objects.filter(conversation=conversation, author=Author.CUSTOMER, handled_at__isnull=True).update(
            handled_at=timezone.now()
        )
        Conversation.objects.filter(pk=conversation.pk).update(reply_due_at=None)
        if not is_handover:
            question = waiting.question if waiting else _last_words(conversation)
            item = reviews.open_handover(
                conversation, question=question, reason_class=ReasonClass.COLLEAGUE, keep=waiting
            )
            if waiting is None:
                Handoff.objects.create(
                    conversation=conversation,
                    reason=Handoff.Reason.COLLEAGUE,
                    reason_class=ReasonClass.COLLEAGUE,
                    packet={"wanted": question},
                )
        audit.note(AuditEntry.Action.TAKEN_OVER, user=user, item=item)
        return claim(item.pk, user=user)


def give_back(conversation_id: int, *, user: "User | None") -> None:
    """The bot answers again, what the customer wrote since the last answer included. `user` None: the clock.

    Raises `HeldByAnother`, and `IllegalTransition` where it is not with people. The caller enqueues the conversation.
    """
    with transaction.atomic():
        conversation = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation_id)
        waiting = reviews.waiting_in(conversation)
        if waiting is not None:
            if user is not None:
                check_free(waiting, user=user)
            reviews.settle(waiting, status=Status.GIVEN_BACK, user=user)
        reviews.give(conversation, State.BOT, holder=None)
        newest = newest_part_at(conversation)
        spoken = (
            Message.objects.filter(
                conversation=conversation, author__in=(Author.BOT, Author.TEAMMATE, Author.OTHER_BOT)
            )
            .order_by("-sent_at", "-pk")
            .first()
        )
        unanswered = Message.objects.filter(conversation=conversation, author=Author.CUSTOMER)
        if spoken is not None:  # the sender's clock has whole seconds; within one, arrival decides
            unanswered = unanswered.filter(Q(sent_at__gt=spoken.sent_at) | Q(sent_at=spoken.sent_at, pk__gt=spoken.pk))
        has_question = user is not None and unanswered.update(handled_at=None)
        Conversation.objects.filter(pk=conversation.pk).update(
            holder_event_at=newest or conversation.holder_event_at,
            reply_due_at=timezone.now() if has_question else None,
        )
        _unassign(conversation)
        audit.note(AuditEntry.Action.GIVEN_BACK, user=user, item=waiting, conversation_id=conversation.pk)


def _unassign(conversation: Conversation) -> None:
    """Where a person is assigned in the channel the bot stays silent, so nobody is any more."""
    if conversation.assigned_admin_id:
        number = Delivery.objects.filter(conversation=conversation).count()
        Delivery.objects.create(
            key=f"back:{conversation.pk}:{number}", conversation=conversation, kind=Delivery.Kind.UNASSIGN
        )


def _last_words(conversation: Conversation) -> str:
    newest = (
        Message.objects.filter(conversation=conversation, author=Author.CUSTOMER).order_by("-sent_at", "-pk").first()
    )
    return newest.text if newest else ""
