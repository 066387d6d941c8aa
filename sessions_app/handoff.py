"""Giving a conversation to people, with everything the bot knew."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from sessions_app.conversations import newest_part_at
from sessions_app.models import Conversation, Handoff
from sessions_app.reason_classes import ReasonClass
from sessions_app.reviews import open_handover, release
from sessions_app.states import State


def hand_over(
    conversation: Conversation,
    *,
    reason: Handoff.Reason,
    packet: Mapping[str, Any],
    reason_class: ReasonClass = ReasonClass.FAILURE,
    reasons: Sequence[str] = (),
    scenario: str = "",
) -> Handoff:
    """People hold the conversation from now on, with the packet; it waits in a queue. Under the row's lock."""
    release(conversation, to=State.PERSON)
    # On the sender's clock: what is older and comes late does not undo it.
    conversation.holder_event_at = newest_part_at(conversation) or conversation.holder_event_at
    conversation.updated_at = timezone.now()
    conversation.save(update_fields=["state", "holder_event_at", "updated_at"])
    open_handover(
        conversation,
        question=str(packet.get("wanted", "")),
        reason_class=reason_class,
        reasons=reasons,
        scenario=scenario,
    )
    return Handoff.objects.create(
        conversation=conversation, reason=reason, reason_class=reason_class, packet=dict(packet)
    )
