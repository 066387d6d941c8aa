"""The double of a model that ships with the code: says what a test tells it to say."""

from collections.abc import Sequence

from chatbot.llm.errors import ModelError
from chatbot.llm.model import ChatMessage, Listener, ModelReply, Sampling


class ScriptedModel:
    """Gives `replies` in order, raising those that are errors; keeps what it was asked."""

    name = "scripted"

    def __init__(self, replies: Sequence[str | ModelError]) -> None:
        self._replies = list(replies)
        self.asked: list[tuple[Sequence[ChatMessage], Sampling]] = []

    def reply(
        self, messages: Sequence[ChatMessage], sampling: Sampling, listener: Listener | None = None
    ) -> ModelReply:
        self.asked.append((messages, sampling))
        said = self._replies.pop(0)
        if isinstance(said, ModelError):
            raise said
        if listener is not None:
            listener(lambda: said)
        return ModelReply(
            text=said,
            model=self.name,
            finish_reason="stop",
            prompt_tokens=None,
            completion_tokens=None,
            first_token_milliseconds=0.0,
            milliseconds=0.0,
        )
