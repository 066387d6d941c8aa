"""Notifications: the signature, the envelope, and what differs between versions of the app."""

import pytest

from sandbox.settings import version_number
from sandbox.shapes import webhook_look
from sandbox.webhooks import notification, ping, signature
from sandbox.workspace import Event, Workspace


def make_workspace(**changes: int) -> Workspace:
    return Workspace(app_id="sandbox", app_package_code="handrail-sandbox", max_conversations=100, **changes)


def two_events() -> tuple[Workspace, list[Event]]:
    """A question, and the customer's second message after two answers."""
    workspace = make_workspace()
    events: list[Event] = []
    workspace.listen(events.append)
    contact = workspace.upsert_contact(email="dana@example.com", name="Dana", attributes={})
    conversation = workspace.start_conversation(contact=contact, html="<p>Hi &amp; hello</p>")
    workspace.admin_reply(conversation, admin=workspace.admin("1001"), html="<p>One</p>", through_api=True)
    workspace.contact_reply(conversation, html="<p>Two &lt;3</p>")
    return workspace, events


def test_the_signature_is_hmac_sha1_over_the_raw_bytes() -> None:
    body = b'{"type":"notification_event","topic":"ping"}'
    assert signature("test-client-secret", body) == "sha1=a9a86d569c3cf75748b5320b8a71226029b4d0f0"


@pytest.mark.parametrize(("version", "body"), [("2.14", "<p>Two &lt;3</p>"), ("2.15", "Two <3"), ("2.16", "Two <3")])
def test_bodies_are_html_up_to_2_14_and_plain_from_2_15(version: str, body: str) -> None:
    workspace, events = two_events()
    item = notification(workspace, events[-1], webhook_look(version_number(version)))["data"]["item"]
    assert item["conversation_parts"]["conversation_parts"][0]["body"] == body
    assert item["source"]["body"] == ("<p>Hi &amp; hello</p>" if version == "2.14" else "Hi & hello")


@pytest.mark.parametrize(
    ("version", "priority", "unassigned", "kind"),
    [("2.14", "not_priority", None, str), ("2.15", "not_priority", None, int), ("2.16", "none", 0, int)],
)
def test_each_version_has_its_own_priority_assignee_and_dates(
    version: str, priority: str, unassigned: int | None, kind: type
) -> None:
    workspace, events = two_events()
    item = notification(workspace, events[0], webhook_look(version_number(version)))["data"]["item"]
    assert item["priority"] == priority
    assert item["admin_assignee_id"] == unassigned
    assert item["team_assignee_id"] == unassigned
    assert isinstance(item["statistics"]["first_contact_reply_at"], kind)


def test_a_notification_carries_only_the_part_that_fired_it() -> None:
    workspace, events = two_events()
    look = webhook_look((2, 16))
    first, _, last = (notification(workspace, event, look) for event in events)
    assert first["data"]["item"]["conversation_parts"] == {
        "type": "conversation_part.list",
        "conversation_parts": [],
        "total_count": 0,
    }
    parts = last["data"]["item"]["conversation_parts"]
    assert parts["total_count"] == 1
    assert parts["conversation_parts"][0]["author"]["type"] == "user"
    assert first["id"] != last["id"]


def test_a_ping_has_no_id() -> None:
    envelope = ping(make_workspace(), at=1_795_318_801)
    assert envelope["id"] is None
    assert envelope["topic"] == "ping"
    assert envelope["app_id"] == "sandbox"
