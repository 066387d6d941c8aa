"""The teams of the connected workspaces, read from Intercom: people choose a name instead of typing a number."""

import logging

from django.db import transaction
from django.utils import timezone

from chatbot.intercom.errors import IntercomError
from chatbot.models import Team, Workspace
from chatbot.workspaces import active_workspaces, client_of

logger = logging.getLogger(__name__)


def refresh_teams(workspace: Workspace) -> int:
    """Stores what Intercom has now and forgets what it has no more; returns how many there are.

    A rule that names a team which is gone keeps its number. Raises `IntercomError`; then nothing changes.
    """
    found = {number: name for number, name in client_of(workspace).teams() if number}
    now = timezone.now()
    with transaction.atomic():
        Team.objects.filter(workspace=workspace).exclude(external_id__in=found).delete()
        Team.objects.bulk_create(
            [
                Team(workspace=workspace, external_id=number[:64], name=(name or number)[:255], seen_at=now)
                for number, name in found.items()
            ],
            update_conflicts=True,
            unique_fields=["workspace", "external_id"],
            update_fields=["name", "seen_at"],
        )
    return len(found)


def refresh_all_teams() -> None:
    """Every workspace that is switched on; one that does not answer keeps what it had."""
    for workspace in active_workspaces():
        try:
            refresh_teams(workspace)
        except IntercomError as error:
            logger.warning("teams not read", extra={"action": "teams_failed", "error": type(error).__name__})
