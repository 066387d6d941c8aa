"""The trained model that answers now: every process picks up another one within two seconds of its activation."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from chatbot.intents.classifier import IntentClassifier
from chatbot.intents.errors import ModelUnreadable
from chatbot.intents.guess import IntentGuess
from chatbot.intents.storage import unpacked
from chatbot.models import Intent, IntentModel
from chatbot.recent import RecentRows
from chatbot.trying.variant import variant
from knowledge.errors import EmbeddingUnavailable

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveIntents:
    version: int
    classifier: IntentClassifier
    scenarios: Mapping[str, str]  #: of the intents that are there now, by name

    def guess(self, text: str) -> IntentGuess:
        """An intent that was deleted since the training fits no message any more."""
        guess = self.classifier.guess(text)
        return replace(
            guess,
            intent=guess.intent if guess.intent in self.scenarios else "",
            scenario=self.scenarios.get(guess.intent, ""),
            model_version=self.version,
        )


def active_intents() -> ActiveIntents | None:
    """None if no model is active. At most two seconds old; reads the model itself once a version."""
    return variant().intents or _active.get("")


def guessed_intent(text: str) -> IntentGuess | None:
    """A `Guesser` by the active model. Never fails: a customer gets an answer without an intent, too."""
    try:
        active = active_intents()
        return active.guess(text) if active else None
    except (EmbeddingUnavailable, ModelUnreadable) as error:
        logger.warning("intent not guessed", extra={"action": "intent_failed", "error": type(error).__name__})
        return None


def forget_recent_intents() -> None:
    """For those who have just activated a version and cannot wait two seconds."""
    _active.clear()


def _load(_key: str) -> ActiveIntents | None:
    version = IntentModel.objects.filter(is_active=True).values_list("pk", flat=True).first()
    if version is None:
        return None
    return intents_of(version)


def intents_of(version: int) -> ActiveIntents:
    """A version as it would guess if it were active. Raises `IntentModel.DoesNotExist` and `ModelUnreadable`."""
    return ActiveIntents(
        version=version,
        classifier=_classifier(version),
        scenarios=dict(Intent.objects.values_list("name", "scenario")),
    )


@lru_cache(maxsize=2)
def _classifier(version: int) -> IntentClassifier:
    data = IntentModel.objects.values_list("data", flat=True).get(pk=version)
    return unpacked(bytes(data or b""))


_active: RecentRows[str, ActiveIntents | None] = RecentRows(_load)
