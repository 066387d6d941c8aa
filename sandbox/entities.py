"""What a workspace holds. Plain mutable records: `workspace.py` alone changes them, `shapes.py` alone shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

AuthorKind = Literal["user", "admin", "bot"]
State = Literal["open", "closed", "snoozed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admin:
    id: str
    name: str
    email: str
    team_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    id: str
    name: str
    admin_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    kind: AuthorKind
    id: str
    name: str
    email: str
    from_ai_agent: bool = False


@dataclass(slots=True, kw_only=True)
class Contact:
    id: str  #: 24 hexadecimal digits made from the e-mail address: the same person after a restart
    email: str
    name: str
    created_at: int
    updated_at: int
    role: str = "user"
    external_id: str | None = None
    phone: str | None = None
    owner_id: str | None = None
    unsubscribed_from_emails: bool = False
    language_override: str | None = None
    last_seen_at: int | None = None
    last_replied_at: int | None = None
    last_contacted_at: int | None = None
    signed_up_at: int | None = None
    custom_attributes: dict[str, Any] = field(default_factory=dict)

    def as_author(self) -> Author:
        return Author(kind="user", id=self.id, name=self.name, email=self.email)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    id: str
    part_type: str  #: comment, note, open, close, assignment, snoozed
    author: Author
    html: str | None  #: the body, None for a change of state without words
    created_at: int  #: Unix seconds
    state: State  #: of the conversation after this part
    app_package_code: str | None = None  #: set when the part came through the API
    assigned_to: tuple[Literal["admin", "team"], str] | None = None
    assigned_name: str = ""
    attachments: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    rating: int  #: 1 to 5
    remark: str
    created_at: int
    teammate_id: str | None


@dataclass(slots=True, kw_only=True)
class Conversation:
    id: str
    source_id: str
    contact: Contact
    html: str  #: the opening message
    created_at: int
    updated_at: int
    revision: int  #: grows with every change in the workspace: a total order where seconds tie
    waiting_since: int | None = None
    snoozed_until: int | None = None
    state: State = "open"
    read: bool = False
    title: str | None = None
    admin_assignee_id: str | None = None
    team_assignee_id: str | None = None
    custom_attributes: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, int] = field(default_factory=dict)  #: tag id -> when applied
    teammate_ids: list[str] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    rating: Rating | None = None
    ai_agent_participated: bool = False
    characters: int = 0  #: of all bodies, for the memory bound
    count_reopens: int = 0
    count_assignments: int = 0
    count_parts: int = 1
    first_admin_reply_at: int | None = None
    last_admin_reply_at: int | None = None
    last_contact_reply_at: int | None = None
    last_close_at: int | None = None
    last_closed_by_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    id: str
    title: str
    body: str  #: HTML
    created_at: int
    updated_at: int
    state: Literal["published", "draft"] = "published"
    url: str | None = None
    default_locale: str = "en"
    help_center_audience: str | None = "everyone"
    ai_chatbot_availability: bool = True
    translations: dict[str, dict[str, Any]] = field(default_factory=dict)  #: locale -> title, body (HTML), state
