"""The reconciling poll: Intercom drops a webhook after two tries, so we ask it what has changed."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from chatbot.conf import RECONCILE_FIRST_LOOK_SECONDS, RECONCILE_OVERLAP_SECONDS
from chatbot.errors import PayloadError
from chatbot.intake import TurnDue, record_conversation, turn_due
from chatbot.intercom.client import IntercomClient
from chatbot.intercom.errors import IntercomError, NotFound, PageLimit
from chatbot.intercom.payloads import full_look, moment
from chatbot.models import Workspace
from chatbot.workspaces import active_workspaces, client_of
from sessions_app.conversations import Recorded
from sessions_app.looks import FullLook, last_looks

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
        for page in client.conversations_updated_since(_from_when(workspace)):
            for external_id in _moved(workspace, page):
                recorded = _fetched(workspace, client, external_id)
                if recorded is None:
                    continue
                missed += recorded.created
                if recorded.created and (turn := turn_due(recorded)) is not None:
                    due.append(turn)
            newest_seen = next(filter(None, (moment(item.get("updated_at")) for item in reversed(page))), newest_seen)
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


def _moved(workspace: Workspace, page: Sequence[Mapping[str, Any]]) -> list[str]:
    """Ids of those in which something may have happened since our last full look, in the page's order."""
    listed = {str(item.get("id")): full_look(item) for item in page}
    looks = last_looks(workspace.app_id, list(listed))
    return [external_id for external_id, now in listed.items() if not _saw_all(looks.get(external_id), now)]


def _saw_all(then: FullLook | None, now: FullLook) -> bool:
    """Nothing came since: neither a later second, nor another part within the same."""
    if then is None or not now.updated_at:
        return False
    return then.updated_at >= now.updated_at and now.parts in (then.parts, None)


def _fetched(workspace: Workspace, client: IntercomClient, external_id: str) -> Recorded | None:
    try:
        return record_conversation(workspace, client.conversation(external_id))
    except NotFound:
        return None  # deleted between the two calls
    except PayloadError as error:
        # One conversation that cannot be read must not keep the others from being found.
        logger.warning("conversation not understood", extra={"action": "reconcile_skipped", "error": str(error)})
        return None
