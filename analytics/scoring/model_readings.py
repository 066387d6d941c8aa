"""The configured model reads conversations that are over: a few at a time, in the background, at a bounded cost.

Each call is noted before it is made, so whatever fails, or is killed, has counted.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from analytics import metrics
from analytics.models import ModelReading
from chatbot.llm.errors import ModelError
from chatbot.llm.model import ModelReply
from chatbot.llm.satisfaction import NotAReading
from chatbot.model_pools import configured_model
from chatbot.prompts.in_force import prompts_in_force
from chatbot.reading import CannotRead, ReadByModel, read_conversation
from sessions_app.models import Conversation, Message

logger = logging.getLogger(__name__)

Status = ModelReading.Status

#: Conversations of one run, and seconds after which a run begins no other.
MOST_A_RUN: Final = 20
RUN_SECONDS: Final = 90.0
#: Calls that one conversation may cost, readings after the customer came back included.
MOST_ATTEMPTS: Final = 4
#: A model that fails so often in a row is left alone until the next run.
FAILURES_IN_A_ROW: Final = 2
#: Older conversations are not read any more.
LOOK_BACK: Final = timedelta(days=14)
#: A call that is noted and not finished after so long was killed.
_LOST: Final = timedelta(minutes=10)
_LOCK: Final = 7_301_003


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    asked: int
    understood: int


def read_waiting(*, now: datetime | None = None) -> Read:
    """Read those that wait, rated ones first, until the run or the day has cost enough; nothing without a model."""
    asked = understood = failures = 0
    begun = time.monotonic()
    while asked < MOST_A_RUN and time.monotonic() - begun < RUN_SECONDS and failures < FAILURES_IN_A_ROW:
        if configured_model() is None or (row := _claimed(now or timezone.now())) is None:
            break
        asked += 1
        status = _read(row)
        failures = failures + 1 if status == Status.FAILED else 0
        understood += status == Status.READ
    return Read(asked=asked, understood=understood)


def calls_today(now: datetime) -> int:
    """Calls since midnight of TIME_ZONE, rather too many than too few: those of days before count with their row."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    found = ModelReading.objects.filter(asked_at__gte=midnight).aggregate(calls=Sum("attempts"))["calls"]
    return int(found or 0)


def forget_reason(conversation_id: int) -> None:
    """The customer's words were redacted; what the model made of them stays as a number."""
    ModelReading.objects.filter(conversation_id=conversation_id).update(reason="")


def _claimed(now: datetime) -> ModelReading | None:
    """The next conversation, its call noted; None: none waits, or the day has cost enough."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if calls_today(now) >= settings.SCORE_READS_A_DAY:
            return None
        values: dict[str, Any] = {
            "now": now,
            "since": now - LOOK_BACK,
            "lost": now - _LOST,
            "percent": settings.SCORE_READ_PERCENT,
            "attempts": MOST_ATTEMPTS,
        }
        cursor.execute(_CLAIM, values)
        found = cursor.fetchone()
        return ModelReading.objects.get(pk=found[0]) if found else None


# A lot by the number of the conversation: the same each time, and nothing of the conversation decides it.
_CLAIM: Final = """
    INSERT INTO analytics_modelreading AS reading (
        conversation_id, status, reason, customer_messages, attempts, asked_at, model, tokens_read, tokens_written)
    SELECT o.conversation_id, 'asked', '', o.customer_messages, 1, %(now)s, '', 0, 0
    FROM analytics_conversationoutcome o LEFT JOIN analytics_modelreading r ON r.conversation_id = o.conversation_id
    WHERE o.score IS NOT NULL AND o.started_at >= %(since)s
        AND (o.rating IS NOT NULL OR (hashint8(o.conversation_id) & 1048575) < %(percent)s::float8 / 100 * 1048576)
        AND (r.conversation_id IS NULL
            OR r.attempts < %(attempts)s AND (
                r.status IN ('asked', 'failed', 'unreadable') AND r.asked_at < %(lost)s
                OR r.status <> 'asked' AND r.customer_messages < o.customer_messages))
    ORDER BY o.rating IS NULL, o.started_at DESC, o.conversation_id LIMIT 1
    ON CONFLICT (conversation_id) DO UPDATE SET
        status = 'asked', attempts = reading.attempts + 1, asked_at = excluded.asked_at,
        customer_messages = excluded.customer_messages
    RETURNING conversation_id
"""


_READ: Final = (
    "status", "rating", "reason", "pool", "model", "prompt", "tokens_read", "tokens_written", "milliseconds",
)  # fmt: skip


def _read(row: ModelReading) -> ModelReading.Status:
    prompt = prompts_in_force().satisfaction
    conversation = Conversation.objects.select_related("customer").get(pk=row.pk)
    redacted = _redacted(row.pk)
    row.prompt = prompt.number
    try:
        _fill(row, read_conversation(conversation, prompt, heard=lambda reply: _pay(row, reply)))
    except CannotRead:
        row.status = Status.UNFIT
    except NotAReading as error:
        row.status = Status.UNREADABLE
        logger.warning("reading not understood", extra={"action": "reading_refused", "why": str(error)})
    except ModelError as error:
        row.status = Status.FAILED
        logger.warning("conversation not read", extra={"action": "reading_failed", "error": type(error).__name__})
    with transaction.atomic():
        ModelReading.objects.select_for_update().filter(pk=row.pk).first()
        if _redacted(row.pk) != redacted:
            row.reason = ""  # the words that it may repeat were taken away meanwhile
        row.save(update_fields=_READ)
    return ModelReading.Status(row.status)


def _fill(row: ModelReading, read: ReadByModel) -> None:
    row.status, row.rating, row.reason = Status.READ, read.reading.rating, read.reading.reason


def _pay(row: ModelReading, reply: ModelReply) -> None:
    """Whatever the reply is worth, its tokens cost."""
    row.pool, row.model = reply.pool[:64], (reply.asked_for or reply.model)[:300]
    row.milliseconds += reply.milliseconds
    row.tokens_read += reply.prompt_tokens or 0
    row.tokens_written += reply.completion_tokens or 0
    metrics.tokens.labels("read").inc(reply.prompt_tokens or 0)
    metrics.tokens.labels("written").inc(reply.completion_tokens or 0)


def _redacted(conversation_id: int) -> int:
    return Message.objects.filter(conversation_id=conversation_id, redacted=True).count()
