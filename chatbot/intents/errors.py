"""What can go wrong with intents.

IntentsError
├── TooFewExamples      nothing can be trained: add examples
├── TrainingRefused     another training is waiting or running: wait for it
└── ModelUnreadable     the stored model is of another version, or damaged: train again
"""

from chatbot.errors import ChatbotError


class IntentsError(ChatbotError):
    """Base of the errors of intents; messages hold no customer's words."""


class TooFewExamples(IntentsError):
    """Fewer than two intents have the examples that a training needs."""


class TrainingRefused(IntentsError):
    """One training at a time."""


class ModelUnreadable(IntentsError):
    """The stored bytes are not a model that this version can use."""
