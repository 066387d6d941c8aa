"""A model whose replies are told to somebody who counts them, whatever becomes of their text."""

from collections.abc import Callable, Sequence

from chatbot.llm.model import ChatMessage, Listener, ModelReply, Sampling, TextModel, is_degraded


class OverheardModel:
    """`model`, which tells `heard` of each reply in the thread that asked, before anybody judges it."""

    def __init__(self, model: TextModel, heard: Callable[[ModelReply], object]) -> None:
        self.name = model.name
        self._model = model
        self._heard = heard

    @property
    def is_degraded(self) -> bool:
        return is_degraded(self._model)

    def reply(
        self, messages: Sequence[ChatMessage], sampling: Sampling, listener: Listener | None = None
    ) -> ModelReply:
        reply = self._model.reply(messages, sampling, listener)
        self._heard(reply)
        return reply
