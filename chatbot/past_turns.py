"""A conversation as it was when the bot took a past turn, to try something else on it."""

from chatbot.models import Turn
from sessions_app.conf import CONTEXT_MESSAGES, CONTEXT_TURNS
from sessions_app.context import SPEAKERS, entry, last_turns
from sessions_app.models import Author, Message
from sessions_app.snapshots import ConversationSnapshot
from sessions_app.states import State


def view_of(turn: Turn) -> ConversationSnapshot:
    """What waits is the question as the turn read it, which may hold an earlier one. The customer is as known today."""
    conversation = turn.conversation
    customer = conversation.customer
    answered = turn.trace.get("message_ids", [])
    # What was known when the turn began: Intercom's own times are whole seconds, and its answer may share one.
    newest_first = (
        Message.objects.filter(conversation=conversation, author__in=SPEAKERS, received_at__lte=turn.started_at)
        .exclude(pk__in=[*answered, turn.last_message_id])
        .order_by("-sent_at", "-id")[:CONTEXT_MESSAGES]
    )
    before = [entry(message) for message in reversed(newest_first)]
    return ConversationSnapshot(
        conversation_id=conversation.pk,
        external_id=conversation.external_id,
        workspace=conversation.workspace,
        state=State.BOT,
        language=turn.trace.get("language") or conversation.language,
        channel=conversation.channel,
        customer_id=customer.pk,
        customer_name=customer.name,
        customer_tier=customer.tier,
        customer_attributes=customer.attributes,
        waiting=(Message(author=Author.CUSTOMER, text=turn.question, sent_at=turn.last_message.sent_at),),
        history=last_turns(before, CONTEXT_TURNS),
    )
