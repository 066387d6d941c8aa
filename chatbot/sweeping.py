"""Rows that nobody is working on: the net under every lost task."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from chatbot.conf import SWEEP_BATCH
from chatbot.models import Delivery, InboundEvent, Workspace
from chatbot.steering import steering
from sessions_app.models import Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    event_ids: tuple[int, ...]
    conversation_ids: tuple[int, ...]


def forgotten() -> Forgotten:
    """Notifications not understood, conversations overdue, deliveries overdue, by SWEEP_GRACE_SECONDS; oldest first.

    A row that is being worked on may be among them: the conversation's lock and the unique keys make that harmless.
    """
    late = timezone.now() - timedelta(seconds=settings.SWEEP_GRACE_SECONDS)
    events = InboundEvent.objects.filter(status=InboundEvent.Status.RECEIVED, received_at__lt=late).order_by(
        "received_at"
    )
    conversations = dict.fromkeys(
        Delivery.objects.filter(status__in=[Delivery.Status.PENDING, Delivery.Status.SENDING], next_attempt_at__lt=late)
        .order_by("next_attempt_at")
        .values_list("conversation_id", flat=True)[:SWEEP_BATCH]
    )
    if steering().is_answering:
        # Those of a workspace that is switched off would fill the batch and keep the others from being found.
        active = Workspace.objects.filter(is_active=True).values("app_id")
        overdue = Conversation.objects.filter(reply_due_at__lt=late, workspace__in=active).order_by("reply_due_at")
        conversations.update(dict.fromkeys(overdue.values_list("pk", flat=True)[:SWEEP_BATCH]))
    return Forgotten(
        event_ids=tuple(events.values_list("pk", flat=True)[:SWEEP_BATCH]), conversation_ids=tuple(conversations)
    )
