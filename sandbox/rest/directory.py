"""Who and what a workspace has: the app itself, admins, teams, contacts, tags, articles."""

from __future__ import annotations

from typing import Any

from sandbox import shapes
from sandbox.entities import Contact
from sandbox.errors import Invalid, NotFound
from sandbox.rest.gate import RestCall
from sandbox.rest.searching import compile_query, paginate
from sandbox.shapes import Json
from sandbox.workspace import BOT_ADMIN_ID

CONTACTS_PAGE = 50
ARTICLES_PAGE = 10
MAX_ARTICLES_PAGE = 250
MAX_ATTRIBUTES = 250


def me(call: RestCall) -> Json:
    return shapes.me(call.workspace, call.workspace.admin(BOT_ADMIN_ID), region=call.settings.region)


def admins(call: RestCall) -> Json:
    return {"type": "admin.list", "admins": [shapes.admin(each) for each in call.workspace.admins.values()]}


def teams(call: RestCall) -> Json:
    return {"type": "team.list", "teams": [shapes.team(each) for each in call.workspace.teams.values()]}


def contact(call: RestCall) -> Json:
    return shapes.contact(call.workspace, call.workspace.contact(call.path["contact_id"]), call.version)


def update_contact(call: RestCall) -> Json:
    found = call.workspace.contact(call.path["contact_id"])
    attributes = call.body.get("custom_attributes") or {}
    if not isinstance(attributes, dict) or len(found.custom_attributes | attributes) > MAX_ATTRIBUTES:
        raise Invalid("custom_attributes must be an object of at most 250 names", field="custom_attributes")
    changes: dict[str, str | None] = {}
    for name in ("name", "phone", "external_id", "language_override"):
        if name in call.body:
            value = call.body[name]
            if value is not None and not isinstance(value, str):
                raise Invalid(f"{name} must be text", field=name)
            changes[name] = value
    if "owner_id" in call.body:
        owner = call.body["owner_id"]
        changes["owner_id"] = None if owner is None else call.workspace.admin(owner).id
    unsubscribed = call.body.get("unsubscribed_from_emails")
    if unsubscribed is not None and not isinstance(unsubscribed, bool):
        raise Invalid("unsubscribed_from_emails must be true or false", field="unsubscribed_from_emails")
    for name, value in changes.items():
        setattr(found, name, value or "" if name == "name" else value)
    if unsubscribed is not None:
        found.unsubscribed_from_emails = unsubscribed
    found.custom_attributes.update(attributes)
    return shapes.contact(call.workspace, found, call.version)


def search_contacts(call: RestCall) -> Json:
    predicate = compile_query(call.body.get("query"), _read_field, inclusive=False)
    sort = call.body.get("sort") if isinstance(call.body.get("sort"), dict) else {}
    field = str((sort or {}).get("field") or "created_at")
    if field not in ("created_at", "updated_at", "last_seen_at", "name", "email"):
        raise Invalid("sort.field must be created_at, updated_at, last_seen_at, name or email", field="sort")
    order = (sort or {}).get("order") or "descending"
    if order not in ("ascending", "descending"):
        message = f"Invalid sort order {order!r}. Must be one of: ascending, descending"
        raise Invalid(message, code="invalid_sort_order", field="sort")
    empty: Any = "" if field in ("name", "email") else 0
    page = paginate(
        [each for each in call.workspace.contacts.values() if predicate(each)],
        key=lambda row: (getattr(row, field) or empty, int(row.id[:12], 16)),
        ascending=order == "ascending",
        pagination=call.body.get("pagination"),
        default=CONTACTS_PAGE,
    )
    return {
        "type": "list",
        "data": [shapes.contact(call.workspace, each, call.version) for each in page.rows],
        "total_count": page.total,
        "pages": page.pages(),
    }


def tags(call: RestCall) -> Json:
    return {"type": "list", "data": [shapes.tag(each) for each in call.workspace.tags.values()]}


def create_tag(call: RestCall) -> Json:
    name = call.body.get("name")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= 255:
        raise Invalid("invalid tag parameters", field="name")
    return shapes.tag(call.workspace.tag_named(name.strip()))


def articles(call: RestCall) -> Json:
    """By page number, newest change first."""
    page = _positive(call, "page", 1, 1_000_000)
    per_page = _positive(call, "per_page", ARTICLES_PAGE, MAX_ARTICLES_PAGE)
    rows = sorted(call.workspace.articles.values(), key=lambda row: (-row.updated_at, row.id))
    total_pages = max(1, -(-len(rows) // per_page))
    following: Json | None = None
    if page < total_pages:
        following = {"page": page + 1, "per_page": per_page}
    return {
        "type": "list",
        "data": [
            shapes.article(call.workspace, each, call.version) for each in rows[(page - 1) * per_page : page * per_page]
        ],
        "total_count": len(rows),
        "pages": {
            "type": "pages",
            "page": page,
            "per_page": per_page,
            "total_pages": total_pages,
            "next": following,
        },
    }


def article(call: RestCall) -> Json:
    found = call.workspace.articles.get(call.path["article_id"])
    if found is None:
        raise NotFound("Resource Not Found")
    return shapes.article(call.workspace, found, call.version)


def _positive(call: RestCall, name: str, default: int, maximum: int) -> int:
    text = call.query.get(name, [str(default)])[0]
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= maximum:
        raise Invalid(f"{name} must be 1 to {maximum}", field=name)
    return int(text)


def _read_field(row: Contact, field: str) -> Any:
    if field in CONTACT_FIELDS:
        return getattr(row, field)
    if field.startswith("custom_attributes."):
        return row.custom_attributes.get(field.removeprefix("custom_attributes."))
    raise Invalid(f"query.field: contacts cannot be searched by {field!r}", field="field")


CONTACT_FIELDS = {
    *("id", "email", "name", "role", "external_id", "phone", "owner_id", "unsubscribed_from_emails"),
    *("created_at", "updated_at", "signed_up_at", "last_seen_at", "last_replied_at", "last_contacted_at"),
    "language_override",
}
