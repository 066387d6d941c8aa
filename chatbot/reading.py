"""A whole conversation read by the configured model: how satisfied the customer is. No customer hears of it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from chatbot.errors import ChatbotError
from chatbot.llm.errors import ModelUnavailable
from chatbot.llm.model import ChatMessage, ModelReply
from chatbot.llm.overheard import OverheardModel
from chatbot.llm.satisfaction import MESSAGES, SAMPLING, Reading, reading_of, told
from chatbot.model_pools import configured_model
from chatbot.models import Delivery
from chatbot.personal_data import masking_policy
from chatbot.prompts.fitting import PromptTooLong
from chatbot.prompts.templates import PromptText
from chatbot.rules.masking.masker import masker_for
from sessions_app.context import SPEAKERS, ContextMessage
from sessions_app.models import Author, Conversation, Effect, Message


class CannotRead(ChatbotError):
    """This conversation cannot be put before a model: no words of the customer, too long, or data none may see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadByModel:
    reading: Reading
    reply: ModelReply  #: whose text is `reading`


def told_of(conversation: Conversation, prompt: PromptText) -> list[ChatMessage]:
    """What the model is told, personal data masked and our survey left out. Raises `CannotRead`."""
    spoken = Message.objects.filter(conversation=conversation, author__in=SPEAKERS).exclude(effect=Effect.SURVEY)
    surveys = Delivery.objects.filter(conversation=conversation, key__startswith="survey:").exclude(external_id="")
    spoken = spoken.exclude(author=Author.BOT, external_id__in=surveys.values("external_id"))
    rows = reversed(spoken.order_by("-sent_at", "-id")[:MESSAGES])
    said = [ContextMessage(message_id=row.pk, author=row.author, text=row.text) for row in rows]
    if not any(row.author == Author.CUSTOMER and row.text.strip() for row in said):
        raise CannotRead(_("The customer wrote no words in this conversation."))
    name = conversation.customer.name
    masker = masker_for([row.text for row in said], policy=masking_policy(), known_names=[name] if name else [])
    if masker.refused:
        raise CannotRead(_("The conversation holds personal data that no model may see."))
    try:
        return told(said, prompt, mask=masker.mask)
    except PromptTooLong:
        raise CannotRead(_("The conversation does not fit into the model's window.")) from None


def read_conversation(
    conversation: Conversation, prompt: PromptText, *, heard: Callable[[ModelReply], object]
) -> ReadByModel:
    """Raises `CannotRead`, `ModelError`, and `NotAReading` where the model says something else.

    `heard` is told of the reply in any case: its tokens are paid for.
    """
    messages = told_of(conversation, prompt)
    model = configured_model()
    if model is None:
        raise ModelUnavailable("no model is configured")
    reply = OverheardModel(model, heard).reply(messages, SAMPLING)
    return ReadByModel(reading=reading_of(reply.text), reply=reply)
