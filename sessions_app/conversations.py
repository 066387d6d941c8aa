"""The words in which a channel tells of a conversation, and the rows of one conversation: found, locked, moved.

A channel translates its own words into `IncomingMessage` and `HolderChange`; `recording` decides what they mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import transaction
from django.db.models import Max

from sessions_app import context
from sessions_app.conf import MESSAGE_CHARACTERS
from sessions_app.looks import FullLook
from sessions_app.models import Author, Conversation, Customer, Effect, Message, ReviewItem
from sessions_app.news import tell_conversation, tell_item_numbered
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
    unhappiness: float = 0.0  #: how unhappy a customer sounds in it, 0..1; the channel reads it
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


def newest_part_at(conversation: Conversation) -> datetime | None:
    """The sender's time of the newest part that is stored."""
    newest: datetime | None = Message.objects.filter(conversation=conversation).aggregate(newest=Max("sent_at"))[
        "newest"
    ]
    return newest


def record_own_parts(conversation: Conversation, events: Sequence[Event], *, look: FullLook) -> None:
    """What we have just said, noted or assigned to a team: parts that move nothing, so no lock and no replay is needed.

    Harmless if their webhooks were faster. `look` says that with them every part is known.
    """
    rows = [message_row(conversation, event) for event in events]
    for row in rows[:-1]:
        row.pk = run(_STORE_OWN_PART, _MESSAGE.values(row))[0][0]
    if rows:
        row = rows[-1]
        row.pk = run(_STORE_LAST_OWN_PART, [look.updated_at, look.parts, conversation.pk, *_MESSAGE.values(row)])[0][0]
    else:
        run(_NOTE_FULL_LOOK, [look.updated_at, look.parts, conversation.pk])
    tell_conversation(conversation.pk)
    context.append(conversation.pk, [context.entry(row) for row in rows])


_MESSAGE = Columns(Message)
# "Update" on conflict changes nothing and tells the row's id.
_STORE_OWN_PART = f"""
    INSERT INTO sessions_app_message ({_MESSAGE.filled}) VALUES ({_MESSAGE.slots()})
    ON CONFLICT ON CONSTRAINT message_once_a_conversation DO UPDATE SET external_id = EXCLUDED.external_id
    RETURNING id
"""  # noqa: S608  built from constants: the names of columns
_NOTE_FULL_LOOK = "UPDATE sessions_app_conversation SET external_updated_at = %s, external_parts = %s WHERE id = %s"
_STORE_LAST_OWN_PART = f"WITH looked AS ({_NOTE_FULL_LOOK}) {_STORE_OWN_PART}"


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


def mark_handled(
    conversation: Conversation, message_ids: Sequence[int], *, now: datetime, are_all: bool = False
) -> None:
    """The given messages need no answer any more. Call under the row's lock; saves the conversation.

    `are_all` says that the caller, under the same lock, has seen no other message waiting.
    """
    marked = set(message_ids)
    if are_all or all(message.pk in marked for message in unhandled(conversation.pk)):
        conversation.reply_due_at = None
    conversation.updated_at = now
    run(_HANDLED, [now, list(message_ids), *_HANDLED_COLUMNS.values(conversation), conversation.pk])


_HANDLED_COLUMNS = Columns(Conversation, "reply_due_at", "updated_at", "state", "language")
_HANDLED = f"""
    WITH handled AS (UPDATE sessions_app_message SET handled_at = %s WHERE id = ANY(%s) AND handled_at IS NULL)
    UPDATE sessions_app_conversation SET {_HANDLED_COLUMNS.assignments} WHERE id = %s
"""  # noqa: S608


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
        unhappiness=event.unhappiness,
        effect=effect,
    )


def supersede_drafts(conversation: Conversation, now: datetime) -> None:
    """Nothing that waits for people may leave any more, nor need it. Inside the caller's transaction."""
    waiting = ReviewItem.objects.filter(conversation=conversation, status=ReviewItem.Status.WAITING)
    for item_id in list(waiting.values_list("pk", flat=True)):  # one at most: the database sees to that
        ReviewItem.objects.filter(pk=item_id).update(status=ReviewItem.Status.SUPERSEDED, decided_at=now)
        tell_item_numbered(item_id)
