"""The last look before a call of the survey leaves: it may go into a closed conversation, and never over anybody."""

from typing import Final

from chatbot.models import Delivery, Survey
from sessions_app.models import Conversation
from sessions_app.statements import run
from sessions_app.states import State

_MOVED_ON: Final = "the conversation went on"
_SWITCHED_OFF: Final = "the survey was switched off"


def why_not_sent(delivery: Delivery, conversation: Conversation) -> str | None:
    """Why this call must not be made any more; None if it may. `conversation` was just compared with Intercom."""
    after = delivery.after_message
    state, has_gone_on = run(
        _STANDING, [after.sent_at if after else None, after.pk if after else None, conversation.pk]
    )[0]
    if has_gone_on or state in (State.PERSON, State.REVIEW):
        return _MOVED_ON
    if delivery.kind == Delivery.Kind.CLOSE:
        return None if state == State.CLOSED else _MOVED_ON
    if delivery.kind == Delivery.Kind.SURVEY:
        survey = Survey.objects.filter(workspace__app_id=conversation.workspace, is_on=True)
        return None if survey.exists() else _SWITCHED_OFF
    return None


# Who holds the conversation; whether a customer or a teammate wrote after the message that the call answers.
_STANDING: Final = """
    SELECT conversation.state,
           EXISTS (SELECT FROM sessions_app_message AS message
                   WHERE message.conversation_id = conversation.id AND message.author IN ('customer', 'teammate')
                   AND (message.sent_at, message.id) > (%s::timestamptz, %s::bigint))
    FROM sessions_app_conversation AS conversation WHERE conversation.id = %s
"""


def close_again(delivery: Delivery) -> None:
    """A question reopened the closed conversation; nobody should find it among those that wait."""
    Delivery.objects.get_or_create(
        key=f"{delivery.key}:close",
        defaults={
            "conversation_id": delivery.conversation_id,
            "kind": Delivery.Kind.CLOSE,
            "after_message_id": delivery.after_message_id,
        },
    )
