"""The connected workspaces, and how to talk to each."""

import contextlib
from functools import cache

from django.conf import settings
from django.db import transaction

from chatbot.errors import UnknownWorkspace
from chatbot.intercom.client import IntercomClient, client_for
from chatbot.intercom.errors import IntercomError, Refused
from chatbot.intercom.payloads import OwnMarks
from chatbot.models import Workspace
from chatbot.recent import RecentRows


def _load(app_id: str) -> Workspace | None:
    """Asks Intercom for an unknown workspace at most as often as rows are read again."""
    known = Workspace.objects.filter(app_id=app_id).first()
    if known is None and settings.INTERCOM_TOKEN:
        # Only a refusal says that it is not ours; while Intercom is away, nobody knows.
        with contextlib.suppress(Refused):
            connect(url=settings.INTERCOM_URL, token=settings.INTERCOM_TOKEN)
        known = Workspace.objects.filter(app_id=app_id).first()
    return known


_recent: RecentRows[str, Workspace | None] = RecentRows(_load)


def workspace_named(app_id: str) -> Workspace:
    """The connected workspace with this id, at most two seconds old.

    The workspace of INTERCOM_TOKEN connects itself when it is first heard of; others come through OAuth or the admin.
    Raises `IntercomError` where that could not be asked: try again later.
    """
    workspace = _recent.get(app_id)
    if workspace is None:
        raise UnknownWorkspace(app_id)
    return workspace


def active_workspaces() -> list[Workspace]:
    """Every workspace that is switched on and that our token opens; the one of INTERCOM_TOKEN connects itself.

    A row without a token of its own is asked with INTERCOM_TOKEN only if that is its token. Else a row that another
    workspace (the sandbox, say) left behind would be filled with this one's conversations, and these answered twice.
    """
    ours = ""
    if settings.INTERCOM_TOKEN:
        with contextlib.suppress(IntercomError):
            ours = _app_id_behind(url=settings.INTERCOM_URL, token=settings.INTERCOM_TOKEN)
            if not Workspace.objects.filter(app_id=ours).exists():
                connect(url=settings.INTERCOM_URL, token=settings.INTERCOM_TOKEN)
    return [row for row in Workspace.objects.filter(is_active=True) if row.access_token or row.app_id == ours]


@cache
def _app_id_behind(*, url: str, token: str) -> str:
    """Asked once in each process: a token never changes its workspace. Raises `IntercomError`."""
    return client_for(url=url, token=token).identity().app_id


def client_of(workspace: Workspace) -> IntercomClient:
    return client_for(url=workspace.url, token=workspace.token)


def own_marks(workspace: Workspace) -> OwnMarks:
    return OwnMarks(admin_id=workspace.bot_admin_id, app_package_code=workspace.app_package_code)


def learn_package_code(workspace: Workspace, code: str) -> None:
    """Remember the code that Intercom puts on our own parts."""
    if code and not workspace.app_package_code:
        Workspace.objects.filter(pk=workspace.pk, app_package_code="").update(app_package_code=code[:128])
        _recent.forget(workspace.app_id)


def connect(*, url: str, token: str) -> tuple[Workspace, bool]:
    """Ask Intercom whose token this is and make that workspace where it is new; returns it and whether it is new.

    The first team takes held drafts and handovers until somebody chooses others.
    Raises `IntercomError` if the token or the address is wrong.
    """
    client = client_for(url=url, token=token)
    identity = client.identity()
    teams = client.teams()
    first_team = teams[0][0] if teams else ""
    with transaction.atomic():
        workspace, created = Workspace.objects.get_or_create(
            app_id=identity.app_id,
            defaults={
                "name": identity.workspace_name,
                "bot_admin_id": identity.admin_id,
                "review_team_id": first_team,
                "handoff_team_id": first_team,
            },
        )
    _recent.forget(identity.app_id)
    return workspace, created
