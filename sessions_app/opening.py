"""A customer opens a conversation: the commonest thing that happens, in one statement."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache

from django.utils import timezone

from sessions_app.conversations import (
    ConversationKey,
    IncomingMessage,
    Recorded,
    customer_of,
    message_row,
)
from sessions_app.models import Author, Conversation, Customer, Message
from sessions_app.statements import Columns, run

_CUSTOMER, _CONVERSATION, _MESSAGE = Columns(Customer), Columns(Conversation), Columns(Message)


def record_opening(key: ConversationKey, message: IncomingMessage, *, pause_seconds: float) -> Recorded | None:
    """Store a customer's first message with its conversation; None, and nothing done, if that is known already."""
    assert message.author == Author.CUSTOMER
    now = timezone.now()
    customer, said = customer_of(key)
    conversation = Conversation(
        workspace=key.workspace,
        external_id=key.external_id,
        channel=key.channel[:32],
        reply_due_at=now + timedelta(seconds=pause_seconds),
        created_at=now,
        updated_at=now,
    )
    opened = run(
        _open(said),
        [
            *_CUSTOMER.values(customer),
            *_CONVERSATION.values(conversation, without=["customer_id"]),
            *_MESSAGE.values(message_row(conversation, message), without=["conversation_id"]),
        ],
    )
    if not opened:
        return None
    return Recorded(conversation_id=opened[0][0], created=1, reply_due_at=conversation.reply_due_at)


@cache
def _open(said: Sequence[str]) -> str:
    """`said` are the customer's columns that overwrite what is known of a customer who wrote before.

    Whoever inserts the conversation's row first opens it; for anybody else nothing follows from the conflict.
    """
    overwrite = ", ".join(f'"{name}" = EXCLUDED."{name}"' for name in ("workspace", *said))
    return f"""
        WITH customer AS (
            INSERT INTO sessions_app_customer ({_CUSTOMER.filled}) VALUES ({_CUSTOMER.slots()})
            ON CONFLICT ON CONSTRAINT customer_once_a_workspace DO UPDATE SET {overwrite}
            RETURNING id
        ), conversation AS (
            INSERT INTO sessions_app_conversation ({_CONVERSATION.filled})
            SELECT {_CONVERSATION.slots(customer_id="customer.id")} FROM customer
            ON CONFLICT ON CONSTRAINT conversation_once_a_workspace DO NOTHING
            RETURNING id
        )
        INSERT INTO sessions_app_message ({_MESSAGE.filled})
        SELECT {_MESSAGE.slots(conversation_id="conversation.id")} FROM conversation
        RETURNING conversation_id
    """  # noqa: S608  built from constants: the names of columns
