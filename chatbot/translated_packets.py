"""The packet in the team's language: kept with the handover, and posted as an internal note where the queue says so.

A handover is marked when it is made, in the same transaction; the translation comes when the model has written it. The
mark goes with the rest of the packet where words are redacted, and then nothing is added any more.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from chatbot.conf import PACKET_TRANSLATED_MESSAGES
from chatbot.intercom.reply_html import paragraphs_html
from chatbot.language_names import english_name, is_same
from chatbot.llm.translating import Problem
from chatbot.model_pools import configured_model
from chatbot.models import Delivery, Translation
from chatbot.translations import SPEAKERS, WISH_HOURS, Wish, want
from sessions_app.conversations import locked
from sessions_app.models import Author, Handoff, Message
from sessions_app.news import tell_conversation
from sessions_app.reviews import waiting_queue

#: Key of a packet, and what may stand under "status" there.
TRANSLATION: Final = "translation"
WAITING: Final = "waiting"
READY: Final = "ready"
FAILED: Final = "failed"
#: Characters of each message in an internal note.
_NOTE_CHARACTERS: Final = 1_500
_BATCH: Final = 50


def begin(handoff: Handoff) -> Wish | None:
    """Mark a new handover whose queue reads another language than the customer writes. None: nothing to translate."""
    conversation = handoff.conversation
    queue = waiting_queue(conversation)
    language = queue.translates_into if queue else ""
    if not language or not conversation.language or is_same(language, conversation.language):
        return None
    has_model = configured_model() is not None
    handoff.packet = dict(handoff.packet) | {
        TRANSLATION: {"language": language, "status": WAITING}
        if has_model
        else {"language": language, "status": FAILED, "problem": Problem.NO_MODEL.value}
    }
    Handoff.objects.filter(pk=handoff.pk).update(packet=handoff.packet)
    if not has_model:
        return None
    want(conversation, language=language)
    return Wish(conversation_id=conversation.pk, language=language)


def complete(wish: Wish) -> bool:
    """Put what is translated by now into the handovers that wait for it. True: a note waits to be posted."""
    rows = Translation.objects.filter(conversation_id=wish.conversation_id, language=wish.language)
    if rows.filter(status=Translation.Status.WAITING).exists():
        return False
    notes = 0
    with transaction.atomic():
        conversation = locked(wish.conversation_id)
        waiting = Handoff.objects.filter(
            conversation=conversation, packet__translation__status=WAITING, packet__translation__language=wish.language
        )
        for handoff in waiting:
            told = _told(handoff, wish.language)
            Handoff.objects.filter(pk=handoff.pk).update(packet=handoff.packet | {TRANSLATION: told})
            queue = waiting_queue(conversation)
            if told["status"] == READY and queue is not None and queue.notes_translation:
                _, is_new = Delivery.objects.get_or_create(
                    key=f"translation:{handoff.pk}",
                    defaults={"conversation": conversation, "kind": Delivery.Kind.NOTE, "body": _note(told)},
                )
                notes += is_new
            tell_conversation(conversation.pk)
    return notes > 0


def forgotten() -> list[Wish]:
    """Handovers of the last day that still wait for their translation."""
    since = timezone.now() - timedelta(hours=WISH_HOURS)
    rows = Handoff.objects.filter(
        created_at__gt=since, created_at__lt=timezone.now() - timedelta(seconds=30), packet__translation__status=WAITING
    ).values_list("conversation_id", "packet__translation__language")
    found = dict.fromkeys(Wish(conversation_id=one, language=language) for one, language in rows[:_BATCH])
    return list(found)


def _told(handoff: Handoff, language: str) -> dict[str, Any]:
    """The newest messages before the handover, oldest first: what was translated, and what needed no translation."""
    newest = Message.objects.filter(
        conversation_id=handoff.conversation_id,
        author__in=SPEAKERS,
        redacted=False,
        received_at__lte=handoff.created_at + timedelta(seconds=1),
    ).order_by("-sent_at", "-id")[:PACKET_TRANSLATED_MESSAGES]
    messages = list(reversed(newest))
    rows = {
        row.message_id: row
        for row in Translation.objects.filter(message__in=[one.pk for one in messages], language=language)
    }
    lines = [line for one in messages if (row := rows.get(one.pk)) and (line := _line(one, row))]
    problems = [row.problem for row in rows.values() if row.status == Translation.Status.FAILED]
    if not any(row.status == Translation.Status.READY for row in rows.values()):
        problem = problems[0] if problems else ""
        return {"language": language, "status": FAILED if problem else READY, "problem": problem, "messages": lines}
    return {"language": language, "status": READY, "problem": problems[0] if problems else "", "messages": lines}


def _line(message: Message, row: Translation) -> dict[str, str] | None:
    match row.status:
        case Translation.Status.READY:
            return {"author": message.author, "text": row.text}
        case Translation.Status.SAME:
            return {"author": message.author, "text": message.text}
    return None


def _note(told: dict[str, Any]) -> str:
    """Safe HTML, in English like the other notes."""
    lines: Sequence[dict[str, str]] = told["messages"]
    said = "".join(
        f"<p><b>{'Customer' if line['author'] == Author.CUSTOMER else 'Support'}:</b></p>"
        f"{paragraphs_html(line['text'][:_NOTE_CHARACTERS])}"
        for line in lines
    )
    return f"<p><b>The conversation in {english_name(told['language'])}, translated by a language model:</b></p>{said}"
