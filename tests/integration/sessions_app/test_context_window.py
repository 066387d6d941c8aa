"""The context window: five turns for fifteen minutes, and Redis may do what it likes."""

from collections.abc import Iterator

import pytest
import redis

from sessions_app import context
from sessions_app.conf import CONTEXT_MESSAGE_CHARACTERS, CONTEXT_MESSAGES, CONTEXT_SECONDS
from sessions_app.conversations import redact
from sessions_app.models import Author, Conversation
from tests.integration.sessions_app.threads import at, customer, one_by_one, record, said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def talk() -> Conversation:
    """Seven turns, of which the newest is not answered yet."""
    events = []
    for turn in range(7):
        events.append(customer(turn * 10, f"question {turn}"))
        if turn < 6:
            events.append(said(Author.BOT, turn * 10 + 5, f"answer {turn}"))
    events.append(said(Author.NOTE, 99, "private"))
    return one_by_one(*events)


@pytest.fixture
def no_redis(settings: object) -> Iterator[None]:
    context.connection.cache_clear()
    settings.REDIS_ADDRESS = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    yield
    context.connection.cache_clear()


def stored_key(conversation: Conversation) -> str:
    return f"handrail:context:{conversation.pk}"


def words(conversation: Conversation) -> list[str]:
    return [row.text for row in context.window(conversation.pk)]


EXPECTED = [word for turn in range(2, 7) for word in (f"question {turn}", f"answer {turn}")][:-1]


def test_the_window_holds_the_last_five_turns_and_no_notes(talk: Conversation) -> None:
    assert words(talk) == EXPECTED


def test_the_window_lives_fifteen_minutes_after_its_last_use(talk: Conversation) -> None:
    words(talk)
    assert CONTEXT_SECONDS == 15 * 60
    context.connection().expire(stored_key(talk), 5)
    words(talk)
    assert CONTEXT_SECONDS - 5 <= context.connection().ttl(stored_key(talk)) <= CONTEXT_SECONDS


def test_a_flushed_redis_rebuilds_the_same_window(talk: Conversation) -> None:
    before = words(talk)
    context.connection().delete(stored_key(talk))
    assert words(talk) == before
    assert context.connection().llen(stored_key(talk)) > 0


@pytest.mark.usefixtures("no_redis")
def test_without_redis_the_window_is_the_same_and_messages_are_recorded(talk: Conversation) -> None:
    with pytest.raises(redis.RedisError):
        context.connection().ping()
    assert words(talk) == EXPECTED


def test_a_new_message_joins_a_window_that_exists(talk: Conversation) -> None:
    words(talk)
    record(said(Author.BOT, 100, "answer 6"))
    assert context.connection().lindex(stored_key(talk), -1).count("answer 6") == 1
    assert words(talk) == [*EXPECTED, "answer 6"]


def test_a_window_with_a_hole_is_not_believed(talk: Conversation) -> None:
    words(talk)
    key = stored_key(talk)
    hole = context.connection().lindex(key, -2)
    context.connection().lrem(key, 1, hole)
    assert words(talk) == EXPECTED


@pytest.mark.parametrize(
    "rubbish", ["not json", "{}", '{"message_id": 1, "author": "customer", "text": "x", "more": 1}']
)
def test_a_stale_or_broken_window_is_not_believed(talk: Conversation, rubbish: str) -> None:
    words(talk)
    context.connection().rpush(stored_key(talk), rubbish)
    assert words(talk) == EXPECTED


def test_a_late_message_takes_its_place_in_the_window(talk: Conversation) -> None:
    words(talk)
    record(said(Author.BOT, 56, "late"))
    record(said(Author.BOT, 101, "newest"))
    found = words(talk)
    assert found.index("late") < found.index("question 6") < found.index("newest")


def test_redacted_words_leave_the_window(talk: Conversation) -> None:
    words(talk)
    redact(talk.pk, external_id="p60", sent_at=at(60))
    assert "question 6" not in words(talk)


def test_a_window_is_bounded_in_messages_and_in_characters() -> None:
    conversation = one_by_one(*(customer(second, "x" * 10_000) for second in range(CONTEXT_MESSAGES + 10)))
    window = context.window(conversation.pk)
    assert len(window) == CONTEXT_MESSAGES
    assert {len(row.text) for row in window} == {CONTEXT_MESSAGE_CHARACTERS}
