"""What is left to send in one conversation."""

from chatbot.models import Delivery, Turn
from sessions_app.models import Conversation, Message
from sessions_app.statements import Columns, run

_DELIVERY = Columns(Delivery)
_TURN = Columns(Turn, "id", "last_message", "review_item", "outcome", "started_at")
_QUESTION = Columns(Message, "id", "sent_at")
_WAITING = f"""
    SELECT {_DELIVERY.of("delivery")}, {_TURN.of("turn")}, {_QUESTION.of("question")}
    FROM chatbot_delivery AS delivery
    LEFT JOIN chatbot_turn AS turn ON turn.id = delivery.turn_id
    LEFT JOIN sessions_app_message AS question
        ON question.id = COALESCE(delivery.after_message_id, turn.last_message_id)
    WHERE delivery.conversation_id = %s AND delivery.status IN ('pending', 'sending')
    ORDER BY delivery.id
"""  # noqa: S608  built from constants: the names of columns


def waiting_for(conversation: Conversation) -> list[Delivery]:
    """What is left to send, oldest first, each with its turn and the question of that."""
    found = []
    for values in run(_WAITING, [conversation.pk]):
        delivery = _DELIVERY.row(values[: len(_DELIVERY)])
        question = _QUESTION.row(values[-len(_QUESTION) :])
        if delivery.turn_id is not None:
            delivery.turn = _TURN.row(values[len(_DELIVERY) : -len(_QUESTION)])
            delivery.turn.last_message = question
        if delivery.after_message_id is not None:
            delivery.after_message = question
        found.append(delivery)
    return found
