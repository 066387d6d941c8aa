"""Asks the bot a known question, and nobody waits for the answer: only what the model takes is noted."""

import time
from typing import Final

from chatbot.pipeline.rehearsal import note_trial, rehearsed_conversation
from chatbot.pipeline.stages import StageClock
from chatbot.pipeline.thinking import Thought, think
from chatbot.pipeline.tried import Tried
from chatbot.prompts.in_force import prompts_in_force
from chatbot.trying.asked import Asked
from chatbot.trying.variant import Variant, rehearsing
from knowledge.models import KnownQuestion

#: Characters of an answer that are kept.
ANSWER_CHARACTERS: Final = 8_000


def ask(question: KnownQuestion, variant: Variant) -> Asked:
    """As the first message of a new customer of its audience. Raises `KnowledgeError` where the search fails."""
    view = rehearsed_conversation(
        question.question,
        earlier=question.earlier,
        language=question.language,
        tier=question.tier,
        attributes=question.attributes,
    )
    started = time.perf_counter()
    with rehearsing(variant):
        prompts = prompts_in_force() if variant.prompt else None
        thought = think(view, "", StageClock(), may_ask=False, tried=Tried(prompts=prompts, model=variant.model))
    note_trial(thought)
    return _asked(thought, milliseconds=(time.perf_counter() - started) * 1000)


def _asked(thought: Thought, *, milliseconds: float) -> Asked:
    draft, decision = thought.draft, thought.decision
    reply = draft.reply
    return Asked(
        action=decision.action.value,
        reasons=tuple(reason.value for reason in decision.reasons),
        confidence=round(decision.confidence, 4),
        threshold=round(decision.threshold, 4),
        answer=draft.text[:ANSWER_CHARACTERS],
        answerer=draft.answerer,
        cited=tuple(dict.fromkeys(passage.article_id for passage in draft.cited)),
        is_approved=draft.approved is not None,
        failure=draft.failure[:300],
        milliseconds=round(milliseconds, 1),
        model_milliseconds=round(
            (reply.milliseconds if reply else 0.0) + (thought.found.model_milliseconds if thought.found else 0.0), 1
        ),
        prompt_tokens=(reply.prompt_tokens or 0) if reply else 0,
        completion_tokens=(reply.completion_tokens or 0) if reply else 0,
    )
