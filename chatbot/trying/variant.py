"""What is other than today while a question is rehearsed, or for a customer in an experiment's tried arm.

The stages ask for the team's settings where they need them. Those few places ask here first, so that both run the very
code that all customers get, and a change needs no row to be written before it is tried.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatbot.intents.active import ActiveIntents
    from chatbot.llm.model import TextModel
    from chatbot.models import TemperatureProfile
    from chatbot.pipeline.confidence import Weights
    from chatbot.prompts.templates import PromptText
    from chatbot.rules.current import Compiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """None and '' mean: as today."""

    threshold: float | None = None
    profiles: "tuple[TemperatureProfile, ...] | None" = None  #: all of them, the changed one among them
    intents: "ActiveIntents | None" = None
    weights: "Weights | None" = None
    embedder: str = ""
    model: "TextModel | None" = None
    prompt: "PromptText | None" = None
    rules: "Compiled | None" = None


TODAY = Variant()
_rehearsed: ContextVar[Variant | None] = ContextVar("rehearsed_variant", default=None)
_applied: ContextVar[Variant] = ContextVar("applied_variant", default=TODAY)


@contextmanager
def rehearsing(variant: Variant) -> Iterator[None]:
    """Within it, in this thread, the stages answer as if `variant` were live, and no answer given before is used."""
    token = _rehearsed.set(variant)
    try:
        yield
    finally:
        _rehearsed.reset(token)


@contextmanager
def applying(variant: Variant) -> Iterator[None]:
    """Within it, in this thread, a customer is answered as if `variant` were live; all else is as for everybody."""
    token = _applied.set(variant)
    try:
        yield
    finally:
        _applied.reset(token)


def variant() -> Variant:
    """What is tried now; TODAY where nothing is."""
    return _rehearsed.get() or _applied.get()


def is_rehearsal() -> bool:
    """Whether nobody waits for this answer: then none that was given before may stand in for it."""
    return _rehearsed.get() is not None
