"""What a trained model says about one message."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentGuess:
    """The most probable intent, and whether the message belongs to any at all."""

    intent: str  #: name; "" if the message is out of scope
    nearest: str  #: the most probable name, out of scope or not
    probability: float  #: calibrated probability that `nearest` is right, 0..1
    scenario: str = ""  #: of `intent`
    model_version: int = 0


#: Guesses a text's intent; None where no model is active.
Guesser = Callable[[str], IntentGuess | None]


def no_guess(text: str) -> IntentGuess | None:
    """The guesser of a team that has trained nothing."""
    return None
