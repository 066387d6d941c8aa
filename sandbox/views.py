"""A conversation as the messenger shows it: who said what, in the customer's words for who."""

from __future__ import annotations

from typing import Any

from sandbox.bodies import to_plain, to_safe_html
from sandbox.entities import Conversation, Part
from sandbox.shapes import Json


def view(conversation: Conversation, *, with_html: bool = False) -> Json:
    """`{"id", "state", "parts": [{"author", "body", "created_at", ...}]}`, oldest first; bodies are plain text.

    `author` is customer, bot, teammate or note. `with_html` adds what the page needs: safe HTML and `events`, the
    changes without words (assigned, closed).
    """
    parts = [
        _entry(
            conversation.source_id,
            "customer",
            conversation.contact.name,
            conversation.html,
            conversation.created_at,
            with_html,
        )
    ]
    events: list[Json] = []
    for part in conversation.parts:
        if part.html:
            parts.append(_entry(part.id, author_of(part), part.author.name, part.html, part.created_at, with_html))
        elif part.part_type not in ("comment", "note"):
            events.append(_event(part))
    shape: Json = {
        "id": conversation.id,
        "state": conversation.state,
        "parts": parts,
        "rating": conversation.rating.rating if conversation.rating else None,
    }
    if with_html:
        shape["events"] = events
        shape["customer"] = conversation.contact.name
        shape["revision"] = conversation.revision
    return shape


def author_of(part: Part) -> str:
    """A person at the keyboard, or the app speaking through the API."""
    if part.part_type == "note":
        return "note"
    if part.author.kind == "user":
        return "customer"
    if part.author.kind == "bot" or part.app_package_code is not None:
        return "bot"
    return "teammate"


def _entry(part_id: str, author: str, name: str, html: str, at: int, with_html: bool) -> Json:
    entry: dict[str, Any] = {
        "id": part_id,
        "author": author,
        "name": name,
        "body": to_plain(html, with_links=True),
        "created_at": at,
    }
    if with_html:
        entry["html"] = to_safe_html(html)
    return entry


def _event(part: Part) -> Json:
    return {"id": part.id, "kind": part.part_type, "to": part.assigned_name, "by": part.author.name}
