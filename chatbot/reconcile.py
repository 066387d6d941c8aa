"""The reconciling poll: Intercom drops a webhook after two tries, so we ask it what has changed."""

import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from chatbot.conf import (
    INTERCOM_PAGE,
    INTERCOM_PAGES,
    RECONCILE_FIRST_LOOK_SECONDS,
    RECONCILE_OVERLAP_SECONDS,
)
from chatbot.errors import PayloadError
from chatbot.intake import TurnDue, record_conversation, turn_due
from chatbot.intercom.errors import IntercomError, NotFound
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
    looked_at = missed = 0
    newest: object = None
    for item in client.conversations_updated_since(_from_when(workspace)):
        looked_at += 1
        newest = item.get("updated_at")
        external_id = str(item.get("id"))
        if _is_up_to_date(workspace, external_id, item):
            continue
        try:
            recorded = record_conversation(workspace, client.conversation(external_id))
        except NotFound:
            continue  # deleted between the two calls
        except PayloadError as error:
            # One conversation that we cannot read must not hide all that come after it.
            logger.error(
                "conversation not understood",
                extra={"action": "reconcile_skipped", "conversation": external_id, "error": str(error)},
            )
            continue
        missed += recorded.created
        if recorded.created and (turn := turn_due(recorded)) is not None:
            due.append(turn)
    until = started
    if looked_at >= INTERCOM_PAGES * INTERCOM_PAGE and isinstance(newest, int):
        # More had changed than one poll reads: the next one begins where this one ended, without the overlap.
        until = min(started, datetime.fromtimestamp(newest - 1 + RECONCILE_OVERLAP_SECONDS, UTC))
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
