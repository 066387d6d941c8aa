"""`/conversations`: read, reply, manage, update, search, list, create, tag."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from sandbox import shapes
from sandbox.bodies import to_html
from sandbox.entities import Admin, Contact, Conversation
from sandbox.errors import Invalid, NotFound, SandboxError
from sandbox.rest.gate import RestCall
from sandbox.rest.searching import Page, Predicate, compile_query, paginate
from sandbox.shapes import Json
from sandbox.workspace import Workspace

SEARCH_PAGE = 20
MAX_ATTRIBUTES = 250


def find(call: RestCall) -> Json:
    conversation = call.workspace.conversation(call.path["conversation_id"])
    return shapes.conversation(call.workspace, conversation, call.look(), parts=None)


def reply(call: RestCall) -> Json:
    """A comment or a note by an admin, or a contact's reply."""
    conversation = call.workspace.conversation(call.path["conversation_id"])
    kind = call.body.get("message_type")
    html = call.body.get("body")
    if call.body.get("type") == "admin":
        if kind not in ("comment", "note"):
            raise Invalid("message_type must be comment or note", field="message_type")
        if not isinstance(html, str) or not html.strip():
            raise Invalid("body is required", code="parameter_not_found", field="body")
        call.workspace.admin_reply(
            conversation,
            admin=_admin(call),
            html=html,
            note=kind == "note",
            through_api=True,
            created_at=_moment(call.body.get("created_at")),
            attachments=_attachments(call.body.get("attachment_urls")),
        )
    elif call.body.get("type") in ("user", "contact", "lead"):
        if kind != "comment":
            raise Invalid("message_type must be comment", field="message_type")
        if not isinstance(html, str) or not html.strip():
            raise Invalid("body is required", code="parameter_not_found", field="body")
        contact = _named_contact(call)
        if contact is not conversation.contact:
            raise NotFound("User Not Found")
        call.workspace.contact_reply(conversation, html=html, app_package_code=call.workspace.app_package_code)
    else:
        raise Invalid("type must be admin or user", field="type")
    return shapes.conversation(call.workspace, conversation, call.look(), parts=None)


def manage(call: RestCall) -> Json:
    """Assign, close, open or snooze."""
    conversation = call.workspace.conversation(call.path["conversation_id"])
    admin = _admin(call)
    kind = call.body.get("message_type")
    html = call.body.get("body") if isinstance(call.body.get("body"), str) else None
    if kind == "assignment":
        assignee = call.body.get("assignee_id")
        if assignee is None:
            raise Invalid("assignee_id is required", code="parameter_not_found", field="assignee_id")
        wanted = call.body.get("type")
        if wanted not in ("admin", "team"):
            raise Invalid("type must be admin or team", field="type")
        call.workspace.assign(
            conversation, admin=admin, assignee_id=str(assignee), kind=wanted, html=html, through_api=True
        )
    elif kind == "close":
        call.workspace.change_state(conversation, admin=admin, state="closed", html=html, through_api=True)
    elif kind == "open":
        call.workspace.change_state(conversation, admin=admin, state="open", html=html, through_api=True)
    elif kind == "snoozed":
        until = _moment(call.body.get("snoozed_until"))
        if until is None:
            raise Invalid("snoozed_until is required", code="parameter_not_found", field="snoozed_until")
        call.workspace.change_state(
            conversation, admin=admin, state="snoozed", snoozed_until=until, html=html, through_api=True
        )
    else:
        raise Invalid("message_type must be assignment, close, open or snoozed", field="message_type")
    return shapes.conversation(call.workspace, conversation, call.look(), parts=None)


def update(call: RestCall) -> Json:
    conversation = call.workspace.conversation(call.path["conversation_id"])
    read, title = call.body.get("read"), call.body.get("title")
    attributes = call.body.get("custom_attributes") or {}
    if read is not None and not isinstance(read, bool):
        raise Invalid("read must be true or false", field="read")
    if title is not None and not isinstance(title, str):
        raise Invalid("title must be text", field="title")
    if not isinstance(attributes, dict) or len(conversation.custom_attributes | attributes) > MAX_ATTRIBUTES:
        raise Invalid("custom_attributes must be an object of at most 250 names", field="custom_attributes")
    call.workspace.update(conversation, read=read, title=title, attributes=attributes)
    return shapes.conversation(call.workspace, conversation, call.look(), parts=None)


def search(call: RestCall) -> Json:
    workspace = call.workspace
    predicate = compile_query(call.body.get("query"), _read_field, inclusive=True)
    sort = call.body.get("sort") if isinstance(call.body.get("sort"), dict) else {}
    field = str((sort or {}).get("field") or "updated_at")
    if field not in ("updated_at", "created_at", "waiting_since"):
        raise Invalid("sort.field must be updated_at, created_at or waiting_since", field="sort")
    ascending = (sort or {}).get("order") == "ascending"
    page = paginate(
        _matching(workspace, predicate, _updated_since(call.body.get("query"))),
        key=lambda row: (getattr(row, field) or 0, row.revision),
        ascending=ascending,
        pagination=call.body.get("pagination"),
        default=SEARCH_PAGE,
    )
    return _list(call, page)


def _matching(workspace: Workspace, predicate: Predicate, since: float) -> Iterator[Conversation]:
    """Newest change first, and no further back than `since`: a poll on `updated_at` reads only what is new."""
    for row in reversed(workspace.by_update.values()):
        if row.updated_at < since:
            return
        if predicate(row):
            yield row


def _updated_since(query: Any) -> float:
    """The lower bound on `updated_at` that every match must meet, else 0. The query has been checked before."""
    filters = query["value"] if str(query.get("operator", "")).upper() == "AND" else [query]
    return max(
        (
            float(each["value"])
            for each in filters
            if each.get("field") == "updated_at" and each["operator"] in (">", ">=")
        ),
        default=0.0,
    )


def list_all(call: RestCall) -> Json:
    pagination = {name: values[0] for name, values in call.query.items()}
    page = paginate(
        call.workspace.by_update.values(),
        key=lambda row: (row.updated_at, row.revision),
        ascending=False,
        pagination=pagination,
        default=SEARCH_PAGE,
    )
    return _list(call, page)


def create(call: RestCall) -> Json:
    """On behalf of a contact; answers a message that names the new conversation."""
    sender = call.body.get("from")
    body = call.body.get("body")
    if not isinstance(sender, dict) or not sender.get("id"):
        raise Invalid("from.id is required", code="parameter_not_found", field="from")
    if not isinstance(body, str) or not body.strip():
        raise Invalid("body is required", code="parameter_not_found", field="body")
    contact = call.workspace.contact(str(sender["id"]))
    html = to_html(body)
    conversation = call.workspace.start_conversation(contact=contact, html=html)
    return {
        "type": "user_message",
        "id": conversation.source_id,
        "created_at": conversation.created_at,
        "subject": "",
        "body": body,
        "message_type": "inapp",
        "conversation_id": conversation.id,
    }


def add_tag(call: RestCall) -> Json:
    conversation = call.workspace.conversation(call.path["conversation_id"])
    _admin(call)
    tag = call.workspace.tag(conversation, str(call.body.get("id", "")))
    return shapes.tag(tag, conversation.tags[tag.id])


def remove_tag(call: RestCall) -> Json:
    conversation = call.workspace.conversation(call.path["conversation_id"])
    _admin(call)
    return shapes.tag(call.workspace.untag(conversation, call.path["tag_id"]))


def not_found(call: RestCall) -> Json:
    raise NotFound("The requested resource was not found")


def _list(call: RestCall, page: Page) -> Json:
    look = call.look()
    return {
        "type": "conversation.list",
        "conversations": [
            shapes.conversation(call.workspace, each, look, parts=None, with_parts=False) for each in page.rows
        ],
        "total_count": page.total,
        "pages": page.pages(),
    }


def _read_field(row: Conversation, field: str) -> Any:
    reader = FIELDS.get(field)
    if reader is not None:
        return reader(row)
    if field.startswith("custom_attributes."):
        return row.custom_attributes.get(field.removeprefix("custom_attributes."))
    raise Invalid(f"query.field: conversations cannot be searched by {field!r}", field="field")


FIELDS: dict[str, Any] = {
    "id": lambda row: row.id,
    "created_at": lambda row: row.created_at,
    "updated_at": lambda row: row.updated_at,
    "waiting_since": lambda row: row.waiting_since,
    "snoozed_until": lambda row: row.snoozed_until,
    "source.type": lambda row: "conversation",
    "source.id": lambda row: row.source_id,
    "source.delivered_as": lambda row: "customer_initiated",
    "source.subject": lambda row: "",
    "source.body": lambda row: row.html,
    "source.author.id": lambda row: row.contact.id,
    "source.author.type": lambda row: "user",
    "source.author.name": lambda row: row.contact.name,
    "source.author.email": lambda row: row.contact.email,
    "source.url": lambda row: None,
    "contact_ids": lambda row: [row.contact.id],
    "teammate_ids": lambda row: list(row.teammate_ids) or [None],
    "admin_assignee_id": lambda row: row.admin_assignee_id or 0,
    "team_assignee_id": lambda row: row.team_assignee_id or 0,
    "channel_initiated": lambda row: "conversation",
    "open": lambda row: row.state != "closed",
    "read": lambda row: row.read,
    "state": lambda row: row.state,
    "title": lambda row: row.title,
    "priority": lambda row: "none",
    "tag_ids": lambda row: list(row.tags) or [None],
    "conversation_rating.score": lambda row: row.rating.rating if row.rating else None,
    "conversation_rating.remark": lambda row: row.rating.remark if row.rating else None,
    "conversation_rating.requested_at": lambda row: None,
    "conversation_rating.replied_at": lambda row: row.rating.created_at if row.rating else None,
    "ai_agent_participated": lambda row: row.ai_agent_participated,
    "statistics.first_contact_reply_at": lambda row: row.created_at,
    "statistics.first_admin_reply_at": lambda row: row.first_admin_reply_at,
    "statistics.last_contact_reply_at": lambda row: row.last_contact_reply_at,
    "statistics.last_admin_reply_at": lambda row: row.last_admin_reply_at,
    "statistics.last_close_at": lambda row: row.last_close_at,
    "statistics.last_closed_by_id": lambda row: row.last_closed_by_id,
    "statistics.count_reopens": lambda row: row.count_reopens,
    "statistics.count_assignments": lambda row: row.count_assignments,
    "statistics.count_conversation_parts": lambda row: row.count_parts,
}


def _admin(call: RestCall) -> Admin:
    admin_id = call.body.get("admin_id")
    if admin_id is None:
        raise Invalid("admin_id is required", code="parameter_not_found", field="admin_id")
    return call.workspace.admin(admin_id)


def _named_contact(call: RestCall) -> Contact:
    workspace: Workspace = call.workspace
    if call.body.get("intercom_user_id"):
        return workspace.contact(str(call.body["intercom_user_id"]))
    if call.body.get("email"):
        found = workspace.contacts_by_email.get(str(call.body["email"]).casefold())
        if found is not None:
            return found
        raise NotFound("User Not Found")
    if call.body.get("user_id"):
        for contact in workspace.contacts.values():
            if contact.external_id == str(call.body["user_id"]):
                return contact
        raise NotFound("User Not Found")
    raise Invalid("intercom_user_id, email or user_id is required", code="parameter_not_found", field="email")


def _moment(value: Any) -> int | None:
    """Unix seconds; generated clients also send ISO 8601."""
    if value is None:
        return None
    if isinstance(value, bool):
        raise Invalid("a time must be in Unix seconds", field="created_at")
    try:
        return int(value)
    except (TypeError, ValueError):
        pass
    try:
        return int(datetime.datetime.fromisoformat(str(value)).timestamp())
    except ValueError:
        raise Invalid("a time must be in Unix seconds", field="created_at") from None


def _attachments(urls: Any) -> tuple[Json, ...]:
    if urls is None:
        return ()
    if not isinstance(urls, list) or len(urls) > 10:
        raise SandboxError("at most 10 attachment_urls", code="parameter_invalid", field="attachment_urls", status=400)
    return tuple({"type": "upload", "name": str(url).rpartition("/")[2], "url": str(url)} for url in urls)
