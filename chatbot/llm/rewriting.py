"""Asks the model for the question that a follow-up means. It is only searched for: a bad one costs a worse search."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from functools import cache

from django.conf import settings

from chatbot.conf import (
    MODEL_ROOM_FACTOR,
    REWRITE_CHARACTERS,
    REWRITE_MAXIMUM_TOKENS,
    REWRITE_SECONDS,
    REWRITE_THREADS,
)
from chatbot.llm.errors import ModelError
from chatbot.llm.model import ChatMessage, Sampling, TextModel
from chatbot.prompts.fitting import MESSAGE_TOKENS, PromptTooLong, fitted, tokens_in
from chatbot.prompts.shipped import shipped
from chatbot.prompts.templates import PromptName, PromptText, rendered
from chatbot.rules.delimiting import neutral
from sessions_app.context import ContextMessage
from sessions_app.models import Author

logger = logging.getLogger(__name__)


def complete_question(
    question: str, history: Sequence[ContextMessage], *, model: TextModel, prompt: PromptText | None = None
) -> str:
    """`question` completed from `history` within REWRITE_SECONDS; "" where the model fails, is late or rambles."""
    waiting = _threads().submit(_asked, question, history, model, prompt or shipped(PromptName.REWRITE))
    try:
        return waiting.result(timeout=REWRITE_SECONDS)
    except NotInTime:
        waiting.cancel()
        logger.warning("rewrite not in time", extra={"action": "rewrite_late"})
        return ""


def told(question: str, history: Sequence[ContextMessage], prompt: PromptText) -> list[ChatMessage]:
    """Instructions, then what was said and the question in one message. Raises `PromptTooLong`."""
    said = [
        f"<{_speaker(row)}>{neutral(row.text[:REWRITE_CHARACTERS])}</{_speaker(row)}>" for row in history if row.text
    ]
    last = f"<last>{neutral(question)}</last>"
    fit = fitted(
        fixed=tokens_in(prompt.instructions) + tokens_in(prompt.message) + tokens_in(last) + 2 * MESSAGE_TOKENS,
        examples=[],
        messages=[tokens_in(text) + 1 for text in said],
        passages=[],
        passage_tokens=tokens_in,
        room=settings.MODEL_CONTEXT_TOKENS - REWRITE_MAXIMUM_TOKENS * MODEL_ROOM_FACTOR,
    )
    values = {"history": "\n".join(said[len(said) - fit.messages :]), "question": last}
    return [
        ChatMessage(role="system", content=prompt.instructions),
        ChatMessage(role="user", content=rendered(prompt.message, values).strip()),
    ]


def _asked(question: str, history: Sequence[ContextMessage], model: TextModel, prompt: PromptText) -> str:
    try:
        reply = model.reply(
            told(question, history, prompt), Sampling(temperature=0.0, maximum_tokens=REWRITE_MAXIMUM_TOKENS)
        )
    except PromptTooLong:
        return ""
    except ModelError as error:
        logger.warning("rewrite failed", extra={"action": "rewrite_failed", "error": type(error).__name__})
        return ""
    text = " ".join(reply.text.split())
    return text if len(text) <= REWRITE_CHARACTERS else ""


def _speaker(row: ContextMessage) -> str:
    return "customer" if row.author == Author.CUSTOMER else "support"


@cache
def _threads() -> ThreadPoolExecutor:
    # Not more than these wait for a slow server; whoever finds them all busy searches without the model.
    return ThreadPoolExecutor(REWRITE_THREADS, thread_name_prefix="rewriting")
