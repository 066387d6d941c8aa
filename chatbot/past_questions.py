"""What customers asked the bot, as `knowledge` wants to read it."""

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse

from chatbot.models import Turn
from knowledge.audience import Audience
from knowledge.past_questions import PastQuestion


def asked_of_the_bot(since: datetime, most: int) -> Iterator[PastQuestion]:
    """Newest first; with the tier and attributes that the customer has now."""
    turns = Turn.objects.filter(started_at__gte=since).exclude(question="").exclude(outcome=Turn.Outcome.SUPERSEDED)
    for turn in turns.select_related("conversation__customer").order_by("-started_at")[:most]:
        customer = turn.conversation.customer
        yield PastQuestion(
            text=turn.question,
            language=turn.trace.get("language") or turn.conversation.language,
            audience=Audience(tier=customer.tier or None, attributes=dict(customer.attributes)),
            asked_at=turn.started_at,
            address=reverse("admin:chatbot_turn_change", args=[turn.pk]),
        )
