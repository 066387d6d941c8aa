"""The reconciling poll: Intercom drops a webhook after two tries, so we ask it what has changed."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from chatbot.conf import RECONCILE_FIRST_LOOK_SECONDS, RECONCILE_OVERLAP_SECONDS
from chatbot.errors import PayloadError
from chatbot.intake import TurnDue, record_conversation, turn_due
from chatbot.intercom.errors import IntercomError, NotFound, PageLimit
from chatbot.intercom.payloads import moment
from chatbot.models import Workspace
from chatbot.workspaces import active_workspaces, client_of
from sessions_app.models import Conversation

logger = logging.getLogger(__name__)


def reconcile_all() -> list[TurnDue]:
    """Poll every active workspace; conversations in which something was missed, and that now owe an answer."""
    due: list[TurnDue] = []
    for workspace in active_workspaces():
        try:
            due.extend(reconcile(workspace))
        except IntercomError as error:
            # The next poll looks from the same moment again.
            logger.warning(
                "poll postponed",
                extra={"action": "reconcile_failed", "workspace": workspace.app_id, "error": str(error)},
            )
    return due


def reconcile(workspace: Workspace) -> list[TurnDue]:
    """Record what no webhook brought since the last poll. Raises `IntercomError`; then nothing moves forward."""
    started = timezone.now()
    client = client_of(workspace)
    due: list[TurnDue] = []
    missed, until = 0, started
    newest_seen: datetime | None = None
    try:
        for item in client.conversations_updated_since(_from_when(workspace)):
            external_id = str(item.get("id"))
            newest_seen = moment(item.get("updated_at")) or newest_seen
            if _is_up_to_date(workspace, external_id, item):
                continue
            try:
                recorded = record_conversation(workspace, client.conversation(external_id))
            except NotFound:
                continue  # deleted between the two calls
            except PayloadError as error:
                # One conversation that cannot be read must not keep the others from being found.
                logger.warning(
                    "conversation not understood", extra={"action": "reconcile_skipped", "error": str(error)}
                )
                continue
            missed += recorded.created
            if recorded.created and (turn := turn_due(recorded)) is not None:
                due.append(turn)
    except PageLimit:
        # The next poll goes on where this one stopped, without the overlap: else it might never get further.
        until = newest_seen + timedelta(seconds=RECONCILE_OVERLAP_SECONDS - 1) if newest_seen else started
    Workspace.objects.filter(pk=workspace.pk).update(reconciled_until=until)
    if missed:
        logger.info("parts found that no webhook brought", extra={"action": "reconciled", "parts": missed})
    return due


def _from_when(workspace: Workspace) -> datetime:
    """Windows overlap: Intercom's search may lag behind, and its times are whole seconds."""
    if workspace.reconciled_until is None:
        return timezone.now() - timedelta(seconds=RECONCILE_FIRST_LOOK_SECONDS)
    return workspace.reconciled_until - timedelta(seconds=RECONCILE_OVERLAP_SECONDS)


def _is_up_to_date(workspace: Workspace, external_id: str, item: Mapping[str, Any]) -> bool:
    """Our last full look saw all there is.

    Times are whole seconds: what a customer wrote in the very second of our look may have come after it, so such a
    conversation is looked at again until the overlap of the polls ends.
    """
    updated_at = item.get("updated_at")
    if not isinstance(updated_at, int):
        return False
    statistics = item.get("statistics")
    written_at = statistics.get("last_contact_reply_at") if isinstance(statistics, Mapping) else None
    seen_until = updated_at + 1 if isinstance(written_at, int) and written_at >= updated_at else updated_at
    return Conversation.objects.filter(
        workspace=workspace.app_id, external_id=external_id, external_updated_at__gte=seen_until
    ).exists()
