"""Customers are asked once their conversation is over: by the clock, each once in so many days.

The lock of the customer's row makes two workers ask one after the other, and the second one finds the first one's row.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone

from chatbot.experiments.running import placement_of
from chatbot.intercom.reply_html import paragraphs_html
from chatbot.models import Delivery, StandardMessage, Survey, SurveyInvitation
from chatbot.pipeline.guard import sayable
from chatbot.steering import standard_message, steering
from sessions_app.models import Conversation, Customer, Message
from sessions_app.states import State

logger = logging.getLogger(__name__)

#: Conversations that became due longer ago are not asked about any more: after an outage, or when it is switched on.
WINDOW: Final = timedelta(hours=24)
#: Customers asked by one look at one workspace.
BATCH: Final = 100


def ask_due(*, now: datetime | None = None) -> list[int]:
    """Ask whoever is due; the conversations that have something to send now. Harmless when repeated."""
    moment = now or timezone.now()
    if not steering().is_answering:
        return []
    asked: list[int] = []
    for survey in Survey.objects.filter(is_on=True, workspace__is_active=True).select_related("workspace"):
        asked += [one for one in _due(survey, moment) if ask(one, survey=survey, now=moment) is not None]
    if asked:
        logger.info("customers asked", extra={"action": "survey_asked", "conversations": len(asked)})
    return asked


def ask(conversation_id: int, *, survey: Survey, now: datetime) -> SurveyInvitation | None:
    """Put the question into the outbox, unless something speaks against it by now; then None."""
    with transaction.atomic():
        conversation = (
            Conversation.objects.select_for_update(of=("self",)).select_related("customer").get(pk=conversation_id)
        )
        Customer.objects.select_for_update().get(pk=conversation.customer_id)
        words = _question(conversation.language or steering().default_language)
        # The same conditions once more, now that nobody can change what they look at.
        if not words or placement_of(conversation).is_held_out or not _due(survey, now, only=conversation_id):
            return None
        number = SurveyInvitation.objects.filter(conversation=conversation).count()
        delivery = Delivery.objects.create(
            key=f"survey:{conversation.pk}:{number}",
            conversation=conversation,
            kind=Delivery.Kind.SURVEY,
            body=paragraphs_html(words),
            after_message=Message.objects.filter(conversation=conversation).order_by("-sent_at", "-pk").first(),
        )
        return SurveyInvitation.objects.create(
            conversation=conversation,
            customer_id=conversation.customer_id,
            delivery=delivery,
            was_closed=conversation.state == State.CLOSED,
            asked_at=now,
        )


def _question(language: str) -> str:
    """The team's words; "" if they are switched off, or a rule forbids them."""
    text = standard_message(StandardMessage.Kind.SURVEY, language)
    return (sayable(text, language=language) or "") if text else ""


def _due(survey: Survey, now: datetime, *, only: int | None = None) -> list[int]:
    """Conversations whose customer may be asked at `now`, those that ended first in front."""
    closed = now - timedelta(minutes=survey.ask_after_minutes)
    quiet = now - timedelta(hours=survey.quiet_hours) if survey.quiet_hours else None
    values: dict[str, str | int | datetime | None] = {
        "workspace": survey.workspace.app_id,
        "closed_from": closed - WINDOW,
        "closed_until": closed,
        "quiet_from": quiet - WINDOW if quiet else None,
        "quiet_until": quiet,
        "again": now - timedelta(days=survey.again_after_days),
        # A question that was withheld is not repeated about the same ending.
        "lately": now - WINDOW - timedelta(hours=1),
        "only": only,
        "batch": BATCH,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, values)
        return [row[0] for row in cursor.fetchall()]


# Over (closed, or quiet with the bot's answer as the last word), answered by somebody, not kept from the bot by an
# experiment; the customer neither asked lately nor with a person or waiting, here or in another conversation. Who has
# spoken costs most and is looked up for those alone that are left.
_DUE: Final = """
    WITH over AS MATERIALIZED (
        SELECT conversation.id, conversation.state, conversation.updated_at
        FROM sessions_app_conversation AS conversation
        WHERE conversation.workspace = %(workspace)s AND (%(only)s::bigint IS NULL OR conversation.id = %(only)s)
        AND conversation.updated_at >= least(%(closed_from)s::timestamptz, %(quiet_from)s::timestamptz)
        AND (conversation.state = 'closed' AND conversation.updated_at >= %(closed_from)s
                 AND conversation.holder_event_at BETWEEN %(closed_from)s AND %(closed_until)s
             OR conversation.state = 'bot' AND conversation.updated_at BETWEEN %(quiet_from)s AND %(quiet_until)s)
        AND NOT EXISTS (SELECT FROM chatbot_surveyinvitation AS invitation
                        JOIN chatbot_delivery AS delivery ON delivery.id = invitation.delivery_id
                        WHERE invitation.customer_id = conversation.customer_id
                        AND invitation.asked_at > %(again)s AND delivery.status NOT IN ('withheld', 'failed'))
        AND NOT EXISTS (SELECT FROM chatbot_surveyinvitation AS invitation
                        WHERE invitation.conversation_id = conversation.id AND invitation.asked_at > %(lately)s)
        AND NOT EXISTS (SELECT FROM sessions_app_conversation AS other
                        WHERE other.customer_id = conversation.customer_id
                        AND (other.state IN ('person', 'review') OR other.reply_due_at IS NOT NULL))
        ORDER BY conversation.updated_at, conversation.id
    )
    SELECT over.id FROM over
    CROSS JOIN LATERAL (
        SELECT (array_agg(author ORDER BY sent_at DESC, id DESC))[1] AS last_author,
               bool_or(author = 'customer') AND bool_or(author IN ('bot', 'teammate')) AS is_answered,
               bool_or(author = 'customer' AND handled_at IS NULL) AS is_waiting
        FROM sessions_app_message
        WHERE conversation_id = over.id AND author IN ('customer', 'bot', 'teammate', 'other_bot')
    ) AS spoken
    WHERE spoken.is_answered AND NOT spoken.is_waiting AND (over.state = 'closed' OR spoken.last_author = 'bot')
    AND NOT EXISTS (SELECT FROM sessions_app_handoff WHERE conversation_id = over.id AND reason = 'experiment')
    ORDER BY over.updated_at, over.id LIMIT %(batch)s
"""
