"""A question through the real stages, with a profile or prompts of choice: only what the model takes is noted."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils import timezone

from chatbot.model_calls import note
from chatbot.models import ModelUse
from chatbot.pipeline.stages import StageClock
from chatbot.pipeline.thinking import Thought, think
from chatbot.pipeline.tried import Tried
from sessions_app.context import ContextMessage
from sessions_app.models import Author, Message
from sessions_app.snapshots import ConversationSnapshot
from sessions_app.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    tried: Tried
    thought: Thought
    milliseconds: float


def rehearsed_conversation(
    question: str,
    *,
    earlier: str = "",
    language: str = "",
    tier: str = "",
    attributes: Mapping[str, str] | None = None,
) -> ConversationSnapshot:
    """A conversation of a new customer in which only `question` waits; `earlier` was asked before it."""
    said = [ContextMessage(message_id=0, author=Author.CUSTOMER, text=earlier)] if earlier else []
    return ConversationSnapshot(
        conversation_id=0,
        external_id="",
        workspace="",
        state=State.BOT,
        language=language,
        customer_id=0,
        customer_name="",
        customer_tier=tier,
        customer_attributes=dict(attributes or {}),
        waiting=(Message(author=Author.CUSTOMER, text=question, sent_at=timezone.now()),),
        history=tuple(said),
    )


def rehearse(question: str, tried: Tried, *, tier: str = "") -> Rehearsal:
    """As the first message of a new customer. Raises `KnowledgeError` where the search fails."""
    return rehearsed(rehearsed_conversation(question, tier=tier), tried)


def note_trial(thought: Thought) -> None:
    """Nothing else is stored of a rehearsal, but the model is paid for it."""
    note([*thought.completing, *thought.writing], ModelUse.TRIAL)


def rehearsed(view: ConversationSnapshot, tried: Tried) -> Rehearsal:
    """`view` may be that of a past turn (`chatbot.past_turns`). Raises `KnowledgeError` where the search fails."""
    started = time.perf_counter()
    thought = think(view, "", StageClock(), may_ask=False, tried=tried)
    note_trial(thought)
    return Rehearsal(tried=tried, thought=thought, milliseconds=(time.perf_counter() - started) * 1000)
