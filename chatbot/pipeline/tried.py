"""What is tried on a question instead of what is in force: the stages take it, and nothing of it is stored or sent."""

from dataclasses import dataclass

from chatbot.llm.model import TextModel
from chatbot.models import TemperatureProfile
from chatbot.prompts.in_force import Prompts


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """None: what is in force."""

    profile: TemperatureProfile | None = None
    prompts: Prompts | None = None
    model: TextModel | None = None

    @property
    def asks_the_model(self) -> bool:
        """Whether an answer that was given before would hide what is tried."""
        return self.prompts is not None or self.model is not None


NOTHING_TRIED = Tried()
