"""The customer's and the teammate's side: what people do, where the REST API is what the platform does."""

from __future__ import annotations

from typing import Any

from sandbox.bodies import to_html
from sandbox.entities import Admin
from sandbox.errors import Invalid, NotFound
from sandbox.inputs import Request
from sandbox.views import view
from sandbox.workspace import BOT_ADMIN_ID, Workspace

DEFAULT_TEAMMATE = "1002"
Answer = tuple[int, Any]


class Messenger:
    """`/messenger/...`: a person writes in the website's chat window."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def start(self, request: Request) -> Answer:
        email, name, body = request.email(), request.text("name", required=False, maximum=200), request.words()
        attributes, notify = request.attributes(), request.flag("webhook", True)
        contact = self._workspace.upsert_contact(email=email, name=name, attributes=attributes)
        conversation = self._workspace.start_conversation(contact=contact, html=to_html(body), notify=notify)
        return 201, {"id": conversation.id}

    def reply(self, request: Request) -> Answer:
        conversation = self._workspace.conversation(request.path["conversation_id"])
        body, notify = request.words(), request.flag("webhook", True)
        part = self._workspace.contact_reply(conversation, html=to_html(body), notify=notify)
        return 201, {"id": conversation.id, "part_id": part.id}

    def read(self, request: Request) -> Answer:
        return 200, view(
            self._workspace.conversation(request.path["conversation_id"]),
            with_html=request.query_text("html") == "1",
        )

    def rate(self, request: Request) -> Answer:
        conversation = self._workspace.conversation(request.path["conversation_id"])
        rating, remark = request.whole("rating", 1, 5), request.text("remark", required=False, maximum=10_000)
        self._workspace.rate(conversation, rating=rating, remark=remark or "", notify=request.flag("webhook", True))
        return 201, {"id": conversation.id, "rating": rating}


class Teammates:
    """`/teammate/...`: a person works in Intercom's own inbox; no part carries an app's code."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def reply(self, request: Request) -> Answer:
        return self._speak(request, note=False)

    def note(self, request: Request) -> Answer:
        return self._speak(request, note=True)

    def _speak(self, request: Request, *, note: bool) -> Answer:
        conversation = self._workspace.conversation(request.path["conversation_id"])
        part = self._workspace.admin_reply(
            conversation,
            html=to_html(request.words()),
            admin=self._admin(request),
            note=note,
            notify=request.flag("webhook", True),
        )
        return 201, {"id": conversation.id, "part_id": part.id}

    def assign(self, request: Request) -> Answer:
        """`assignee_id` of an admin or a team (`type`, found out when left out); `0` unassigns."""
        conversation = self._workspace.conversation(request.path["conversation_id"])
        assignee = request.body.get("assignee_id", DEFAULT_TEAMMATE)
        if not isinstance(assignee, (str, int)) or isinstance(assignee, bool):
            raise Invalid("assignee_id: must be the id of an admin or a team, or 0.", field="assignee_id")
        kind = request.body.get("type", "team" if str(assignee) in self._workspace.teams else "admin")
        if kind not in ("admin", "team"):
            raise Invalid("type: must be admin or team.", field="type")
        part = self._workspace.assign(
            conversation,
            admin=self._admin(request),
            assignee_id=str(assignee),
            kind=kind,
            notify=request.flag("webhook", True),
        )
        return 201, {"id": conversation.id, "part_id": part.id}

    def close(self, request: Request) -> Answer:
        conversation = self._workspace.conversation(request.path["conversation_id"])
        part = self._workspace.change_state(
            conversation, admin=self._admin(request), state="closed", notify=request.flag("webhook", True)
        )
        return 201, {"id": conversation.id, "part_id": part.id}

    def fin(self, request: Request) -> Answer:
        """Intercom's own agent answers."""
        conversation = self._workspace.conversation(request.path["conversation_id"])
        part = self._workspace.fin_reply(
            conversation, html=to_html(request.words()), notify=request.flag("webhook", True)
        )
        return 201, {"id": conversation.id, "part_id": part.id}

    def _admin(self, request: Request) -> Admin:
        admin_id = str(request.body.get("admin_id", DEFAULT_TEAMMATE))
        try:
            return self._workspace.admin(admin_id)
        except NotFound:
            known = ", ".join(key for key in self._workspace.admins if key != BOT_ADMIN_ID)
            raise Invalid(f"admin_id: no such teammate; use one of {known}.", field="admin_id") from None
