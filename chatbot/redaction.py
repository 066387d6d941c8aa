"""Words that Intercom was told to forget are forgotten here, too, wherever they were copied to."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from chatbot.intercom.payloads import RedactedPart
from chatbot.models import (
    AnswerCheck,
    Delivery,
    InboundEvent,
    IntentExample,
    LabelSuggestion,
    SurveyInvitation,
    Translation,
    Turn,
)
from chatbot.models.intent import example_key
from chatbot.signals import words_redacted
from sessions_app.conversations import redact
from sessions_app.models import Conversation, Handoff, Message, ReviewItem, WorkingText

#: Of a turn's trace, what holds nobody's words. A key that comes new is forgotten until it is named here.
_WORDLESS = ("milliseconds", "share", "message_ids", "language", "intent", "model", "confidence", "answerer", "action")
#: Of a packet, likewise.
_WORDLESS_OF_PACKETS = ("reasons", "open_questions", "stopped")
#: What stands in the place of a note that told what was redacted.
_REDACTED = "What the customer wrote was redacted."
#: The sender's clock and ours may differ; a notification this much older than the part still counts.
_CLOCK = timedelta(hours=1)


def forget(app_id: str, part: RedactedPart) -> None:
    """Forget the words of `part`: in the thread, the raw notifications, the turns, the outbox and what staff saw.

    Turns, drafts and handovers repeat earlier words, rewritten or cut, so those of the conversation since then lose
    all of a customer's words. Decisions, figures and what was sent stay. Harmless when repeated.
    """
    with transaction.atomic():
        conversation = Conversation.objects.filter(workspace=app_id, external_id=part.conversation_id).first()
        if conversation is not None:
            redact(conversation.pk, external_id=part.part_id, sent_at=part.sent_at)
            message = Message.objects.get(conversation=conversation, external_id=part.part_id)
            for note_id in _forget_notes(conversation, message):
                _forget_raw(app_id, note_id, since=part.sent_at)
            _forget_copies(conversation, message)
            words_redacted.send(sender=Message, conversation_id=conversation.pk)
        _forget_raw(app_id, part.part_id, since=part.sent_at)


def _forget_notes(conversation: Conversation, message: Message) -> list[str]:
    """Our notes of since then, which tell colleagues what the customer wants, as Intercom gave them back; their ids.

    In Intercom they stay: only people can delete a note there.
    """
    turns = Turn.objects.filter(conversation=conversation, started_at__gte=message.received_at)
    told = Q(turn__in=turns) | Q(key__startswith="translation:")
    notes = Delivery.objects.filter(told, conversation=conversation, kind=Delivery.Kind.NOTE).exclude(external_id="")
    ids = list(notes.values_list("external_id", flat=True))
    Message.objects.filter(conversation=conversation, external_id__in=ids).update(text=_REDACTED)
    return ids


def _forget_copies(conversation: Conversation, message: Message) -> None:
    Delivery.objects.filter(conversation=conversation, external_id=message.external_id).update(body="")
    turns = Turn.objects.filter(conversation=conversation, started_at__gte=message.received_at)
    _forget_what_was_learned(turns)
    for turn in turns:
        turn.question = turn.masked_question = ""
        turn.meaning = None
        turn.trace = {name: turn.trace[name] for name in _WORDLESS if name in turn.trace}
        if turn.deliveries.filter(external_id=message.external_id).exists():
            turn.answer = ""
        turn.save(update_fields=["question", "masked_question", "meaning", "trace", "answer"])
    AnswerCheck.objects.filter(turn__in=turns).update(note="", better="")
    SurveyInvitation.objects.filter(conversation=conversation, answered_at__gte=message.received_at).update(comment="")
    # Notes tell colleagues what the customer wants; one that has not left yet tells them less.
    Delivery.objects.filter(turn__in=turns, kind=Delivery.Kind.NOTE).exclude(status=Delivery.Status.SENT).update(
        body=f"<p>{_REDACTED}</p>"
    )
    Delivery.objects.filter(turn__in=turns, kind=Delivery.Kind.NOTE, status=Delivery.Status.SENT).update(body="")
    items = ReviewItem.objects.filter(conversation=conversation).filter(
        Q(created_at__gte=message.received_at) | Q(decided_at__gte=message.received_at) | Q(decided_at__isnull=True)
    )
    WorkingText.objects.filter(item__in=items).delete()
    Translation.objects.filter(Q(message=message) | Q(item__in=items)).delete()
    notes = Delivery.objects.filter(conversation=conversation, kind=Delivery.Kind.NOTE, key__startswith="translation:")
    notes.filter(status=Delivery.Status.SENT).update(body="")
    notes.exclude(status=Delivery.Status.SENT).delete()
    items.update(question="")
    for handoff in Handoff.objects.filter(conversation=conversation, created_at__gte=message.received_at):
        handoff.packet = {name: handoff.packet[name] for name in _WORDLESS_OF_PACKETS if name in handoff.packet}
        handoff.save(update_fields=["packet"])


def _forget_what_was_learned(turns: QuerySet[Turn]) -> None:
    """The customer's words as an example of an intent, or as one that wants to be labelled."""
    IntentExample.objects.filter(
        pk__in=turns.filter(check_of_intent__example__isnull=False).values("check_of_intent__example")
    ).delete()
    keys = {example_key(question) for question in turns.exclude(question="").values_list("question", flat=True)}
    IntentExample.objects.filter(key__in=keys, source=IntentExample.Source.LABELLED).delete()
    LabelSuggestion.objects.filter(key__in=keys).delete()


def _forget_raw(app_id: str, part_id: str, *, since: datetime) -> None:
    """The notifications that brought the part; what they say of everything else stays."""
    events = InboundEvent.objects.filter(app_id=app_id, received_at__gte=since - _CLOCK, payload__contains=part_id)
    for event in events:
        try:
            told = json.loads(event.payload)
        except ValueError:
            continue
        if _emptied(told, part_id):
            event.payload = json.dumps(told)
            event.save(update_fields=["payload"])


def _emptied(told: Any, part_id: str) -> bool:
    """Takes the words out of every object with this id, in place; whether there were any."""
    if not isinstance(told, dict | list):
        return False
    emptied = [_emptied(value, part_id) for value in (told.values() if isinstance(told, dict) else told)]
    if isinstance(told, dict) and str(told.get("id")) == part_id and told.get("body"):
        told.update(body=None, attachments=[], redacted=True)
        return True
    return any(emptied)
