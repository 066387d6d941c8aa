"""Giving a conversation to people, with everything the bot knew."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from sessions_app.conversations import newest_part_at
from sessions_app.models import Conversation, Handoff
from sessions_app.reviews import release
from sessions_app.states import State


def hand_over(conversation: Conversation, *, reason: Handoff.Reason, packet: Mapping[str, Any]) -> Handoff:
    """People hold the conversation from now on, with the packet. Call under the row's lock; saves the row."""
    release(conversation, to=State.PERSON)
    # On the sender's clock: what is older and comes late does not undo it.
    conversation.holder_event_at = newest_part_at(conversation) or conversation.holder_event_at
    conversation.updated_at = timezone.now()
    conversation.save(update_fields=["state", "holder_event_at", "updated_at"])
    return Handoff.objects.create(conversation=conversation, reason=reason, packet=dict(packet))
