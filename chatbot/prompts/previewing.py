"""What the model would be told with a prompt, word for word: the real stages run, and nobody is asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.llm.errors import ModelUnavailable
from chatbot.llm.model import ChatMessage, Listener, ModelReply, Sampling
from chatbot.llm.prompts import Composed
from chatbot.pipeline.rehearsal import Rehearsal, rehearsed
from chatbot.pipeline.tried import Tried
from chatbot.prompts.in_force import prompts_in_force
from chatbot.prompts.templates import PromptName, PromptText
from sessions_app.snapshots import ConversationSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    messages: tuple[ChatMessage, ...]  #: as the model would get them, personal data masked; () if it is not asked
    composed: Composed | None  #: what they are made of; None for another prompt than that of answers
    rehearsal: Rehearsal  #: its decision is that without a model


class _Overheard:
    """Notes what it is asked and answers nothing."""

    name = "nobody"

    def __init__(self) -> None:
        self.asked: list[tuple[ChatMessage, ...]] = []

    def reply(
        self, messages: Sequence[ChatMessage], sampling: Sampling, listener: Listener | None = None
    ) -> ModelReply:
        self.asked.append(tuple(messages))
        raise ModelUnavailable("nobody was asked")


def preview(view: ConversationSnapshot, text: PromptText) -> Preview:
    """`view` answered with `text`. Raises `KnowledgeError` where the search fails.

    A follow-up is completed by words, as if the model were late.
    """
    nobody = _Overheard()
    rehearsal = rehearsed(view, Tried(prompts=prompts_in_force().having(text), model=nobody))
    composed = rehearsal.thought.draft.composed
    # The model is asked to complete a follow-up first, then to answer.
    answering = nobody.asked[-1:] if composed else []
    completing = nobody.asked[: len(nobody.asked) - len(answering)]
    told = answering if text.name is PromptName.ANSWER else completing
    return Preview(
        messages=told[0] if told else (),
        composed=composed if text.name is PromptName.ANSWER else None,
        rehearsal=rehearsal,
    )
