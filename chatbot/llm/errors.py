"""What can go wrong with a language model, told apart by what to do next.

ModelError
├── ModelUnavailable      no connection, a time-out, overload, a server error: try elsewhere
├── ModelRefused          our request or our token is wrong: an operator must look; trying again changes nothing
└── NoAnswer              it answered nothing that may be shown
"""

from chatbot.errors import ChatbotError


class ModelError(ChatbotError):
    """Base of a model's errors. Messages name the kind of failure, never prompt or answer."""


class ModelUnavailable(ModelError):
    """The server cannot answer now."""


class ModelRefused(ModelError):
    """The server understood and refused: address, model name, token or size."""


class NoAnswer(ModelError):
    """The reply is empty once hidden reasoning is taken away."""
