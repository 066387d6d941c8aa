"""What happened in a conversation, recorded once: messages, closings, assignments.

This decides what they mean for who holds the conversation and whether the bot owes an answer. Everything may arrive
twice, late and in any order.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from sessions_app import context
from sessions_app.conversations import (
    ConversationKey,
    CustomerFacts,
    Event,
    Holder,
    HolderChange,
    Recorded,
    customer_of,
    message_row,
    move,
    supersede_drafts,
    unhandled,
)
from sessions_app.late_parts import note_late_assignee, replay
from sessions_app.looks import FullLook
from sessions_app.models import Author, Conversation, Customer, Message
from sessions_app.news import tell_conversation
from sessions_app.reviews import customer_wrote_on
from sessions_app.states import State


def record_events(
    key: ConversationKey,
    events: Sequence[Event],
    *,
    pause_seconds: float,
    look: FullLook | None = None,
    person_assigned: bool = False,
) -> Recorded:
    """Store `events`, oldest first, each once, and move the conversation: one transaction, under the row's lock.

    `pause_seconds` is how long the bot waits for more after a customer's message. `look` is given when `events` are all
    there are; `person_assigned` when the channel says that a person holds the conversation now.
    """
    with transaction.atomic():
        conversation, is_new = _conversation(key)
        known, newest = (set[str](), None) if is_new else _known_parts(conversation, events)
        before = _fingerprint(conversation)
        fresh: list[Message] = []
        new = _new_events(events, known)
        if new and newest is not None and new[0].sent_at < newest:
            fresh = [message_row(conversation, event) for event in new]
            for event in new:
                note_late_assignee(conversation, event)
            Message.objects.bulk_create(fresh)
            replay(conversation, fresh, pause_seconds=pause_seconds)
            stored = True
        else:
            for event in new:
                row = message_row(conversation, event)
                _apply(conversation, event, row, fresh, pause_seconds)
                fresh.append(row)
            stored = False
        if person_assigned and conversation.state in (State.BOT, State.REVIEW):
            conversation.holder_event_at = max(
                filter(None, (newest, *(event.sent_at for event in events))), default=None
            )
            _give_to_person(conversation, [] if stored else fresh, timezone.now())
        if fresh and not stored:
            Message.objects.bulk_create(fresh)
        if look is not None:
            conversation.external_updated_at, conversation.external_parts = look.updated_at, look.parts
        if conversation.state != State.PERSON:
            conversation.held_by = None
        if fresh or _fingerprint(conversation) != before:
            conversation.updated_at = timezone.now()
            conversation.save(update_fields=[*_MOVING, "updated_at"])
            tell_conversation(conversation.pk)
        if fresh and conversation.state == State.PERSON:
            customer_wrote_on(conversation, [row.text for row in fresh if row.author == Author.CUSTOMER])
        if fresh:
            entries = [context.entry(message) for message in fresh]
            transaction.on_commit(lambda: context.append(conversation.pk, entries))
    return Recorded(conversation_id=conversation.pk, created=len(fresh), reply_due_at=conversation.reply_due_at)


def _new_events(events: Sequence[Event], known: set[str]) -> list[Event]:
    """Those whose ids are not known yet, each once, oldest first."""
    new: dict[str, Event] = {}
    for event in sorted(events, key=lambda event: event.sent_at):
        if event.external_id not in known:
            new.setdefault(event.external_id, event)
    return list(new.values())


def _known_parts(conversation: Conversation, events: Sequence[Event]) -> tuple[set[str], datetime | None]:
    """Which of `events` are stored, and the sender's time of the newest part that is."""
    rows = Message.objects.filter(conversation=conversation).aggregate(
        known=ArrayAgg("external_id", filter=Q(external_id__in=[event.external_id for event in events]), default=[]),
        newest=Max("sent_at"),
    )
    return set(rows["known"]), rows["newest"]


def _conversation(key: ConversationKey) -> tuple[Conversation, bool]:
    """The locked row, made if it is new, and whether it holds no part yet for sure."""
    found = (
        Conversation.objects.select_for_update(of=("self",))
        .select_related("customer")
        .filter(workspace=key.workspace, external_id=key.external_id)
        .first()
    )
    if found is None:
        customer = _stored_customer(key)
        Conversation.objects.bulk_create(
            [
                made := Conversation(
                    workspace=key.workspace, external_id=key.external_id, customer=customer, channel=key.channel[:32]
                )
            ],
            ignore_conflicts=True,
        )
        found = Conversation.objects.select_for_update().get(workspace=key.workspace, external_id=key.external_id)
        found.customer = customer
        # Ours only if the row that is there is the one we offered: another worker may have been faster.
        return found, found.created_at == made.created_at
    if key.customer.external_id and found.customer.external_id == key.customer.external_id:
        _refresh_customer(found.customer, key.customer)
    return found, False


def _stored_customer(key: ConversationKey) -> Customer:
    customer, said = customer_of(key)
    # One statement for new and known alike: what the channel says now overwrites, what it does not say stays.
    Customer.objects.bulk_create(
        [customer],
        update_conflicts=True,
        unique_fields=["workspace", "external_id"],
        update_fields=["workspace", *said],
    )
    return customer


def _refresh_customer(customer: Customer, facts: CustomerFacts) -> None:
    changed: list[str] = []
    for name, value in (("name", facts.name[:255]), ("email", facts.email[:320]), ("tier", facts.tier[:64])):
        if value and getattr(customer, name) != value:
            setattr(customer, name, value)
            changed.append(name)
    if facts.attributes and dict(facts.attributes) != customer.attributes:
        customer.attributes = dict(facts.attributes)
        changed.append("attributes")
    if changed:
        customer.save(update_fields=changed)


def _apply(
    conversation: Conversation, event: Event, row: Message, earlier: Sequence[Message], pause_seconds: float
) -> None:
    """What one new event means for the conversation. `earlier` are rows of the same batch, not stored yet."""
    now = timezone.now()
    if isinstance(event, HolderChange):
        if _is_news(conversation, event.sent_at):
            _change_holder(conversation, event, earlier, now)
    elif event.author == Author.TEAMMATE:
        if _is_news(conversation, event.sent_at):
            conversation.holder_event_at = event.sent_at
            _give_to_person(conversation, earlier, now)
    elif event.answers:
        _taken_care_of(conversation, earlier, now, until=event.sent_at)
    elif event.author == Author.CUSTOMER:
        if conversation.state == State.CLOSED and _is_news(conversation, event.sent_at):
            move(conversation, State.BOT)
        if conversation.state in (State.BOT, State.REVIEW):
            conversation.reply_due_at = now + timedelta(seconds=pause_seconds)
        else:
            row.handled_at = now


def _is_news(conversation: Conversation, sent_at: datetime) -> bool:
    return conversation.holder_event_at is None or sent_at >= conversation.holder_event_at


def _change_holder(conversation: Conversation, event: HolderChange, earlier: Sequence[Message], now: datetime) -> None:
    if event.admin_id is not None:
        conversation.assigned_admin_id = event.admin_id
    if event.team_id is not None:
        conversation.assigned_team_id = event.team_id
    if event.holder == Holder.TEAM:
        return
    conversation.holder_event_at = event.sent_at
    if event.holder == Holder.PERSON:
        _give_to_person(conversation, earlier, now)
    elif event.holder == Holder.BOT:
        if conversation.state in (State.PERSON, State.CLOSED):
            supersede_drafts(conversation, now)
            move(conversation, State.BOT)
    elif conversation.state != State.CLOSED:
        _close(conversation, event, earlier, now)


def _close(conversation: Conversation, event: HolderChange, earlier: Sequence[Message], now: datetime) -> None:
    """Closed, unless this comes late and the customer has written since: then that has opened it again."""
    # Events of one batch come in order, so that only stored messages can be newer.
    since = Message.objects.filter(conversation=conversation, author=Author.CUSTOMER, sent_at__gt=event.sent_at)
    if not since.exists():
        move(conversation, State.CLOSED)
        _nothing_waits(conversation, earlier, now)
        return
    _taken_care_of(conversation, earlier, now, until=event.sent_at)
    if conversation.state != State.PERSON:
        return  # the bot has answered what was written since, or is about to
    move(conversation, State.BOT)
    # A person held it when these came, so nobody answered them; what the bot has answered lies before its last words.
    answered_until = Message.objects.filter(conversation=conversation, author=Author.BOT).aggregate(
        newest=Max("sent_at")
    )["newest"]
    if answered_until is not None:
        since = since.filter(sent_at__gt=answered_until)
    if since.update(handled_at=None):
        conversation.reply_due_at = now


def _give_to_person(conversation: Conversation, earlier: Sequence[Message], now: datetime) -> None:
    move(conversation, State.PERSON)
    _nothing_waits(conversation, earlier, now)


def _nothing_waits(conversation: Conversation, earlier: Sequence[Message], now: datetime) -> None:
    """A person took over or closed: what the customer wrote until now is theirs, and no draft may leave any more."""
    conversation.held_by = None  # somebody in the channel has it, not a colleague at the desk
    _taken_care_of(conversation, earlier, now, until=None)
    supersede_drafts(conversation, now)


def _taken_care_of(
    conversation: Conversation, earlier: Sequence[Message], now: datetime, *, until: datetime | None
) -> None:
    """Customers' messages up to `until` (all, if None), stored or of this batch, need no answer of the bot."""
    stored = Message.objects.filter(conversation=conversation, author=Author.CUSTOMER, handled_at__isnull=True)
    waiting = [row for row in earlier if row.author == Author.CUSTOMER and row.handled_at is None]
    if until is not None:
        stored = stored.filter(sent_at__lte=until)
        waiting = [row for row in waiting if row.sent_at <= until]
    for row in waiting:
        row.handled_at = now
    stored.update(handled_at=now)
    still_waiting = any(row.author == Author.CUSTOMER and row.handled_at is None for row in earlier)
    if not still_waiting and (until is None or not unhandled(conversation.pk)):
        conversation.reply_due_at = None


#: What events change of a conversation.
_MOVING = (
    "state",
    "reply_due_at",
    "holder_event_at",
    "external_updated_at",
    "external_parts",
    "assigned_admin_id",
    "assigned_team_id",
    "held_by_id",
)


def _fingerprint(conversation: Conversation) -> tuple[object, ...]:
    return tuple(getattr(conversation, name) for name in _MOVING)
