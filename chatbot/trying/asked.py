"""What the bot would have done with a known question."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from chatbot.pipeline.decide import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the bot would have done."""

    action: str  #: of `decide.Action`
    reasons: tuple[str, ...]
    confidence: float
    threshold: float
    answer: str  #: the draft, Markdown; '' where there is none
    answerer: str
    cited: tuple[int, ...]  #: ids of articles that the draft rests on
    is_approved: bool  #: the words of a person, not the bot's
    failure: str  #: why the model did not answer, "" if it did or none was asked
    milliseconds: float  #: all together
    model_milliseconds: float
    prompt_tokens: int
    completion_tokens: int

    @property
    def is_sent(self) -> bool:
        return self.action == Action.ANSWER

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def read_asked(stored: Mapping[str, Any]) -> Asked:
    lists = {name: tuple(stored[name]) for name in ("reasons", "cited")}
    return Asked(**{**stored, **lists})
