"""The context window: a conversation's last turns, in Redis for fifteen minutes, rebuilt from PostgreSQL when gone.

Redis may be flushed, stopped or stale at any moment. A window is therefore believed only if it holds the very messages
that PostgreSQL knows, in their order; else it is built anew. Without Redis it is built each time, and nothing
else changes.
"""

import json
import logging
from collections.abc import Sequence, Set
from dataclasses import asdict, dataclass
from functools import cache

import redis
from django.conf import settings

from sessions_app.conf import (
    CONTEXT_MESSAGE_CHARACTERS,
    CONTEXT_MESSAGES,
    CONTEXT_SECONDS,
    CONTEXT_TURNS,
)
from sessions_app.models import Author, Effect, Message
from sessions_app.statements import run

logger = logging.getLogger(__name__)

#: Who counts as part of the talk. Notes are private, events are no words; a survey is another talk.
SPEAKERS = (Author.CUSTOMER, Author.BOT, Author.TEAMMATE, Author.OTHER_BOT)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextMessage:
    """One utterance of the window."""

    message_id: int
    author: str
    text: str  #: at most CONTEXT_MESSAGE_CHARACTERS characters


@cache
def connection() -> redis.Redis:
    """This process' Redis client; waits at most half a second for anything."""
    return redis.Redis.from_url(
        settings.REDIS_ADDRESS, decode_responses=True, socket_timeout=0.5, socket_connect_timeout=0.5
    )


def entry(message: Message) -> ContextMessage:
    return ContextMessage(message_id=message.pk, author=message.author, text=message.text[:CONTEXT_MESSAGE_CHARACTERS])


def append(conversation_id: int, entries: Sequence[ContextMessage]) -> None:
    """Add to a window that exists; a window that does not will be rebuilt when it is asked for."""
    spoken = [json.dumps(asdict(item)) for item in entries if item.author in SPEAKERS]
    if not spoken:
        return
    key = _key(conversation_id)
    try:
        if not connection().rpushx(key, *spoken):
            return
        with connection().pipeline(transaction=True) as pipe:
            pipe.ltrim(key, -CONTEXT_MESSAGES, -1)
            pipe.expire(key, CONTEXT_SECONDS)
            pipe.execute()
    except redis.RedisError:
        logger.warning("context window not updated", extra={"action": "context_append_failed"})


def forget(conversation_id: int) -> None:
    try:
        connection().delete(_key(conversation_id))
    except redis.RedisError:
        logger.warning("context window not removed", extra={"action": "context_forget_failed"})


def window(conversation_id: int, *, without: Set[int] = frozenset()) -> tuple[ContextMessage, ...]:
    """The last CONTEXT_TURNS turns, oldest first. A turn opens when the customer speaks after somebody else has.

    The messages `without` are left out; a conversation that holds no others, as most do at first, needs no Redis.
    """
    newest = [row[0] for row in reversed(run(_NEWEST, [conversation_id, CONTEXT_MESSAGES]))]
    if set(newest) <= without:
        return ()
    rows = _cached(conversation_id)
    # Believed only if it is just what PostgreSQL holds: nothing missing, nothing twice, in order.
    if rows is None or [row.message_id for row in rows] != newest:
        rows = _rebuilt(conversation_id)
    return tuple(row for row in last_turns(rows, CONTEXT_TURNS) if row.message_id not in without)


_NEWEST = """
    SELECT id FROM sessions_app_message
    WHERE conversation_id = %s AND author IN ('customer', 'bot', 'teammate', 'other_bot') AND effect <> 'survey'
    ORDER BY sent_at DESC, id DESC LIMIT %s
"""


def since_people(conversation_id: int) -> frozenset[int]:
    """Customers' messages after a person last had a part in the conversation, it was closed, or it was handed over.

    What is older was settled then, and is nobody's reproach any more.
    """
    return frozenset(row[0] for row in run(_SINCE_PEOPLE, [conversation_id] * 3 + [CONTEXT_MESSAGES]))


_SINCE_PEOPLE = """
    SELECT message.id FROM sessions_app_message AS message
    WHERE message.conversation_id = %s AND message.author = 'customer'
    AND NOT EXISTS (
        SELECT FROM sessions_app_message AS other
        WHERE other.conversation_id = %s AND (other.author = 'teammate' OR other.effect IN ('person', 'closed'))
        AND (other.sent_at, other.id) > (message.sent_at, message.id))
    AND NOT EXISTS (
        SELECT FROM sessions_app_handoff AS handoff
        WHERE handoff.conversation_id = %s AND handoff.created_at > message.received_at)
    ORDER BY message.sent_at DESC, message.id DESC LIMIT %s
"""


def last_turns(rows: Sequence[ContextMessage], turns: int) -> tuple[ContextMessage, ...]:
    """The tail of `rows` that begins with the customer's opening of the `turns`-th last turn."""
    openings = [
        place
        for place, row in enumerate(rows)
        if row.author == Author.CUSTOMER and (place == 0 or rows[place - 1].author != Author.CUSTOMER)
    ]
    if len(openings) <= turns:
        return tuple(rows)
    return tuple(rows[openings[-turns] :])


def _key(conversation_id: int) -> str:
    return f"handrail:context:{conversation_id}"


def _cached(conversation_id: int) -> tuple[ContextMessage, ...] | None:
    try:
        with connection().pipeline(transaction=False) as pipe:
            pipe.lrange(_key(conversation_id), 0, -1)
            pipe.expire(_key(conversation_id), CONTEXT_SECONDS)
            stored = pipe.execute()[0]
        return tuple(ContextMessage(**json.loads(item)) for item in stored)
    except (redis.RedisError, ValueError, TypeError):
        return None


def _rebuilt(conversation_id: int) -> tuple[ContextMessage, ...]:
    spoken = Message.objects.filter(conversation_id=conversation_id, author__in=SPEAKERS)
    newest_first = spoken.exclude(effect=Effect.SURVEY).order_by("-sent_at", "-id")
    rows = tuple(entry(message) for message in reversed(newest_first[:CONTEXT_MESSAGES]))
    key = _key(conversation_id)
    try:
        with connection().pipeline(transaction=True) as pipe:
            pipe.delete(key)
            if rows:
                pipe.rpush(key, *(json.dumps(asdict(row)) for row in rows))
                pipe.expire(key, CONTEXT_SECONDS)
            pipe.execute()
    except redis.RedisError:
        logger.warning("context window not stored", extra={"action": "context_store_failed"})
    return rows
