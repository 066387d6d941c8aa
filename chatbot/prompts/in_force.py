"""The prompts that count now, at most two seconds old in every process."""

import logging
from dataclasses import dataclass, replace

from chatbot.models import PromptVersion
from chatbot.prompts.shipped import problems_of, shipped
from chatbot.prompts.templates import PromptName, PromptText
from chatbot.recent import RecentRows
from chatbot.trying.variant import variant

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """One version of each."""

    answer: PromptText
    rewrite: PromptText
    translate: PromptText
    satisfaction: PromptText

    def having(self, tried: PromptText) -> "Prompts":
        """These, with `tried` in the place of its kind."""
        return replace(self, **{tried.name.value: tried})


def prompts_in_force() -> Prompts:
    """The active versions; of a prompt without a usable one, the text that comes with Handrail."""
    known, tried = _prompts.get(""), variant().prompt
    return known.having(tried) if tried else known


def forget_recent_prompts() -> None:
    """For those who have just activated one and cannot wait two seconds."""
    _prompts.clear()


def _load(_key: str) -> Prompts:
    active = {row.name: row.text() for row in PromptVersion.objects.filter(is_active=True)}
    return Prompts(
        answer=_usable(active.get(PromptName.ANSWER), PromptName.ANSWER),
        rewrite=_usable(active.get(PromptName.REWRITE), PromptName.REWRITE),
        translate=_usable(active.get(PromptName.TRANSLATE), PromptName.TRANSLATE),
        satisfaction=_usable(active.get(PromptName.SATISFACTION), PromptName.SATISFACTION),
    )


def _usable(text: PromptText | None, name: PromptName) -> PromptText:
    """A row written past the admin, or by an older release, must not leave the model without instructions."""
    if text is None:
        return shipped(name)
    if problems_of(name, instructions=text.instructions, message=text.message):
        logger.error("prompt left out", extra={"action": "prompt_refused", "prompt": name, "version": text.number})
        return shipped(name)
    return text


_prompts: RecentRows[str, Prompts] = RecentRows(_load)
