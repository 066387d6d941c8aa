"""Short words for the events of a thread, second by second."""

from datetime import UTC, datetime, timedelta

from sessions_app.conversations import (
    ConversationKey,
    CustomerFacts,
    Event,
    Holder,
    HolderChange,
    IncomingMessage,
    Recorded,
)
from sessions_app.models import Author, Conversation, Message
from sessions_app.recording import record_events

START = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def key(external_id: str = "1") -> ConversationKey:
    return ConversationKey(workspace="w", external_id=external_id, customer=CustomerFacts(external_id="dana"))


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def said(author: Author, second: int, text: str = "words", *, answers: bool = False) -> IncomingMessage:
    return IncomingMessage(external_id=f"p{second}", author=author, text=text, sent_at=at(second), answers=answers)


def customer(second: int, text: str = "Where is it?") -> IncomingMessage:
    return said(Author.CUSTOMER, second, text)


def teammate(second: int) -> IncomingMessage:
    return said(Author.TEAMMATE, second, "I look at it.")


def fin(second: int) -> IncomingMessage:
    return said(Author.OTHER_BOT, second, "Here it is.", answers=True)


def given(holder: Holder, second: int, assignee: str = "7") -> HolderChange:
    is_admin = holder in (Holder.PERSON, Holder.BOT)
    return HolderChange(
        external_id=f"p{second}",
        holder=holder,
        sent_at=at(second),
        admin_id=assignee if is_admin else None,
        team_id=assignee if holder == Holder.TEAM else None,
        text=f"given to {holder}",
    )


def record(*events: Event, external_id: str = "1", person_assigned: bool = False) -> Recorded:
    return record_events(key(external_id), events, pause_seconds=2.0, person_assigned=person_assigned)


def one_by_one(*events: Event, external_id: str = "1") -> Conversation:
    for event in events:
        record(event, external_id=external_id)
    return Conversation.objects.get(external_id=external_id)


def waiting(conversation: Conversation) -> list[str]:
    """Part ids of the questions that wait for the bot."""
    return list(
        Message.objects.filter(conversation=conversation, author=Author.CUSTOMER, handled_at=None).values_list(
            "external_id", flat=True
        )
    )
