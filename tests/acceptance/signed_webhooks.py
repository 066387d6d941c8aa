"""Notifications sent by hand, as Intercom sends them, for what the sandbox would never send."""

import hashlib
import hmac
import json
import uuid
from typing import Any

import httpx2

from config.supervisor import SANDBOX_CLIENT_SECRET, System

PATH = "/webhooks/intercom"


def signature(body: bytes) -> str:
    return "sha1=" + hmac.new(SANDBOX_CLIENT_SECRET.encode(), body, hashlib.sha1).hexdigest()


def post_raw(system: System, body: bytes, *, signed_as: str | None = None) -> int:
    """POST these bytes; returns the status. `signed_as` replaces the right signature."""
    header = signature(body) if signed_as is None else signed_as
    answer = httpx2.post(
        system.url + PATH, content=body, headers={"X-Hub-Signature": header, "Content-Type": "application/json"}
    )
    return answer.status_code


def post(system: System, notification: dict[str, Any]) -> int:
    return post_raw(system, json.dumps(notification).encode())


def notification(topic: str, item: object, *, notification_id: str | None = "") -> dict[str, Any]:
    """An envelope; its id is new unless given, and null for None."""
    return {
        "type": "notification_event",
        "app_id": "sandbox",
        "id": notification_id if notification_id != "" else f"notif_{uuid.uuid4()}",
        "topic": topic,
        "created_at": 1_760_000_000,
        "data": {"type": "notification_event_data", "item": item},
    }
