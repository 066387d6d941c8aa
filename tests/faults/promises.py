"""The promises that hold after every fault, checked from both ends: Intercom's thread and our own rows.

Each message of a customer ended in exactly one answer, holding message with a waiting draft, or handover; nothing was
said twice; the bot said nothing after a teammate; and nothing is left that somebody would still have to do.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from config.supervisor import System
from tests.acceptance.sandbox_workspace import Part, Workspace
from tests.acceptance.waiting import eventually

SETTLE_SECONDS = 60.0

_LEFT_TO_DO = """
SELECT
    (SELECT count(*) FROM chatbot_inboundevent WHERE status = 'received') AS events,
    (SELECT count(*) FROM chatbot_inboundevent WHERE status = 'failed') AS failed_events,
    (SELECT count(*) FROM chatbot_delivery WHERE status IN ('pending', 'sending')) AS open_deliveries,
    (SELECT count(*) FROM chatbot_delivery WHERE status = 'failed') AS failed_deliveries,
    (SELECT count(*) FROM sessions_app_message WHERE author = 'customer' AND handled_at IS NULL) AS unhandled,
    (SELECT count(*) FROM sessions_app_conversation WHERE reply_due_at IS NOT NULL) AS due,
    (SELECT count(*) FROM chatbot_turn WHERE outcome = 'running') AS running_turns
"""

_OUTCOMES = """
SELECT
    conversation.external_id AS conversation,
    conversation.state,
    (SELECT count(*) FROM sessions_app_message AS message
      WHERE message.conversation_id = conversation.id AND message.author = 'customer') AS customer_messages,
    (SELECT count(*) FROM sessions_app_reviewitem AS item
      WHERE item.conversation_id = conversation.id AND item.status = 'waiting' AND item.kind = 'draft')
         AS waiting_drafts,
    (SELECT count(*) FROM sessions_app_handoff AS handoff
      WHERE handoff.conversation_id = conversation.id) AS handoffs,
    ARRAY(SELECT kind::text FROM chatbot_delivery AS delivery
      WHERE delivery.conversation_id = conversation.id AND delivery.status = 'sent'
        AND delivery.kind IN ('reply', 'greeting', 'holding', 'handoff') ORDER BY delivery.id) AS said
FROM sessions_app_conversation AS conversation
WHERE conversation.external_id = ANY(%s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftToDo:
    """Rows that somebody would still have to work on, or that were given up."""

    events: int
    failed_events: int
    open_deliveries: int
    failed_deliveries: int
    unhandled: int
    due: int
    running_turns: int

    @property
    def nothing(self) -> bool:
        return not any(getattr(self, name) for name in self.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How our rows say that one conversation ended."""

    conversation: str
    state: str
    customer_messages: int
    waiting_drafts: int
    handoffs: int
    said: list[str]  #: kinds of what was sent to the customer, in order


def assert_promises_kept(
    system: System,
    workspace: Workspace,
    conversations: Sequence[str],
    *,
    answers: int = 1,
    is_given_back: bool = False,
) -> None:
    """Waits until nothing is left to do, then checks `conversations`; in each the bot speaks `answers` times.

    `is_given_back` says that a teammate closed the conversation, after which the bot may speak again.
    """
    threads = _settled(system, workspace, conversations)
    outcomes = {outcome.conversation: outcome for outcome in _outcomes(system, conversations)}
    for conversation in conversations:
        thread, outcome = threads[conversation], outcomes[conversation]
        said = [part for part in thread if part.author == "bot"]
        assert len(said) == answers, f"{conversation}: the bot spoke {len(said)} times: {thread}"
        assert len(outcome.said) == answers, f"{conversation}: our rows and the thread differ: {outcome}, {thread}"
        _assert_nothing_twice(conversation, thread)
        if not is_given_back:
            _assert_silent_after_a_teammate(conversation, thread)
        _assert_ending_is_whole(outcome)


def _settled(system: System, workspace: Workspace, conversations: Sequence[str]) -> dict[str, list[Part]]:
    """The threads, once every message in them is known to us and nothing is left to do."""
    seen: dict[str, object] = {}

    def look() -> dict[str, list[Part]]:
        try:
            left, outcomes = _left_to_do(system), _outcomes(system, conversations)
        except psycopg.OperationalError as error:
            seen["database"] = error
            return {}
        threads = {conversation: workspace.thread(conversation) for conversation in conversations}
        written = {name: sum(part.author == "customer" for part in thread) for name, thread in threads.items()}
        known = {outcome.conversation: outcome.customer_messages for outcome in outcomes}
        seen["left"] = left
        seen["unknown"] = {name: count for name, count in written.items() if known.get(name) != count}
        is_settled = left.nothing and not seen["unknown"] and not workspace.webhooks_under_way()
        return threads if is_settled else {}

    try:
        return eventually(look, "nothing is left to do", seconds=SETTLE_SECONDS)
    except AssertionError as error:
        raise AssertionError(f"{error}; {seen}") from None


def _assert_nothing_twice(conversation: str, thread: Iterable[Part]) -> None:
    counts = Counter((part.author, part.body) for part in thread if part.author in ("bot", "note"))
    twice = [body for (_, body), count in counts.items() if count > 1]
    assert not twice, f"{conversation}: said twice: {twice}"


def _assert_silent_after_a_teammate(conversation: str, thread: Sequence[Part]) -> None:
    authors = [part.author for part in thread]
    if "teammate" in authors:
        assert "bot" not in authors[authors.index("teammate") :], f"{conversation}: said over a person: {thread}"


def _assert_ending_is_whole(outcome: Outcome) -> None:
    """A holding message goes with a waiting draft, a farewell with a handover, an answer with neither."""
    last = outcome.said[-1] if outcome.said else ""
    expected = {"holding": ("review", 1, 0), "handoff": ("person", 0, 1), "reply": ("bot", 0, 0)}
    if last in expected:
        assert (outcome.state, outcome.waiting_drafts, outcome.handoffs) == expected[last], outcome


def _left_to_do(system: System) -> LeftToDo:
    with _database(system) as database, database.cursor(row_factory=class_row(LeftToDo)) as cursor:
        found = cursor.execute(_LEFT_TO_DO).fetchone()
    assert found is not None
    return found


def _outcomes(system: System, conversations: Sequence[str]) -> list[Outcome]:
    with _database(system) as database, database.cursor(row_factory=class_row(Outcome)) as cursor:
        return cursor.execute(_OUTCOMES, [list(conversations)]).fetchall()


def _database(system: System) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(system.environment()["DATABASE_URL"], connect_timeout=5)
