"""Stored notifications become messages: parse, record, and say which conversations owe an answer."""

import json
import logging
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from chatbot.errors import PayloadError, UnknownWorkspace
from chatbot.help_centre import take_notified
from chatbot.intercom import payloads
from chatbot.intercom.bodies import comparable
from chatbot.intercom.errors import IntercomError, NotFound
from chatbot.intercom.payloads import ConversationReport, OwnMarks
from chatbot.models import Delivery, InboundEvent, Workspace
from chatbot.redaction import forget
from chatbot.workspaces import client_of, own_marks, workspace_named
from sessions_app.conversations import Event, IncomingMessage, Recorded, record_own_parts
from sessions_app.models import Author, Conversation
from sessions_app.opening import record_opening
from sessions_app.recording import record_events
from sessions_app.statements import Columns, run

logger = logging.getLogger(__name__)

#: With these a conversation begins: there is nothing before them to fetch.
OPENING_TOPICS = frozenset({"conversation.user.created", "conversation.admin.single.created"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnDue:
    """The bot owes this conversation an answer."""

    conversation_id: int
    seconds: float  #: from now


def process_events(event_ids: Sequence[int]) -> list[TurnDue]:
    """Understand the given notifications, each in a transaction of its own; harmless when done twice.

    What cannot be understood is kept with its error. Returns the conversations that owe an answer.
    """
    due: dict[int, TurnDue] = {}
    events = _EVENT.read(_RECEIVED, [list(event_ids)])
    understood: list[InboundEvent] = []
    try:
        for event in events:
            recorded = process_event(event)
            if event.processed_at is not None:
                understood.append(event)
            if recorded is not None and recorded.created and (turn := turn_due(recorded)) is not None:
                due[turn.conversation_id] = turn
    finally:
        _save_outcomes(understood)
    return list(due.values())


_EVENT = Columns(InboundEvent)
_RECEIVED = f"""
    SELECT {_EVENT.of("event")} FROM chatbot_inboundevent AS event
    WHERE id = ANY(%s) AND status = 'received' ORDER BY received_at, id
"""  # noqa: S608  built from constants: the names of columns
_OUTCOME = "UPDATE chatbot_inboundevent SET status = %s, error = %s, processed_at = %s WHERE id = ANY(%s)"


def _save_outcomes(events: Sequence[InboundEvent]) -> None:
    """One statement for each outcome; nearly all share one."""
    outcomes: dict[tuple[str, str], list[int]] = {}
    for event in events:
        outcomes.setdefault((event.status, event.error), []).append(event.pk)
    for (status, error), event_ids in outcomes.items():
        run(_OUTCOME, [status, error, timezone.now(), event_ids])


def process_event(event: InboundEvent) -> Recorded | None:
    """Understand one notification and note the outcome on the object, which the caller saves.

    Recording is atomic and harmless when repeated, so a crash before the saving leaves only work to be done again.
    """
    status, error, recorded = InboundEvent.Status.PROCESSED, "", None
    try:
        notification = json.loads(event.payload)
        if event.topic == "ping":
            pass
        elif event.topic in payloads.CONVERSATION_TOPICS or event.topic == payloads.RATING_TOPIC:
            workspace = workspace_named(event.app_id)
            recorded = _record_notified(workspace, event.topic, payloads.item_of(notification))
        elif event.topic == payloads.REDACTED_TOPIC:
            forget(event.app_id, payloads.redacted_part(payloads.item_of(notification)))
        elif event.topic in payloads.ARTICLE_TOPICS:
            if not take_notified(workspace_named(event.app_id), payloads.item_of(notification)):
                status = InboundEvent.Status.IGNORED
        else:
            status = InboundEvent.Status.IGNORED
    except NotFound:
        status = InboundEvent.Status.IGNORED
        error = "the conversation does not exist any more"
    except IntercomError as problem:
        # Left as received: the sweep comes back to it.
        logger.warning("notification waits for Intercom", extra={"action": "event_postponed", "event_id": event.pk})
        InboundEvent.objects.filter(pk=event.pk).update(error=str(problem))
        return None
    except (PayloadError, UnknownWorkspace) as problem:
        status, error = InboundEvent.Status.FAILED, str(problem)
        logger.warning("notification not understood", extra={"action": "event_failed", "event_id": event.pk})
    except (OperationalError, InterfaceError):
        raise  # the database's trouble, not the notification's: the sweep comes back to it
    except Exception as problem:  # a surprise in one payload must neither stop the others nor be lost
        status, error = InboundEvent.Status.FAILED, f"unexpected {type(problem).__name__}; please report it"
        logger.exception("notification not understood", extra={"action": "event_failed", "event_id": event.pk})
    event.status, event.error, event.processed_at = status, error, timezone.now()
    return recorded


def _record_notified(workspace: Workspace, topic: str, item: Mapping[str, Any]) -> Recorded:
    """Record one notification's conversation. One that began before we knew it is fetched whole: a notification holds
    only the part that fired it, and the rest says who already answered and who holds it."""
    report = payloads.conversation_report(workspace.app_id, item, own_marks(workspace))
    # What a customer wrote is seldom known already, so it is not asked first.
    if topic not in payloads.CUSTOMER_TOPICS and (known := _nothing_new(report)) is not None:
        return known
    if topic == "conversation.user.created" and (opened := _opened(report)) is not None:
        return opened
    if topic not in OPENING_TOPICS and not _is_known(report):
        return record_conversation(workspace, client_of(workspace).conversation(report.key.external_id))
    return record_report(report, own_marks(workspace))


def _opened(report: ConversationReport) -> Recorded | None:
    """A customer's first message, if it is nothing else: one statement."""
    if len(report.events) != 1 or report.rating is not None:
        return None
    message = report.events[0]
    if not isinstance(message, IncomingMessage) or message.author != Author.CUSTOMER:
        return None
    return record_opening(report.key, message, pause_seconds=settings.REPLY_PAUSE_SECONDS)


def _nothing_new(report: ConversationReport) -> Recorded | None:
    """Every one of our own replies comes back as a notification: one look, instead of a transaction under the lock."""
    ids = {event.external_id for event in report.events}
    if report.rating is not None or not ids:
        return None
    found = [row[0] for row in run(_KNOWN, [report.key.workspace, report.key.external_id, list(ids)])]
    return Recorded(conversation_id=found[0], created=0, reply_due_at=None) if len(found) == len(ids) else None


_KNOWN = """
    SELECT conversation.id FROM sessions_app_conversation AS conversation
    JOIN sessions_app_message AS message ON message.conversation_id = conversation.id
    WHERE conversation.workspace = %s AND conversation.external_id = %s AND message.external_id = ANY(%s)
"""


def _is_known(report: ConversationReport) -> bool:
    return Conversation.objects.filter(workspace=report.key.workspace, external_id=report.key.external_id).exists()


def record_report(report: ConversationReport, own: OwnMarks, *, is_whole: bool = False) -> Recorded:
    """Record what a notification or a look at a conversation tells.

    `is_whole` says that every part was there, so that the reconciling poll need not look again until it moves.
    """
    recorded = record_events(
        report.key,
        _own_parts_recognised(report, own),
        pause_seconds=settings.REPLY_PAUSE_SECONDS,
        look=report.look if is_whole else None,
        person_assigned=is_whole and report.person_assigned,
    )
    if report.rating is not None:
        Conversation.objects.filter(pk=recorded.conversation_id).update(
            rating=report.rating.value, rating_remark=report.rating.remark, updated_at=timezone.now()
        )
    return recorded


def record_own_answer(
    conversation: Conversation, workspace: Workspace, item: Mapping[str, Any], *, known_ids: Set[str]
) -> None:
    """Record what our own call made of a conversation, `item`, of which the parts `known_ids` are recorded.

    Anything in it that is not ours takes the way of every report, under the lock.
    """
    own = own_marks(workspace)
    fresh = [part for part in payloads.parts_of(item) if str(part.get("id")) not in known_ids]
    if not all(payloads.is_own(part, own) for part in fresh) or payloads.is_person_assigned(item, own):
        record_conversation(workspace, item)
        return
    only_fresh = {**item, "source": None, "conversation_parts": {"conversation_parts": fresh}}
    report = payloads.conversation_report(workspace.app_id, only_fresh, own)
    record_own_parts(conversation, report.events, look=report.look)


def record_conversation(workspace: Workspace, item: Mapping[str, Any]) -> Recorded:
    """Record a conversation as REST returned it."""
    own = own_marks(workspace)
    return record_report(payloads.conversation_report(workspace.app_id, item, own), own, is_whole=True)


def turn_due(recorded: Recorded) -> TurnDue | None:
    if recorded.reply_due_at is None:
        return None
    seconds = max(0.0, (recorded.reply_due_at - timezone.now()).total_seconds())
    return TurnDue(conversation_id=recorded.conversation_id, seconds=seconds)


def process_again(events: Sequence[InboundEvent]) -> int:
    """Mark failed notifications as received; the caller enqueues them. Returns how many."""
    return InboundEvent.objects.filter(
        pk__in=[event.pk for event in events], status__in=[InboundEvent.Status.FAILED, InboundEvent.Status.IGNORED]
    ).update(status=InboundEvent.Status.RECEIVED, error="", processed_at=None)


def _own_parts_recognised(report: ConversationReport, own: OwnMarks) -> tuple[Event, ...]:
    """Parts of the bot's seat without our app's code: a person who sits there, or our own reply, its code left out.

    Ours if the outbox holds the same words; else somebody took over.
    """
    if not any(_is_in_our_seat(event, own) for event in report.events):
        return report.events
    bodies = Delivery.objects.filter(
        conversation__workspace=report.key.workspace, conversation__external_id=report.key.external_id
    ).values_list("body", flat=True)
    ours = {comparable(body) for body in bodies}
    return tuple(
        replace(event, author=Author.BOT)
        if isinstance(event, IncomingMessage) and _is_in_our_seat(event, own) and comparable(event.text) in ours
        else event
        for event in report.events
    )


def _is_in_our_seat(event: Event, own: OwnMarks) -> bool:
    return isinstance(event, IncomingMessage) and event.author == Author.TEAMMATE and event.author_id == own.admin_id
