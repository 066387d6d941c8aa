"""Notifications as Intercom writes them: the envelope, the ping, and the signature over the raw bytes."""

from __future__ import annotations

import hashlib
import hmac
import uuid

from sandbox import shapes
from sandbox.shapes import Json, Look
from sandbox.workspace import Event, Workspace


def signature(secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature`: HMAC-SHA1 of exactly these bytes."""
    return "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def notification(workspace: Workspace, event: Event, look: Look) -> Json:
    """The whole envelope. The item's part list holds the part that fired the event and nothing else."""
    parts = [] if event.part is None else [event.part]
    item = shapes.conversation(workspace, event.conversation, look, parts=parts)
    return _envelope(workspace, topic=event.topic, item=item, at=event.at, notification_id=f"notif_{uuid.uuid4()}")


def article_notification(workspace: Workspace, *, topic: str, item: Json, at: int) -> Json:
    """`article.deleted` carries no more than type, id and the word that it is deleted."""
    return _envelope(workspace, topic=topic, item=item, at=at, notification_id=f"notif_{uuid.uuid4()}")


def ping(workspace: Workspace, *, at: int) -> Json:
    """A ping carries no id."""
    item = {"type": "ping", "message": "A ping from the sandbox"}
    return _envelope(workspace, topic="ping", item=item, at=at, notification_id=None)


def _envelope(workspace: Workspace, *, topic: str, item: Json, at: int, notification_id: str | None) -> Json:
    return {
        "type": "notification_event",
        "app_id": workspace.app_id,
        "data": {"type": "notification_event_data", "item": item},
        "links": {},
        "id": notification_id,
        "topic": topic,
        "delivery_status": "pending",
        "delivery_attempts": 1,
        "delivered_at": 0,
        "first_sent_at": at,
        "created_at": at,
        "self": None,
    }
