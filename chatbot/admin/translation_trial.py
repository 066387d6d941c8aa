"""The prompt for translations, previewed and tried on what a customer once wrote."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from chatbot.language_names import is_same, readers_language
from chatbot.llm.translating import TranslationFailed
from chatbot.models import Turn
from chatbot.prompts.templates import PromptText
from chatbot.translations import masked_prompt, translated_now


def previewed_translation(turn: Turn, text: PromptText) -> dict[str, Any]:
    """Word for word what the model would be told."""
    return {"previewed_on": turn, "told": masked_prompt(turn.question, language=_target(turn), prompt=text)}


def tried_translation(turn: Turn, text: PromptText, current: PromptText) -> dict[str, Any]:
    """By the real model, beside the version that counts now."""
    columns = [(_("Version %(number)d") % {"number": text.number} if text.number else _("This text"), text)]
    if (current.instructions, current.message) != (text.instructions, text.message):
        columns.append((_("Counts now: version %(number)d") % {"number": current.number}, current))
    language = _target(turn)
    return {
        "tried_on": turn,
        "translations": [
            {"heading": heading, "language": language, **_in_words(turn.question, language, prompt)}
            for heading, prompt in columns
        ],
    }


def _target(turn: Turn) -> str:
    """The language of the page, or the team's other one where the customer wrote in that."""
    language, written = readers_language(), str(turn.trace.get("language", ""))
    if not is_same(language, written):
        return language
    return next((code for code, _name in settings.LANGUAGES if not is_same(code, language)), language)


def _in_words(text: str, language: str, prompt: PromptText) -> dict[str, str]:
    try:
        return {"text": translated_now(text, language=language, prompt=prompt), "problem": ""}
    except TranslationFailed as error:
        return {"text": "", "problem": str(error)}
