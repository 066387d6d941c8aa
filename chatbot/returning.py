"""Conversations in which nobody has written for hours go back to the bot, if the team wants that."""

from datetime import timedelta

from django.db.models import Max, OuterRef, Subquery
from django.utils import timezone

from chatbot.steering import steering
from chatbot.taking_over import give_back
from sessions_app.errors import IllegalTransition
from sessions_app.models import Conversation, Message
from sessions_app.states import State

#: Conversations that one look gives back at most.
BATCH = 200


def give_back_idle() -> list[int]:
    """Those with people in which nothing came for the team's hours. Nothing is said; the next message is answered.

    Harmless when repeated.
    """
    hours = steering().return_after_hours
    if not hours:
        return []
    newest = (
        Message.objects.filter(conversation=OuterRef("pk"))
        .order_by()
        .values("conversation")
        .annotate(at=Max("sent_at"))
        .values("at")
    )
    idle = (
        Conversation.objects.filter(state=State.PERSON, updated_at__lt=timezone.now() - timedelta(hours=hours))
        .annotate(newest_part_at=Subquery(newest))
        .filter(newest_part_at__lt=timezone.now() - timedelta(hours=hours))
    )
    found = list(idle.order_by("updated_at").values_list("pk", flat=True)[:BATCH])
    for conversation_id in found:
        try:
            give_back(conversation_id, user=None)
        except IllegalTransition:
            continue  # somebody closed it meanwhile
    return found
