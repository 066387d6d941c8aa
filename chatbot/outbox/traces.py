"""What an earlier try, of which nobody knows how it ended, left behind in Intercom."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chatbot.conf import DELIVERY_LOOK_BACK_SECONDS
from chatbot.intercom.bodies import comparable
from chatbot.intercom.payloads import OwnMarks, is_own, is_person_assigned, moment, parts_of
from chatbot.models import Delivery

Json = Mapping[str, Any]


def left_behind(delivery: Delivery, item: Json, own: OwnMarks) -> str | None:
    """The part that an earlier try left behind, if it did; "" for an assignment, which has no words to compare."""
    if delivery.kind == Delivery.Kind.TAG:
        return None  # putting it on twice changes nothing
    if delivery.kind == Delivery.Kind.UNASSIGN:
        return None if is_person_assigned(item, own) else ""
    if delivery.kind == Delivery.Kind.CLOSE:
        return "" if item.get("state") == "closed" else None
    if delivery.kind == Delivery.Kind.ASSIGN:
        return "" if str(item.get("team_assignee_id") or "") == delivery.body else None
    wanted = comparable(delivery.body)
    # A delivery that staff send again counts as new, but what its first try left behind is as old as its turn.
    begun = min(delivery.created_at, delivery.turn.started_at) if delivery.turn else delivery.created_at
    earliest = begun - timedelta(seconds=DELIVERY_LOOK_BACK_SECONDS)
    taken = set(
        Delivery.objects.filter(conversation_id=delivery.conversation_id)
        .exclude(pk=delivery.pk)
        .exclude(external_id="")
        .values_list("external_id", flat=True)
    )
    for part in parts_of(item):
        sent_at = moment(part.get("created_at"))
        author = part.get("author")
        by_us = is_own(part, own) or (isinstance(author, Mapping) and str(author.get("id")) == own.admin_id)
        part_id = str(part.get("id"))
        if (
            by_us
            and part_id not in taken
            and comparable(part.get("body")) == wanted
            and sent_at
            and sent_at >= earliest
        ):
            return part_id
    return None
