"""Drafts that wait for a person, and what people decide about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from sessions_app.conversations import move, newest_part_at
from sessions_app.errors import AlreadyDecided
from sessions_app.models import Conversation, ReviewItem
from sessions_app.signals import review_queue_changed
from sessions_app.states import State

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDraft:
    """What the bot would have said, and why it asks first."""

    question: str
    draft: str  #: Markdown
    confidence: float  #: 0..1
    threshold: float  #: 0..1
    reasons: Sequence[str]


def hold(conversation: Conversation, held: HeldDraft) -> ReviewItem:
    """Put a draft before people; an older one of the same conversation becomes obsolete. Call under the row's lock."""
    _supersede(conversation)
    move(conversation, State.REVIEW)
    item = ReviewItem.objects.create(
        conversation=conversation,
        question=held.question,
        draft=held.draft,
        confidence=held.confidence,
        threshold=held.threshold,
        reasons=list(held.reasons),
    )
    transaction.on_commit(_announce)
    return item


def release(conversation: Conversation, *, to: State) -> None:
    """The waiting draft, if any, is no longer wanted, and the conversation goes to `to`. Call under the row's lock."""
    _supersede(conversation)
    move(conversation, to)


def decide(item_id: int, *, status: ReviewItem.Status, user: "User", answer: str = "", note: str = "") -> ReviewItem:
    """Record a person's decision, once. Locks the conversation, then the item; the caller is inside a transaction.

    Raises `AlreadyDecided` if somebody, or a newer message, was faster.
    """
    conversation_id = ReviewItem.objects.values_list("conversation_id", flat=True).get(pk=item_id)
    conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
    item = ReviewItem.objects.select_for_update(of=("self",)).get(pk=item_id)
    if item.status != ReviewItem.Status.WAITING:
        raise AlreadyDecided(str(item.get_status_display()))
    item.status = status
    item.answer = answer
    item.decided_by = user
    item.decision_note = note
    item.decided_at = timezone.now()
    item.save()
    move(conversation, State.PERSON if status == ReviewItem.Status.REJECTED else State.BOT)
    if status == ReviewItem.Status.REJECTED:
        conversation.holder_event_at = newest_part_at(conversation) or conversation.holder_event_at
    conversation.updated_at = item.decided_at
    conversation.save(update_fields=["state", "holder_event_at", "updated_at"])
    item.conversation = conversation
    transaction.on_commit(_announce)
    return item


def waiting_count() -> int:
    return ReviewItem.objects.filter(status=ReviewItem.Status.WAITING).count()


def _supersede(conversation: Conversation) -> None:
    superseded = ReviewItem.objects.filter(conversation=conversation, status=ReviewItem.Status.WAITING).update(
        status=ReviewItem.Status.SUPERSEDED, decided_at=timezone.now()
    )
    if superseded:
        transaction.on_commit(_announce)


def _announce() -> None:
    review_queue_changed.send(sender=ReviewItem)
