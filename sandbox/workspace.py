"""The workspace: everything that customers, teammates and the app can do, and what each act tells the world.

Single-threaded by design: every act is a plain function that runs to its end inside the event loop, so a conversation
is never seen half changed. Listeners are told after the change, in the order in which changes happen.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.entities import Admin, Article, Author, Contact, Conversation, Part, Rating, State, Tag, Team
from sandbox.errors import Invalid, NotFound

MAX_PARTS = 500  #: newest parts of a conversation, as the API shows at most
MAX_CHARACTERS = 256 * 1024 * 1024  #: of all bodies together; the oldest conversations go first
MAX_TAGS = 1000

BOT_ADMIN_ID = "1001"
FIN = Author(kind="bot", id="9001", name="Fin", email="operator+sandbox@intercom.io", from_ai_agent=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change. `part` is the part that fired it, None for the opening message and for a rating."""

    topic: str
    conversation: Conversation
    part: Part | None
    at: int
    notify: bool = True  #: False: the change is made, but no webhook tells of it


class Workspace:
    """State in memory, bounded by `max_conversations` and by the size of all bodies."""

    def __init__(
        self, *, app_id: str, app_package_code: str, max_conversations: int, clock: Callable[[], float] = time.time
    ) -> None:
        self.app_id = app_id
        self.app_package_code = app_package_code
        self.created_at = int(clock())
        self.conversations: OrderedDict[str, Conversation] = OrderedDict()  #: oldest first
        self.by_update: OrderedDict[str, Conversation] = OrderedDict()  #: least recently changed first
        self.contacts: OrderedDict[str, Contact] = OrderedDict()
        self.contacts_by_email: dict[str, Contact] = {}
        self.tags: dict[str, Tag] = {}
        self.articles: dict[str, Article] = {}
        self.admins = {
            admin.id: admin
            for admin in (
                Admin(id=BOT_ADMIN_ID, name="Handrail", email="handrail@sandbox.example", team_ids=("2001",)),
                Admin(id="1002", name="Mia", email="mia@sandbox.example", team_ids=("2001",)),
                Admin(id="1003", name="Jun", email="jun@sandbox.example", team_ids=("2001", "2002")),
            )
        }
        self.teams = {
            team.id: team
            for team in (
                Team(id="2001", name="Support", admin_ids=(BOT_ADMIN_ID, "1002", "1003")),
                Team(id="2002", name="Returns", admin_ids=("1003",)),
            )
        }
        self.characters = 0
        self._max_conversations = max_conversations
        self._clock = clock
        # Ids start at the time of the start: a platform that remembers an earlier run never meets one of its ids again.
        self._next_id = int(clock()) * 100_000
        self._revision = 0
        self._listeners: list[Callable[[Event], None]] = []

    def listen(self, listener: Callable[[Event], None]) -> None:
        self._listeners.append(listener)

    # -- looking up ---------------------------------------------------------------------------------------------------

    def conversation(self, conversation_id: str) -> Conversation:
        """The conversation with this id; the word `last` means the newest. Raises `NotFound`."""
        if conversation_id == "last" and self.conversations:
            return next(reversed(self.conversations.values()))
        found = self.conversations.get(conversation_id)
        if found is None:
            raise NotFound("Resource Not Found")
        return found

    def contact(self, contact_id: str) -> Contact:
        found = self.contacts.get(contact_id)
        if found is None:
            raise NotFound("User Not Found")
        return found

    def admin(self, admin_id: object) -> Admin:
        found = self.admins.get(str(admin_id))
        if found is None:
            raise NotFound("Admin Not Found", field="admin_id")
        return found

    # -- customers ----------------------------------------------------------------------------------------------------

    def upsert_contact(self, *, email: str, name: str | None, attributes: dict[str, Any]) -> Contact:
        """The contact with this address, made if new; attributes are merged into the custom attributes."""
        now = int(self._clock())
        key = email.casefold()
        contact = self.contacts_by_email.get(key)
        if contact is None:
            contact = Contact(
                id=hashlib.sha256(key.encode()).hexdigest()[:24],
                email=email,
                name=name or email.partition("@")[0],
                created_at=now,
                updated_at=now,
                signed_up_at=now,
            )
            self.contacts[contact.id] = contact
            self.contacts_by_email[key] = contact
            while len(self.contacts) > self._max_conversations:
                _, oldest = self.contacts.popitem(last=False)
                self.contacts_by_email.pop(oldest.email.casefold(), None)
        else:
            self.contacts.move_to_end(contact.id)
            if name:
                contact.name = name
        contact.custom_attributes.update(attributes)
        contact.last_seen_at = contact.updated_at = now
        return contact

    def start_conversation(self, *, contact: Contact, html: str, notify: bool = True) -> Conversation:
        now = int(self._clock())
        conversation = Conversation(
            id=self._new_id(),
            source_id=self._new_id(),
            contact=contact,
            html=html,
            created_at=now,
            updated_at=now,
            revision=self._new_revision(),
            waiting_since=now,
            last_contact_reply_at=now,
            characters=len(html),
        )
        contact.last_replied_at = now
        self.conversations[conversation.id] = conversation
        self.by_update[conversation.id] = conversation
        self.characters += len(html)
        self._forget_oldest()
        self._tell("conversation.user.created", conversation, None, now, notify)
        return conversation

    def contact_reply(
        self, conversation: Conversation, *, html: str, notify: bool = True, app_package_code: str | None = None
    ) -> Part:
        """A customer writes again. In a closed or snoozed conversation the part's type is `open`, with the body."""
        now = int(self._clock())
        reopened = conversation.state != "open"
        if reopened:
            conversation.count_reopens += 1
        conversation.state = "open"
        conversation.snoozed_until = None
        conversation.read = False
        conversation.waiting_since = conversation.waiting_since or now
        conversation.last_contact_reply_at = conversation.contact.last_replied_at = now
        part = self._add_part(
            conversation,
            part_type="open" if reopened else "comment",
            author=conversation.contact.as_author(),
            html=html,
            at=now,
            app_package_code=app_package_code,
        )
        self._tell("conversation.user.replied", conversation, part, now, notify)
        return part

    def rate(self, conversation: Conversation, *, rating: int, remark: str, notify: bool = True) -> Rating:
        now = int(self._clock())
        teammate = conversation.teammate_ids[-1] if conversation.teammate_ids else None
        conversation.rating = Rating(rating=rating, remark=remark, created_at=now, teammate_id=teammate)
        self._touch(conversation, now)
        self._tell("conversation.rating.added", conversation, None, now, notify)
        return conversation.rating

    # -- teammates and the app ----------------------------------------------------------------------------------------

    def admin_reply(
        self,
        conversation: Conversation,
        *,
        admin: Admin,
        html: str,
        note: bool = False,
        through_api: bool = False,
        created_at: int | None = None,
        attachments: tuple[dict[str, Any], ...] = (),
        notify: bool = True,
    ) -> Part:
        """A reply that the customer sees, or a private note."""
        now = int(self._clock())
        if not note:
            conversation.waiting_since = None
            conversation.read = True
            conversation.first_admin_reply_at = conversation.first_admin_reply_at or now
            conversation.last_admin_reply_at = conversation.contact.last_contacted_at = now
        part = self._add_part(
            conversation,
            part_type="note" if note else "comment",
            author=_as_author(admin),
            html=html,
            at=created_at or now,
            app_package_code=self._code(through_api),
            attachments=attachments,
        )
        self._meet(conversation, admin)
        topic = "conversation.admin.noted" if note else "conversation.admin.replied"
        self._tell(topic, conversation, part, now, notify)
        return part

    def fin_reply(self, conversation: Conversation, *, html: str, notify: bool = True) -> Part:
        """Intercom's own agent answers: the case in which two bots could talk to one customer."""
        now = int(self._clock())
        conversation.ai_agent_participated = True
        conversation.waiting_since = None
        part = self._add_part(conversation, part_type="comment", author=FIN, html=html, at=now)
        self._tell("conversation.operator.replied", conversation, part, now, notify)
        return part

    def assign(
        self,
        conversation: Conversation,
        *,
        admin: Admin,
        assignee_id: str,
        kind: str,
        html: str | None = None,
        through_api: bool = False,
        notify: bool = True,
    ) -> Part:
        """Give it to an admin or a team (`kind`); assignee `0` takes it away from whom it had. Raises `NotFound`."""
        now = int(self._clock())
        name = ""
        if assignee_id == "0":
            if kind == "team":
                conversation.team_assignee_id = None
            else:
                conversation.admin_assignee_id = None
            assigned_to = None
        elif kind == "team":
            if assignee_id not in self.teams:
                raise NotFound("Assignee not found", code="assignee_not_found", field="assignee_id")
            conversation.team_assignee_id = assignee_id
            assigned_to, name = ("team", assignee_id), self.teams[assignee_id].name
        else:
            if assignee_id not in self.admins:
                raise NotFound("Assignee not found", code="assignee_not_found", field="assignee_id")
            conversation.admin_assignee_id = assignee_id
            assigned_to, name = ("admin", assignee_id), self.admins[assignee_id].name
        conversation.count_assignments += 1
        part = self._add_part(
            conversation,
            part_type="assignment",
            author=_as_author(admin),
            html=html,
            at=now,
            app_package_code=self._code(through_api),
            assigned_to=assigned_to,
            assigned_name=name,
        )
        self._tell("conversation.admin.assigned", conversation, part, now, notify)
        return part

    def change_state(
        self,
        conversation: Conversation,
        *,
        admin: Admin,
        state: State,
        html: str | None = None,
        snoozed_until: int | None = None,
        through_api: bool = False,
        notify: bool = True,
    ) -> Part:
        now = int(self._clock())
        if state == "open" and conversation.state != "open":
            conversation.count_reopens += 1
        if state == "closed":
            conversation.waiting_since = None
            conversation.last_close_at = now
            conversation.last_closed_by_id = admin.id
        conversation.state = state
        conversation.snoozed_until = snoozed_until if state == "snoozed" else None
        part = self._add_part(
            conversation,
            part_type={"closed": "close", "open": "open", "snoozed": "snoozed"}[state],
            author=_as_author(admin),
            html=html,
            at=now,
            app_package_code=self._code(through_api),
        )
        topic = {"closed": "closed", "open": "opened", "snoozed": "snoozed"}[state]
        self._tell(f"conversation.admin.{topic}", conversation, part, now, notify)
        return part

    def update(
        self, conversation: Conversation, *, read: bool | None, title: str | None, attributes: dict[str, Any]
    ) -> None:
        if read is not None:
            conversation.read = read
        if title is not None:
            conversation.title = title
        conversation.custom_attributes.update(attributes)
        self._touch(conversation, int(self._clock()))

    def tag_named(self, name: str) -> Tag:
        """The tag with this name, made if new; names are case-insensitive. Raises `Invalid` when there are too many."""
        for tag in self.tags.values():
            if tag.name.casefold() == name.casefold():
                return tag
        if len(self.tags) >= MAX_TAGS:
            raise Invalid(f"This workspace holds at most {MAX_TAGS} tags", field="name")
        tag = Tag(id=self._new_id(), name=name)
        self.tags[tag.id] = tag
        return tag

    def tag(self, conversation: Conversation, tag_id: str) -> Tag:
        tag = self.tags.get(tag_id)
        if tag is None:
            raise NotFound("Tag not found", field="id")
        now = int(self._clock())
        conversation.tags.setdefault(tag.id, now)
        self._touch(conversation, now)
        return tag

    def untag(self, conversation: Conversation, tag_id: str) -> Tag:
        if tag_id not in conversation.tags or tag_id not in self.tags:
            raise NotFound("Tag not found", field="id")
        del conversation.tags[tag_id]
        self._touch(conversation, int(self._clock()))
        return self.tags[tag_id]

    # -- bookkeeping --------------------------------------------------------------------------------------------------

    def _add_part(self, conversation: Conversation, *, at: int, html: str | None, **fields: Any) -> Part:
        part = Part(id=self._new_id(), created_at=at, html=html, state=conversation.state, **fields)
        conversation.parts.append(part)
        conversation.count_parts += 1
        size = len(html or "")
        conversation.characters += size
        self.characters += size
        if len(conversation.parts) > MAX_PARTS:
            dropped = conversation.parts.pop(0)
            freed = len(dropped.html or "")
            conversation.characters -= freed
            self.characters -= freed
        self._touch(conversation, int(self._clock()))
        self._forget_oldest()
        return part

    def _touch(self, conversation: Conversation, now: int) -> None:
        conversation.updated_at = max(now, conversation.updated_at)
        conversation.revision = self._new_revision()
        if conversation.id in self.by_update:
            self.by_update.move_to_end(conversation.id)

    def _forget_oldest(self) -> None:
        while len(self.conversations) > 1 and (
            len(self.conversations) > self._max_conversations or self.characters > MAX_CHARACTERS
        ):
            oldest_id, oldest = self.conversations.popitem(last=False)
            self.by_update.pop(oldest_id, None)
            self.characters -= oldest.characters

    def _meet(self, conversation: Conversation, admin: Admin) -> None:
        if admin.id in conversation.teammate_ids:
            conversation.teammate_ids.remove(admin.id)
        conversation.teammate_ids.append(admin.id)

    def _code(self, through_api: bool) -> str | None:
        return self.app_package_code if through_api else None

    def _new_id(self) -> str:
        self._next_id += 1
        return str(self._next_id)

    def _new_revision(self) -> int:
        self._revision += 1
        return self._revision

    def _tell(self, topic: str, conversation: Conversation, part: Part | None, at: int, notify: bool) -> None:
        event = Event(topic=topic, conversation=conversation, part=part, at=at, notify=notify)
        for listener in self._listeners:
            listener(event)


def _as_author(admin: Admin) -> Author:
    return Author(kind="admin", id=admin.id, name=admin.name, email=admin.email)
