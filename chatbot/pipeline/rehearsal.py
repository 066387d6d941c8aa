"""A question through the real stages, with a profile of choice: nothing is stored, counted or sent."""

import time
from dataclasses import dataclass

from django.utils import timezone

from chatbot.models import TemperatureProfile
from chatbot.pipeline.stages import StageClock
from chatbot.pipeline.turn import Thought, think
from sessions_app.models import Author, Message
from sessions_app.snapshots import ConversationSnapshot
from sessions_app.states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    profile: TemperatureProfile
    thought: Thought
    milliseconds: float


def rehearse(question: str, profile: TemperatureProfile, *, tier: str = "") -> Rehearsal:
    """As the first message of a new customer. Raises `KnowledgeError` where the search fails."""
    view = ConversationSnapshot(
        conversation_id=0,
        external_id="",
        workspace="",
        state=State.BOT,
        language="",
        customer_id=0,
        customer_name="",
        customer_tier=tier,
        customer_attributes={},
        waiting=(Message(author=Author.CUSTOMER, text=question, sent_at=timezone.now()),),
        history=(),
    )
    started = time.perf_counter()
    thought = think(view, "", StageClock(), may_ask=False, profile=profile)
    return Rehearsal(profile=profile, thought=thought, milliseconds=(time.perf_counter() - started) * 1000)
