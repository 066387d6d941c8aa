"""A model that never sees personal data: masked on the way there, restored on the way back."""

from collections.abc import Sequence
from dataclasses import replace

from chatbot.llm.errors import NoAnswer
from chatbot.llm.model import ChatMessage, Listener, ModelReply, Sampling, TextModel, is_degraded
from chatbot.rules.masking.masker import Masker, UnknownPlaceholder


class MaskedModel:
    """`model` behind `masker`; a `TextModel` itself, so that nobody can forget to mask."""

    def __init__(self, model: TextModel, masker: Masker) -> None:
        self.name = model.name
        self._model = model
        self._masker = masker

    @property
    def is_degraded(self) -> bool:
        return is_degraded(self._model)

    def reply(
        self, messages: Sequence[ChatMessage], sampling: Sampling, listener: Listener | None = None
    ) -> ModelReply:
        """Raises `ModelError`; `NoAnswer` too where the model makes up a placeholder.

        The listener hears the text restored: it is for people who may read what the customer wrote.
        """
        masked = [replace(message, content=self._masker.mask(message.content)) for message in messages]
        reply = self._model.reply(masked, sampling, self._restored(listener) if listener else None)
        try:
            return replace(reply, text=self._masker.restore(reply.text))
        except UnknownPlaceholder as error:
            raise NoAnswer(str(error)) from error

    def _restored(self, listener: Listener) -> Listener:
        return lambda so_far: listener(lambda: self._masker.restore_beginning(so_far()))
