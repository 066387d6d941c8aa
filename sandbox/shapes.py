"""How Intercom shows things: a record and an API version in, the published JSON shape out.

Every difference between versions lives here: the app's version for webhooks, the `Intercom-Version` header for REST.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.bodies import to_plain
from sandbox.entities import Admin, Article, Author, Contact, Conversation, Part, Tag, Team
from sandbox.workspace import Workspace

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Through which glasses a conversation is shown."""

    version: tuple[int, int]
    plain: bool  #: bodies as plain text
    webhook: bool = False

    @property
    def numeric_dates(self) -> bool:
        return not self.webhook or self.version >= (2, 15)


def webhook_look(version: tuple[int, int]) -> Look:
    return Look(version=version, plain=version >= (2, 15), webhook=True)


def conversation(
    workspace: Workspace, item: Conversation, look: Look, *, parts: Sequence[Part] | None, with_parts: bool = True
) -> Json:
    """`parts` None means all that are kept; a webhook passes the one that fired it, or none."""
    new = look.version >= (2, 16)
    shape: Json = {
        "type": "conversation",
        "id": item.id,
        "title": item.title,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "waiting_since": item.waiting_since,
        "snoozed_until": item.snoozed_until,
        "open": item.state != "closed",
        "state": item.state,
        "read": item.read,
        "priority": "none" if new else "not_priority",
        "admin_assignee_id": _assignee(item.admin_assignee_id, new),
        "team_assignee_id": _assignee(item.team_assignee_id, new),
        "source": {
            "type": "conversation",
            "id": item.source_id,
            "delivered_as": "customer_initiated",
            "subject": "",
            "body": body(item.html, look),
            "author": author(item.contact.as_author()),
            "attachments": [],
            "url": None,
            "redacted": False,
        },
        "contacts": {
            "type": "contact.list",
            "contacts": [{"type": "contact", "id": item.contact.id, "external_id": item.contact.external_id}],
        },
        "first_contact_reply": {"created_at": item.created_at, "type": "conversation", "url": None},
        "tags": {
            "type": "tag.list",
            "tags": [tag(workspace.tags[key], at) for key, at in item.tags.items() if key in workspace.tags],
        },
        "sla_applied": None,
        "statistics": statistics(item, look),
        "conversation_rating": rating(item),
        "teammates": {"type": "admin.list", "teammates": [{"type": "admin", "id": key} for key in item.teammate_ids]},
        "custom_attributes": dict(item.custom_attributes),
        "topics": {},
        "ticket": None,
        "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
        "ai_agent_participated": item.ai_agent_participated,
    }
    if with_parts:
        chosen = item.parts if parts is None else parts
        shape["conversation_parts"] = {
            "type": "conversation_part.list",
            "conversation_parts": [conversation_part(each, look) for each in chosen],
            "total_count": len(chosen),
        }
    return shape


def conversation_part(item: Part, look: Look) -> Json:
    shape: Json = {
        "type": "conversation_part",
        "id": item.id,
        "part_type": item.part_type,
        "body": None if item.html is None else body(item.html, look),
        "created_at": item.created_at,
        "updated_at": item.created_at,
        "notified_at": item.created_at,
        "assigned_to": None,
        "author": author(item.author),
        "attachments": list(item.attachments),
        "external_id": None,
        "redacted": False,
        "metadata": {},
        "email_message_metadata": None,
        "state": item.state,
        "tags": [],
        "event_details": None,
        "app_package_code": item.app_package_code,
    }
    if item.assigned_to is not None:
        shape["assigned_to"] = {"type": item.assigned_to[0], "id": item.assigned_to[1]}
    return shape


def body(html: str, look: Look) -> str:
    return to_plain(html) if look.plain else html


def author(item: Author) -> Json:
    shape: Json = {"type": item.kind, "id": item.id, "name": item.name, "email": item.email}
    if item.kind != "user":
        shape["from_ai_agent"] = shape["is_ai_answer"] = item.from_ai_agent
    return shape


def statistics(item: Conversation, look: Look) -> Json:
    moments = {
        "first_contact_reply_at": item.created_at,
        "first_admin_reply_at": item.first_admin_reply_at,
        "last_contact_reply_at": item.last_contact_reply_at,
        "last_admin_reply_at": item.last_admin_reply_at,
        "last_close_at": item.last_close_at,
    }
    shape: Json = {"type": "conversation_statistics"}
    for name, moment in moments.items():
        if moment is not None:
            shape[name] = moment if look.numeric_dates else iso(moment)
    if item.last_closed_by_id is not None:
        shape["last_closed_by_id"] = item.last_closed_by_id
    shape["count_reopens"] = item.count_reopens
    shape["count_assignments"] = item.count_assignments
    shape["count_conversation_parts"] = item.count_parts
    return shape


def rating(item: Conversation) -> Json | None:
    if item.rating is None:
        return None
    shape: Json = {
        "rating": item.rating.rating,
        "remark": item.rating.remark,
        "created_at": item.rating.created_at,
        "updated_at": item.rating.created_at,
        "contact": {"type": "contact", "id": item.contact.id, "external_id": item.contact.external_id},
    }
    if item.rating.teammate_id is not None:
        shape["teammate"] = {"type": "admin", "id": item.rating.teammate_id}
    return shape


def tag(item: Tag, applied_at: int | None = None) -> Json:
    shape: Json = {"type": "tag", "id": item.id, "name": item.name}
    if applied_at is not None:
        shape["applied_at"] = applied_at
        shape["applied_by"] = {"type": "admin", "id": "1001"}
    return shape


def admin(item: Admin) -> Json:
    return {
        "type": "admin",
        "id": item.id,
        "name": item.name,
        "email": item.email,
        "job_title": "Support",
        "away_mode_enabled": False,
        "away_mode_reassign": False,
        "has_inbox_seat": True,
        "team_ids": [int(key) for key in item.team_ids],
    }


def me(workspace: Workspace, item: Admin, *, region: str) -> Json:
    return {
        **admin(item),
        "avatar": {"type": "avatar", "image_url": None},
        "email_verified": True,
        "app": {
            "type": "app",
            "id_code": workspace.app_id,
            "name": "Handrail sandbox",
            "region": region,
            "timezone": "Etc/UTC",
            "created_at": workspace.created_at,
            "identity_verification": False,
        },
    }


def team(item: Team) -> Json:
    return {"type": "team", "id": item.id, "name": item.name, "admin_ids": [int(key) for key in item.admin_ids]}


def contact(workspace: Workspace, item: Contact, version: tuple[int, int]) -> Json:
    base = f"/contacts/{item.id}"
    owner: str | int | None = item.owner_id
    if owner is not None and version < (2, 16):
        owner = int(owner)

    def linked(name: str) -> Json:
        return {"type": "list", "data": [], "url": f"{base}/{name}", "total_count": 0, "has_more": False}

    return {
        "type": "contact",
        "id": item.id,
        "external_id": item.external_id,
        "workspace_id": workspace.app_id,
        "role": item.role,
        "email": item.email,
        "email_domain": item.email.partition("@")[2],
        "phone": item.phone,
        "name": item.name,
        "owner_id": owner,
        "has_hard_bounced": False,
        "marked_email_as_spam": False,
        "unsubscribed_from_emails": item.unsubscribed_from_emails,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "signed_up_at": item.signed_up_at,
        "last_seen_at": item.last_seen_at,
        "last_replied_at": item.last_replied_at,
        "last_contacted_at": item.last_contacted_at,
        "language_override": item.language_override,
        "browser_language": None,
        "custom_attributes": dict(item.custom_attributes),
        "avatar": None,
        "tags": linked("tags"),
        "notes": linked("notes"),
        "companies": linked("companies"),
        "location": {"type": "location", "country": None, "region": None, "city": None},
        "social_profiles": {"type": "list", "data": []},
    }


def article(workspace: Workspace, item: Article, version: tuple[int, int]) -> Json:
    shape: Json = {
        "type": "article",
        "id": item.id,
        "workspace_id": workspace.app_id,
        "title": item.title,
        "description": "",
        "body": item.body,
        "author_id": 1002,
        "state": item.state,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "url": item.url,
        "parent_ids": [],
        "default_locale": item.default_locale,
    }
    if version >= (2, 16):
        shape["help_center_audience"] = item.help_center_audience
        shape["ai_chatbot_availability"] = item.ai_chatbot_availability
    if item.translations:
        shape["translated_content"] = {
            "type": "article_translated_content",
            **{locale: _translation(item, content) for locale, content in item.translations.items()},
        }
    if version < (2, 16):
        shape["parent_id"] = shape["parent_type"] = None
    return shape


def _translation(item: Article, content: Json) -> Json:
    return {
        "type": "article_content",
        "description": "",
        "author_id": 1002,
        "state": item.state,
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "url": "",
        **content,
    }


def iso(moment: int) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _assignee(value: str | None, new: bool) -> int | None:
    if value is None:
        return 0 if new else None
    return int(value)
