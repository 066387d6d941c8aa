"""A conversation as the pipeline sees it: frozen at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass

from sessions_app import context
from sessions_app.context import ContextMessage
from sessions_app.conversations import unhandled
from sessions_app.models import Conversation, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationSnapshot:
    """Everything the bot may know when it answers."""

    conversation_id: int
    external_id: str
    workspace: str
    state: str
    language: str  #: "" while nothing says it
    channel: str = ""  #: as the sender names it, such as email
    customer_id: int
    customer_name: str
    customer_tier: str
    customer_attributes: Mapping[str, str]
    waiting: tuple[Message, ...]  #: customers' messages that nobody has taken care of, oldest first
    history: tuple[ContextMessage, ...]  #: the last turns, without what is waiting

    @property
    def question(self) -> str:
        """What the customer wrote in one go, as one text."""
        return "\n".join(message.text for message in self.waiting if message.text)


def snapshot(conversation: Conversation) -> ConversationSnapshot:
    """Freeze `conversation`, whose customer is loaded too."""
    waiting = tuple(unhandled(conversation.pk))
    customer = conversation.customer
    return ConversationSnapshot(
        conversation_id=conversation.pk,
        external_id=conversation.external_id,
        workspace=conversation.workspace,
        state=conversation.state,
        language=conversation.language,
        channel=conversation.channel,
        customer_id=customer.pk,
        customer_name=customer.name,
        customer_tier=customer.tier,
        customer_attributes=customer.attributes,
        waiting=waiting,
        history=context.window(conversation.pk, without={message.pk for message in waiting}),
    )
