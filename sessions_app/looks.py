"""What our last look at a whole conversation saw, by the channel's own figures: has it moved since?"""

from collections.abc import Sequence
from dataclasses import dataclass

from sessions_app.models import Conversation


@dataclass(frozen=True, slots=True, kw_only=True)
class FullLook:
    updated_at: int  #: the sender's Unix seconds
    #: How many parts the sender counted; None where it does not say. Times are whole seconds, and parts that come in
    #: the second of a look are told from those before it by their number alone.
    parts: int | None


def last_looks(workspace: str, external_ids: Sequence[str]) -> dict[str, FullLook]:
    """Of the conversations that were ever looked at whole."""
    rows = Conversation.objects.filter(
        workspace=workspace, external_id__in=external_ids, external_updated_at__isnull=False
    ).values_list("external_id", "external_updated_at", "external_parts")
    return {external_id: FullLook(updated_at=at or 0, parts=parts) for external_id, at, parts in rows}
