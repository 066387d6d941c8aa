"""Intercom's words translated into ours: a notification, or a whole conversation, into events.

Tolerant by rule: versions 2.11 to 2.17, ids as texts or numbers, missing or null parts, HTML or plain bodies. What
cannot be understood raises `PayloadError` with the path of the field, and the caller keeps the raw body.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chatbot.errors import PayloadError
from chatbot.intercom.bodies import plain_text
from chatbot.rules.unhappy import mood_of
from sessions_app.conversations import ConversationKey, CustomerFacts, Event, Holder, HolderChange, IncomingMessage
from sessions_app.looks import FullLook
from sessions_app.models import Author

#: Topics whose item is a conversation with parts that we record.
CONVERSATION_TOPICS = frozenset(
    {
        "conversation.user.created",
        "conversation.user.replied",
        "conversation.admin.replied",
        "conversation.admin.single.created",
        "conversation.admin.assigned",
        "conversation.admin.open.assigned",
        "conversation.admin.noted",
        "conversation.admin.closed",
        "conversation.admin.opened",
        "conversation.admin.snoozed",
        "conversation.admin.unsnoozed",
        "conversation.operator.replied",
    }
)
#: Among them, those that bring a customer's words.
CUSTOMER_TOPICS = frozenset({"conversation.user.created", "conversation.user.replied"})
RATING_TOPIC = "conversation.rating.added"
REDACTED_TOPIC = "conversation_part.redacted"

#: Topics whose item is an article of the help centre.
ARTICLE_TOPICS = frozenset(
    {"article.created", "article.updated", "article.published", "article.unpublished", "article.deleted"}
)

_CUSTOMER_TYPES = frozenset({"user", "lead", "contact", "visitor"})
#: How conversations begin that no person began.
_AUTOMATIC = frozenset({"automated", "campaigns_initiated", "operator_initiated"})
#: Custom attributes in which workspaces keep the tier of a customer.
_TIER_NAMES = ("tier", "plan")
#: Custom attributes kept of one contact or conversation.
_ATTRIBUTES = 100
#: A longer word is no id of Intercom's; cutting it could make two conversations one.
_ID_CHARACTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMarks:
    """How we know our own parts."""

    admin_id: str
    app_package_code: str = ""  #: "" while not learned yet: then any code of our own teammate counts as ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    value: int  #: 1..5
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationReport:
    """What one notification, or one look at a conversation, tells."""

    key: ConversationKey
    events: tuple[Event, ...]
    look: FullLook  #: as far as a notification, which holds few parts, can tell
    person_assigned: bool  #: a teammate other than the bot has the conversation
    rating: Rating | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactedPart:
    conversation_id: str
    part_id: str
    sent_at: datetime


def item_of(notification: Mapping[str, Any]) -> Mapping[str, Any]:
    """`data.item`, whatever it is."""
    return _mapping(_mapping(notification.get("data"), "data").get("item"), "data.item")


def conversation_report(workspace: str, item: Mapping[str, Any], own: OwnMarks) -> ConversationReport:
    """A conversation as events, oldest first: its opening message, then its parts. Raises `PayloadError`."""
    external_id = _identifier(item.get("id"), "data.item.id")
    source = _optional_mapping(item.get("source"))
    # A part that cannot be read must not be dropped silently: it raises, and the whole notification is kept as failed.
    events = [
        *_opening(item, source, own),
        *(event for part in _parts(item) if (event := _event(part, own)) is not None),
    ]
    return ConversationReport(
        key=ConversationKey(
            workspace=workspace,
            external_id=external_id,
            customer=_customer(item, source),
            channel=plain_text(source.get("type"))[:32],
        ),
        events=tuple(events),
        look=full_look(item),
        person_assigned=is_person_assigned(item, own),
        rating=_rating(item.get("conversation_rating")),
    )


def full_look(item: Mapping[str, Any]) -> FullLook:
    """The figures by which a conversation tells that it has moved."""
    parts = _optional_mapping(item.get("statistics")).get("count_conversation_parts")
    return FullLook(
        updated_at=_seconds(item.get("updated_at")) or 0,
        parts=parts if isinstance(parts, int) and 0 <= parts < 2**31 else None,
    )


def redacted_part(item: Mapping[str, Any]) -> RedactedPart:
    conversation = item.get("conversation_id") or _optional_mapping(item.get("conversation")).get("id")
    return RedactedPart(
        conversation_id=_identifier(conversation, "data.item.conversation_id"),
        part_id=_identifier(item.get("id"), "data.item.id"),
        sent_at=moment(item.get("created_at")) or datetime.now(UTC),
    )


def newest_own_part(item: Mapping[str, Any], own: OwnMarks) -> Mapping[str, Any] | None:
    """Our newest comment or note in the answer to a write."""
    ours = [part for part in _parts(item) if _author(_optional_mapping(part.get("author")), part, own) == Author.BOT]
    return max(ours, key=lambda part: (_seconds(part.get("created_at")) or 0, _number(part.get("id"))), default=None)


def parts_of(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _parts(item)


def is_own(part: Mapping[str, Any], own: OwnMarks) -> bool:
    author = _optional_mapping(part.get("author"))
    return str(author.get("id")) == own.admin_id and _has_our_code(part, own)


def is_person_assigned(item: Mapping[str, Any], own: OwnMarks) -> bool:
    assignee = _known_id(item.get("admin_assignee_id"))
    return bool(assignee) and assignee != own.admin_id


def moment(value: object) -> datetime | None:
    """Unix seconds, or ISO 8601 text as versions up to 2.14 write some times; None if neither."""
    seconds = _seconds(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


# Parts ------------------------------------------------------------------------------------------------------------


def _opening(item: Mapping[str, Any], source: Mapping[str, Any], own: OwnMarks) -> list[Event]:
    """The message that opened the conversation, which notifications of later parts repeat."""
    author = _optional_mapping(source.get("author"))
    text = "\n\n".join(filter(None, (plain_text(source.get("subject")), plain_text(source.get("body")))))
    attachments = _attachments(source.get("attachments"))
    if not text and not attachments:
        return []
    who = _opening_author(author, source, own)
    return [
        IncomingMessage(
            # The source has an id of its own in some places and none in others; the conversation's is always there.
            external_id=f"source:{_identifier(item.get('id'), 'data.item.id')}",
            author=who,
            author_id=_known_id(author.get("id")),
            author_name=plain_text(author.get("name")),
            text=text,
            sent_at=moment(item.get("created_at")) or datetime.now(UTC),
            attachments=attachments,
            unhappiness=_unhappiness(who, text),
            answers=False,
        )
    ]


def _opening_author(author: Mapping[str, Any], source: Mapping[str, Any], own: OwnMarks) -> Author:
    """A campaign is sent in a teammate's name, but no person has spoken: who answers it may be answered by the bot."""
    found = _author(author, source, own)
    is_automatic = str(source.get("delivered_as") or "") in _AUTOMATIC
    return Author.OTHER_BOT if is_automatic and found == Author.TEAMMATE else found


def _event(part: Mapping[str, Any], own: OwnMarks) -> Event | None:
    external_id = _identifier(part.get("id"), "conversation_parts[].id")
    author = _optional_mapping(part.get("author"))
    part_type = str(part.get("part_type") or "")
    sent_at = moment(part.get("created_at")) or datetime.now(UTC)
    text = plain_text(part.get("body"))
    attachments = _attachments(part.get("attachments"))
    who = _author(author, part, own)
    if part_type.startswith("note"):  # "note_and_reopen" is as private as a note
        return IncomingMessage(
            external_id=external_id,
            author=Author.NOTE,
            author_name=plain_text(author.get("name")),
            text=text,
            sent_at=sent_at,
        )
    if part_type == "close":
        return HolderChange(external_id=external_id, holder=Holder.NOBODY, sent_at=sent_at, text=text or "closed")
    if "assign" in part_type:
        return _assignment(part, own, external_id, sent_at)
    if text or attachments:
        return IncomingMessage(
            external_id=external_id,
            author=who,
            author_id=_known_id(author.get("id")),
            author_name=plain_text(author.get("name")),
            text=text,
            sent_at=sent_at,
            attachments=attachments,
            unhappiness=_unhappiness(who, text),
            answers=bool(author.get("from_ai_agent") or author.get("is_ai_answer") or part.get("is_ai_answer")),
        )
    return None  # attributes, tags, SLA clocks: nothing that was said


def _unhappiness(who: Author, text: str) -> float:
    return mood_of(text).score if who == Author.CUSTOMER and text else 0.0


def _assignment(part: Mapping[str, Any], own: OwnMarks, external_id: str, sent_at: datetime) -> HolderChange:
    to = _optional_mapping(part.get("assigned_to"))
    kind, assignee = str(to.get("type") or ""), _known_id(to.get("id"))
    if kind == "admin" and assignee:
        holder = Holder.BOT if assignee == own.admin_id else Holder.PERSON
        return HolderChange(
            external_id=external_id,
            holder=holder,
            sent_at=sent_at,
            admin_id=assignee,
            text=f"assigned to teammate {assignee}",
        )
    if kind == "team" and assignee:
        return HolderChange(
            external_id=external_id,
            holder=Holder.TEAM,
            sent_at=sent_at,
            team_id=assignee,
            text=f"assigned to team {assignee}",
        )
    return HolderChange(external_id=external_id, holder=Holder.TEAM, sent_at=sent_at, admin_id="", text="unassigned")


def _author(author: Mapping[str, Any], part: Mapping[str, Any], own: OwnMarks) -> Author:
    """Whose words these are. An unknown author is no customer: customers see a wrong answer, people a wrong silence."""
    kind = str(author.get("type") or "")
    if kind in _CUSTOMER_TYPES:
        return Author.CUSTOMER
    if kind in ("admin", "team"):
        if str(author.get("id")) == own.admin_id and _has_our_code(part, own):
            return Author.BOT
        return Author.TEAMMATE
    return Author.OTHER_BOT


def _has_our_code(part: Mapping[str, Any], own: OwnMarks) -> bool:
    """Parts made through the API carry the code of the app; a person who uses the bot's seat leaves none."""
    code = part.get("app_package_code")
    return bool(code) and (not own.app_package_code or str(code) == own.app_package_code)


def _parts(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    holder = item.get("conversation_parts")
    listed = holder.get("conversation_parts") if isinstance(holder, Mapping) else holder
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return []
    return [part for part in listed if isinstance(part, Mapping)]


def _attachments(value: object) -> tuple[Mapping[str, str], ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    return tuple(
        {name: plain_text(str(item.get(name) or ""))[:2000] for name in ("name", "content_type", "url")}
        for item in value[:100]
        if isinstance(item, Mapping)
    )


# The customer ------------------------------------------------------------------------------------------------------


def _customer(item: Mapping[str, Any], source: Mapping[str, Any]) -> CustomerFacts:
    listed = _optional_mapping(item.get("contacts")).get("contacts")
    contact = next((entry for entry in listed if isinstance(entry, Mapping)), {}) if isinstance(listed, list) else {}
    author = _optional_mapping(source.get("author"))
    if str(author.get("type") or "") not in _CUSTOMER_TYPES:
        author = next(
            (
                candidate
                for part in _parts(item)
                if str((candidate := _optional_mapping(part.get("author"))).get("type") or "") in _CUSTOMER_TYPES
            ),
            {},
        )
    attributes = {
        plain_text(str(name))[:64]: plain_text(str(value))[:255]
        for holder in (contact.get("custom_attributes"), item.get("custom_attributes"))
        if isinstance(holder, Mapping)
        for name, value in list(holder.items())[:_ATTRIBUTES]
        if isinstance(value, str | int | float | bool)
    }
    by_folded = {name.casefold(): value for name, value in attributes.items()}
    return CustomerFacts(
        external_id=_known_id(contact.get("id")) or _known_id(author.get("id")),
        name=plain_text(author.get("name")) or plain_text(contact.get("name")),
        email=plain_text(author.get("email")) or plain_text(contact.get("email")),
        tier=next((by_folded[name] for name in _TIER_NAMES if by_folded.get(name)), ""),
        attributes=attributes,
    )


def _rating(value: object) -> Rating | None:
    rating = _optional_mapping(value)
    number = rating.get("rating")
    if isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= 5:
        return Rating(value=number, remark=plain_text(rating.get("remark"))[:2000])
    return None


# Values -------------------------------------------------------------------------------------------------------------


def _mapping(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise PayloadError(f"`{path}` is {'missing' if value is None else 'no object'}")
    return value


def _optional_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _identifier(value: object, path: str) -> str:
    known = _known_id(value)
    if not known:
        raise PayloadError(f"`{path}` is {'missing' if value is None else 'no id'}")
    return known


def _known_id(value: object) -> str:
    """An id as text; "" for null, for 0 (unassigned since 2.16) and for what is no id."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    if isinstance(value, int) and not 0 < value < 10**_ID_CHARACTERS:
        return ""
    text = plain_text(str(value))
    return "" if text == "0" or len(text) > _ID_CHARACTERS else text


def _number(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 30 else 0


def _seconds(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value) if 0 <= value < 253_402_300_800 else None
    if isinstance(value, str) and value:
        if value.isascii() and value.isdigit():
            return _seconds(int(value)) if len(value) < 13 else None
        try:
            told = datetime.fromisoformat(value)
            return _seconds(int((told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()))
        except (ValueError, OverflowError):
            return None
    return None
