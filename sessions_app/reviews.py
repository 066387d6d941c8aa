"""Questions that wait for a person, and what people decide about them.

Whoever changes an item holds the lock of its conversation's row first, then that of the item: so two people can never
send two answers, and a customer's newer message and a decision come one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from sessions_app.claims import check_free
from sessions_app.conf import MESSAGE_CHARACTERS
from sessions_app.conversations import move, newest_part_at, supersede_drafts
from sessions_app.errors import AlreadyDecided
from sessions_app.models import Author, Conversation, Message, ReviewItem, ReviewQueue
from sessions_app.news import tell_conversation, tell_item
from sessions_app.queues import Need, place, queue_for
from sessions_app.reason_classes import ReasonClass
from sessions_app.states import State

if TYPE_CHECKING:
    from django.contrib.auth.models import User

Status, Kind = ReviewItem.Status, ReviewItem.Kind

#: Where a decision leads the conversation; the decisions that are not named leave it where it is.
_LEADS_TO = {
    Status.APPROVED: State.BOT,
    Status.EDITED: State.BOT,
    Status.ASKED: State.BOT,
    Status.REJECTED: State.PERSON,
    Status.TAKEN: State.PERSON,
    Status.GIVEN_BACK: State.BOT,
    Status.ANSWERED: State.PERSON,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldDraft:
    """What the bot would have said, and why it asks first."""

    question: str
    draft: str  #: Markdown
    confidence: float  #: 0..1
    threshold: float  #: 0..1
    reasons: Sequence[str]
    reason_class: ReasonClass = ReasonClass.LOW_CONFIDENCE
    scenario: str = ""
    is_continuation: bool = False  #: it is held only because the one before it was: its reason is that one's


def hold(conversation: Conversation, held: HeldDraft) -> ReviewItem:
    """Put a draft before people. Call under the row's lock.

    An older one of the same conversation becomes obsolete, and whoever was at it is at this one now.
    """
    before = waiting_in(conversation)
    supersede_drafts(conversation, timezone.now())
    move(conversation, State.REVIEW)
    is_continuation = held.is_continuation and before is not None
    need = Need(
        reason_class=ReasonClass(before.reason_class) if is_continuation and before else held.reason_class,
        scenario=held.scenario,
        language=conversation.language,
    )
    item = ReviewItem(
        conversation=conversation,
        question=held.question,
        draft=held.draft,
        confidence=held.confidence,
        threshold=held.threshold,
        reasons=list(held.reasons),
    )
    return _opened(item, need, before, _asked_before(conversation))


def open_handover(
    conversation: Conversation,
    *,
    question: str,
    reason_class: ReasonClass,
    reasons: Sequence[str] = (),
    scenario: str = "",
    keep: ReviewItem | None = None,
) -> ReviewItem:
    """A conversation that people hold waits for one of them. Call under the row's lock.

    `keep` is the item before it, whose queue and holder stay.
    """
    item = ReviewItem(
        conversation=conversation,
        kind=Kind.HANDOVER,
        question=question,
        confidence=0.0,
        threshold=0.0,
        reasons=list(reasons),
    )
    need = Need(reason_class=reason_class, scenario=scenario, language=conversation.language)
    return _opened(item, need, keep, None)


def _opened(item: ReviewItem, need: Need, before: ReviewItem | None, asked: ReviewItem | None) -> ReviewItem:
    item.reason_class, item.scenario = need.reason_class, need.scenario
    if before is not None:
        item.replaces = before
        item.queue, item.due_at = before.queue, before.due_at
        item.overdue_at, item.is_escalated = before.overdue_at, before.is_escalated
        item.claimed_by, item.claimed_until = before.claimed_by, before.claimed_until
        item.assigned_to, item.created_at = before.assigned_to, before.created_at
    else:
        place(item, queue_for(need))
    if asked is not None and item.assigned_to_id is None:
        item.assigned_to_id = asked.decided_by_id  # whoever asked the customer back reads the answer
    item.save(force_insert=True)
    tell_item(item)
    tell_conversation(item.conversation_id)
    return item


def customer_wrote_on(conversation: Conversation, texts: Sequence[str]) -> None:
    """A customer's words in a conversation that people hold. Under the row's lock.

    What waits for a person gets them; a conversation that a colleague holds at the desk waits for them again.
    """
    words = "\n".join(filter(None, texts))
    if not words:
        return
    item = waiting_in(conversation)
    if item is not None:
        item.question = f"{item.question}\n{words}"[-MESSAGE_CHARACTERS:]
        item.snoozed_until = None
        item.save(update_fields=["question", "snoozed_until"])
        tell_item(item)
    elif conversation.held_by_id is not None:
        before = ReviewItem.objects.select_related("queue").filter(conversation=conversation).order_by("-pk").first()
        opened = ReviewItem(
            conversation=conversation, kind=Kind.HANDOVER, question=words, confidence=0.0, threshold=0.0,
            assigned_to_id=conversation.held_by_id, reason_class=ReasonClass.COLLEAGUE,
        )  # fmt: skip
        queue = before.queue if before else queue_for(Need(reason_class=ReasonClass.COLLEAGUE))
        place(opened, queue)
        opened.save(force_insert=True)
        tell_item(opened)


def waiting_in(conversation: Conversation) -> ReviewItem | None:
    return (
        ReviewItem.objects.select_related("queue", "claimed_by")
        .filter(conversation=conversation, status=Status.WAITING)
        .first()
    )


def waiting_queue(conversation: Conversation) -> ReviewQueue | None:
    """Where the conversation waits; None if it does not."""
    item = waiting_in(conversation)
    return item.queue if item else None


def _asked_before(conversation: Conversation) -> ReviewItem | None:
    """The item about which the customer was asked back, until their answer has been taken care of."""
    newest = ReviewItem.objects.filter(conversation=conversation).order_by("-pk").first()
    if newest is None or newest.status != Status.ASKED or newest.decided_at is None:
        return None
    answers = Message.objects.filter(
        conversation=conversation, author=Author.CUSTOMER, received_at__gt=newest.decided_at
    )
    return None if answers.filter(handled_at__isnull=False).exists() else newest


def asked_by_colleague(conversation: Conversation) -> str:
    """The question about which a colleague has asked the customer back, until the bot has read the answer; else ""."""
    if conversation.state != State.BOT:
        return ""
    item = _asked_before(conversation)
    return item.question if item is not None else ""


def release(conversation: Conversation, *, to: State) -> None:
    """What waits, if anything, is no longer wanted, and the conversation goes to `to`. Call under the row's lock."""
    supersede_drafts(conversation, timezone.now())
    move(conversation, to)
    tell_conversation(conversation.pk)


def locked_item(item_id: int) -> ReviewItem:
    """The item and its conversation, both locked, if it still waits; the caller is inside a transaction.

    Raises `AlreadyDecided`.
    """
    conversation_id = ReviewItem.objects.values_list("conversation_id", flat=True).get(pk=item_id)
    # Nothing joined: where a row had to be waited for, what is joined would be of before.
    conversation = Conversation.objects.select_for_update().get(pk=conversation_id)
    item = ReviewItem.objects.select_for_update().get(pk=item_id)
    if item.status != Status.WAITING:
        raise AlreadyDecided(str(item.get_status_display()))
    item.conversation = conversation
    return item


def decide(item_id: int, *, status: ReviewItem.Status, user: "User", answer: str = "", note: str = "") -> ReviewItem:
    """Record a person's decision, once. Locks the conversation, then the item; the caller is inside a transaction.

    Raises `AlreadyDecided` if somebody, or a newer message, was faster, and `HeldByAnother`.
    """
    item = locked_item(item_id)
    check_free(item, user=user)
    to = _LEADS_TO[status]
    if status == Status.REJECTED and answer:
        to = State.BOT  # the person has answered in the draft's place; there is nothing left to take over
    settle(item, status=status, user=user, answer=answer, note=note)
    give(item.conversation, to, holder=user if to == State.PERSON and status != Status.REJECTED else None)
    return item


def settle(
    item: ReviewItem,
    *,
    status: ReviewItem.Status,
    user: "User | None",
    answer: str = "",
    note: str = "",
) -> None:
    """Write the decision on the locked item; the conversation stays where it is."""
    item.status = status
    item.answer = answer
    item.decided_by = user
    item.decision_note = note
    item.decided_at = timezone.now()
    item.save()
    tell_item(item)


def give(conversation: Conversation, to: State, *, holder: "User | None") -> None:
    """Move the locked conversation and save it. To a person: what is older and comes late does not undo it."""
    move(conversation, to)
    conversation.held_by = holder
    if to == State.PERSON:
        conversation.holder_event_at = newest_part_at(conversation) or conversation.holder_event_at
    conversation.updated_at = timezone.now()
    conversation.save(update_fields=["state", "held_by", "holder_event_at", "updated_at"])
    tell_conversation(conversation.pk)


def waiting_count() -> int:
    """Drafts, without the conversations that were handed over."""
    return ReviewItem.objects.filter(status=Status.WAITING, kind=Kind.DRAFT).count()


def move_to(item: ReviewItem, queue: ReviewQueue, *, is_escalation: bool = False) -> None:
    """The locked item waits in `queue` from now on; whoever was at it no longer is."""
    place(item, queue, is_escalation=is_escalation)
    item.claimed_by = item.claimed_until = item.assigned_to = item.snoozed_until = None
    item.save()
    tell_item(item)
