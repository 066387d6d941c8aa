"""What stands beside the list: one conversation, and the draft or the answer that is written in it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from chatbot.admin.turn import story_of
from chatbot.intercom.reply_html import reply_html
from chatbot.language_names import name_for_reader
from chatbot.llm.translating import PROBLEMS_IN_WORDS, Problem
from chatbot.models import Delivery, Translation, Turn
from chatbot.pipeline.decide import REASONS_IN_WORDS, Reason
from chatbot.pipeline.packet import OPEN_IN_WORDS
from chatbot.translated_packets import WAITING
from knowledge.differences import Line, difference
from sessions_app.claims import holder_of
from sessions_app.models import Author, Conversation, Handoff, Macro, Message, ReviewItem, WorkingText

#: Messages of a thread that the desk shows; the admin shows all.
THREAD_MESSAGES = 60
#: Articles shown beside those that the draft cites.
OTHERS = 3
#: What is stored of an assignment or a closing (`chatbot/intercom/payloads.py`), for the reader.
_EVENTS = {
    "assigned to teammate ": _("assigned to teammate %(who)s"),
    "assigned to team ": _("assigned to team %(who)s"),
    "unassigned": _("nobody is assigned any more"),
    "closed": _("closed"),
}
#: What a packet knows, for the reader.
_FACTS = {"language": _("language"), "channel": _("channel"), "intent": _("intent"), "scenario": _("scenario")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One message as the desk shows it."""

    message: Message
    who: str
    kind: str  #: customer, bot, colleague, note or event
    delivery_id: int | None  #: of the bot's own answers: what can be marked as wrong
    turn_id: int | None
    files: tuple[dict[str, str], ...]  #: attachments: name, content_type, and url where it may be opened
    marked: str  #: why it was marked as wrong, "" if it was not
    translation: Translation | None = None  #: into the reader's language


def thread_of(conversation: Conversation) -> list[Part]:
    """The newest messages, oldest first, with who really wrote each."""
    newest_first = list(Message.objects.filter(conversation=conversation).order_by("-sent_at", "-id")[:THREAD_MESSAGES])
    deliveries = {
        row.external_id: row
        for row in Delivery.objects.filter(
            conversation=conversation, external_id__in=[message.external_id for message in newest_first]
        ).select_related("written_by", "mark")
        if row.external_id
    }
    return [_part(message, deliveries.get(message.external_id)) for message in reversed(newest_first)]


def _part(message: Message, delivery: Delivery | None) -> Part:
    kind = {Author.CUSTOMER: "customer", Author.NOTE: "note", Author.EVENT: "event", Author.TEAMMATE: "colleague"}.get(
        Author(message.author), "bot"
    )
    who = message.author_name or str(message.get_author_display())
    if kind == "bot":
        who = str(message.get_author_display())
    if delivery is not None and delivery.written_by is not None and kind == "bot":
        who, kind = delivery.written_by.get_username(), "colleague"
    mark = getattr(delivery, "mark", None) if delivery is not None else None
    is_answer = delivery is not None and delivery.kind == Delivery.Kind.REPLY
    if kind == "event":
        message.text = _event_in_words(message.text)
    return Part(
        message=message,
        who=who,
        kind=kind,
        delivery_id=delivery.pk if delivery is not None and is_answer else None,
        turn_id=delivery.turn_id if delivery is not None else None,
        files=tuple(_file(one) for one in message.attachments if isinstance(one, dict)),
        marked=mark.reason if mark is not None else "",
    )


def _event_in_words(text: str) -> str:
    for stored, words in _EVENTS.items():
        if text == stored or (stored.endswith(" ") and text.startswith(stored)):
            return str(words) % {"who": text.removeprefix(stored)}
    return text


def _file(attachment: dict[str, Any]) -> dict[str, str]:
    """An address that is no web address, `javascript:` for one, is shown as a name only."""
    url = str(attachment.get("url") or "")
    return {
        "name": str(attachment.get("name") or attachment.get("type") or "–"),
        "content_type": str(attachment.get("content_type") or ""),
        "url": url if url.startswith(("https://", "http://")) else "",
    }


def pane_of(item: ReviewItem, user: Any) -> dict[str, Any]:
    """Everything of the two panes, for the template."""
    turn = Turn.objects.filter(review_item=item).first()
    story = story_of(turn) if turn else None
    typed = WorkingText.objects.filter(item=item, user=user).first()
    holder = holder_of(item)
    return {
        **conversation_pane(item.conversation),
        "item": item,
        "turn": turn,
        "story": story,
        "reasons": words_of(item.reasons),
        "holder": holder,
        "is_held_by_other": holder is not None and holder.pk != user.pk,
        "is_waiting": item.status == ReviewItem.Status.WAITING,
        "is_draft": item.kind == ReviewItem.Kind.DRAFT,
        "is_late": item.due_at is not None and item.due_at < timezone.now(),
        "answer": typed.text if typed else item.draft,
        "is_typed": typed is not None,
        "draft_mark": hashlib.sha256(item.draft.encode()).hexdigest()[:12],
        **_passages(story, has_draft=bool(item.draft)),
        "macros": macros_for(item.conversation, user),
        "difference": _difference(item),
        "edit": getattr(item, "edit", None),
        "answer_html": html_of(item.answer),
    }


def _passages(story: dict[str, Any] | None, *, has_draft: bool) -> dict[str, Any]:
    """What the draft cites, and other articles that came up, each once. Where nothing is drafted, nothing is cited."""
    rows = story["passages"] if story else []
    cited = [row for row in rows if row["cited"]] if has_draft else []
    named = {row["article_id"] for row in cited}
    found: dict[int, dict[str, Any]] = {}
    for row in rows:
        if row["article_id"] not in named:
            found.setdefault(row["article_id"], row)
    return {"cited": cited, "found": list(found.values())[:OTHERS]}


def conversation_pane(conversation: Conversation) -> dict[str, Any]:
    customer = conversation.customer
    handoff = Handoff.objects.filter(conversation=conversation).order_by("-pk").first()
    return {
        "conversation": conversation,
        "customer": customer,
        "facts": [(name, value) for name, value in sorted(customer.attributes.items()) if value],
        "other_conversations": Conversation.objects.filter(customer=customer).exclude(pk=conversation.pk).count(),
        "thread": thread_of(conversation),
        "turns": list(Turn.objects.filter(conversation=conversation, finished_at__isnull=False).order_by("-pk")[:5]),
        "packet": packet_in_words(handoff) if handoff and conversation.state == "person" else None,
    }


def packet_in_words(handoff: Handoff) -> dict[str, Any]:
    """The packet as a colleague reads it, in their language; what it does not hold is empty."""
    packet = handoff.packet
    return {
        "at": handoff.created_at,
        "reason": handoff.get_reason_display(),
        "reasons": words_of(packet.get("reasons", [])),
        "wanted": str(packet.get("wanted", "")),
        "known": [_known_in_words(name, str(value)) for name, value in (packet.get("known") or {}).items()],
        "tried": list(packet.get("tried", [])),
        "found": list(packet.get("found", [])),
        "why": str(packet.get("why", "")),
        "rejected_draft": str(packet.get("rejected_draft", "")),
        "translation": _translation_in_words(packet.get("translation")),
        "open": [str(OPEN_IN_WORDS[key]) for key in packet.get("open_questions", []) if key in OPEN_IN_WORDS],
    }


def _known_in_words(name: str, value: str) -> tuple[str, str]:
    """What a fact is called, and the fact, for the reader."""
    words = _FACTS.get(name)
    return (str(words) if words else name), (name_for_reader(value) if name == "language" else value)


def _translation_in_words(kept: Any) -> dict[str, Any] | None:
    """What the packet holds in the team's language; None where nothing was to be translated."""
    if not isinstance(kept, dict):
        return None
    problem = str(kept.get("problem", ""))
    return {
        "language": str(kept.get("language", "")),
        "name": name_for_reader(str(kept.get("language", ""))),
        "is_waiting": kept.get("status") == WAITING,
        "problem": str(PROBLEMS_IN_WORDS[Problem(problem)]) if problem in Problem._value2member_map_ else "",
        "messages": [
            {"who": str(Author(line["author"]).label), "text": str(line["text"])} for line in kept.get("messages", [])
        ],
    }


def macros_for(conversation: Conversation, user: Any) -> list[dict[str, str]]:
    """Those in the conversation's language first, then those for all; names filled in."""
    language = conversation.language
    rows = Macro.objects.filter(is_on=True).filter(
        Q(language="") | Q(language=language) | Q(language=language.split("-")[0])
    )
    names = {"{name}": conversation.customer.name, "{me}": user.get_full_name() or user.get_username()}
    found = []
    for row in sorted(rows, key=lambda row: (row.language == "", row.name)):
        text = row.text
        for slot, value in names.items():
            text = text.replace(slot, value)
        found.append({"name": row.name, "text": text})
    return found


def words_of(reasons: Sequence[str]) -> list[str]:
    return [
        str(REASONS_IN_WORDS[Reason(reason)]) if reason in Reason._value2member_map_ else reason for reason in reasons
    ]


def html_of(answer: str) -> SafeString:
    return mark_safe(reply_html(answer))  # noqa: S308  # reply_html keeps a whitelist only


def time_left(due_at: datetime | None) -> int | None:
    """Whole minutes, negative where it is late; None where nothing is promised."""
    return None if due_at is None else int((due_at - timezone.now()).total_seconds() // 60)


def _difference(item: ReviewItem) -> list[Line]:
    is_edited = item.status == ReviewItem.Status.EDITED and item.draft
    return difference(item.draft, item.answer) if is_edited else []
