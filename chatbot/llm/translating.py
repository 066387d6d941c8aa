"""Asks the model for a translation. Only people who work here read it, so it is bounded and checked, not judged."""

import re
from dataclasses import replace
from enum import StrEnum
from typing import Final

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from chatbot.conf import MODEL_ROOM_FACTOR
from chatbot.language_names import english_name
from chatbot.llm.errors import ModelError, NoAnswer
from chatbot.llm.model import ChatMessage, ModelReply, Sampling, TextModel
from chatbot.prompts.fitting import MESSAGE_TOKENS, tokens_in
from chatbot.prompts.templates import PromptText, rendered
from chatbot.rules.delimiting import neutral

#: A translation may need more tokens than its original: Chinese in English, or a language the model knows badly.
_TOKENS_FACTOR: Final = 3
_LEAST_TOKENS: Final = 120
#: A translation this many times longer than its original is no translation.
_LONGEST_FACTOR: Final = 6
_LEAST_CHARACTERS: Final = 200
#: Elements of ours that a model repeats round its answer.
_FRAME: Final = re.compile(r"</?(?:original|translation)[^<>]{0,40}>", re.IGNORECASE)


class Problem(StrEnum):
    """Why there is no translation."""

    NO_MODEL = "no_model"
    MODEL_FAILED = "model_failed"
    UNUSABLE = "unusable"
    PERSONAL_DATA = "personal_data"
    BUSY = "busy"


PROBLEMS_IN_WORDS: Final = {
    Problem.NO_MODEL: _("No translation is available: no language model is connected."),
    Problem.MODEL_FAILED: _("No translation is available: the language model does not answer now."),
    Problem.UNUSABLE: _("No translation is available: what the model wrote is no translation."),
    Problem.PERSONAL_DATA: _(
        "No translation is available: the text holds personal data that the team lets no model see."
    ),
    Problem.BUSY: _("Other translations are under way; try again in a moment."),
}


class TranslationFailed(ValueError):
    """There is no translation; `problem` says why, the message says it to a person."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(PROBLEMS_IN_WORDS[problem]))


def told(text: str, *, language: str, prompt: PromptText) -> list[ChatMessage]:
    """Instructions, and the text as data in an element of its own."""
    original = f"<original>{neutral(text)}</original>"
    return [
        ChatMessage(role="system", content=rendered(prompt.instructions, {"language": english_name(language)}).strip()),
        ChatMessage(role="user", content=rendered(prompt.message, {"original": original}).strip()),
    ]


def translated(text: str, *, language: str, model: TextModel, prompt: PromptText) -> ModelReply:
    """`text` in `language` (a code). Raises `TranslationFailed`."""
    messages = told(text, language=language, prompt=prompt)
    wanted = max(_LEAST_TOKENS, tokens_in(text) * _TOKENS_FACTOR)
    used = sum(tokens_in(message.content) + MESSAGE_TOKENS for message in messages)
    room = (settings.MODEL_CONTEXT_TOKENS - used) // MODEL_ROOM_FACTOR
    if room < _LEAST_TOKENS:
        raise TranslationFailed(Problem.UNUSABLE)
    try:
        reply = model.reply(messages, Sampling(temperature=0.0, maximum_tokens=min(wanted, room)))
    except ModelError as error:
        problem = Problem.UNUSABLE if isinstance(error, NoAnswer) else Problem.MODEL_FAILED
        raise TranslationFailed(problem) from error
    words = _FRAME.sub("", reply.text).strip()
    is_too_long = len(words) > max(_LEAST_CHARACTERS, len(text) * _LONGEST_FACTOR)
    if not words or is_too_long or reply.finish_reason == "length":
        raise TranslationFailed(Problem.UNUSABLE)
    return replace(reply, text=words)
