"""One turn: what the customer wrote in one go, through the stages in order, to a stored decision and its deliveries."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from chatbot.conf import TURN_ATTEMPTS
from chatbot.experiments.placing import Placement
from chatbot.experiments.running import placement_of
from chatbot.model_calls import note
from chatbot.models import ModelUse, Turn
from chatbot.pipeline.clarify import answered
from chatbot.pipeline.decide import Reason
from chatbot.pipeline.guard import fired
from chatbot.pipeline.live_writing import LiveWriting
from chatbot.pipeline.meaning import meaning_of
from chatbot.pipeline.mood import mood_trace
from chatbot.pipeline.outcome import carry_out
from chatbot.pipeline.reuse import keep_sent, manner_key
from chatbot.pipeline.route import route_trace
from chatbot.pipeline.stages import StageClock
from chatbot.pipeline.thinking import Thought, given_up, left_out_of_share, left_to_people, think
from chatbot.pipeline.trace import trace_of
from chatbot.rules.hit_counts import count_hits
from chatbot.rules.matching.matcher import Scope
from chatbot.signals import turn_finished
from chatbot.steering import steering
from chatbot.survey.answers import take_answer
from sessions_app.models import Conversation, ReviewItem
from sessions_app.reviews import asked_by_colleague
from sessions_app.snapshots import ConversationSnapshot, snapshot
from sessions_app.statements import Columns, run
from sessions_app.states import State

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    turn_id: int
    outcome: Turn.Outcome


def run_turn(conversation: Conversation) -> TurnResult | None:
    """Answer, hold, hand over or stay silent; None if nothing waits, or all that waits was an answer to the survey.

    The caller holds the conversation's lock.

    May be run again at any point: the turn is found by its newest message, and what it decided is stored in one
    transaction. A turn that crashed TURN_ATTEMPTS times goes to a person.
    """
    clock = StageClock()
    with clock.stage("conversation"):
        view = snapshot(conversation)
    if not view.waiting:
        Conversation.objects.filter(pk=conversation.pk, reply_due_at=conversation.reply_due_at).update(
            reply_due_at=None
        )
        return None
    if (taken := take_answer(conversation, view.waiting)) is not None and taken.is_all:
        return None
    turn = _open(view, conversation.reply_due_at or timezone.now())
    has_failed = turn.attempts > TURN_ATTEMPTS
    asked = _asked_back(turn) if view.history else None
    earlier = (_earlier_question(conversation) if view.history else "") or _with_answer(asked, view)
    playbook = asked.trace.get("playbook") if asked else None
    live = LiveWriting(conversation_id=conversation.pk, turn_id=turn.pk)
    placement = placement_of(conversation)
    try:
        if has_failed:
            thought = given_up(view)
        elif placement.is_outside_share and view.state != State.REVIEW:
            thought = left_out_of_share(view)
        elif placement.is_held_out and not placement.is_outside_share:
            thought = left_to_people(view)
        else:
            with placement.applied():
                thought = think(view, earlier, clock, may_ask=asked is None, asked=playbook, live=live)
    except Exception:
        live.withdraw("failed")
        raise
    _keep_meaning(turn, view, thought)  # before the transaction: MiniLM may have to read
    with transaction.atomic():
        outcome = carry_out(turn, view, thought.understanding, thought.draft, thought.decision, found=thought.found)
        _count_words(thought)
        note(thought.completing, ModelUse.REWRITING, conversation_id=turn.conversation_id)
        _close(turn, view, thought, outcome, clock, placement)
    is_personal = thought.masker is not None and bool(thought.masker.counts)
    if outcome == Turn.Outcome.ANSWERED and thought.voice is not None and not is_personal:
        milliseconds = (turn.model_milliseconds or 0.0) + sum(clock.milliseconds.values())
        keep_sent(
            thought.understanding,
            view,
            thought.found,
            thought.draft,
            thought.decision,
            manner=manner_key(thought.voice.manner),
            milliseconds=milliseconds,
        )
    if outcome == Turn.Outcome.SUPERSEDED:
        live.withdraw("superseded")
    elif outcome == Turn.Outcome.SILENT:
        live.withdraw("silent")
    else:
        live.stored(outcome=outcome.value, review_item=turn.review_item_id)
    turn_finished.send(sender=Turn, turn=turn)
    logger.info(
        "turn decided",
        extra={
            "action": "turn_decided",
            "turn_id": turn.pk,
            "outcome": outcome.value,
            "ms": round(turn.own_milliseconds or 0),
        },
    )
    return TurnResult(turn_id=turn.pk, outcome=outcome)


def _keep_meaning(turn: Turn, view: ConversationSnapshot, thought: Thought) -> None:
    turn.question = thought.understanding.question or view.question
    if thought.masker is None:
        return
    searched_for = thought.found.retrieval.question if thought.found else ""
    meaning = meaning_of(thought.masker, question=turn.question, searched_for=searched_for or turn.question)
    turn.masked_question, turn.meaning = (meaning.masked, meaning.vector) if meaning else ("", None)


def _count_words(thought: Thought) -> None:
    day = timezone.localdate()
    if thought.heard is not None:
        count_hits(thought.heard.verdict, Scope.INCOMING, day=day)
    if thought.said is not None:
        count_hits(thought.said.verdict, Scope.OUTGOING, day=day)


def _open(view: ConversationSnapshot, due_at: datetime) -> Turn:
    """The turn of the newest waiting message; one that was begun before has crashed, or was made obsolete."""
    newest = view.waiting[-1]
    begun = Turn(last_message=newest, conversation_id=view.conversation_id, due_at=due_at)
    turn = _TURN.read(_BEGIN, _TURN.values(begun))[0]
    turn.last_message = newest
    return turn


_TURN = Columns(Turn)
_BEGIN = f"""
    INSERT INTO chatbot_turn AS turn ({_TURN.filled}) VALUES ({_TURN.slots()})
    ON CONFLICT (last_message_id) DO UPDATE
    SET attempts = CASE turn.outcome WHEN 'running' THEN turn.attempts + 1 ELSE 1 END, outcome = 'running'
    RETURNING {_TURN.of("turn")}
"""  # noqa: S608  built from constants: the names of columns
_STORE = f"UPDATE chatbot_turn SET {_TURN.assignments} WHERE id = %s"  # noqa: S608


def _earlier_question(conversation: Conversation) -> str:
    """What a draft that waits for review was about, or a colleague's question back: a newer message belongs to it."""
    if conversation.state == State.REVIEW:
        item = ReviewItem.objects.filter(conversation=conversation, status=ReviewItem.Status.WAITING).first()
        return item.question if item else ""
    return asked_by_colleague(conversation)


_QUESTIONS = frozenset({Reason.ASKED_BACK.value, Reason.PLAYBOOK_ASKS.value})


def _asked_back(turn: Turn) -> Turn | None:
    """The turn before this one, if it asked the customer something: the question that it was about goes on."""
    before = (
        Turn.objects.filter(conversation_id=turn.conversation_id, finished_at__isnull=False, pk__lt=turn.pk)
        .exclude(outcome=Turn.Outcome.SUPERSEDED)
        .order_by("-pk")
        .first()
    )
    return before if before is not None and _QUESTIONS.intersection(before.reasons) else None


def _with_answer(asked: Turn | None, view: ConversationSnapshot) -> str:
    return answered(asked.question, asked.trace.get("options", []), view.question) if asked else ""


def _close(
    turn: Turn,
    view: ConversationSnapshot,
    thought: Thought,
    outcome: Turn.Outcome,
    clock: StageClock,
    placement: Placement,
) -> None:
    now = timezone.now()
    model_milliseconds = thought.draft.reply.milliseconds if thought.draft.reply else 0.0
    model_milliseconds += thought.found.model_milliseconds if thought.found else 0.0
    turn.answer = thought.draft.text
    turn.outcome = outcome
    turn.confidence = thought.decision.confidence
    turn.threshold = thought.decision.threshold
    turn.intent = thought.understanding.intent
    turn.intent_probability = thought.understanding.intent_probability
    turn.scenario = thought.understanding.scenario
    turn.profile = thought.voice.label if thought.voice else ""
    for reply in thought.writing:
        turn.tokens_read, turn.tokens_written = reply.prompt_tokens or 0, reply.completion_tokens or 0
        turn.pool, turn.model = reply.pool[:64], (reply.asked_for or reply.model)[:300]
    turn.reasons = [reason.value for reason in thought.decision.reasons]
    turn.arms = dict(placement.arms)
    turn.finished_at = now
    turn.model_milliseconds = model_milliseconds
    waited = max(0.0, (now - max(turn.due_at, turn.last_message.received_at)).total_seconds() * 1000)
    turn.own_milliseconds = max(0.0, waited - model_milliseconds)
    turn.trace = trace_of(
        view,
        thought.understanding,
        thought.found,
        thought.draft,
        thought.confidence,
        thought.decision,
        clock,
        thought.voice,
        thought.masker,
    )
    turn.trace["share"] = {"percent": steering().live_share, "is_in": not placement.is_outside_share}
    turn.trace["options"] = list(thought.options)
    turn.trace["word_rules"] = [
        *(fired(thought.heard.verdict, Scope.INCOMING) if thought.heard else ()),
        *(fired(thought.said.verdict, Scope.OUTGOING) if thought.said else ()),
    ]
    turn.trace["route"] = route_trace(thought.route)
    turn.trace["mood"] = mood_trace(thought.mood)
    turn.trace["playbook"] = thought.playbook.trace() if thought.playbook else None
    run(_STORE, [*_TURN.values(turn), turn.pk])
