"""What the model is asked beside the answers of turns, noted so that somebody pays for it: how much, and for what."""

from collections.abc import Iterable

from chatbot.llm.model import ModelReply, TextModel
from chatbot.llm.overheard import OverheardModel
from chatbot.models import ModelCall, ModelUse
from chatbot.signals import model_calls_noted


def noted(model: TextModel, use: ModelUse, *, conversation_id: int | None = None) -> TextModel:
    """`model`, each of whose replies is noted at once, those included that turn out to be unusable."""
    return OverheardModel(model, lambda reply: note([reply], use, conversation_id=conversation_id))


def note(replies: Iterable[ModelReply], use: ModelUse, *, conversation_id: int | None = None) -> None:
    calls = [
        ModelCall(
            conversation_id=conversation_id,
            use=use,
            pool=reply.pool[:64],
            model=(reply.asked_for or reply.model)[:300],
            tokens_read=reply.prompt_tokens or 0,
            tokens_written=reply.completion_tokens or 0,
            milliseconds=reply.milliseconds,
        )
        for reply in replies
    ]
    if calls:
        ModelCall.objects.bulk_create(calls)
        model_calls_noted.send(sender=ModelCall, calls=calls)
