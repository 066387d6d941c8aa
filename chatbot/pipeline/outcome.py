"""A decision becomes rows, in one transaction: deliveries, a held draft or a handover, messages taken care of."""

import hashlib
import html
import logging
from collections import Counter

from django.utils import timezone

from chatbot.expectation import expected, in_words
from chatbot.intercom.reply_html import paragraphs_html, reply_html
from chatbot.models import Delivery, StandardMessage, Turn
from chatbot.pipeline.decide import Action, Decision, Reason
from chatbot.pipeline.generate import Draft
from chatbot.pipeline.guard import sayable
from chatbot.pipeline.handover_note import handover_note, reasons_in_english
from chatbot.pipeline.packet import packet_of
from chatbot.pipeline.reason_classes import class_of
from chatbot.pipeline.retrieve import Found
from chatbot.pipeline.understand import Understanding
from chatbot.steering import standard_message
from chatbot.workspaces import workspace_named
from sessions_app.conversations import locked, mark_handled, unhandled
from sessions_app.handoff import hand_over
from sessions_app.models import Conversation, Handoff
from sessions_app.reviews import HeldDraft, hold, waiting_queue
from sessions_app.snapshots import ConversationSnapshot
from sessions_app.statements import Columns, run
from sessions_app.states import State

logger = logging.getLogger(__name__)

_HANDOFF_REASONS = {
    Reason.CUSTOMER_ASKED: Handoff.Reason.CUSTOMER_ASKED,
    Reason.UNHAPPY: Handoff.Reason.UNHAPPY,
    Reason.WORD_HEARD: Handoff.Reason.RULE,
    Reason.WORD_SAID: Handoff.Reason.RULE,
    Reason.TRIGGER_RULE: Handoff.Reason.RULE,
    Reason.PLAYBOOK_HANDS_OVER: Handoff.Reason.RULE,
    Reason.HOLDOUT: Handoff.Reason.EXPERIMENT,
    Reason.NOT_IN_SHARE: Handoff.Reason.NOT_IN_SHARE,
}


def carry_out(
    turn: Turn,
    view: ConversationSnapshot,
    understanding: Understanding,
    draft: Draft,
    decision: Decision,
    *,
    found: Found | None = None,
) -> Turn.Outcome:
    """Write what `decision` means, unless the conversation has moved on meanwhile. Inside the caller's transaction."""
    conversation = locked(view.conversation_id)
    seen = {message.pk for message in view.waiting}
    if conversation.state in (State.PERSON, State.CLOSED):
        mark_handled(conversation, list(seen), now=timezone.now())
        return Turn.Outcome.SILENT
    if any(message.pk not in seen for message in unhandled(conversation.pk)):
        return Turn.Outcome.SUPERSEDED
    if understanding.is_language_known:
        conversation.language = understanding.language
    outbox = Outbox(turn)
    match decision.action:
        case Action.ANSWER:
            outbox.add(Delivery.Kind.REPLY, reply_html(draft.text))
            outcome = Turn.Outcome.ANSWERED
        case Action.GREET:
            outbox.say(Delivery.Kind.GREETING, StandardMessage.Kind.GREETING, understanding.language)
            outcome = Turn.Outcome.ANSWERED
        case Action.SAY | Action.ASK:
            outbox.add(Delivery.Kind.REPLY, paragraphs_html(decision.words))
            outcome = Turn.Outcome.ANSWERED
        case Action.HOLD:
            _hold(turn, outbox, conversation, view, understanding, draft, decision)
            outcome = Turn.Outcome.HELD
        case Action.HAND_OVER:
            _hand_over(outbox, conversation, view, understanding, found, decision)
            outcome = Turn.Outcome.HANDED_OVER
        case Action.STAY_SILENT:
            outcome = Turn.Outcome.SILENT
    for tag in decision.tags:
        outbox.add(Delivery.Kind.TAG, tag)
    outbox.store()
    mark_handled(conversation, list(seen), now=timezone.now(), are_all=True)
    return outcome


def _hold(
    turn: Turn,
    outbox: "Outbox",
    conversation: Conversation,
    view: ConversationSnapshot,
    understanding: Understanding,
    draft: Draft,
    decision: Decision,
) -> None:
    was_waiting = conversation.state == State.REVIEW
    question = understanding.question or view.question
    turn.review_item = hold(
        conversation,
        HeldDraft(
            question=question,
            draft=draft.text if decision.draft_is_worth_showing else "",
            confidence=decision.confidence,
            threshold=decision.threshold,
            reasons=[reason.value for reason in decision.reasons],
            reason_class=class_of(decision.reasons),
            scenario=understanding.scenario,
            is_continuation=Reason.DRAFT_WAITING in decision.reasons,
        ),
    )
    if not was_waiting:  # said once: a customer who writes on need not be told again
        outbox.say(Delivery.Kind.HOLDING, StandardMessage.Kind.HOLDING, understanding.language)
    outbox.add(Delivery.Kind.NOTE, _held_note(draft, decision))
    team = turn.review_item.queue.intercom_team_id or workspace_named(conversation.workspace).review_team_id
    if team and not was_waiting:
        outbox.add(Delivery.Kind.ASSIGN, team)


def _hand_over(
    outbox: "Outbox",
    conversation: Conversation,
    view: ConversationSnapshot,
    understanding: Understanding,
    found: Found | None,
    decision: Decision,
) -> None:
    reason = next(
        (_HANDOFF_REASONS[word] for word in decision.reasons if word in _HANDOFF_REASONS), Handoff.Reason.BOT_FAILED
    )
    packet = packet_of(view, understanding, found, decision)
    hand_over(
        conversation,
        reason=reason,
        packet=packet.as_json(),
        reason_class=class_of(decision.reasons),
        reasons=[word.value for word in decision.reasons],
        scenario=understanding.scenario,
    )
    queue = waiting_queue(conversation)
    if reason != Handoff.Reason.EXPERIMENT:  # there the customer meets no bot at all
        outbox.say(
            Delivery.Kind.HANDOFF,
            StandardMessage.Kind.HANDOFF,
            understanding.language,
            also=in_words(expected(queue), understanding.language) if queue else "",
        )
    outbox.add(Delivery.Kind.NOTE, handover_note(packet))
    team = (
        decision.team_id
        or (queue.intercom_team_id if queue else "")
        or workspace_named(conversation.workspace).handoff_team_id
    )
    if team:
        outbox.add(Delivery.Kind.ASSIGN, team)


_DELIVERY = Columns(Delivery)
_STORE = f"""
    INSERT INTO chatbot_delivery ({_DELIVERY.filled}) VALUES ({_DELIVERY.slots()}) ON CONFLICT (key) DO NOTHING
"""  # noqa: S608  built from constants: the names of columns


class Outbox:
    """The calls of one turn; a turn that is carried out twice meets their unique keys."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._calls: list[Delivery] = []

    def add(self, kind: Delivery.Kind, body: str) -> None:
        turn = self._turn
        key = f"turn:{turn.pk}:{turn.attempts}:{kind}"
        if kind == Delivery.Kind.TAG:  # the only kind of which one turn may have several
            key += f":{hashlib.sha256(body.encode()).hexdigest()[:16]}"
        self._calls.append(Delivery(key=key, conversation_id=turn.conversation_id, turn=turn, kind=kind, body=body))

    def say(self, kind: Delivery.Kind, message: StandardMessage.Kind, language: str, *, also: str = "") -> None:
        """A text of the team's and what is said `also`, unless it is switched off, or holds what a rule forbids."""
        text = standard_message(message, language)
        words = sayable(text, language=language) if text else ""
        if words is None:
            logger.warning("standard message stopped", extra={"action": "message_stopped", "kind": message.value})
        elif words:
            self.add(kind, paragraphs_html("\n\n".join(filter(None, (words, also)))))

    def store(self) -> None:
        """A reply that was withheld because an older message came to light leaves the turn its newest message, and so
        the same turn answers again: that is another call, which the number of withheld ones tells apart."""
        if self._turn.finished_at is not None:
            withheld = Delivery.objects.filter(turn=self._turn, status=Delivery.Status.WITHHELD)
            counts = Counter(withheld.values_list("kind", flat=True))
            for call in self._calls:
                call.key += f":{counts[call.kind]}" if counts[call.kind] else ""
        for call in self._calls:
            run(_STORE, _DELIVERY.values(call))


def _held_note(draft: Draft, decision: Decision) -> str:
    percent = f"{decision.confidence:.0%}"
    pieces = [
        f"<p><b>Handrail asks for a person's word.</b> {reasons_in_english(decision.reasons)} Confidence {percent},"
        f" threshold {decision.threshold:.0%}.</p>"
    ]
    if draft.text and decision.draft_is_worth_showing:
        pieces.append(f"<p><b>Draft:</b></p>{reply_html(draft.text)}")
    if draft.cited and decision.draft_is_worth_showing:
        titles = "; ".join(html.escape(passage.article_title, quote=False) for passage in draft.cited)
        pieces.append(f"<p><b>From:</b> {titles}</p>")
    return "".join(pieces)
