"""Edges of Celery: an id in, one domain call. Any task may be lost, late or run twice without harm.

PostgreSQL's rows are the truth; `sweep` finds those that nobody is working on.
"""

import logging
from collections.abc import Sequence

from celery import shared_task
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from chatbot import sweeping
from chatbot.conf import ENQUEUE_BATCH
from chatbot.conversation_work import work_on
from chatbot.intake import TurnDue, process_events
from chatbot.reconcile import reconcile_all

logger = logging.getLogger(__name__)


class EnqueueFailed(Exception):
    """The broker did not take the task; the row is safe, and the sweep will find it."""


def enqueue_events(event_ids: Sequence[int]) -> None:
    """Raises `EnqueueFailed`."""
    for start in range(0, len(event_ids), ENQUEUE_BATCH):
        _enqueue(understand_events, [list(event_ids[start : start + ENQUEUE_BATCH])], seconds=0.0)


def enqueue_conversation(conversation_id: int, *, seconds: float = 0.0) -> None:
    """Raises `EnqueueFailed`."""
    _enqueue(serve_conversation, [conversation_id], seconds=seconds)


def enqueue_conversation_quietly(conversation_id: int) -> None:
    """For edges that answer a person: without a broker the sweep does it some seconds later."""
    _serve([TurnDue(conversation_id=conversation_id, seconds=0.0)])


@shared_task(name="chatbot.understand_events")
def understand_events(event_ids: list[int]) -> None:
    _serve(process_events(event_ids))


@shared_task(name="chatbot.serve_conversation")
def serve_conversation(conversation_id: int) -> None:
    done = work_on(conversation_id)
    if done.again_in_seconds is not None:
        _serve([TurnDue(conversation_id=conversation_id, seconds=done.again_in_seconds)])


@shared_task(name="chatbot.sweep", expires=30)
def sweep() -> None:
    found = sweeping.forgotten()
    try:
        enqueue_events(found.event_ids)
        for conversation_id in found.conversation_ids:
            enqueue_conversation(conversation_id)
    except EnqueueFailed:
        logger.warning("sweep could not enqueue", extra={"action": "sweep_failed"})


@shared_task(name="chatbot.reconcile", expires=60)
def reconcile() -> None:
    _serve(reconcile_all())


def _serve(due: Sequence[TurnDue]) -> None:
    try:
        for turn in due:
            enqueue_conversation(turn.conversation_id, seconds=turn.seconds)
    except EnqueueFailed:
        logger.warning("conversation not enqueued", extra={"action": "enqueue_failed"})


def _enqueue(task, arguments: list[object], *, seconds: float) -> None:  # type: ignore[no-untyped-def]  # celery has no types
    try:
        task.apply_async(arguments, countdown=seconds or None, retry=False, ignore_result=True)
    except (BrokerError, RedisError, OSError) as error:
        raise EnqueueFailed(type(error).__name__) from error
