"""What a customer writes back to the survey: a score, kept and thanked for; anything else is a message like any other.

Only who was asked lately can answer, and only while the question is the last thing that was said to them: "2" after
"Which of these do you mean?" is no score.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from chatbot.intercom.reply_html import paragraphs_html
from chatbot.models import Delivery, StandardMessage, Survey, SurveyInvitation
from chatbot.personal_data import masking_policy
from chatbot.pipeline.guard import sayable
from chatbot.rules.cleaning import clean
from chatbot.rules.masking.masker import masker_for
from chatbot.steering import standard_message, steering
from chatbot.survey.scores import Score, score_in
from sessions_app.conversations import conversation_with_customer, mark_handled, move, unhandled
from sessions_app.locks import conversation_lock
from sessions_app.models import Author, Conversation, Effect, Handoff, Message
from sessions_app.news import tell_conversation
from sessions_app.states import State

logger = logging.getLogger(__name__)

#: Of a comment that is kept.
COMMENT_CHARACTERS: Final = 2_000
#: Answers that one look finds at most where a turn could not.
BATCH: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An answer to the survey that was kept."""

    invitation_id: int
    is_all: bool  #: nothing is left that the bot should answer


def take_answer(conversation: Conversation, messages: Sequence[Message]) -> Taken | None:
    """Keep the score in `messages`, the customer's words that wait; None, and nothing done, if they are none.

    The caller holds the conversation's lock; `conversation.customer` is loaded.
    """
    if any(message.attachments for message in messages):
        return None
    found = score_in(clean("\n".join(message.text for message in messages if message.text)).text)
    if found is None:  # nearly always, and before anything is asked of the database
        return None
    with transaction.atomic():
        row = Conversation.objects.select_for_update(of=("self",)).select_related("customer").get(pk=conversation.pk)
        invitation = _open_invitation(row)
        seen = {message.pk for message in messages}
        if invitation is None or any(message.pk not in seen for message in unhandled(row.pk)):
            return None
        _keep(invitation, row, found, messages[-1])
        if found.asks_more:
            return Taken(invitation_id=invitation.pk, is_all=False)
        _end(invitation, row, messages)
    logger.info("survey answered", extra={"action": "survey_answered", "invitation_id": invitation.pk})
    return Taken(invitation_id=invitation.pk, is_all=True)


def take_left_behind() -> list[int]:
    """Answers in conversations that were reopened into a teammate's hands: no turn is run there.

    A closed conversation often stays assigned to whoever answered it. Returns those that have something to send now.
    """
    waiting = SurveyInvitation.objects.filter(
        answered_at=None,
        was_closed=True,
        delivery__status=Delivery.Status.SENT,
        conversation__state=State.PERSON,
        conversation__held_by=None,
        conversation__updated_at__gt=F("delivery__sent_at"),
    ).select_related("delivery")
    taken: list[int] = []
    for invitation in waiting.order_by("-conversation__updated_at")[:BATCH]:
        with conversation_lock(invitation.conversation_id) as is_held:
            conversation = conversation_with_customer(invitation.conversation_id) if is_held else None
            question = Message.objects.filter(
                conversation_id=invitation.conversation_id, external_id=invitation.delivery.external_id
            ).first()
            if conversation is None or question is None:
                continue
            messages = list(
                Message.objects.filter(
                    conversation=conversation, author=Author.CUSTOMER, sent_at__gte=question.sent_at, pk__gt=question.pk
                )
            )
            if messages and take_answer(conversation, messages) is not None:
                taken.append(conversation.pk)
    return taken


def _keep(invitation: SurveyInvitation, conversation: Conversation, found: Score, message: Message) -> None:
    invitation.score, invitation.answered_at, invitation.message = found.value, timezone.now(), message
    invitation.comment = _masked(found.comment, conversation.customer.name)[:COMMENT_CHARACTERS]
    invitation.save(update_fields=["score", "answered_at", "message", "comment"])
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=timezone.now())


def _masked(comment: str, name: str) -> str:
    """Personal data hidden for good; all of it gone where the team lets nobody see such words."""
    if not comment:
        return ""
    masker = masker_for([comment], policy=masking_policy(), known_names=[name] if name else [])
    return "" if masker.refused else masker.mask(comment)


def _end(invitation: SurveyInvitation, conversation: Conversation, messages: Sequence[Message]) -> None:
    """Thank, and leave the conversation as it was before: closed, if it was, here and in Intercom."""
    Message.objects.filter(pk__in=[message.pk for message in messages]).update(effect=Effect.SURVEY)
    language = conversation.language or steering().default_language
    text = standard_message(StandardMessage.Kind.SURVEY_THANKS, language)
    words = sayable(text, language=language) if text else ""
    if words:
        invitation.thanks = _call(invitation, Delivery.Kind.SURVEY_THANKS, paragraphs_html(words), messages[-1])
        invitation.save(update_fields=["thanks"])
    if invitation.was_closed:
        _call(invitation, Delivery.Kind.CLOSE, "", messages[-1])
        move(conversation, State.CLOSED)
    mark_handled(conversation, [message.pk for message in messages], now=timezone.now())
    tell_conversation(conversation.pk)


def _call(invitation: SurveyInvitation, kind: Delivery.Kind, body: str, after: Message) -> Delivery:
    return Delivery.objects.create(
        key=f"survey:{invitation.pk}:{kind}",
        conversation_id=invitation.conversation_id,
        kind=kind,
        body=body,
        after_message=after,
    )


def _open_invitation(conversation: Conversation) -> SurveyInvitation | None:
    """The customer's newest question that may still be answered, locked, if nothing was said to them since."""
    if conversation.state == State.REVIEW or conversation.held_by_id is not None:
        return None
    survey = Survey.objects.filter(workspace__app_id=conversation.workspace).first()
    if survey is None:
        return None
    invitation = (
        SurveyInvitation.objects.select_for_update(of=("self",))
        .select_related("delivery")
        .filter(
            customer_id=conversation.customer_id,
            answered_at=None,
            delivery__status=Delivery.Status.SENT,
            asked_at__gt=timezone.now() - timedelta(days=survey.open_days),
        )
        .order_by("-asked_at")
        .first()
    )
    if invitation is None:
        return None
    if conversation.state == State.PERSON and (
        not invitation.was_closed
        or Handoff.objects.filter(conversation=conversation, created_at__gte=invitation.asked_at).exists()
    ):
        return None
    speech = Message.objects.filter(
        conversation=conversation, author__in=(Author.BOT, Author.TEAMMATE, Author.OTHER_BOT)
    )
    last = speech.order_by("-sent_at", "-pk").first()
    if invitation.conversation_id == conversation.pk:
        return invitation if last is not None and last.external_id == invitation.delivery.external_id else None
    # Elsewhere only as the first words of a new conversation.
    return invitation if last is None and conversation.created_at > invitation.asked_at else None
