"""What happened in a conversation, recorded once and in one place: messages, closings, assignments.

A channel translates its own words into `IncomingMessage` and `HolderChange`; this module decides what they mean for who
holds the conversation and whether the bot owes an answer. Everything may arrive twice, late and in any order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from sessions_app import context
from sessions_app.conf import MESSAGE_CHARACTERS
from sessions_app.models import Author, Conversation, Customer, Effect, Message, ReviewItem
from sessions_app.signals import review_queue_changed
from sessions_app.statements import Columns, run
from sessions_app.states import State, checked


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFacts:
    """What the channel says of a customer; empty where it says nothing."""

    external_id: str
    name: str = ""
    email: str = ""
    tier: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationKey:
    """A conversation as the channel names it."""

    workspace: str
    external_id: str
    customer: CustomerFacts
    channel: str = ""  #: as the sender names it: conversation, email, whatsapp ...


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """Something that somebody wrote."""

    external_id: str
    author: Author
    text: str  #: plain text, tags and entities resolved
    sent_at: datetime  #: the sender's clock, whole seconds
    author_id: str = ""
    author_name: str = ""
    attachments: Sequence[Mapping[str, str]] = ()
    answers: bool = False  #: another bot's answer: what the customer wrote before it needs none of ours


class Holder(StrEnum):
    """To whom an event gives the conversation."""

    PERSON = "person"
    BOT = "bot"
    NOBODY = "closed"
    TEAM = "team"  #: a team is no person: the holder stays as it is


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderChange:
    """An assignment, a closing or a reopening."""

    external_id: str
    holder: Holder
    sent_at: datetime
    admin_id: str | None = None  #: "" means unassigned, None means not said
    team_id: str | None = None
    text: str = ""  #: how the thread shows it


_EFFECTS = {
    Holder.PERSON: Effect.PERSON,
    Holder.BOT: Effect.BOT,
    Holder.NOBODY: Effect.CLOSED,
    Holder.TEAM: Effect.TEAM,
}

Event = IncomingMessage | HolderChange


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What recording did."""

    conversation_id: int
    created: int  #: parts that were new
    reply_due_at: datetime | None  #: when the bot should answer, None if it owes nothing


def record_events(
    key: ConversationKey,
    events: Sequence[Event],
    *,
    pause_seconds: float,
    external_updated_at: int | None = None,
    person_assigned: bool = False,
) -> Recorded:
    """Store `events`, oldest first, each once, and move the conversation: one transaction, under the row's lock.

    `pause_seconds` is how long the bot waits for more after a customer's message. `external_updated_at` is given when
    `events` are all there are; `person_assigned` when the channel says that a person holds the conversation now.
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
                _note_late_assignee(conversation, event)
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
        if external_updated_at is not None:
            conversation.external_updated_at = external_updated_at
        if fresh or _fingerprint(conversation) != before:
            conversation.updated_at = timezone.now()
            conversation.save(update_fields=[*_MOVING, "updated_at"])
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


def newest_part_at(conversation: Conversation) -> datetime | None:
    """The sender's time of the newest part that is stored."""
    newest: datetime | None = Message.objects.filter(conversation=conversation).aggregate(newest=Max("sent_at"))[
        "newest"
    ]
    return newest


def record_own_parts(conversation: Conversation, events: Sequence[Event], *, external_updated_at: int) -> None:
    """What we have just said, noted or assigned to a team: parts that move nothing, so no lock and no replay is needed.

    Harmless if their webhooks were faster. `external_updated_at` says that with them every part is known.
    """
    rows = [message_row(conversation, event) for event in events]
    for row in rows:
        row.pk = run(_STORE_OWN_PART, _MESSAGE.values(row))[0][0]
    run(_NOTE_FULL_LOOK, [external_updated_at, conversation.pk])
    context.append(conversation.pk, [context.entry(row) for row in rows])


_MESSAGE = Columns(Message)
# "Update" on conflict changes nothing and tells the row's id.
_STORE_OWN_PART = f"""
    INSERT INTO sessions_app_message ({_MESSAGE.filled}) VALUES ({_MESSAGE.slots()})
    ON CONFLICT ON CONSTRAINT message_once_a_conversation DO UPDATE SET external_id = EXCLUDED.external_id
    RETURNING id
"""  # noqa: S608  built from constants: the names of columns
_NOTE_FULL_LOOK = "UPDATE sessions_app_conversation SET external_updated_at = %s WHERE id = %s"


def redact(conversation_id: int, *, external_id: str, sent_at: datetime) -> bool:
    """Forget the words of one part; True if it was known.

    One that is not known yet gets an empty row in its place, so that its words, which may come late, are not stored.
    """
    with transaction.atomic():
        Conversation.objects.select_for_update().get(pk=conversation_id)
        found = Message.objects.filter(conversation_id=conversation_id, external_id=external_id).update(
            text="", attachments=[], redacted=True
        )
        if not found:
            Message.objects.create(
                conversation_id=conversation_id,
                external_id=external_id,
                author=Author.EVENT,
                sent_at=sent_at,
                redacted=True,
            )
        transaction.on_commit(lambda: context.forget(conversation_id))
    return bool(found)


def unhandled(conversation_id: int) -> list[Message]:
    """Customers' messages that neither the bot nor a person has taken care of, oldest first."""
    return _MESSAGE.read(_UNHANDLED, [conversation_id])


_UNHANDLED = f"""
    SELECT {_MESSAGE.of("message")} FROM sessions_app_message AS message
    WHERE conversation_id = %s AND author = 'customer' AND handled_at IS NULL
    ORDER BY sent_at, id
"""  # noqa: S608


def waiting_messages(conversation_id: int) -> "QuerySet[Message]":
    """The rows of `unhandled`, for asking inside another query."""
    return Message.objects.filter(
        conversation_id=conversation_id, author=Author.CUSTOMER, handled_at__isnull=True
    ).order_by("sent_at", "id")


def mark_handled(
    conversation: Conversation, message_ids: Sequence[int], *, now: datetime, are_all: bool = False
) -> None:
    """The given messages need no answer any more. Call under the row's lock; saves the conversation.

    `are_all` says that the caller, under the same lock, has seen no other message waiting.
    """
    run(_HANDLED, [now, list(message_ids)])
    if are_all or not unhandled(conversation.pk):
        conversation.reply_due_at = None
    conversation.updated_at = now
    run(_HANDLED_CONVERSATION, [*_HANDLED_COLUMNS.values(conversation), conversation.pk])


_HANDLED = "UPDATE sessions_app_message SET handled_at = %s WHERE id = ANY(%s) AND handled_at IS NULL"
_HANDLED_COLUMNS = Columns(Conversation, "reply_due_at", "updated_at", "state", "language")
_HANDLED_CONVERSATION = f"UPDATE sessions_app_conversation SET {_HANDLED_COLUMNS.assignments} WHERE id = %s"  # noqa: S608


def conversation_with_customer(conversation_id: int) -> Conversation | None:
    """The row and its customer; None if it is gone."""
    for values in run(_WITH_CUSTOMER, [conversation_id]):
        conversation = _CONVERSATION.row(values[: len(_CONVERSATION)])
        conversation.customer = _CUSTOMER.row(values[len(_CONVERSATION) :])
        return conversation
    return None


def reply_due_at(conversation_id: int) -> datetime | None:
    """When the bot should answer, by what is stored now; None if it owes nothing, or the conversation is gone."""
    found = run("SELECT reply_due_at FROM sessions_app_conversation WHERE id = %s", [conversation_id])
    return found[0][0] if found else None


def locked(conversation_id: int) -> Conversation:
    """The row, locked until the caller's transaction ends."""
    return _CONVERSATION.read(_LOCKED, [conversation_id])[0]


_CONVERSATION, _CUSTOMER = Columns(Conversation), Columns(Customer)
_WITH_CUSTOMER = f"""
    SELECT {_CONVERSATION.of("conversation")}, {_CUSTOMER.of("customer")}
    FROM sessions_app_conversation AS conversation
    JOIN sessions_app_customer AS customer ON customer.id = conversation.customer_id
    WHERE conversation.id = %s
"""  # noqa: S608
_LOCKED = f"""
    SELECT {_CONVERSATION.of("conversation")} FROM sessions_app_conversation AS conversation WHERE id = %s FOR UPDATE
"""  # noqa: S608


def move(conversation: Conversation, wanted: State) -> None:
    """Change who holds the conversation, on the locked row; the caller saves. Raises `IllegalTransition`."""
    conversation.state = checked(conversation.state, wanted)


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


def customer_of(key: ConversationKey) -> tuple[Customer, tuple[str, ...]]:
    """The row that the channel's words make, not stored, and the fields they say something about."""
    facts = key.customer
    # A conversation without a contact still has a customer: one of its own, named after it.
    external_id = facts.external_id or f"conversation:{key.external_id}"
    customer = Customer(
        workspace=key.workspace,
        external_id=external_id,
        name=facts.name[:255],
        email=facts.email[:320],
        tier=facts.tier[:64],
        attributes=dict(facts.attributes),
    )
    return customer, tuple(name for name in ("name", "email", "tier", "attributes") if getattr(customer, name))


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


def message_row(conversation: Conversation, event: Event) -> Message:
    """The row that `event` makes, not stored."""
    if isinstance(event, HolderChange):
        return Message(
            conversation=conversation,
            external_id=event.external_id,
            author=Author.EVENT,
            text=event.text[:MESSAGE_CHARACTERS],
            sent_at=event.sent_at,
            effect=_EFFECTS[event.holder],
        )
    effect = Effect.PERSON if event.author == Author.TEAMMATE else Effect.ANSWERED if event.answers else Effect.NONE
    return Message(
        conversation=conversation,
        external_id=event.external_id,
        author=event.author,
        author_name=event.author_name[:255],
        text=event.text[:MESSAGE_CHARACTERS],
        attachments=[dict(item) for item in event.attachments],
        sent_at=event.sent_at,
        effect=effect,
    )


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


def _note_late_assignee(conversation: Conversation, event: Event) -> None:
    """Who is assigned, unless a newer assignment of the same kind is known."""
    if not isinstance(event, HolderChange):
        return
    newer = set(
        Message.objects.filter(conversation=conversation, author=Author.EVENT, sent_at__gt=event.sent_at).values_list(
            "effect", flat=True
        )
    )
    if event.admin_id is not None and not newer & {Effect.PERSON, Effect.BOT}:
        conversation.assigned_admin_id = event.admin_id
    if event.team_id is not None and Effect.TEAM not in newer:
        conversation.assigned_team_id = event.team_id


def replay(conversation: Conversation, fresh: Sequence[Message], *, pause_seconds: float) -> None:
    """A part came late: read the whole thread again in the sender's order, so that it ends as if all had come in time.

    `fresh` are the parts that are new; all are stored. What we decided ourselves since the newest part (a handover, a
    rejected draft) stands.
    """
    now = timezone.now()
    rows = list(Message.objects.filter(conversation=conversation).exclude(author=Author.NOTE).order_by("sent_at", "id"))
    holder, held_since, waiting = _told(rows)
    decided_by_us = conversation.holder_event_at is not None and (
        held_since is None or conversation.holder_event_at > held_since
    )
    if decided_by_us and conversation.state == State.PERSON:
        holder, waiting = State.PERSON, []
    bot_spoke_at = max((row.sent_at for row in rows if row.author == Author.BOT), default=None)
    wanted = {row.pk for row in waiting}
    forgotten = [
        row.pk
        for row in waiting
        if row.handled_at is not None
        and conversation.state != State.REVIEW  # its draft covers them
        and (bot_spoke_at is None or bot_spoke_at < row.sent_at)
    ]
    Message.objects.filter(pk__in=forgotten).update(handled_at=None)
    needless = [
        row.pk for row in rows if row.author == Author.CUSTOMER and row.handled_at is None and row.pk not in wanted
    ]
    Message.objects.filter(pk__in=needless).update(handled_at=now)
    if held_since is not None:
        conversation.holder_event_at = max(filter(None, (conversation.holder_event_at, held_since)))
    if holder == State.BOT:
        if conversation.state in (State.PERSON, State.CLOSED):
            move(conversation, State.BOT)
    else:
        move(conversation, holder)
        _supersede_drafts(conversation, now)
    if not unhandled(conversation.pk):
        conversation.reply_due_at = None
    elif conversation.reply_due_at is None or any(row.pk in wanted for row in fresh):
        conversation.reply_due_at = now + timedelta(seconds=pause_seconds)


def _told(rows: Sequence[Message]) -> tuple[State, datetime | None, list[Message]]:
    """What the thread says by itself: who holds the conversation, since when, and which questions wait for the bot."""
    holder, since = State.BOT, None
    waiting: list[Message] = []
    for row in rows:
        match row.effect:
            case Effect.PERSON | Effect.CLOSED:
                holder, since, waiting = State(row.effect), row.sent_at, []
            case Effect.BOT:
                holder, since = State.BOT, row.sent_at
            case Effect.ANSWERED:
                waiting = []
            case _ if row.author == Author.CUSTOMER:
                holder = State.BOT if holder == State.CLOSED else holder
                if holder == State.BOT:
                    waiting.append(row)
    return holder, since, waiting


def _give_to_person(conversation: Conversation, earlier: Sequence[Message], now: datetime) -> None:
    move(conversation, State.PERSON)
    _nothing_waits(conversation, earlier, now)


def _nothing_waits(conversation: Conversation, earlier: Sequence[Message], now: datetime) -> None:
    """A person took over or closed: what the customer wrote until now is theirs, and no draft may leave any more."""
    _taken_care_of(conversation, earlier, now, until=None)
    _supersede_drafts(conversation, now)


def _supersede_drafts(conversation: Conversation, now: datetime) -> None:
    superseded = ReviewItem.objects.filter(conversation=conversation, status=ReviewItem.Status.WAITING).update(
        status=ReviewItem.Status.SUPERSEDED, decided_at=now
    )
    if superseded:
        transaction.on_commit(lambda: review_queue_changed.send(sender=ReviewItem))


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
    "assigned_admin_id",
    "assigned_team_id",
)


def _fingerprint(conversation: Conversation) -> tuple[object, ...]:
    return tuple(getattr(conversation, name) for name in _MOVING)
