"""The workspace: what each act changes, and that its memory has an end."""

import pytest

from sandbox import workspace as module
from sandbox.entities import Conversation
from sandbox.errors import NotFound
from sandbox.workspace import MAX_PARTS, Event, Workspace


class Clock:
    def __init__(self) -> None:
        self.now = 1_795_318_800.0

    def __call__(self) -> float:
        return self.now


def make(max_conversations: int = 100, clock: Clock | None = None) -> tuple[Workspace, list[Event]]:
    workspace = Workspace(
        app_id="a", app_package_code="code", max_conversations=max_conversations, clock=clock or Clock()
    )
    events: list[Event] = []
    workspace.listen(events.append)
    return workspace, events


def ask(workspace: Workspace, email: str = "dana@example.com", html: str = "<p>Hi</p>") -> Conversation:
    return workspace.start_conversation(
        contact=workspace.upsert_contact(email=email, name=None, attributes={}), html=html
    )


def test_only_the_newest_conversations_are_kept() -> None:
    workspace, _ = make(max_conversations=3)
    ids = [ask(workspace, f"c{number}@example.com").id for number in range(5)]
    assert list(workspace.conversations) == ids[2:]
    assert set(workspace.by_update) == set(ids[2:])
    assert len(workspace.contacts) == len(workspace.contacts_by_email) == 3
    with pytest.raises(NotFound):
        workspace.conversation(ids[0])


def test_long_bodies_push_out_the_oldest_conversations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 1000)
    workspace, _ = make()
    first, second = ask(workspace, html="x" * 400), ask(workspace, html="y" * 400)
    workspace.contact_reply(second, html="z" * 400)
    assert first.id not in workspace.conversations
    assert workspace.characters == 800


def test_a_conversation_keeps_its_newest_parts() -> None:
    workspace, _ = make()
    conversation = ask(workspace)
    for number in range(MAX_PARTS + 5):
        workspace.contact_reply(conversation, html=f"<p>{number}</p>")
    assert len(conversation.parts) == MAX_PARTS
    assert conversation.parts[-1].html == f"<p>{MAX_PARTS + 4}</p>"
    assert conversation.characters == workspace.characters


def test_a_reply_that_reopens_has_the_type_open_and_a_body() -> None:
    workspace, _ = make()
    conversation = ask(workspace)
    workspace.change_state(conversation, admin=workspace.admin("1002"), state="closed")
    part = workspace.contact_reply(conversation, html="<p>Still broken</p>")
    assert (part.part_type, part.html, conversation.state) == ("open", "<p>Still broken</p>", "open")


def test_only_what_comes_through_the_api_carries_the_apps_code() -> None:
    workspace, _ = make()
    conversation = ask(workspace)
    by_app = workspace.admin_reply(conversation, admin=workspace.admin("1001"), html="a", through_api=True)
    by_hand = workspace.admin_reply(conversation, admin=workspace.admin("1001"), html="b")
    by_customer = workspace.contact_reply(conversation, html="c")
    assert [part.app_package_code for part in (by_app, by_hand, by_customer)] == ["code", None, None]


def test_every_act_is_told_under_its_topic() -> None:
    workspace, events = make()
    conversation = ask(workspace)
    mia = workspace.admin("1002")
    workspace.contact_reply(conversation, html="x")
    workspace.admin_reply(conversation, admin=mia, html="x")
    workspace.admin_reply(conversation, admin=mia, html="x", note=True)
    workspace.assign(conversation, admin=mia, assignee_id="2002", kind="team")
    workspace.change_state(conversation, admin=mia, state="closed")
    workspace.change_state(conversation, admin=mia, state="open")
    workspace.change_state(conversation, admin=mia, state="snoozed", snoozed_until=2_000_000_000)
    workspace.fin_reply(conversation, html="x")
    workspace.rate(conversation, rating=5, remark="")
    assert [event.topic.removeprefix("conversation.") for event in events] == [
        *("user.created", "user.replied", "admin.replied", "admin.noted", "admin.assigned", "admin.closed"),
        *("admin.opened", "admin.snoozed", "operator.replied", "rating.added"),
    ]


def test_zero_unassigns_what_it_names_and_leaves_the_other() -> None:
    workspace, _ = make()
    conversation, mia = ask(workspace), workspace.admin("1002")
    workspace.assign(conversation, admin=mia, assignee_id="2001", kind="team")
    workspace.assign(conversation, admin=mia, assignee_id="1003", kind="admin")
    workspace.assign(conversation, admin=mia, assignee_id="0", kind="admin")
    assert (conversation.team_assignee_id, conversation.admin_assignee_id) == ("2001", None)
    with pytest.raises(NotFound):
        workspace.assign(conversation, admin=mia, assignee_id="99", kind="team")


def test_a_restart_gives_new_conversation_ids_and_the_same_customer() -> None:
    clock = Clock()
    before, _ = make(clock=clock)
    first = ask(before)
    clock.now += 1
    after, _ = make(clock=clock)
    second = ask(after)
    assert int(second.id) > int(first.id)
    assert second.contact.id == first.contact.id
