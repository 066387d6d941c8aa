"""The reconciling poll: Intercom drops a webhook after two tries, so we ask it what has changed."""

import logging
from datetime import datetime, timedelta

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
            external_id, updated_at = str(item.get("id")), item.get("updated_at")
            newest_seen = moment(updated_at) or newest_seen
            if _is_up_to_date(workspace, external_id, updated_at):
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
        until = newest_seen or started  # the next poll goes on where this one stopped
    Workspace.objects.filter(pk=workspace.pk).update(reconciled_until=min(until, started))
    if missed:
        logger.info("parts found that no webhook brought", extra={"action": "reconciled", "parts": missed})
    return due


def _from_when(workspace: Workspace) -> datetime:
    """Windows overlap: Intercom's search may lag behind, and its times are whole seconds."""
    if workspace.reconciled_until is None:
        return timezone.now() - timedelta(seconds=RECONCILE_FIRST_LOOK_SECONDS)
    return workspace.reconciled_until - timedelta(seconds=RECONCILE_OVERLAP_SECONDS)


def _is_up_to_date(workspace: Workspace, external_id: str, updated_at: object) -> bool:
    return (
        isinstance(updated_at, int)
        and Conversation.objects.filter(
            workspace=workspace.app_id, external_id=external_id, external_updated_at__gte=updated_at
        ).exists()
    )
